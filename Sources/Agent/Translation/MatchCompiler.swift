package import Datapath
package import OpenFlow

/// Turns an OpenFlow match into a key and a mask of the flow table, and back.
///
/// The way back gives the match that was compiled, entry for entry, in an order of its own in which
/// prerequisites come first:
/// what FLOW statistics repeat to a controller is what it said. Fields that only name a part of others are
/// told by those (registers for the wider registers, `vlan_vid` and `vlan_pcp` for `vlan_tci` where they can).
package enum MatchCompiler {
    /// Sets `key` and `mask` to what `match` says; with `confines` as that of a flow, which fields of Ethernet confine
    /// to Ethernet, and not of a filter.
    ///
    /// - Throws: `matchBadField` for a field that keys do not have, `matchDuplicateField` for bits that two
    ///   entries name,
    ///   `matchBadPrerequisite` for a field whose prerequisite no entry says; key and mask are then of no use.
    package static func compile(
        _ match: Match, into key: inout FlowKey, _ mask: inout FlowMask, _ options: TunnelOptionTable = .empty,
        confines: Bool = false
    ) throws(OpenFlowError) {
        let buffer = MatchBuffer()
        try buffer.compile(match, options: options)
        if confines { buffer.confineToEthernet() }
        key = buffer.key
        mask = buffer.mask
    }

    /// The match that `key` under `mask` stands for.
    package static func match(_ key: FlowKey, _ mask: FlowMask, _ options: TunnelOptionTable = .empty) -> Match {
        var entries: [MatchEntry] = []
        entries.reserveCapacity(8)
        for word in Self.wordOrder where mask.words[word] != 0 || Self.isWide(word, mask) {
            Self.appendEntries(of: word, key, mask, to: &entries)
        }
        guard mask.words[FlowKey.tunnelOptionIndexWord] != 0 else { return Match(entries) }
        var long: [LongMatchEntry] = []
        for option in options.options {
            guard let entry = option.entry(key, mask) else { continue }
            if let short = entry.short { entries.append(short) }
            if let more = entry.long { long.append(more) }
        }
        return Match(entries, longEntries: long)
    }

    /// Words in an order in which prerequisites come first: neighbour discovery needs the ICMPv6 type, in word 45.
    private static let wordOrder: [Int] = Array(0...40) + [45, 41, 42, 43, 46]

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
        case 21: Self.appendPacketType(key, mask, to: &entries)
        case 30: Self.appendEthernet(key, mask, to: &entries)
        case 32: Self.appendVLAN(key, mask, to: &entries)
        case 35...37 where MatchPrerequisite.serviceHeader.isSatisfied(by: key, mask):
            for field in Self.serviceFields(of: word) { Self.append(field, key, mask, to: &entries) }
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
        case 22: [.tunnelID]
        case 23: [.tunnelIPv4Source, .tunnelIPv4Destination]
        case 24: [.tunnelIPv6Source]
        case 26: [.tunnelIPv6Destination]
        case 29: [.tunnelGBPID, .tunnelGBPFlags]
        case 31: [.ethernetSource]
        case 33: [.mplsLabel, .mplsTrafficClass, .mplsBottomOfStack, .mplsTTL]
        case 36: [.ipv6Source]
        case 38: [.ipv6Destination]
        case 40: [.ipProtocol, .ipDSCP, .ipECN, .ipTTL, .ipFragment, .ipv6FlowLabel]
        case 43: [.neighbourDiscoveryTarget]
        case 46: [.pbbServiceID, .pbbUseCustomerAddress, .ipv6ExtensionHeaders]
        default: []
        }
    }

    private static func serviceFields(of word: Int) -> [MatchField] {
        switch word {
        case 35:
            [
                .serviceHeaderFlags, .serviceHeaderTTL, .serviceHeaderMetadataType, .serviceHeaderNextProtocol,
                .serviceHeaderPathID, .serviceHeaderIndex,
            ]
        case 36: [.serviceHeaderContext1, .serviceHeaderContext2]
        default: [.serviceHeaderContext3, .serviceHeaderContext4]
        }
    }

    /// The packet type, but where it is only there to keep packets without Ethernet from matching the zeros of a match
    /// that says something of Ethernet (``MatchBuffer/confineToEthernet()``).
    private static func appendPacketType(_ key: FlowKey, _ mask: FlowMask, to entries: inout [MatchEntry]) {
        let values = (30...32).reduce(0) { $0 | key.words[$1] & mask.words[$1] }
        let isImplied = (30...32).contains { mask.words[$0] != 0 } && values == 0
        if key.packetType != 0 || !isImplied { Self.append(.packetType, key, mask, to: &entries) }
        for field in [MatchField.connectionTransportSource, .connectionTransportDestination] {
            Self.append(field, key, mask, to: &entries)
        }
    }

    /// Destination and EtherType, but where the packet type has said that.
    private static func appendEthernet(_ key: FlowKey, _ mask: FlowMask, to entries: inout [MatchEntry]) {
        Self.append(.ethernetDestination, key, mask, to: &entries)
        guard mask.packetType == 0 || key.packetType == 0 else { return }
        Self.append(.etherType, key, mask, to: &entries)
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
