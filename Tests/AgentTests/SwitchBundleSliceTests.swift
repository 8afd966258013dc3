import Datapath
import NetworkTypes
import OpenFlow
import Support
import Synchronization
import Testing

@testable import Agent

@Suite("Long bundles: in slices, yet all or nothing for packets")
struct SwitchBundleSliceTests {
    private static let identifier = BundleID(rawValue: 1)
    private static let flags: BundleFlags = [.atomic, .ordered]
    /// How many destinations flows are about at first.
    private static let destinations: UInt32 = 1_500

    private static func control(_ kind: BundleControl.Kind) -> Message {
        .bundleControl(BundleControl(bundleID: Self.identifier, kind: kind, flags: Self.flags))
    }

    /// Destinations alone, wider ones, parts of a conjunction and what it leads to.
    private static func fill(_ harness: SwitchHarness, _ session: ControllerSession) {
        for number in 0..<Self.destinations {
            harness.send(SwitchHarness.flowMod(.add, number, cookie: UInt64(number)), session)
        }
        for number in 0..<40 as Range<UInt32> {
            harness.send(Self.wide(.add, number << 6, priority: 90, cookie: 5_000 + UInt64(number)), session)
        }
        for number in 0..<20 as Range<UInt32> {
            harness.send(Self.part(.add, destination: number * 7, priority: 200), session)
            harness.send(Self.part(.add, source: number, priority: 200), session)
        }
        let answer = FlowMod(
            cookie: Cookie(rawValue: 9_999), priority: 10, match: Match([MatchEntry(.conjunctionID, 7)]),
            instructions: [.applyActions([.output(PortNumber(rawValue: 2), maximumLength: 0)])])
        harness.send(.flowMod(answer), session)
        _ = harness.take(session)
    }

    private static func wide(
        _ command: FlowMod.Command, _ destination: UInt32, priority: UInt16, cookie: UInt64 = 0
    ) -> Message {
        SwitchHarness.flowMod(command, 0, priority: priority, cookie: cookie) {
            $0.match = Match([
                MatchEntry(.etherType, 0x0800),
                MatchEntry(.ipv4Destination, value: UInt128(destination), mask: 0xffff_ffc0),
            ])
        }
    }

    private static func part(
        _ command: FlowMod.Command, source: UInt32? = nil, destination: UInt32? = nil, priority: UInt16
    ) -> Message {
        SwitchHarness.flowMod(command, 0, priority: priority) {
            var entries = [MatchEntry(.etherType, 0x0800)]
            if let source { entries.append(MatchEntry(.ipv4Source, UInt128(source))) }
            if let destination { entries.append(MatchEntry(.ipv4Destination, UInt128(destination))) }
            $0.match = Match(entries)
            if command == .add {
                $0.instructions = [
                    .applyActions([.conjunction(id: 7, clause: source == nil ? 0 : 1, clauseCount: 2)])
                ]
            }
        }
    }

    /// Messages that add, change, replace and remove, one flow or many.
    private static func messages(_ count: Int, _ generator: inout SeededGenerator) -> [Message] {
        (0..<count).map { _ in
            let destination = UInt32.random(in: 0..<Self.destinations + 500, using: &generator)
            let cookie = UInt64.random(in: 10_000..<20_000, using: &generator)
            let priority = UInt16.random(in: 99...101, using: &generator)
            switch Int.random(in: 0..<20, using: &generator) {
            case 0..<8:
                return SwitchHarness.flowMod(.add, destination, priority: priority, cookie: cookie, output: 2)
            case 8..<12: return SwitchHarness.flowMod(.modifyStrict, destination, output: 3)
            case 12..<16: return SwitchHarness.flowMod(.deleteStrict, destination)
            case 16: return Self.wide(.modify, destination & ~63, priority: 0)
            case 17: return Self.wide(.delete, destination & ~63, priority: 0)
            case 18: return Self.wide(.add, destination & ~63, priority: priority, cookie: cookie)
            default:
                let part = UInt32.random(in: 0..<25, using: &generator)
                return Self.part(
                    Bool.random(using: &generator) ? .add : .deleteStrict, destination: part * 7, priority: 200)
            }
        }
    }

    /// What packets meet: which rule, and what it says.
    private static func answers(_ harness: SwitchHarness, withNames: Bool) -> [String] {
        harness.pipeline.read { state in
            (0..<Self.destinations + 600).map { destination in
                var (key, mask) = (FlowKey(), FlowMask())
                key.etherType = 0x0800
                key.ipv4Destination = destination
                key.ipv4Source = destination % 40
                guard let rule = state.lookup(table: TableID(rawValue: 0), key: key, unwildcarding: &mask) else {
                    return "none"
                }
                return (withNames ? "\(rule.reference) " : "") + "\(rule.cookie) \(rule.instructions.instructions)"
            }
        }
    }

