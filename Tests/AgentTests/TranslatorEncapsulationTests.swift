import Datapath
import NetworkTypes
import OpenFlow
import Testing

@testable import Agent

@Suite("MPLS, IEEE 802.1ah and times to live in translation")
struct TranslatorEncapsulationTests {
    private static func fixture(kernelDepth: Int?) -> TranslationFixture {
        var fixture = TranslationFixture()
        fixture.recirculation = RecirculationTable()
        fixture.capabilities.recirculation = true
        fixture.capabilities.mplsDepth = kernelDepth ?? 3
        fixture.capabilities.softwareHeaders = kernelDepth == nil
        return fixture
    }

    /// A frame of IPv4 behind so many labels.
    private static func frame(labels: [UInt32], tags: Int = 0, ttl: UInt8 = 64) -> [UInt8] {
        var ip = TestFrame.IP()
        ip.ttl = ttl
        var frame = TestFrame()
        frame.payload = .ipv4(ip)
        frame.tags = (0..<tags).map { (0x8100, UInt16(0x2005 + $0)) }
        var bytes = frame.bytes
        guard !labels.isEmpty else { return bytes }
        let network = 14 + 4 * tags
        bytes.replaceSubrange((network - 2)..<network, with: [0x88, 0x47])
        for (index, label) in labels.enumerated().reversed() {
            let entry = label << 12 | (index == labels.count - 1 ? 0x100 : 0) | UInt32(30 + index)
            bytes.insert(
                contentsOf: [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: entry >> UInt32($0)) }, at: network)
        }
        return bytes
    }

    private static func actions(
        _ generator: inout TranslationGenerator, after reference: EncapsulationReference
    ) -> Action {
        let isIPBehind = reference.isBottom
        switch Int.random(in: 0..<14, using: &generator.random) {
        case 0, 1: return output(generator.pick([2, 3, 4]))
        case 2: return .pushMPLS(generator.pick([.mpls, .mpls, .mplsMulticast]))
        case 3, 4: return .popMPLS(isIPBehind ? .ipv4 : .mpls)
        case 5: return .setMPLSTTL(generator.pick([1, 2, 77]))
        case 6: return .decrementMPLSTTL
        case 7: return reference.canCopyTTL ? .copyTTLOut : .setMPLSTTL(9)
        case 8: return reference.canCopyTTL ? .copyTTLIn : .decrementMPLSTTL
        case 9: return .decrementNetworkTTL
        case 10: return .setField(.mplsLabel, value: generator.pick([5, 0xabcde]), mask: 0xfffff)
        case 11: return .setField(.ipv4Source, value: generator.pick([0x0a00_0001, 0x0909_0909]), mask: 0xffff_ffff)
        case 12: return reference.tagCount < 2 && generator.chance(50) ? .pushVLAN(.vlan) : .popVLAN
        default:
            return generator.pick([
                .setField(.ethernetSource, value: 0x0200_0000_0077, mask: 0xffff_ffff_ffff), .pushPBB(.pbb), .popPBB,
                .setField(.pbbServiceID, value: 0x12_3456, mask: 0xff_ffff),
            ])
        }
    }

    @Test(
        "whatever is pushed, popped and copied, what is sent is what doing it byte by byte gives",
        arguments: 0..<30, [nil, 1, 3] as [Int?])
    func agreesWithReference(seed: UInt64, kernelDepth: Int?) throws {
        var generator = TranslationGenerator(seed: 9_000 + seed)
        for round in 0..<60 {
            let labels = (0..<generator.pick([0, 0, 1, 1, 2, 3, 4])).map { UInt32(100 + $0) }
            let bytes = Self.frame(labels: labels, tags: generator.pick([0, 0, 1]), ttl: generator.pick([1, 2, 64]))
            var reference = EncapsulationReference(bytes: bytes)
            var list: [Action] = []
            for _ in 0..<generator.pick([2, 4, 7]) {
                let action = Self.actions(&generator, after: reference)
                reference.perform(action)
                list.append(action)
            }
            list.append(output(2))
            reference.perform(output(2))
            var walk = TranslationWalk(fixture: Self.fixture(kernelDepth: kernelDepth))
            walk.fixture.pipeline.add(actions: list)
            try walk.run(bytes)
            // A tag that is too many ends a translation.
            guard !walk.problems.contains("tooManyVLANTags") else { continue }
            let text = "seed \(seed), round \(round), labels \(labels.count), actions \(list)"
            guard walk.agrees(with: reference.outputs, text) else { return }
        }
    }

    @Test("a label is pushed, rewritten and popped by the datapath itself, once through")
    func plain() throws {
        var walk = TranslationWalk(fixture: Self.fixture(kernelDepth: 1))
        walk.fixture.pipeline.add(actions: [
            .pushMPLS(.mpls), .setField(.mplsLabel, value: 9, mask: 0xfffff), output(2),
        ])
        let pushed = walk.fixture.translate(key: TestFrame.key(of: Self.frame(labels: []), inPort: 1))
        #expect(pushed.slowPath.isEmpty)
        #expect(pushed.actions == [.pushMPLS(labelStackEntry: 0x9140, etherType: 0x8847), out(2)])
        #expect(pushed.mask.ipTTL == .max)
        walk.fixture.pipeline.tables = [:]
        walk.fixture.pipeline.add(actions: [.popMPLS(.ipv4), output(2)])
        try walk.run(Self.frame(labels: [7]))
        #expect(walk.translations == 1 && walk.outputs.map(\.bytes) == [Self.frame(labels: [])])
        // What is behind the label is looked at only after the datapath has.
        walk.fixture.pipeline.tables = [:]
        walk.fixture.pipeline.add(instructions: [
            .applyActions([.popMPLS(.ipv4)]), .gotoTable(TableID(rawValue: 1)),
        ])
        walk.fixture.pipeline.add(table: 1, [MatchEntry(.ipv4Source, 0x0a00_0001)], actions: [output(3)])
        walk.outputs = []
        try walk.run(Self.frame(labels: [7]))
        #expect(walk.translations == 3 && walk.outputs.map(\.port) == [3])
    }

    @Test("a label whose time is over goes to the controllers, and no further")
    func expired() {
        var fixture = Self.fixture(kernelDepth: 3)
        fixture.pipeline.add(actions: [.setMPLSTTL(1), .decrementMPLSTTL, output(2)])
        let result = fixture.translate(key: TestFrame.key(of: Self.frame(labels: [7]), inPort: 1))
        #expect(result.packetIns.map(\.reason) == [.invalidTTL] && result.drops.map(\.cause) == [.expiredTTL])
        #expect(!result.actions.contains(out(2)))
    }

    @Test("what the kernel's keys lack is matched in the slow path, packet by packet, and marked so")
    func softwareFields() {
        for isKernel in [true, false] {
            var fixture = Self.fixture(kernelDepth: isKernel ? 3 : nil)
            fixture.pipeline.add([MatchEntry(.pbbServiceID, 5)], actions: [output(2)])
            var frame = TestFrame()
            frame.payload = .other(type: 0x88e7)
            var key = frame.key(inPort: 1)
            key.serviceInstance = 5
            let result = fixture.translate(key: key)
            #expect(result.actions == [out(2)] && result.slowPath == (isKernel ? .match : []))
            #expect(result.mask.serviceInstance == (isKernel ? 0 : 0xff_ffff))
        }
    }
}
