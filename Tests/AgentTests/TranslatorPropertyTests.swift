import Datapath
import NetworkTypes
import OpenFlow
import Testing

@testable import Agent

/// SplitMix64: small, seeded, the same everywhere.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var value = self.state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}

/// Random tables and packets over domains so small that rules and packets meet.
struct TranslationGenerator {
    var random: SeededGenerator
    private var cloneDepth = 0
    init(seed: UInt64) { self.random = SeededGenerator(state: seed) }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self.random) < percent }
    mutating func pick<Element>(_ list: [Element]) -> Element {
        list[Int.random(in: 0..<list.count, using: &self.random)]
    }

    mutating func frame() -> TestFrame {
        var frame = TestFrame()
        frame.destination = self.pick([0x0200_0000_0002, 0x0200_0000_0003, 0xffff_ffff_ffff, 0x0180_c200_0002])
        frame.source = self.pick([0x0200_0000_0001, 0x0200_0000_0004])
        for _ in 0..<self.pick([0, 0, 0, 1, 1, 2]) {
            frame.tags.append((self.pick([0x8100, 0x88a8]), self.pick([1, 2, 0x2001, 0xe002])))
        }
        var ip = TestFrame.IP(
            source: self.pick([0x0a00_0001, 0x0a00_0105]), destination: self.pick([0x0a00_0002, 0x0a00_0103]),
            tos: self.pick([0, 0xb8, 0x03]), ttl: self.pick([1, 2, 64]),
            protocolNumber: self.pick([1, 6, 6, 17, 17, 99]),
            fragment: self.pick([0, 0, 0, 1, 3]), sourcePort: self.pick([8, 1000]), destinationPort: self.pick([0, 80]))
        // The checksum of a first fragment is not one that can be computed from it.
        if ip.fragment == 1 { ip.protocolNumber = 99 }
        var whole = ip
        whole.fragment = 0
        if whole.protocolNumber == 1 { whole.protocolNumber = 17 }
        frame.payload = self.pick([
            .ipv4(ip), .ipv4(ip), .ipv4(ip), .ipv6(whole), .arp(operation: self.pick([1, 2]), sender: 1, target: 2),
            .other(type: 0x88cc),
        ])
        return frame
    }

    mutating func entries() -> [MatchEntry] {
        var entries: [MatchEntry] = []
        if self.chance(20) { entries.append(MatchEntry(.inPort, self.pick([1, 2]))) }
        if self.chance(20) {
            entries.append(MatchEntry(.metadata, value: self.pick([0, 1]), mask: self.pick([1, 3])))
        }
        if self.chance(10) { entries.append(MatchEntry(.register0, self.pick([0, 7]))) }
        if self.chance(25) {
            entries.append(MatchEntry(.ethernetDestination, self.pick([0x0200_0000_0002, 0x0200_0000_0003])))
        }
        if self.chance(10) {
            entries.append(MatchEntry(.ethernetDestination, value: 0x0100_0000_0000, mask: 0x0100_0000_0000))
        }
        if self.chance(20) {
            entries.append(
                self.pick([
                    MatchEntry(.vlanID, 0), MatchEntry(.vlanID, 0x1001),
                    MatchEntry(.vlanID, value: 0x1000, mask: 0x1000),
                ]))
        }
        switch self.pick([0, 0, 1, 2, 3, 4]) {
        case 1: entries.append(MatchEntry(.etherType, 0x0806))
        case 2:
            entries.append(MatchEntry(.etherType, 0x0800))
            if self.chance(50) {
                entries.append(
                    MatchEntry(.ipv4Source, value: 0x0a00_0000, mask: self.pick([0xffff_ff00, 0xff00_0000])))
            }
            if self.chance(30) { entries.append(MatchEntry(.ipDSCP, 46)) }
        case 3:
            entries += [MatchEntry(.etherType, 0x0800), MatchEntry(.ipProtocol, 6)]
            if self.chance(60) { entries.append(MatchEntry(.tcpDestination, self.pick([0, 80]))) }
        case 4:
            entries += [MatchEntry(.etherType, self.pick([0x0800, 0x86dd])), MatchEntry(.ipProtocol, 17)]
            if self.chance(60) { entries.append(MatchEntry(.udpSource, 1000)) }
        default: break
        }
        // A field named twice means the last; a rule here is words, so the first must go.
        return entries.reduce(into: []) { result, entry in
            result.removeAll { $0.field == entry.field }
            result.append(entry)
        }
    }

    mutating func action(inSet: Bool) -> Action {
        func set(_ field: MatchField, _ value: UInt128) -> Action {
            .setField(field, value: value, mask: field.allOnes)
        }
        let outputs: [Action] = [1, 2, 3].map { output(UInt32($0)) }
        let others: [Action] = [
            output(.inPort), output(.all), output(.flood), output(.normal), output(.controller), output(9),
            .pushVLAN(.vlan),
            .pushVLAN(.serviceVLAN), .popVLAN, .popVLAN, .decrementNetworkTTL,
            set(.ethernetDestination, 0x0200_0000_0003),
            .setField(.ethernetSource, value: 0x0000_0000_ff00, mask: 0x0000_0000_ff00), set(.vlanID, 0x1001),
            set(.vlanPriority, 5), set(.ipv4Source, 0x0a00_0105),
            .setField(.ipv4Destination, value: 0x0a01_0000, mask: 0xffff_0000),
            set(.ipDSCP, 46), set(.tcpDestination, 80), set(.udpSource, 1000), set(.icmpv4Type, 0),
            set(.arpOperation, 2),
            set(.register0, 7), group(1), group(2), group(3), group(4),
        ]
        if !inSet, self.chance(15) { return self.extensionAction() }
        return self.chance(35) ? self.pick(outputs) : self.pick(others)
    }

    /// Nicira's; resubmits only go up, so that every packet ends.
    private mutating func extensionAction() -> Action {
        let stackEnds = (
            FieldSlice(.register0, offset: 0, bitCount: 32), FieldSlice(.register1, offset: 0, bitCount: 32)
        )
        switch self.pick([0, 0, 1, 1, 2, 3, 4, 5, 6]) {
        case 0:
            return .resubmit(
                port: self.pick([nil, .inPort, PortNumber(rawValue: 2)]), table: TableID(rawValue: 3))
        case 1:
            self.cloneDepth += 1
            defer { self.cloneDepth -= 1 }
            guard self.cloneDepth < 3 else { return .exit }
            return .clone((0..<self.pick([1, 2, 3])).map { _ in self.action(inSet: false) })
        case 2: return .writeMetadata(value: self.pick([0, 1]), mask: self.pick([1, 3]))
        case 3: return .pushStack(stackEnds.0)
        case 4: return .popStack(stackEnds.1)
        case 5:
            return .copyField(
                CopyField(
                    bitCount: 32, source: .register1, sourceOffset: 0, destination: .register0, destinationOffset: 0))
        default: return self.pick([.exit, .note([1, 2, 3])])
        }
    }

    /// Actions of a bucket, which may chain to groups of lower numbers.
    mutating func bucketActions(_ number: UInt32) -> [Action] {
        var actions = (0..<self.pick([1, 2, 3])).map { _ in self.action(inSet: true) }
        actions.removeAll { if case .group(let other) = $0 { other.rawValue >= number } else { false } }
        return actions
    }

    mutating func pipeline(withMeters: Bool = false) -> TestPipeline {
        var pipeline = TestPipeline(ports: [1, 2, 3, 4])
        pipeline.missesGoToControllers = self.chance(50)
        let types: [(UInt32, GroupType)] = [(1, .all), (2, .indirect), (3, .fastFailover), (4, .select)]
        for (number, type) in types {
            pipeline.addGroup(number, type, (0..<(type == .indirect ? 1 : 3)).map { _ in self.bucketActions(number) })
        }
        for number in 1...2 as ClosedRange<UInt32> where withMeters {
            pipeline.meters[MeterID(rawValue: number)] = SwitchMeter(
                MeterConfiguration(), datapathNumber: number + 40, created: .zero)
        }
        if self.chance(30) { pipeline.addPort(3, self.pick([.noFlood, .noForward, .portDown])) }
        for _ in 0..<2 {
            let actions: [Action] = [
                output(2), .setField(.register0, value: 7, mask: 0xffff_ffff), output(.controller),
            ]
            pipeline.add(
                table: 3, priority: self.pick([10, 20]), self.entries(),
                actions: [self.pick(actions), self.pick(actions)],
                cookie: 1000)
        }
        for table in UInt8(0)..<3 {
            for _ in 0..<self.pick([1, 3, 5]) {
                var instructions: [Instruction] = []
                if withMeters, self.chance(20) {
                    instructions.append(.meter(MeterID(rawValue: self.pick([1, 2]))))
                }
                if self.chance(70) {
                    instructions.append(
                        .applyActions((0..<self.pick([1, 2, 4])).map { _ in self.action(inSet: false) }))
                }
                if self.chance(10) { instructions.append(.clearActions) }
                if self.chance(30) {
                    instructions.append(.writeActions((0..<2).map { _ in self.action(inSet: true) }))
                }
                if self.chance(30) { instructions.append(.writeMetadata(value: self.pick([0, 1]), mask: 1)) }
                if table < 2, self.chance(60) { instructions.append(.gotoTable(TableID(rawValue: table + 1))) }
                pipeline.add(
                    table: table, priority: self.pick([0, 10, 20, 30]), self.entries(), instructions: instructions,
                    cookie: UInt64.random(in: 0..<100, using: &self.random))
            }
        }
        return pipeline
    }
}

