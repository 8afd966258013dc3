import Datapath
import NetworkTypes
import OpenFlow
import Testing

@testable import Agent

@Suite("Translation of groups")
struct TranslatorGroupTests {
    private static func set(_ field: MatchField, _ value: UInt128) -> Action {
        .setField(field, value: value, mask: field.allOnes)
    }

    @Test("each bucket gets a packet of its own; what follows the group sees none of it")
    func copies() throws {
        var fixture = TranslationFixture()
        fixture.pipeline.addGroup(
            1, .all, [[Self.set(.ipDSCP, 46), output(2)], [output(3)], [.decrementNetworkTTL, output(4)]])
        fixture.pipeline.add(actions: [group(1), output(2)])
        let frame = TestFrame()
        let result = fixture.translate(frame)
        var replay = try PacketReplay(result.actions, on: frame.bytes, key: frame.key(inPort: 101))
        let executions = replay.executions()
        let sent = try #require(executions)
        let tos = sent.map { $0.key.ipTOS >> 2 }
        let ttl = sent.map(\.key.ipTTL)
        let original = frame.key(inPort: 1)
        #expect(tos == [46, original.ipTOS >> 2, original.ipTOS >> 2, original.ipTOS >> 2])
        #expect(ttl == [original.ipTTL, original.ipTTL, original.ipTTL - 1, original.ipTTL])
        // Written back, so the result depends on it.
        #expect(result.mask.ipTOS & 0xfc == 0xfc)
        #expect(result.counters.count == 4)
    }

    @Test("an action set with a group performs it in place of the output; packet-ins say so")
    func actionSet() {
        var fixture = TranslationFixture()
        fixture.pipeline.addGroup(1, .indirect, [[output(.controller), output(3)]])
        fixture.pipeline.add(instructions: [.writeActions([output(2), group(1)])])
        // A bucket is an action set too: the later output replaces the earlier one.
        #expect(fixture.translate().actions == [out(3)])
        fixture.pipeline.addGroup(1, .indirect, [[output(.controller)]])
        #expect(fixture.translate().packetIns.map(\.reason) == [.group])
    }

    @Test("the first live bucket of a fast failover group: port down, no link, blocked, gone")
    func failover() {
        var fixture = TranslationFixture()
        fixture.pipeline.addGroup(
            1,
            SwitchGroup(
                groupID: GroupID(rawValue: 1), type: .fastFailover,
                members: [2, 3, 4].map {
                    SwitchGroup.Member(bucket([output(UInt32($0))], watchPort: PortNumber(rawValue: UInt32($0))))
                }, created: .zero))
        fixture.pipeline.add(actions: [group(1)])
        #expect(fixture.translate().actions == [out(2)])
        fixture.pipeline.ports[2]?.description.state = .linkDown
        #expect(fixture.translate().actions == [out(3)])
        fixture.pipeline.ports[3]?.description.state = .blocked
        #expect(fixture.translate().actions == [out(4)])
        fixture.pipeline.ports[3] = nil
        fixture.pipeline.addPort(4, .portDown)
        let dropped = fixture.translate()
        #expect(dropped.actions.isEmpty && dropped.drops.map(\.cause) == [.noLiveBucket])
        fixture.pipeline.ports[2]?.description.state = []
        #expect(fixture.translate().actions == [out(2)])
    }

    @Test("a bucket that watches a group lives as long as one of its buckets does; watching in a ring is dead")
    func watchedGroups() {
        func watching(_ number: UInt32, _ other: UInt32, port: PortNumber = .any) -> SwitchGroup {
            SwitchGroup(
                groupID: GroupID(rawValue: number), type: .fastFailover,
                members: [
                    SwitchGroup.Member(
                        bucket([output(2)], watchPort: port, watchGroup: GroupID(rawValue: other)))
                ], created: .zero)
        }
        var fixture = TranslationFixture()
        fixture.pipeline.add(actions: [group(1)])
        fixture.pipeline.addGroup(1, watching(1, 2))
        fixture.pipeline.addGroup(2, watching(2, 1, port: PortNumber(rawValue: 3)))
        #expect(fixture.translate().actions == [out(2)])
        fixture.pipeline.ports[3] = nil
        #expect(fixture.translate().actions.isEmpty)
    }

