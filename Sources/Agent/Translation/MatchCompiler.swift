package import Datapath
package import OpenFlow

/// Turns an OpenFlow match into a key and a mask of the flow table, and back.
///
/// The way back gives the match that was compiled, entry for entry, in an order of its own in which
/// prerequisites come first:
/// what FLOW statistics repeat to a controller is what it said. Fields that only name a part of others are
/// told by those (registers for the wider registers, `vlan_vid` and `vlan_pcp` for `vlan_tci` where they can).
package enum MatchCompiler {
    /// Adds `match` to `key` and `mask`, which must be zero.
    ///
    /// - Throws: `matchBadField` for a field that keys do not have, `matchDuplicateField` for bits that two
    ///   entries name,
    ///   `matchBadPrerequisite` for a field whose prerequisite no entry says; key and mask are then of no use.
    package static func compile(
        _ match: Match, into key: inout FlowKey, _ mask: inout FlowMask
    ) throws(OpenFlowError) {
        for entry in match.entries {
            guard let layout = entry.field.flowLayout else {
                throw OpenFlowError(.matchBadField, value: UInt64(entry.field.rawValue))
            }
            let before = mask.bits(at: layout)
            guard before & entry.mask == 0 else {
                throw OpenFlowError(.matchDuplicateField, value: UInt64(entry.field.rawValue))
            }
            mask.setBits(at: layout, before | entry.mask)
            key.setBits(at: layout, key.bits(at: layout) | (entry.value & entry.mask))
        }
        for entry in match.entries where entry.field.prerequisite != .none {
            guard entry.field.prerequisite.isSatisfied(by: key, mask) else {
                throw OpenFlowError(.matchBadPrerequisite, value: UInt64(entry.field.rawValue))
            }
        }
    }

    /// The match that `key` under `mask` stands for.
    package static func match(_ key: FlowKey, _ mask: FlowMask) -> Match {
        var entries: [MatchEntry] = []
        entries.reserveCapacity(8)
        for word in Self.wordOrder where mask.words[word] != 0 || Self.isWide(word, mask) {
            Self.appendEntries(of: word, key, mask, to: &entries)
        }
        return Match(entries)
    }

    /// Words in an order in which prerequisites come first: neighbour discovery needs the ICMPv6 type, in word 45.
    private static let wordOrder: [Int] = Array(0...40) + [45, 41, 42, 43]

    /// Whether a 128-bit field begins at `word` and its low half counts.
    private static func isWide(_ word: Int, _ mask: FlowMask) -> Bool {
        switch word {
        case 14, 17, 19, 24, 26, 36, 38, 43: mask.words[word + 1] != 0
        default: false
        }
    }

    private static func append(_ field: MatchField, _ key: FlowKey, _ mask: FlowMask, to entries: inout [MatchEntry]) {
        guard let layout = field.flowLayout else { return }
        let bits = mask.bits(at: layout)
        guard bits != 0 else { return }
        entries.append(MatchEntry(field, value: key.bits(at: layout) & bits, mask: bits))
    }

    private static func appendEntries(
        of word: Int, _ key: FlowKey, _ mask: FlowMask, to entries: inout [MatchEntry]
    ) {
        switch word {
        case 32: Self.appendVLAN(key, mask, to: &entries)
        case 35, 41, 42: Self.appendAddresses(of: word, key, mask, to: &entries)
        case 45: Self.appendTransport(key, mask, to: &entries)
        default: for field in Self.fields(of: word) { Self.append(field, key, mask, to: &entries) }
        }
    }

    /// The fields that a word can only mean one way.
    private static func fields(of word: Int) -> [MatchField] {
        switch word {
        case 0: [.inPort, .recirculationID]
        case 1: [.packetMark]
        case 2: [.metadata]
        case 3...10: [MatchField.register(2 * word - 6), MatchField.register(2 * word - 5)].compactMap { $0 }
        case 11: [.datapathHash, .actionSetOutput]
        case 12: [.conjunctionID, .connectionState]
        case 13: [.connectionZone, .connectionProtocol, .connectionMark]
        case 14: [.connectionLabel]
        case 16: [.connectionIPv4Source, .connectionIPv4Destination]
        case 17: [.connectionIPv6Source]
        case 19: [.connectionIPv6Destination]
        case 21: [.packetType, .connectionTransportSource, .connectionTransportDestination]
        case 22: [.tunnelID]
        case 23: [.tunnelIPv4Source, .tunnelIPv4Destination]
        case 24: [.tunnelIPv6Source]
        case 26: [.tunnelIPv6Destination]
        case 29: [.tunnelGBPID, .tunnelGBPFlags]
        case 30: [.ethernetDestination, .etherType]
        case 31: [.ethernetSource]
        case 33: [.mplsLabel, .mplsTrafficClass, .mplsBottomOfStack, .mplsTTL]
        case 36: [.ipv6Source]
        case 38: [.ipv6Destination]
        case 40: [.ipProtocol, .ipDSCP, .ipECN, .ipTTL, .ipFragment, .ipv6FlowLabel]
        case 43: [.neighbourDiscoveryTarget]
        default: []
        }
    }

    private static func appendVLAN(_ key: FlowKey, _ mask: FlowMask, to entries: inout [MatchEntry]) {
        let priorityMask = mask.vlanTCI >> 13
        // A priority without a tag, or a part of one, can only be said by the whole tag.
        if priorityMask != 0, priorityMask != 7 || key.vlanTCI & 0x1000 == 0 {
            Self.append(.vlanTCI, key, mask, to: &entries)
        } else {
            Self.append(.vlanID, key, mask, to: &entries)
            Self.append(.vlanPriority, key, mask, to: &entries)
        }
    }

    private static func appendAddresses(
        of word: Int, _ key: FlowKey, _ mask: FlowMask, to entries: inout [MatchEntry]
    ) {
        let isARP = MatchPrerequisite.arp.isSatisfied(by: key, mask)
        let fields: [MatchField] =
            switch (word, isARP) {
            case (35, true): [.arpSourceProtocolAddress, .arpTargetProtocolAddress]
            case (35, false): [.ipv4Source, .ipv4Destination]
            case (41, true): [.arpOperation, .arpSourceHardwareAddress]
            case (41, false): [.neighbourDiscoverySourceAddress]
            case (_, true): [.arpTargetHardwareAddress]
            case (_, false): [.neighbourDiscoveryTargetAddress]
            }
        for field in fields { Self.append(field, key, mask, to: &entries) }
    }

    private static func appendTransport(_ key: FlowKey, _ mask: FlowMask, to entries: inout [MatchEntry]) {
        let fields: [MatchField] =
            switch key.ipProtocol {
            case 1: [.icmpv4Type, .icmpv4Code]
            case 58: [.icmpv6Type, .icmpv6Code]
            case 17: [.udpSource, .udpDestination]
            case 132: [.sctpSource, .sctpDestination]
            default: [.tcpSource, .tcpDestination, .tcpFlags]
            }
        for field in fields { Self.append(field, key, mask, to: &entries) }
    }
}