@Suite("Translation against a slow and obvious switch")
struct TranslatorPropertyTests {
    private struct Sink: PacketSink, ~Copyable {
        var outputs: [ReferencePipeline.Output] = []
        var problems: [PacketDiscardReason] = []
        mutating func output(_ packet: inout PacketBuffer, to port: PortIndex, maximumLength: Int) {
            self.outputs.append(.init(port: port.rawValue, bytes: packet.copiedBytes(maximum: maximumLength)))
        }
        mutating func passUp(
            _ packet: inout PacketBuffer, key: borrowing FlowKey, userdata: UInt64, maximumLength: Int
        ) {}
        mutating func recirculate(_ packet: inout PacketBuffer, key: inout FlowKey, depth: Int) {}
        mutating func discard(_ reason: PacketDiscardReason) { self.problems.append(reason) }
        mutating func nextRandom() -> UInt32 { 0 }
    }

    private static let known = [
        MACLearningUpdate(vlan: 0, address: MACAddress(rawValue: 0x0200_0000_0003), port: PortNumber(rawValue: 2)),
        MACLearningUpdate(vlan: 1, address: MACAddress(rawValue: 0x0200_0000_0002), port: PortNumber(rawValue: 4)),
    ]

    @Test("what the actions send, and what controllers get, is what the tables say", arguments: 0..<40)
    func agreesWithReference(seed: UInt64) throws {
        var generator = TranslationGenerator(seed: seed)
        for _ in 0..<25 {
            var fixture = TranslationFixture()
            for update in Self.known { fixture.learning.learn(update, now: fixture.now) }
            fixture.pipeline = generator.pipeline(withMeters: true)
            for _ in 0..<8 {
                let frame = generator.frame()
                let port: UInt32 = generator.pick([1, 2])
                let result = fixture.translate(frame, inPort: port, dryRun: true)
                guard result.error != .tooManyVLANTags else { continue }
                try #require(result.error == nil)
                var reference = ReferencePipeline(
                    pipeline: fixture.pipeline, bytes: frame.bytes, inPort: port, learned: Self.known)
                reference.run()

                var packet = try PacketBuffer(copying: frame.bytes.span.bytes)
                var key = frame.key(inPort: port + 100)
                var sink = Sink()
                ActionExecutor.execute(result.actions, on: &packet, key: &key, into: &sink)
                #expect(sink.problems.isEmpty, "seed \(seed): \(result.actions)")
                let outputs = sink.outputs
                #expect(outputs == reference.outputs, "seed \(seed), frame \(frame), actions \(result.actions)")

                var replay = try PacketReplay(result.actions, on: frame.bytes, key: frame.key(inPort: port + 100))
                var events: [ReferencePipeline.Event] = []
                for event in result.packetIns {
                    let replayed = replay.packet(after: event.precedingActions)
                    let bytes = try #require(replayed)
                    events.append(
                        .init(
                            reason: event.reason, table: event.table.rawValue, cookie: event.cookie.rawValue,
                            bytes: bytes))
                }
                #expect(events == reference.events, "seed \(seed), frame \(frame)")
                guard outputs == reference.outputs, events == reference.events else { return }
            }
        }
    }

