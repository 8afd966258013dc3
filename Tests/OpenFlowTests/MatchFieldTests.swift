import NetworkTypes
import Testing

@testable import OpenFlow

/// Every match field in every form that can say it: OXM of 1.2 to 1.5, NXM, and the fixed matches of 1.0 and 1.1.
@Suite("Match fields on the wire")
struct MatchFieldTests {
    /// The entries that a field presupposes, in order.
    private static func prerequisites(of field: MatchField) -> [MatchEntry] {
        self.prerequisites(field.prerequisite)
    }

    private static func prerequisites(_ prerequisite: MatchPrerequisite) -> [MatchEntry] {
        func type(_ number: Int) -> MatchEntry { MatchEntry(.etherType, number) }
        func ip(_ number: Int, _ etherType: Int = 0x0800) -> [MatchEntry] {
            [type(etherType), MatchEntry(.ipProtocol, number)]
        }
        let tracked = MatchEntry(.connectionState, value: 0x20, mask: 0x20)
        switch prerequisite {
        case .none, .ethernet: return []
        case .inPort: return [MatchEntry(.inPort, 1)]
        case .vlan: return [MatchEntry(.vlanID, value: 0x1000, mask: 0x1000)]
        case .mpls: return [type(0x8847)]
        case .pbb: return [type(0x88e7)]
        case .arp: return [type(0x0806)]
        case .ip, .ipv4: return [type(0x0800)]
        case .ipv6: return [type(0x86dd)]
        case .tcp: return ip(6)
        case .udp: return ip(17)
        case .sctp: return ip(132)
        case .icmpv4: return ip(1)
        case .icmpv6: return ip(58, 0x86dd)
        case .neighbourDiscovery, .neighbourSolicitation: return ip(58, 0x86dd) + [MatchEntry(.icmpv6Type, 135)]
        case .neighbourAdvertisement: return ip(58, 0x86dd) + [MatchEntry(.icmpv6Type, 136)]
        case .serviceHeader: return [type(0x894f)]
        case .connection, .connectionIPv4: return [tracked, type(0x0800)]
        case .connectionIPv6: return [tracked, type(0x86dd)]
        }
    }

    /// The field alone, with random values: exact, under prefixes, and under masks of every kind where it has them.
    private static func entries(of field: MatchField, _ random: inout SeededGenerator) -> [MatchEntry] {
        func value() -> UInt128 { UInt128(random.next()) << 64 | UInt128(random.next()) }
        var entries: [MatchEntry] = []
        for _ in 0..<4 {
            var number = value() & field.allOnes
            switch field {
            case .inPort, .inPhysicalPort, .actionSetOutput: number %= 0xff00
            case .vlanID: number |= 0x1000
            // The fixed matches have eight bits for it.
            case .arpOperation: number %= 256
            // A packet type that is not Ethernet's comes with what follows from it alone.
            case .packetType: number = 0
            default: break
            }
            entries.append(MatchEntry(field, value: number, mask: field.allOnes))
            guard field.isMaskable, field != .vlanID else { continue }
            let ignored = UInt128(random.next() % UInt64(field.width))
            for mask in [(field.allOnes >> ignored) << ignored, value() & field.allOnes | 1] {
                entries.append(MatchEntry(field, value: value() & mask, mask: mask))
            }
        }
        return entries
    }

    private static func roundTrip(_ match: Match, _ version: OpenFlowVersion, isNicira: Bool) throws -> Match? {
        var flowMod = FlowMod(command: .add)
        flowMod.match = match
        let message: Message = isNicira ? .nicira(.flowMod(NiciraFlowMod(flowMod: flowMod))) : .flowMod(flowMod)
        let bytes = try MessageCodec.encode(
            message, version: version, transactionID: TransactionID(rawValue: 1))
        switch try MessageCodec.decode(bytes, version: version).message {
        case .flowMod(let read): return read.match
        case .nicira(.flowMod(let read)): return read.flowMod.match
        default: return nil
        }
    }

    @Test("Each field is read as it was written in OXM", arguments: [OpenFlowVersion.v1_2, .v1_3, .v1_4, .v1_5])
    func extensible(version: OpenFlowVersion) throws {
        var random = SeededGenerator(seed: UInt64(version.rawValue))
        for field in MatchField.allCases {
            for entry in Self.entries(of: field, &random) {
                let match = Match(Self.prerequisites(of: field) + [entry])
                #expect(try Self.roundTrip(match, version, isNicira: false) == match, "\(match)")
            }
        }
    }

    @Test("Each field is read as it was written in NXM")
    func nicira() throws {
        var random = SeededGenerator(seed: 10)
        for field in MatchField.allCases {
            for entry in Self.entries(of: field, &random) {
                let match = Match(Self.prerequisites(of: field) + [entry])
                #expect(try Self.roundTrip(match, .v1_0, isNicira: true) == match, "\(match)")
            }
        }
    }

    @Test("The fixed matches say a field or have no words for it", arguments: [OpenFlowVersion.v1_0, .v1_1])
    func fixed(version: OpenFlowVersion) throws {
        var random = SeededGenerator(seed: UInt64(version.rawValue))
        var expressible: Set<MatchField> = []
        for field in MatchField.allCases {
            for entry in Self.entries(of: field, &random) {
                let match = Match(Self.prerequisites(of: field) + [entry])
                do {
                    #expect(try Self.roundTrip(match, version, isNicira: false) == match, "\(match)")
                    expressible.insert(field)
                } catch is Inexpressible {}
            }
        }
        var known: Set<MatchField> = [
            .inPort, .ethernetSource, .ethernetDestination, .vlanID, .vlanPriority, .etherType, .ipDSCP, .ipProtocol,
            .ipv4Source, .ipv4Destination, .arpOperation, .arpSourceProtocolAddress, .arpTargetProtocolAddress,
            .tcpSource, .tcpDestination, .udpSource, .udpDestination, .icmpv4Type, .icmpv4Code, .sctpSource,
            .sctpDestination, .icmpv6Type, .icmpv6Code,
        ]
        if version == .v1_1 {
            known.formUnion([.metadata, .mplsLabel, .mplsTrafficClass])
        }
        #expect(expressible.subtracting(known).isEmpty, "\(expressible.subtracting(known))")
        #expect(known.subtracting(expressible).subtracting([.icmpv6Type, .icmpv6Code]).isEmpty)
    }

    @Test("A field before what it presupposes is refused, wherever it presupposes something")
    func prerequisites() throws {
        for field in MatchField.allCases {
            let needed = Self.prerequisites(of: field)
            guard let last = needed.last, last.field != field else { continue }
            let entry = MatchEntry(field, value: 0, mask: field.allOnes)
            let match = Match(needed.dropLast() + [entry])
            #expect(throws: OpenFlowError(.matchBadPrerequisite), "\(match)") {
                try Self.roundTrip(match, .v1_5, isNicira: false)
            }
        }
    }

    @Test("A field twice is refused, whichever it is", arguments: [true, false])
    func duplicates(isNicira: Bool) throws {
        for field in MatchField.allCases {
            let entry = MatchEntry(field, value: field == .vlanID ? 0x1000 : 0, mask: field.allOnes)
            let match = Match(Self.prerequisites(of: field) + [entry, entry])
            #expect(throws: OpenFlowError(.matchDuplicateField), "\(match)") {
                try Self.roundTrip(match, isNicira ? .v1_0 : .v1_4, isNicira: isNicira)
            }
        }
    }
}
