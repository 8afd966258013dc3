import Datapath
import OpenFlow
import Testing

@testable import Agent

@Suite("The match compiler")
struct PipelineMatchCompilerTests {
    /// Compiles a match and turns the result back.
    private static func roundTrip(_ match: Match) throws -> Match {
        var key = FlowKey()
        var mask = FlowMask()
        try MatchCompiler.compile(match, into: &key, &mask)
        return MatchCompiler.match(key, mask)
    }

    /// What each field needs before it, and a value that suits.
    private static func prerequisites(of field: MatchField) -> [MatchEntry] {
        let ipv4 = MatchEntry(.etherType, 0x0800)
        let ipv6 = MatchEntry(.etherType, 0x86dd)
        switch field.prerequisite {
        case .none, .inPort, .ethernet: return []
        case .serviceHeader: return [MatchEntry(.etherType, 0x894f)]
        case .pbb: return [MatchEntry(.etherType, 0x88e7)]
        case .vlan: return [MatchEntry(.vlanID, 0x1005)]
        case .mpls: return [MatchEntry(.etherType, 0x8847)]
        case .arp: return [MatchEntry(.etherType, 0x0806)]
        case .ip, .ipv4: return [ipv4]
        case .ipv6: return [ipv6]
        case .tcp: return [ipv4, MatchEntry(.ipProtocol, 6)]
        case .udp: return [ipv6, MatchEntry(.ipProtocol, 17)]
        case .sctp: return [ipv4, MatchEntry(.ipProtocol, 132)]
        case .icmpv4: return [ipv4, MatchEntry(.ipProtocol, 1)]
        case .icmpv6: return [ipv6, MatchEntry(.ipProtocol, 58)]
        case .neighbourDiscovery, .neighbourSolicitation:
            return [ipv6, MatchEntry(.ipProtocol, 58), MatchEntry(.icmpv6Type, 135)]
        case .neighbourAdvertisement:
            return [ipv6, MatchEntry(.ipProtocol, 58), MatchEntry(.icmpv6Type, 136)]
        case .connection, .connectionIPv4:
            return [ipv4, MatchEntry(.connectionState, value: 0x20, mask: 0x20)]
        case .connectionIPv6:
            return [ipv6, MatchEntry(.connectionState, value: 0x20, mask: 0x20)]
        }
    }

    private static let bound = MatchField.allCases.filter { $0.flowLayout != nil }
    private static let wideRegisters = MatchField.allCases.filter {
        $0.name.hasPrefix("xreg") || $0.name.hasPrefix("xxreg")
    }

    @Test("binds every field with its own width, within the key", arguments: bound)
    func widths(field: MatchField) throws {
        let layout = try #require(field.flowLayout)
        #expect(layout.width == field.width)
        #expect(layout.width == 128 || layout.shift + layout.width <= 64)
        #expect(layout.word + (layout.width + 63) / 64 <= FlowKey.wordCount)
    }

    @Test("gives back exactly what it was given, for every field with its prerequisites", arguments: bound)
    func everyField(field: MatchField) throws {
        guard !Self.wideRegisters.contains(field), field != .vlanTCI else { return }
        let before = Self.prerequisites(of: field)
        guard !before.contains(where: { $0.field == field }) else { return }
        let exact = Match(before + [MatchEntry(field, UInt128(0x1234_5678_9abc_def0_1122_3344_5566_7781))])
        let expected = field == .vlanID ? nil : exact
        let back = try Self.roundTrip(exact)
        #expect(Set(back.entries) == Set(exact.entries))
        #expect(expected == nil || back.entries.count == exact.entries.count)
        guard field.isMaskable, field.width > 4 else { return }
        let mask = field.allOnes & ~5
        let masked = Match(before + [MatchEntry(field, value: mask & (UInt128.max / 7), mask: mask)])
        #expect(Set(try Self.roundTrip(masked).entries) == Set(masked.entries))
    }

    @Test("puts prerequisites first on the way back")
    func order() throws {
        let match = Match([
            MatchEntry(.etherType, 0x86dd), MatchEntry(.ipProtocol, 58), MatchEntry(.icmpv6Type, 135),
            MatchEntry(.neighbourDiscoveryTarget, 7), MatchEntry(.neighbourDiscoverySourceAddress, 8),
        ])
        let back = try Self.roundTrip(match)
        var seen: [MatchEntry] = []
        for entry in back.entries {
            var key = FlowKey()
            var mask = FlowMask()
            try MatchCompiler.compile(Match(seen), into: &key, &mask)
            #expect(entry.field.prerequisite.isSatisfied(by: key, mask), "\(entry.field)")
            seen.append(entry)
        }
        #expect(Set(seen) == Set(match.entries))
    }