    @Test(
        "packets that agree on the mask get the same treatment; the masked key alone gives it again",
        arguments: 100..<140)
    func maskIsSufficient(seed: UInt64) {
        var generator = TranslationGenerator(seed: seed)
        var agreeing = 0
        for _ in 0..<20 {
            var fixture = TranslationFixture()
            for update in Self.known { fixture.learning.learn(update, now: fixture.now) }
            fixture.pipeline = generator.pipeline(withMeters: true)
            let frames = (0..<40).map { _ in generator.frame() }
            for frame in frames.prefix(10) {
                let key = frame.key(inPort: 1)
                let result = fixture.translate(key: key, dryRun: true)
                for other in frames {
                    let otherKey = other.key(inPort: 1)
                    guard otherKey != key, otherKey.matches(key, under: result.mask) else { continue }
                    agreeing += 1
                    let second = fixture.translate(key: otherKey, dryRun: true)
                    #expect(second.actions == result.actions, "seed \(seed): \(frame) and \(other)")
                    #expect(second.rules == result.rules && second.slowPath == result.slowPath)
                    guard second.actions == result.actions else { return }
                }
                var masked = key
                masked.formIntersection(result.mask)
                let again = fixture.translate(key: masked, dryRun: true)
                #expect(again.actions == result.actions && again.rules == result.rules, "seed \(seed): \(frame)")
                #expect(again.mask.isSubset(of: result.mask))
            }
        }
        #expect(agreeing > 0, "the domains are too large to test anything")
    }