    private static func flows(_ harness: SwitchHarness, _ session: ControllerSession) -> [String] {
        harness.flows(session).map {
            "\($0.priority) \($0.cookie) \($0.match) \($0.instructions) \($0.packetCount) \($0.byteCount)"
        }.sorted()
    }

    private static func addAll(_ messages: [Message], _ harness: SwitchHarness, _ session: ControllerSession) {
        for message in messages {
            harness.send(
                .bundleAdd(BundleAdd(bundleID: Self.identifier, flags: Self.flags, message: message)), session)
        }
        #expect(harness.take(session).isEmpty)
    }

    @Test(
        "between slices packets meet the state before, and all of the bundle at its end",
        arguments: 1...4 as ClosedRange<UInt64>)
    func commits(seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        let harness = SwitchHarness()
        let reference = SwitchHarness()
        let (session, other) = (harness.connect(.v1_4), harness.connect(.v1_4))
        let referenceSession = reference.connect(.v1_4)
        Self.fill(harness, session)
        Self.fill(reference, referenceSession)
        let messages = Self.messages(1_800, &generator)
        for message in messages { reference.send(message, referenceSession) }
        while reference.control.continueLongWork(now: reference.now) {}
        let before = Self.answers(harness, withNames: true)
        let version = harness.pipeline.version
        Self.addAll(messages, harness, session)
        #expect(harness.request(Self.control(.commitRequest), session).isEmpty)
        // Another controller's echo is answered; its flow waits for the bundle, and goes behind it.
        let late = SwitchHarness.flowMod(.add, 4_000, cookie: 4_000)
        #expect(harness.request(late, other).isEmpty)
        var slices = 1
        while harness.control.bundleCommit != nil, slices < 100 {
            #expect(harness.request(.echoRequest([1, 2]), other) == [.echoReply([1, 2])])
            if harness.pipeline.version == version {
                #expect(Self.answers(harness, withNames: true) == before, "seed \(seed), slice \(slices)")
            }
            _ = harness.control.runExpiry(now: harness.now)
            slices += 1
        }
        #expect(slices > 4 && slices < 100)
        #expect(harness.take(session) == [Self.control(.commitReply)])
        #expect(Self.answers(harness, withNames: false) == Self.answers(reference, withNames: false), "seed \(seed)")
        _ = harness.control.runExpiry(now: harness.now)
        #expect(harness.flows(session).contains { $0.cookie.rawValue == 4_000 })
        reference.send(late, referenceSession)
        #expect(Self.flows(harness, session) == Self.flows(reference, referenceSession), "seed \(seed)")
        #expect(harness.pipeline.version == version + 2 && !session.isBusy && !other.isBusy)
    }

    @Test("one that fails at its end is taken back in slices, unseen, and leaves names and counters as they were")
    func rollsBack() {
        var generator = SeededGenerator(state: 77)
        let harness = SwitchHarness()
        let session = harness.connect(.v1_5)
        let other = harness.connect(.v1_3)
        Self.fill(harness, session)
        for cookie in 0..<100 as Range<UInt64> { harness.credit(cookie, packets: cookie) }
        let (before, flows) = (Self.answers(harness, withNames: true), Self.flows(harness, session))
        let version = harness.pipeline.version
        let faulty = SwitchHarness.flowMod(.add, 1) { $0.tableID = .all }
        Self.addAll(Self.messages(1_500, &generator) + [faulty], harness, session)
        #expect(harness.request(Self.control(.commitRequest), session).isEmpty)
        var slices = 1
        while harness.control.bundleCommit != nil, slices < 100 {
            #expect(Self.answers(harness, withNames: true) == before, "slice \(slices)")
            #expect(harness.request(.echoRequest([3]), other) == [.echoReply([3])])
            _ = harness.control.runExpiry(now: harness.now)
            slices += 1
        }
        #expect(slices > 5 && slices < 100)
        let codes = harness.take(session).map { SwitchHarness.code(of: [$0]) }
        #expect(codes == [.flowModBadTableID, .bundleMessageFailed])
        #expect(Self.answers(harness, withNames: true) == before)
        #expect(Self.flows(harness, session) == flows && harness.pipeline.version == version)
    }

