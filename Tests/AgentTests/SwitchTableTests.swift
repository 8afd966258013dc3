import Datapath
import OpenFlow
import Testing

@testable import Agent

@Suite("Tables as controllers set them")
struct SwitchTableTests {
    private static let zero = TableID(rawValue: 0)

    /// Asks for the features of tables, or sets them, in a request of one part for each.
    private static func features(
        _ harness: SwitchHarness, _ session: ControllerSession, _ request: [TableFeatures] = []
    ) -> [Message] {
        guard request.count > 1 else {
            return harness.request(.multipartRequest(MultipartRequest(body: .tableFeatures(request))), session)
        }
        for (index, table) in request.enumerated() {
            let part = MultipartRequest(body: .tableFeatures([table]), more: index + 1 < request.count)
            do {
                let bytes = try MessageCodec.encode(
                    .multipartRequest(part), version: session.version, transactionID: TransactionID(rawValue: 99_999))
                harness.deliver(bytes, session)
            } catch {
                Issue.record("table \(table.tableID): \(error)")
            }
        }
        return harness.take(session)
    }

    private static func tables(_ replies: [Message]) -> [TableFeatures] {
        replies.flatMap { reply in
            guard case .multipartReply(let part) = reply, case .tableFeatures(let tables) = part.body
            else {
                Issue.record("\(reply)")
                return [TableFeatures]()
            }
            return tables
        }
    }

    private static func descriptions(_ harness: SwitchHarness, _ session: ControllerSession)
        -> [TableDescription]
    {
        harness.request(.multipartRequest(MultipartRequest(body: .tableDescription)), session).flatMap {
            reply in
            guard case .multipartReply(let part) = reply, case .tableDescription(let tables) = part.body
            else {
                return [TableDescription]()
            }
            return tables
        }
    }

    private static func tableMod(
        _ bits: UInt32, table: UInt8 = 0, eviction: UInt32? = nil, vacancy: (UInt8, UInt8)? = nil
    ) -> Message {
        .tableMod(
            TableMod(
                tableID: TableID(rawValue: table),
                configuration: TableConfiguration(
                    bits: bits, evictionFlags: eviction,
                    vacancy: vacancy.map { TableConfiguration.Vacancy(down: $0.0, up: $0.1) })))
    }

    /// The features of the first table, changed by `change`, with MODIFY.
    private static func change(
        _ harness: SwitchHarness, _ session: ControllerSession, _ change: (inout TableFeatures) -> Void
    ) -> [Message] {
        var table = TableAbility.features(
            of: 0, tableCount: harness.control.tableCount,
            maximumEntries: harness.pipeline.read { $0.maximumEntries }, in: session.version)
        table.command = .modify
        change(&table)
        return Self.features(harness, session, [table])
    }

    // MARK: - TABLE_MOD