    @Test("a flipped bit that the mask leaves out changes nothing", arguments: 300..<330)
    func flippedBits(seed: UInt64) {
        var generator = TranslationGenerator(seed: seed)
        for _ in 0..<5 {
            var fixture = TranslationFixture()
            for update in Self.known { fixture.learning.learn(update, now: fixture.now) }
            fixture.pipeline = generator.pipeline(withMeters: true)
            for _ in 0..<6 {
                let frame = generator.frame()
                let key = frame.key(inPort: 1)
                let result = fixture.translate(key: key, dryRun: true)
                guard fixture.agrees(result, of: key, flipping: Self.flippable(key), "seed \(seed), \(frame)") else {
                    return
                }
            }
        }
    }

    /// Bits of a packet's headers that may have any value, whatever the others are.
    private static func flippable(_ key: FlowKey) -> [(word: Int, bits: UInt64)] {
        var bits = FlowMask()
        func add(_ fields: FlowField...) { for field in fields { bits[field] = .max } }
        add(.ethernetSource, .ethernetDestination)
        if key.vlanTCI & 0x1000 != 0 { bits.vlanTCI = 0xefff }
        switch key.etherType {
        case 0x0800: add(.ipv4Source, .ipv4Destination, .ipTOS, .ipTTL)
        case 0x86dd: add(.ipv6Source, .ipv6Destination, .ipv6FlowLabel, .ipTOS, .ipTTL)
        case 0x0806: add(.ipv4Source, .ipv4Destination, .arpOperation)
        default: break
        }
        if Translator.isIP(key), key.ipFragment & 2 == 0, [6, 17].contains(key.ipProtocol) {
            add(.transportSource, .transportDestination)
        }
        return (0..<FlowKey.wordCount).filter { bits.words[$0] != 0 }.map { ($0, bits.words[$0]) }
    }