    @Test("a change that cannot wait has the bundle done first; a controller that leaves does not end it")
    func completes() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_4)
        Self.addAll((0..<3_000).map { SwitchHarness.flowMod(.add, $0) }, harness, session)
        harness.request(Self.control(.commitRequest), session)
        #expect(harness.control.bundleCommit != nil)
        harness.control.sessionClosed(session)
        harness.addPort("eth9", 9)
        #expect(harness.control.bundleCommit == nil)
        #expect(harness.pipeline.read { $0.flowCount } == 3_000)
        #expect(harness.pipeline.read { $0.portsInOrder.count } == 4)
    }

    @Test("meters and ports reach devices when packets see the bundle, and stay as they were where it fails")
    func devices() {
        for isRefused in [false, true] {
            let harness = SwitchHarness()
            let session = harness.connect(.v1_4)
            harness.request(.meterMod(MeterMod(flags: [], bands: [MeterBand(rate: 5)])), session)
            let (meters, version) = (harness.datapath.state.withLock { $0.meters }, harness.pipeline.version)
            let down = PortMod(
                port: PortNumber(rawValue: 1), hardwareAddress: MACAddress(rawValue: 0x11),
                configuration: .portDown, mask: .portDown)
            let fast = MeterMod(command: .modify, flags: [], bands: [MeterBand(rate: 9)])
            Self.addAll(
                [.meterMod(fast), .portMod(down)] + (0..<2_000).map { SwitchHarness.flowMod(.add, $0) },
                harness, session)
            if isRefused {
                harness.datapath.state.withLock {
                    $0.administrativeError = DatapathError(.notPermitted, operation: "set a port down")
                }
            }
            harness.send(Self.control(.commitRequest), session)
            var slices = 1
            while harness.control.bundleCommit != nil, slices < 100 {
                let (rates, states) = harness.datapath.state.withLock {
                    ($0.meters.values.map { $0.bands[0].rate }, $0.administrativeStates.count)
                }
                let isPublished = harness.pipeline.version > version
                #expect(rates == [isPublished ? 9 : 5])
                if !isRefused { #expect(states == (isPublished ? 1 : 0)) }
                _ = harness.control.runExpiry(now: harness.now)
                slices += 1
            }
            #expect(slices > 4 && slices < 100)
            let told = harness.take(session)
            if isRefused {
                #expect(told.map { SwitchHarness.code(of: [$0]) } == [.portModNotPermitted, .bundleMessageFailed])
                #expect(harness.datapath.state.withLock { $0.meters } == meters && harness.flows(session).isEmpty)
            } else {
                #expect(told.last == Self.control(.commitReply) && harness.flows(session).count == 2_000)
                #expect(harness.datapath.state.withLock { $0.administrativeStates }.map(\.1) == [false])
            }
        }
    }

    @Test("one message that means many flows takes several slices, alone or among others")
    func manyFlows() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_4)
        harness.request(groupMod(.add, 1, .all, [bucket([output(1)])]), session)
        for number in 0..<5_000 as Range<UInt32> {
            harness.send(
                SwitchHarness.flowMod(.add, number, cookie: 1) {
                    if number < 2_500 { $0.instructions = [.applyActions([group(1)])] }
                    $0.flags = .sendFlowRemoved
                }, session)
        }
        let deletion = FlowMod(cookie: Cookie(rawValue: 1), cookieMask: .max, command: .delete)
        Self.addAll(
            [
                .groupMod(GroupMod(command: .delete, groupID: GroupID(rawValue: 1))), .flowMod(deletion),
                SwitchHarness.flowMod(.add, 1, cookie: 3),
            ], harness, session)
        let version = harness.pipeline.version
        harness.send(Self.control(.commitRequest), session)
        var slices = 1
        while harness.control.bundleCommit != nil, slices < 100 {
            let isPublished = harness.pipeline.version > version
            let before = harness.pipeline.read { state in
                var (key, mask) = (FlowKey(), FlowMask())
                key.etherType = 0x0800
                key.ipv4Destination = 4_999
                return state.lookup(table: TableID(rawValue: 0), key: key, unwildcarding: &mask) != nil
                    && state.group(GroupID(rawValue: 1)) != nil
            }
            #expect(before != isPublished)
            _ = harness.control.runExpiry(now: harness.now)
            slices += 1
        }
        #expect(slices > 8 && slices < 100)
        // The flows that went, by either of the two deletions, and the reply.
        let told = harness.take(session)
        let reasons = told.compactMap { message -> FlowRemovedReason? in
            if case .flowRemoved(let removed) = message { removed.reason } else { nil }
        }
        #expect(reasons.count(where: { $0 == .groupDelete }) == 2_500 && reasons.count == 5_000)
        #expect(told.last == Self.control(.commitReply))
        #expect(harness.flows(session).map(\.cookie.rawValue) == [3])
        #expect(harness.pipeline.read { $0.groups.count } == 0)
    }
}