    @Test(
        "are described as they were set, and refuse what is wrong",
        arguments: [OpenFlowVersion.v1_4, .v1_5])
    func descriptions(version: OpenFlowVersion) {
        let harness = SwitchHarness(maximumEntries: 100)
        let session = harness.connect(version)
        #expect(
            Self.descriptions(harness, session).allSatisfy { $0.configuration == TableConfiguration() })
        #expect(harness.request(Self.tableMod(12, eviction: 6, vacancy: (20, 50)), session).isEmpty)
        harness.request(SwitchHarness.flowMod(.add, 1), session)
        let described = Self.descriptions(harness, session)
        #expect(described.count == 254)
        #expect(
            described.first?.configuration
                == TableConfiguration(
                    bits: 12, evictionFlags: 6,
                    vacancy: TableConfiguration.Vacancy(down: 20, up: 50, current: 99)))
        #expect(described.dropFirst().allSatisfy { $0.configuration == TableConfiguration() })
        #expect(harness.error(Self.tableMod(16), session) == .tableModBadConfig)
        #expect(harness.error(Self.tableMod(4, eviction: 1), session) == .tableModBadConfig)
        #expect(harness.error(Self.tableMod(4, table: 254), session) == .tableModBadTable)
        #expect(Self.descriptions(harness, session) == described)
        // All tables at once.
        #expect(harness.request(Self.tableMod(4, table: 255), session).isEmpty)
        #expect(Self.descriptions(harness, session).allSatisfy { $0.configuration.bits == 4 })
        #expect(harness.request(Self.tableMod(0, table: 255), session).isEmpty)
        #expect(
            Self.descriptions(harness, session).allSatisfy { $0.configuration == TableConfiguration() })
    }

    @Test("say of misses what 1.1 and 1.2 ask for; from 1.3 on the bits mean nothing")
    func misses() {
        let harness = SwitchHarness()
        let old = harness.connect(.v1_2)
        #expect(harness.request(Self.tableMod(1), old).isEmpty)
        #expect(harness.pipeline.read { $0.missTreatment(of: Self.zero) } == .continue)
        #expect(harness.pipeline.read { $0.tableAfterMiss(in: Self.zero) } == TableID(rawValue: 1))
        #expect(harness.error(Self.tableMod(1, table: 253), old) == .tableModBadConfig)
        #expect(harness.error(Self.tableMod(3), old) == .tableModBadConfig)
        let new = harness.connect(.v1_3)
        #expect(harness.request(Self.tableMod(3), new).isEmpty)
        #expect(harness.pipeline.read { $0.missTreatment(of: Self.zero) } == .continue)
    }

    @Test("are as they were when a bundle that sets them fails")
    func bundle() {
        let harness = SwitchHarness(maximumEntries: 2)
        let session = harness.connect(.v1_5)
        func bundled(_ messages: [Message]) -> [Message] {
            func control(_ kind: BundleControl.Kind) -> [Message] {
                harness.request(
                    .bundleControl(
                        BundleControl(bundleID: BundleID(rawValue: 1), kind: kind, flags: [.atomic, .ordered])),
                    session)
            }
            _ = control(.openRequest)
            for message in messages {
                #expect(
                    harness.request(
                        .bundleAdd(
                            BundleAdd(
                                bundleID: BundleID(rawValue: 1), flags: [.atomic, .ordered], message: message)),
                        session
                    ).isEmpty)
            }
            return control(.commitRequest)
        }
        let bad = SwitchHarness.flowMod(.add, 9) { $0.tableID = TableID(rawValue: 254) }
        #expect(bundled([Self.tableMod(12, vacancy: (10, 20)), bad]).count == 2)
        #expect(
            Self.descriptions(harness, session).allSatisfy { $0.configuration == TableConfiguration() })
        // Evicted flows come back, too.
        harness.request(SwitchHarness.flowMod(.add, 1, cookie: 1) { $0.importance = 1 }, session)
        harness.request(SwitchHarness.flowMod(.add, 2, cookie: 2) { $0.importance = 2 }, session)
        let new = SwitchHarness.flowMod(.add, 3, cookie: 3) { $0.importance = 3 }
        #expect(bundled([Self.tableMod(4), new, bad]).count == 2)
        #expect(harness.flows(session).map(\.cookie.rawValue).sorted() == [1, 2])
        #expect(harness.error(new, session) == .flowModTableFull)
        #expect(bundled([Self.tableMod(4), new]).count == 1)
        #expect(harness.flows(session).map(\.cookie.rawValue).sorted() == [2, 3])
    }

    // MARK: - Eviction

    @Test("set by the configuration: names, limits, and groups of flows, the greatest of which loses one")
    func evictionGroups() {
        var table = FlowTableConfiguration(Self.zero)
        table.name = "guarded"
        table.flowLimit = 4
        table.evicts = true
        table.groups = [.inPort]
        let harness = SwitchHarness { $0.flowTables = [table] }
        let session = harness.connect(.v1_4)
        func add(_ port: UInt32, _ destination: UInt32, seconds: UInt16) -> [Message] {
            harness.request(
                SwitchHarness.flowMod(.add, destination, cookie: UInt64(port)) {
                    $0.match = Match([MatchEntry(.inPort, port)] + $0.match.entries)
                    $0.hardTimeoutSeconds = seconds
                }, session)
        }
        func ports() -> [UInt64] { harness.flows(session).map(\.cookie.rawValue).sorted() }
        for destination in 1...3 as ClosedRange<UInt32> { #expect(add(1, destination, seconds: 100).isEmpty) }
        // It ends first, but has its group for itself.
        #expect(add(2, 1, seconds: 1).isEmpty)
        #expect(add(3, 1, seconds: 50).isEmpty)
        #expect(ports() == [1, 1, 2, 3])
        #expect(add(3, 2, seconds: 50).isEmpty)
        #expect(ports() == [1, 2, 3, 3])
        // Now the other group is the greatest.
        #expect(add(1, 9, seconds: 50).isEmpty)
        #expect(ports() == [1, 1, 2, 3])
        let described = Self.descriptions(harness, session).first?.configuration
        #expect(described?.bits == 4)
        // What goes by itself leaves its group.
        harness.request(SwitchHarness.flowMod(.delete, 0) { $0.match = .any }, session)
        for destination in 1...4 as ClosedRange<UInt32> { #expect(add(4, destination, seconds: 9).isEmpty) }
        #expect(add(5, 1, seconds: 9).isEmpty)
        #expect(ports() == [4, 4, 4, 5])
    }

    @Test("lose flows of the greatest group as a plain count of the groups says", arguments: 0..<8 as Range<UInt64>)
    func evictionGroupProperty(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        var table = FlowTable(Self.zero, maximumEntries: 10_000, seed: seed)
        table.setEvicts(true, by: [.inPort])
        var members: [UInt32: Set<UInt32>] = [:]
        var ports: [UInt32: UInt32] = [:]
        for step in 0..<2_000 as Range<UInt32> {
            if random.next() % 3 > 0 || ports.isEmpty {
                var flow = FlowSpecification()
                flow.key.inPort = UInt32(random.next() % 7)
                flow.mask.inPort = .max
                (flow.key.ipv4Source, flow.mask.ipv4Source) = (step, .max)
                flow.hardTimeoutSeconds = UInt16(1 + random.next() % 100)
                guard let added = try? table.add(flow, resetsCounts: false, checksOverlap: false, now: .zero) else {
                    Issue.record("a flow cannot be added")
                    return
                }
                members[flow.key.inPort, default: []].insert(added.reference.slot)
                ports[added.reference.slot] = flow.key.inPort
            } else if let slot = ports.keys.sorted().randomElement(using: &random), let port = ports[slot] {
                table.remove(slot)
                ports[slot] = nil
                members[port]?.remove(slot)
            }
            let candidate = table.evictionCandidate(for: 0)
            let most = members.values.map(\.count).max() ?? 0
            guard most > 0 else {
                #expect(candidate == nil)
                continue
            }
            let chosen = candidate.flatMap { ports[$0] }.flatMap { members[$0]?.count }
            #expect(chosen == most, "seed \(seed), step \(step)")
        }
    }

    @Test(
        "evict the least important flow, then the one that ends soonest, and tell why and with what counters"
    )
    func eviction() {
        let harness = SwitchHarness(maximumEntries: 3)
        let session = harness.connect(.v1_4)
        let old = harness.connect(.v1_3)
        harness.request(Self.tableMod(4), session)
        func add(_ number: UInt32, importance: UInt16, idle: UInt16 = 0) -> [Message] {
            harness.request(
                SwitchHarness.flowMod(.add, number, cookie: UInt64(number)) {
                    $0.importance = importance
                    $0.idleTimeoutSeconds = idle
                    $0.flags = .sendFlowRemoved
                }, session)
        }
        #expect(add(1, importance: 5).isEmpty)
        #expect(add(2, importance: 5, idle: 60).isEmpty)
        #expect(add(3, importance: 5, idle: 30).isEmpty)
        harness.credit(3, packets: 7)
        // Of equal importance, the one of least time left goes; its counters are told.
        let removed = add(4, importance: 5, idle: 90)
        guard case .flowRemoved(let told)? = removed.first else {
            Issue.record("\(removed)")
            return
        }
        #expect(
            removed.count == 1 && told.reason == .eviction && told.cookie.rawValue == 3
                && told.packetCount == 7)
        guard case .flowRemoved(let lowered)? = harness.take(old).first else {
            Issue.record("1.3 was not told")
            return
        }
        #expect(lowered.reason == .delete && lowered.cookie.rawValue == 3)
        // No flow goes for a less important one, nor one without timeouts for one as important.
        #expect(SwitchHarness.code(of: add(5, importance: 4)) == .flowModTableFull)
        harness.request(
            SwitchHarness.flowMod(.delete, 0) { ($0.match, $0.tableID) = (.any, .all) }, old)
        _ = (harness.take(session), harness.take(old))
        for number in 1...3 as ClosedRange<UInt32> {
            #expect(add(number, importance: UInt16(number)).isEmpty)
        }
        #expect(SwitchHarness.code(of: add(4, importance: 1)) == .flowModTableFull)
        // The same flow again takes its own place.
        #expect(add(2, importance: 2).isEmpty)
        #expect(add(5, importance: 9).count == 1)
        #expect(harness.flows(session).map(\.cookie.rawValue).sorted() == [2, 3, 5])
        // Overlaps are refused before anything goes.
        let wide = SwitchHarness.flowMod(.add, 0) {
            $0.match = Match([MatchEntry(.etherType, 0x0800)])
            $0.importance = 10
            $0.flags = .checkOverlap
        }
        #expect(harness.error(wide, session) == .flowModOverlap)
        #expect(harness.flows(session).count == 3)
    }

    private static func rank(_ slot: UInt32, _ table: borrowing FlowTable) -> (UInt16, UInt64) {
        let rule = table.rules[slot]
        return (rule.pointee.importance, rule.pointee.deadline?.nanoseconds ?? .max)
    }

    @Test("choose the flow to evict as a list of all flows would", arguments: 1...10)
    func evictionOrder(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed))
        var table = FlowTable(Self.zero, maximumEntries: 30, seed: 1)
        table.setEvicts(true)
        var now = 100.0
        for round in 0..<600 as Range<UInt32> {
            now += 0.5
            var flow = FlowSpecification()
            (flow.key.ipv4Source, flow.mask.ipv4Source) = (
                UInt32.random(in: 0..<60, using: &generator), .max
            )
            flow.importance = UInt16.random(in: 0..<4, using: &generator)
            flow.idleTimeoutSeconds =
                Bool.random(using: &generator) ? 0 : UInt16.random(in: 1...900, using: &generator)
            flow.cookie = Cookie(rawValue: UInt64(round))
            let slots = (0..<table.rules.usedSlots).filter { table.rules.rule($0) != nil }
            if let used = slots.randomElement(using: &generator) {
                table.credit(table.reference(used), packets: 1, bytes: 1, at: .seconds(now))
            }
            let isThere = table.classifier.find(flow.key, mask: flow.mask, priority: flow.priority) != nil
            if table.isFull, !isThere {
                let least = slots.map { Self.rank($0, table) }.min { $0 < $1 } ?? (0, 0)
                let mayGo = least.0 < flow.importance || (least.0 == flow.importance && least.1 != .max)
                let victim = table.evictionCandidate(for: flow.importance)
                #expect((victim != nil) == mayGo, "seed \(seed)")
                guard let victim else { continue }
                let isLeast = Self.rank(victim, table) == least
                #expect(isLeast, "seed \(seed)")
                table.remove(victim)
            }
            _ = try table.add(
                flow, resetsCounts: round % 3 == 0, checksOverlap: false, now: .seconds(now))
        }
    }

    // MARK: - Vacancy

    @Test("tell once that they are nearly full, and once that there is room again")
    func vacancy() {
        let harness = SwitchHarness(maximumEntries: 10)
        let session = harness.connect(.v1_4)
        let other = harness.connect(.v1_3)
        session.asyncConfig[.tableStatus, .primary] = 0x18
        other.asyncConfig[.tableStatus, .primary] = 0x18
        harness.request(Self.tableMod(8, vacancy: (30, 60)), session)
        func told(_ command: FlowMod.Command, _ number: UInt32) -> [TableStatusReason] {
            harness.request(SwitchHarness.flowMod(command, number), session).compactMap {
                message -> TableStatusReason? in
                guard case .tableStatus(let status) = message else { return nil }
                #expect(status.table.tableID == Self.zero && status.table.configuration.vacancy?.down == 30)
                return status.reason
            }
        }
        for number in 1...7 as ClosedRange<UInt32> { #expect(told(.add, number).isEmpty) }
        // 20 % are less than 30 %.
        #expect(told(.add, 8) == [.vacancyDown])
        #expect(
            told(.add, 9).isEmpty && told(.delete, 9).isEmpty && told(.delete, 8).isEmpty
                && told(.add, 8).isEmpty)
        for number in 4...8 as ClosedRange<UInt32> where number != 4 {
            #expect(told(.delete, number).isEmpty)
        }
        #expect(told(.delete, 4) == [.vacancyUp])
        #expect(told(.add, 4).isEmpty)
        #expect(harness.take(other).isEmpty)
        harness.request(Self.tableMod(0), session)
        for number in 4...10 as ClosedRange<UInt32> { #expect(told(.add, number).isEmpty) }
    }

    @Test("know when to tell, step by step")
    func monitor() {
        var monitor = VacancyMonitor(TableSettings.Vacancy(down: 10, up: 20), vacancy: 50)
        let told = [50, 10, 9, 5, 20, 21, 22, 0, 100].map { monitor.update($0) }
        #expect(told == [nil, nil, .vacancyDown, nil, nil, .vacancyUp, nil, .vacancyDown, .vacancyUp])
        // What is so already is not told; that it ends is.
        monitor = VacancyMonitor(TableSettings.Vacancy(down: 10, up: 20), vacancy: 5)
        #expect(monitor.update(5) == nil)
        #expect(monitor.update(30) == .vacancyUp)
    }

    // MARK: - TABLE_FEATURES

    @Test(
        "take other names and sizes, and keep to them", arguments: [OpenFlowVersion.v1_3, .v1_4, .v1_5])
    func namesAndSizes(version: OpenFlowVersion) {
        let harness = SwitchHarness(maximumEntries: 100)
        let session = harness.connect(version)
        var all = Self.tables(Self.features(harness, session))
        #expect(all.count == 254)
        // The same again changes nothing.
        let before = harness.pipeline.version
        #expect(Self.tables(Self.features(harness, session, all)) == all)
        #expect(harness.pipeline.version == before)
        all[0].name = "acl"
        all[0].maximumEntries = 2
        #expect(Self.tables(Self.features(harness, session, all)) == all)
        #expect(Self.tables(Self.features(harness, session)) == all)
        let statistics = harness.request(
            .multipartRequest(MultipartRequest(body: .table)), harness.connect(.v1_2))
        guard case .multipartReply(let part)? = statistics.first, case .table(let entries) = part.body
        else {
            Issue.record("\(statistics)")
            return
        }
        #expect(entries.first?.name == "acl" && entries.first?.maximumEntries == 2)
        for number in 1...2 as ClosedRange<UInt32> {
            #expect(harness.request(SwitchHarness.flowMod(.add, number), session).isEmpty)
        }
        #expect(harness.error(SwitchHarness.flowMod(.add, 3), session) == .flowModTableFull)
        // Fewer than there are, or more than the switch can hold, is refused, with nothing changed.
        for maximum in [1, 101] as [UInt32] {
            var wrong = all
            wrong[0].name = "other"
            wrong[0].maximumEntries = maximum
            #expect(
                SwitchHarness.code(of: Self.features(harness, session, wrong))
                    == (version == .v1_5 ? .tableFeaturesBadMaximumEntries : .tableFeaturesNotPermitted))
        }
        #expect(Self.tables(Self.features(harness, session)) == all)
    }

    @Test(
        "are refused as a whole where a request names other tables, one twice, or what no table can do")
    func wrongRequests() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_5)
        let all = Self.tables(Self.features(harness, session))
        func code(_ request: [TableFeatures]) -> OpenFlowError.Code? {
            SwitchHarness.code(of: Self.features(harness, session, request))
        }
        func one(_ change: (inout TableFeatures) -> Void) -> OpenFlowError.Code? {
            SwitchHarness.code(of: Self.change(harness, session, change))
        }
        #expect(code(Array(all.dropLast())) == .tableFeaturesNotPermitted)
        #expect(one { $0.tableID = TableID(rawValue: 254) } == .tableFeaturesBadTable)
        #expect(one { $0.command = .enable } == .tableFeaturesNotPermitted)
        #expect(one { $0.command = .disable } == .tableFeaturesNotPermitted)
        var mixed = Array(all.prefix(2))
        mixed[0].command = .modify
        #expect(code(mixed) == .tableFeaturesBadCommand)
        mixed[1].command = .modify
        mixed[1].tableID = mixed[0].tableID
        #expect(code(mixed) == .tableFeaturesNiciraDuplicateTable)
        #expect(one { $0.features = 2 } == .tableFeaturesBadFeatures)
        #expect(one { $0.capabilities = 0x100 } == .tableFeaturesBadCapabilities)
        #expect(
            one { $0.properties = [.instructions([FeatureID(type: 9)], miss: false)] }
                == .propertyBadValue)
        #expect(one { $0.properties = [.nextTables([Self.zero], miss: false)] } == .propertyBadValue)
        #expect(
            one { $0.properties = [.synchronizedFrom([TableID(rawValue: 1)])] } == .propertyBadType)
        #expect(
            one { $0.properties = [.nextTables([], miss: false), .nextTables([], miss: false)] }
                == .propertyDuplicateType)
        #expect(Self.tables(Self.features(harness, session)) == all)
    }

    @Test("tell every action, and in 1.5 what may be copied, and refuse copies of what was left out")
    func copies() {
        #expect(TableAbility.actionTypes(in: .v1_3).contains(19) && TableAbility.actionTypes(in: .v1_5).contains(28))
        let harness = SwitchHarness()
        let session = harness.connect(.v1_5)
        let copyable = [MatchField.ethernetSource, .ethernetDestination].compactMap {
            FeatureField($0, hasMask: false, version: .v1_5)
        }
        #expect(
            !Self.tables(
                Self.change(harness, session) { table in
                    table.properties.removeAll { if case .applyCopyField = $0 { true } else { false } }
                    table.properties.append(.applyCopyField(copyable, miss: false))
                }
            ).isEmpty)
        func copy(_ source: MatchField) -> OpenFlowError.Code? {
            harness.error(
                SwitchHarness.flowMod(.add, 1) {
                    $0.instructions = [
                        .applyActions([
                            .copyField(
                                CopyField(
                                    bitCount: 16, source: source, sourceOffset: 0, destination: .ethernetDestination,
                                    destinationOffset: 0))
                        ])
                    ]
                }, session)
        }
        #expect(copy(.ethernetSource) == nil)
        #expect(copy(.etherType) == .actionBadSetType)
    }

    @Test(
        "refuse flows that are made of what a controller has left out",
        arguments: [OpenFlowVersion.v1_3, .v1_5])
    func narrowing(version: OpenFlowVersion) {
        let harness = SwitchHarness()
        let session = harness.connect(version)
        func fields(_ fields: MatchField..., masked: [MatchField] = []) -> [FeatureField] {
            fields.compactMap { FeatureField($0, hasMask: false, version: version) }
                + masked.compactMap { FeatureField($0, hasMask: true, version: version) }
        }
        let properties: [TableFeatureProperty] = [
            .instructions([FeatureID(type: 1), FeatureID(type: 4)], miss: false),
            .instructions([FeatureID(type: 4)], miss: true),
            .nextTables([TableID(rawValue: 3)], miss: false),
            .applyActions([FeatureID(type: 0), FeatureID(type: 25)], miss: false),
            .applySetField(fields(.ethernetSource), miss: false),
            .match(fields(.etherType, .ipv4Destination, masked: [.ethernetSource])),
            .wildcards(fields(.ipv4Destination, .ethernetSource)),
        ]
        var all = Self.tables(Self.features(harness, session))
        all[0].properties = properties
        #expect(Self.tables(Self.features(harness, session, all)).first?.properties == properties)
        func code(_ change: (inout FlowMod) -> Void) -> OpenFlowError.Code? {
            harness.error(SwitchHarness.flowMod(.add, 1, change), session)
        }
        let output = Action.output(PortNumber(rawValue: 1), maximumLength: 0)
        #expect(harness.request(SwitchHarness.flowMod(.add, 1), session).isEmpty)
        #expect(
            code { $0.match = Match([MatchEntry(.etherType, 0x0800), MatchEntry(.ipv4Source, 1)]) }
                == .matchBadField)
        #expect(
            code {
                $0.match = Match([
                    MatchEntry(.etherType, 0x0800),
                    MatchEntry(.ipv4Destination, value: 0x0a00_0000, mask: 0xff00_0000),
                ])
            } == .matchBadMask)
        #expect(code { $0.match = Match([MatchEntry(.ethernetSource, 1)]) } == .matchBadWildcards)
        #expect(code { $0.instructions = [.clearActions] } == .instructionUnsupported)
        #expect(code { $0.instructions = [.gotoTable(TableID(rawValue: 2))] } == .instructionBadTableID)
        #expect(code { $0.instructions = [.gotoTable(TableID(rawValue: 3))] } == nil)
        #expect(code { $0.instructions = [.applyActions([.popVLAN])] } == .actionBadType)
        #expect(
            code {
                $0.instructions = [
                    .applyActions([
                        .setField(.ethernetDestination, value: 1, mask: MatchField.ethernetDestination.allOnes)
                    ])
                ]
            } == .actionBadSetType)
        // A table-miss flow has abilities of its own.
        func miss(_ instructions: [Instruction]) -> OpenFlowError.Code? {
            code { ($0.match, $0.priority, $0.instructions) = (.any, 0, instructions) }
        }
        #expect(miss([.applyActions([output])]) == nil)
        #expect(miss([.gotoTable(TableID(rawValue: 3))]) == .instructionUnsupported)
        // Modifications are held to the same; other tables are not.
        #expect(
            harness.error(
                SwitchHarness.flowMod(.modify, 1) { $0.instructions = [.clearActions] }, session)
                == .instructionUnsupported)
        #expect(
            code { ($0.tableID, $0.instructions) = (TableID(rawValue: 1), [.clearActions]) } == nil)
        // While there are flows, what they may be made of stays; names may change.
        var wider = all
        wider[0].properties = Self.tables(Self.features(harness, session))[1].properties
        #expect(
            SwitchHarness.code(of: Self.features(harness, session, wider)) == .tableFeaturesNotPermitted)
        all[0].name = "narrow"
        #expect(Self.tables(Self.features(harness, session, all)).first?.name == "narrow")
    }
}