    /// What the embedded datapath sends for actions; `inPort` is the datapath's.
    static func outputs(
        of actions: [DatapathAction], on frame: TestFrame, inPort: UInt32 = 101
    ) throws -> [ReferencePipeline.Output] {
        var packet = try PacketBuffer(copying: frame.bytes.span.bytes)
        var key = frame.key(inPort: inPort)
        var sink = Sink()
        ActionExecutor.execute(actions, on: &packet, key: &key, into: &sink)
        return sink.outputs
    }

    /// The same tables and ports in the switch's own form; priorities are made distinct, lest ties be broken otherwise.
    private func state(of pipeline: inout TestPipeline) throws -> PipelineState {
        var state = PipelineState(tableCount: 4, seed: 7)
        state.setWantsPacketInOnMiss(pipeline.missesGoToControllers)
        for port in pipeline.portsInOrder {
            _ = try state.ports.add(port.description, index: port.index, requested: port.number)
        }
        for group in pipeline.groups.values.sorted(by: { $0.groupID.rawValue < $1.groupID.rawValue }) {
            let groupMod = GroupMod(type: group.type, groupID: group.groupID, buckets: group.buckets)
            _ = try state.groups.apply(groupMod, version: .v1_5, now: .zero)
        }
        for (number, rules) in pipeline.tables {
            for index in rules.indices {
                pipeline.tables[number]?[index].priority =
                    rules[index].priority == 0 ? 0 : rules[index].priority * 100 + index
                guard let rule = pipeline.tables[number]?[index] else { continue }
                var flow = FlowSpecification()
                flow.key = rule.key
                flow.mask = rule.mask
                flow.priority = Int32(rule.priority)
                flow.cookie = Cookie(rawValue: rule.cookie)
                flow.instructions = InstructionList(rule.instructions)
                _ = try state.table(TableID(rawValue: number)).pointee.add(
                    flow, resetsCounts: true, checksOverlap: false, now: .zero)
            }
        }
        return state
    }

    @Test("the switch's own classifier gives the same actions, and its masks suffice too", arguments: 200..<220)
    func realTables(seed: UInt64) throws {
        var generator = TranslationGenerator(seed: seed)
        for _ in 0..<20 {
            let fixture = TranslationFixture()
            let environment = TranslationEnvironment(capabilities: fixture.capabilities, learning: fixture.learning)
            var simple = generator.pipeline()
            // One rule of priority 0 a table: among several the winner is not defined.
            for table in UInt8(0)..<3 {
                let rules = simple.tables[table] ?? []
                let last = rules.filter { $0.priority == 0 }.prefix(1)
                simple.tables[table] = rules.filter { $0.priority != 0 } + last
            }
            let state = try self.state(of: &simple)
            let frames = (0..<30).map { _ in generator.frame() }
            func translate(_ key: FlowKey) -> Translation {
                Translator.translate(
                    key: key, entry: .pipeline, view: state, environment: environment, now: fixture.now,
                    allowsSideEffects: false)
            }
            for frame in frames.prefix(10) {
                let key = frame.key(inPort: 1)
                let result = translate(key)
                let expected = Translator.translate(
                    key: key, entry: .pipeline, view: simple, environment: environment, now: fixture.now,
                    allowsSideEffects: false)
                // A rewrite that one knows to be needless the other may send: what comes out is compared.
                let sent = try Self.outputs(of: result.actions, on: frame)
                #expect(sent == (try Self.outputs(of: expected.actions, on: frame)), "seed \(seed): \(frame)")
                #expect(result.packetIns.map(\.cookie) == expected.packetIns.map(\.cookie))
                #expect(result.missedTables == expected.missedTables)
                for other in frames where other.key(inPort: 1).matches(key, under: result.mask) {
                    #expect(translate(other.key(inPort: 1)).actions == result.actions, "seed \(seed): \(other)")
                }
                var masked = key
                masked.formIntersection(result.mask)
                let again = translate(masked)
                #expect(again.actions == result.actions && again.rules == result.rules, "seed \(seed): \(frame)")
                #expect(again.mask.isSubset(of: result.mask))
            }
        }
    }
}