extension MatchPrerequisite {
    /// Whether every packet that `key` under `mask` matches has what this prerequisite asks for.
    package func isSatisfied(by key: FlowKey, _ mask: FlowMask) -> Bool {
        switch self {
        case .none: true
        case .inPort: mask.inPort == .max
        case .ethernet: mask.packetType == 0 || key.packetType == 0
        case .vlan: mask.vlanTCI & 0x1000 != 0 && key.vlanTCI & 0x1000 != 0
        case .mpls: Self.isEtherType(0x8847, key, mask) || Self.isEtherType(0x8848, key, mask)
        case .pbb: Self.isEtherType(0x88e7, key, mask)
        case .arp: Self.isEtherType(0x0806, key, mask) || Self.isEtherType(0x8035, key, mask)
        case .ip: Self.isEtherType(0x0800, key, mask) || Self.isEtherType(0x86dd, key, mask)
        case .ipv4: Self.isEtherType(0x0800, key, mask)
        case .ipv6: Self.isEtherType(0x86dd, key, mask)
        case .tcp: Self.ip.isSatisfied(by: key, mask) && Self.isProtocol(6, key, mask)
        case .udp: Self.ip.isSatisfied(by: key, mask) && Self.isProtocol(17, key, mask)
        case .sctp: Self.ip.isSatisfied(by: key, mask) && Self.isProtocol(132, key, mask)
        case .icmpv4: Self.isEtherType(0x0800, key, mask) && Self.isProtocol(1, key, mask)
        case .icmpv6: Self.isEtherType(0x86dd, key, mask) && Self.isProtocol(58, key, mask)
        case .neighbourDiscovery: Self.isICMPv6Type(135, key, mask) || Self.isICMPv6Type(136, key, mask)
        case .neighbourSolicitation: Self.isICMPv6Type(135, key, mask)
        case .neighbourAdvertisement: Self.isICMPv6Type(136, key, mask)
        case .serviceHeader: Self.isEtherType(0x894f, key, mask)
        case .connection: Self.ip.isSatisfied(by: key, mask) && Self.isTracked(key, mask)
        case .connectionIPv4: Self.isEtherType(0x0800, key, mask) && Self.isTracked(key, mask)
        case .connectionIPv6: Self.isEtherType(0x86dd, key, mask) && Self.isTracked(key, mask)
        }
    }

    private static func isEtherType(_ type: UInt16, _ key: FlowKey, _ mask: FlowMask) -> Bool {
        mask.etherType == .max && key.etherType == type
    }

    private static func isProtocol(_ number: UInt8, _ key: FlowKey, _ mask: FlowMask) -> Bool {
        mask.ipProtocol == .max && key.ipProtocol == number
    }

    private static func isICMPv6Type(_ type: UInt16, _ key: FlowKey, _ mask: FlowMask) -> Bool {
        Self.icmpv6.isSatisfied(by: key, mask) && mask.transportSource & 0xff == 0xff && key.transportSource == type
    }

    /// Bit 5 of the connection state: the connection tracker has seen the packet.
    private static func isTracked(_ key: FlowKey, _ mask: FlowMask) -> Bool {
        mask.connectionState & 0x20 != 0 && key.connectionState & 0x20 != 0
    }
}