    @Test(
        "knows the forms of VLAN matches",
        arguments: [
            Match([MatchEntry(.vlanID, value: 0, mask: 0x1fff)]),
            Match([MatchEntry(.vlanID, value: 0x1000, mask: 0x1000)]),
            Match([MatchEntry(.vlanID, value: 0x1064, mask: 0x1fff)]),
            Match([MatchEntry(.vlanID, value: 0x1064, mask: 0x1fff), MatchEntry(.vlanPriority, 3)]),
            Match([MatchEntry(.vlanID, value: 0x1000, mask: 0x1000), MatchEntry(.vlanPriority, 0)]),
            Match([MatchEntry(.vlanTCI, 0)]),
            Match([MatchEntry(.vlanTCI, value: 0x3000, mask: 0x3000)]),
        ])
    func vlan(match: Match) throws {
        let back = try Self.roundTrip(match)
        #expect(back == match)
    }

    @Test("a packet type stands for its EtherType: fields need no other, and it is told once")
    func packetTypes() throws {
        for match in [
            Match([MatchEntry(.packetType, 0x1_894f), MatchEntry(.serviceHeaderPathID, 7)]),
            Match([
                MatchEntry(.packetType, 0x1_0800), MatchEntry(.ipv4Source, 7), MatchEntry(.ipProtocol, 6),
                MatchEntry(.tcpSource, 80),
            ]),
            Match([MatchEntry(.packetType, 0), MatchEntry(.etherType, 0x0806), MatchEntry(.arpOperation, 1)]),
        ] {
            let back = try Self.roundTrip(match)
            #expect(Set(back.entries) == Set(match.entries))
        }
        #expect(throws: OpenFlowError(.matchBadPrerequisite)) {
            try Self.roundTrip(Match([MatchEntry(.packetType, 0x1_0800), MatchEntry(.ethernetSource, 7)]))
        }
    }

    @Test("a flow of zeros of Ethernet is confined to Ethernet, and tells what it was told")
    func confined() throws {
        for (match, isConfined) in [
            (Match([MatchEntry(.vlanID, value: 0, mask: 0x1fff)]), true),
            (Match([MatchEntry(.ethernetDestination, value: 0, mask: 0x0100_0000_0000)]), true),
            (Match([MatchEntry(.etherType, 0x0800), MatchEntry(.vlanID, value: 0, mask: 0x1fff)]), false),
            (Match([MatchEntry(.register0, 0)]), false), (Match([]), false),
        ] {
            var key = FlowKey()
            var mask = FlowMask()
            try MatchCompiler.compile(match, into: &key, &mask, confines: true)
            #expect((mask.packetType != 0) == isConfined)
            #expect(Set(MatchCompiler.match(key, mask).entries) == Set(match.entries))
        }
    }

    @Test("tells wide registers by the narrow ones")
    func registers() throws {
        let match = Match([MatchEntry(.extendedRegister1, UInt64(0xaaaa_bbbb_cccc_dddd))])
        let back = try Self.roundTrip(match)
        #expect(back == Match([MatchEntry(.register2, 0xaaaa_bbbb), MatchEntry(.register3, UInt32(0xcccc_dddd))]))
    }

    @Test("refuses what cannot be matched with the exact error")
    func refusals() {
        #expect(throws: OpenFlowError(.matchBadPrerequisite)) {
            try Self.roundTrip(Match([MatchEntry(.pbbServiceID, 5)]))
        }
        #expect(throws: OpenFlowError(.matchBadPrerequisite)) {
            try Self.roundTrip(Match([MatchEntry(.tcpDestination, 80)]))
        }
        #expect(throws: OpenFlowError(.matchBadPrerequisite)) {
            try Self.roundTrip(Match([MatchEntry(.etherType, 0x0806), MatchEntry(.ipv4Source, 80)]))
        }
        #expect(throws: OpenFlowError(.matchDuplicateField)) {
            try Self.roundTrip(Match([MatchEntry(.register0, 1), MatchEntry(.extendedRegister0, 1)]))
        }
    }
}