    @Test("chains nest up to the limit; a group that is not there sends nothing")
    func chains() {
        var fixture = TranslationFixture()
        fixture.pipeline.add(actions: [group(1), output(4)])
        for number in 1...70 as ClosedRange<UInt32> {
            fixture.pipeline.addGroup(number, .indirect, [[number == 40 ? output(2) : group(number + 1)]])
        }
        #expect(fixture.translate().actions == [out(2), out(4)])
        fixture.pipeline.addGroup(40, .indirect, [[group(41)]])
        #expect(fixture.translate().error == .depthExceeded)
        fixture.pipeline.groups = [:]
        #expect(fixture.translate().actions == [out(4)])
        // Many buckets that all chain: the number of lookups bounds the work.
        for number in 1...40 as ClosedRange<UInt32> {
            fixture.pipeline.addGroup(number, .all, [[group(number + 1)], [group(number + 1)]])
        }
        #expect(fixture.translate().error == .tooManyLookups)
    }

    @Test("a select group shares conversations out by weight, and moves few when a bucket goes")
    func weights() {
        var fixture = TranslationFixture()
        let weights: [UInt16] = [1, 2, 0, 5]
        func members(_ weights: [UInt16]) -> SwitchGroup {
            SwitchGroup(
                groupID: GroupID(rawValue: 1), type: .select,
                members: weights.enumerated().map {
                    SwitchGroup.Member(bucket([output(UInt32($0 + 1))], id: UInt32($0), weight: $1))
                }, created: .zero)
        }
        fixture.pipeline.addGroup(1, members(weights))
        fixture.pipeline.add(actions: [group(1)])
        func choices() -> [DatapathAction?] {
            (0..<8_000).map { number in
                var frame = TestFrame()
                frame.payload = .ipv4(
                    TestFrame.IP(
                        source: 0x0a00_0000 + UInt32(number % 200), protocolNumber: 17,
                        sourcePort: UInt16(1_000 + number), destinationPort: 80))
                return fixture.translate(frame, inPort: 9).actions.first
            }
        }
        fixture.pipeline.addPort(9)
        let before = choices()
        let counts = (1...4).map { port in before.count { $0 == out(UInt32(port)) } }
        #expect(counts.reduce(0, +) == 8_000)
        // Five standard deviations of a binomial distribution.
        for (count, weight) in zip(counts, weights) {
            let share = Double(weight) / 8
            let deviation = (8_000 * share * (1 - share)).squareRoot()
            #expect(abs(Double(count) - 8_000 * share) <= 5 * deviation, "\(counts)")
        }
        // Without bucket 3, only what it had moves.
        fixture.pipeline.addGroup(1, members([1, 2, 0, 0]))
        for (old, new) in zip(before, choices()) where old != out(4) { #expect(old == new) }
    }

    @Test("a select group hashes what its selection says and nothing else")
    func selectionFields() {
        var fixture = TranslationFixture()
        let selection = BucketSelection(fields: [MatchEntry(.ipv4Destination, value: 0xff, mask: .max)], basis: 7)
        fixture.pipeline.addGroup(
            1,
            SwitchGroup(
                groupID: GroupID(rawValue: 1), type: .select, selection: selection,
                members: (2...4).map {
                    SwitchGroup.Member(bucket([output(UInt32($0))], id: UInt32($0), weight: 1))
                }, created: .zero))
        fixture.pipeline.add(actions: [group(1)])
        let mask = fixture.translate().mask
        #expect(mask.ipv4Destination == 0xff && mask.ipv4Source == 0 && mask.ethernetSource == 0)
        #expect(mask.transportSource == 0)
    }

    // MARK: - By the datapath's hash

    private static func select(_ number: UInt32, _ weights: [UInt16], _ actions: [[Action]]) -> SwitchGroup {
        SwitchGroup(
            groupID: GroupID(rawValue: number), type: .select,
            members: zip(weights, actions).enumerated().map {
                SwitchGroup.Member(bucket($1.1, id: UInt32($0), weight: $1.0))
            }, created: .zero)
    }

    private static func hashing() -> TranslationFixture {
        var fixture = TranslationFixture()
        fixture.recirculation = RecirculationTable()
        fixture.capabilities.recirculation = true
        fixture.capabilities.hash = true
        return fixture
    }

    /// What a packet does that comes back with a hash.
    private static func thaw(
        _ identifier: UInt32, hash: UInt32, _ fixture: TranslationFixture
    ) throws -> Translation {
        var key = TestFrame().key(inPort: 1)
        key.recirculationID = identifier
        key.datapathHash = hash
        return fixture.translate(key: key, entry: .thawed(try #require(fixture.recirculation?.state(of: identifier))))
    }

    @Test("the datapath hashes IP packets for a select group: megaflows differ by eight bits of that alone")
    func datapathHash() throws {
        var fixture = Self.hashing()
        fixture.pipeline.addGroup(1, Self.select(1, [1, 2, 0, 5], (1...4).map { [output($0)] }))
        fixture.pipeline.add(actions: [group(1), output(3)])
        fixture.pipeline.addPort(9)
        let first = fixture.translate(inPort: 9)
        #expect(first.actions == [.hash(algorithm: .l4, basis: 0), .recirculate(1)])
        #expect(first.mask.ipv4Source == 0 && first.mask.transportSource == 0 && first.mask.ethernetSource == 0)
        #expect(first.counters.isEmpty, "the group counts a packet once")
        var counts = [0, 0, 0, 0]
        for value in 0..<256 as Range<UInt32> {
            let result = try Self.thaw(1, hash: 0xabcd_ef00 | value, fixture)
            #expect(result.mask.datapathHash == 0xff && result.mask.ipv4Source == 0 && result.counters.count == 2)
            #expect(result.actions.count == 2 && result.actions.last == out(3))
            let chosen = try #require((1...4).first { result.actions.first == out($0) })
            counts[Int(chosen) - 1] += 1
        }
        #expect(counts == [32, 64, 0, 160])
    }

    @Test("groups on one way choose by other bits; a dead bucket's values go to live ones, others stay")
    func chainedHashes() throws {
        var fixture = Self.hashing()
        fixture.pipeline.addGroup(1, Self.select(1, [1, 1], [[output(2)], [group(2)]]))
        fixture.pipeline.addGroup(2, Self.select(2, [1, 1], [[output(3)], [output(4)]]))
        fixture.pipeline.add(instructions: [.writeActions([group(1)])])
        #expect(fixture.translate().actions == [.hash(algorithm: .l4, basis: 0), .recirculate(1)])
        var seen: Set<[DatapathAction]> = []
        for value in 0..<1024 as Range<UInt32> {
            let result = try Self.thaw(1, hash: value &* 0x9e37_79b1 | 1 << 31, fixture)
            #expect(result.mask.datapathHash == (result.actions == [out(2)] ? 0xff : 0xffff))
            seen.insert(result.actions)
        }
        #expect(seen == [[out(2)], [out(3)], [out(4)]])
    }

    @Test("values of a dead bucket go to live ones, and no others move")
    func deadBuckets() throws {
        var fixture = Self.hashing()
        let members = (2...4).map { number in
            SwitchGroup.Member(
                bucket(
                    [output(UInt32(number))], id: UInt32(number), weight: 1,
                    watchPort: PortNumber(rawValue: UInt32(number))))
        }
        fixture.pipeline.addGroup(
            1, SwitchGroup(groupID: GroupID(rawValue: 1), type: .select, members: members, created: .zero))
        fixture.pipeline.add(actions: [group(1)])
        _ = fixture.translate()
        let before = try (0..<256 as Range<UInt32>).map { try Self.thaw(1, hash: 0x100 | $0, fixture).actions }
        fixture.pipeline.ports[3]?.description.state = .linkDown
        for (value, old) in before.enumerated() {
            let new = try Self.thaw(1, hash: 0x100 | UInt32(value), fixture).actions
            #expect(old == [out(3)] ? new == [out(2)] || new == [out(4)] : new == old)
        }
    }

    @Test("where the controller asks for fields, and of packets without addresses, the hash is made here")
    func ownHashes() {
        var fixture = Self.hashing()
        var selection = BucketSelection()
        selection.usesDatapathHash = false
        fixture.pipeline.addGroup(
            1,
            SwitchGroup(
                groupID: GroupID(rawValue: 1), type: .select, selection: selection,
                members: Self.select(1, [1, 1], [[output(2)], [output(2)]]).members, created: .zero))
        fixture.pipeline.add(actions: [group(1)])
        #expect(fixture.translate().actions == [out(2)])
        fixture.pipeline.addGroup(1, Self.select(1, [1, 1], [[output(2)], [output(2)]]))
        #expect(fixture.translate().actions.count == 2)
        var frame = TestFrame()
        frame.payload = .arp(operation: 1, sender: 0x0a00_0001, target: 0x0a00_0002)
        #expect(fixture.translate(frame).actions == [out(2)])
        // Weights that the values of the hash cannot share out.
        fixture.pipeline.addGroup(1, Self.select(1, [1, 60_000], [[output(2)], [output(2)]]))
        #expect(fixture.translate().actions == [out(2)])
    }
}
