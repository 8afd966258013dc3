package import Datapath
package import OpenFlow

// Where OpenFlow's match fields lie in a flow key: one row per field. The other half of `MatchField.table`; a
// test walks both.

extension MatchField {
    /// Where the field lies in the words of a ``FlowKey``, or nil where keys do not have it (yet): such a match
    /// is refused.
    ///
    /// The width is the field's own. Several fields lie in one place where packets cannot have both: ports and
    /// ICMP types, IPv4
    /// and ARP addresses, ARP and neighbour discovery hardware addresses; prerequisites tell them apart.
    package var flowLayout: FlowFieldLayout? {
        switch self {
        case .inPort: FlowField.inPort.layout
        case .metadata: FlowField.metadata.layout
        case .ethernetDestination: FlowField.ethernetDestination.layout
        case .ethernetSource: FlowField.ethernetSource.layout
        case .etherType: FlowField.etherType.layout
        case .vlanID: FlowField.vlanTCI.slice(0, 13)
        case .vlanPriority: FlowField.vlanTCI.slice(13, 3)
        case .vlanTCI: FlowField.vlanTCI.layout
        case .ipDSCP: FlowField.ipTOS.slice(2, 6)
        case .ipECN: FlowField.ipTOS.slice(0, 2)
        case .ipProtocol: FlowField.ipProtocol.layout
        case .ipTTL: FlowField.ipTTL.layout
        case .ipFragment: FlowField.ipFragment.slice(0, 2)
        case .ipv4Source, .arpSourceProtocolAddress: FlowField.ipv4Source.layout
        case .ipv4Destination, .arpTargetProtocolAddress: FlowField.ipv4Destination.layout
        case .tcpSource, .udpSource, .sctpSource: FlowField.transportSource.layout
        case .tcpDestination, .udpDestination, .sctpDestination: FlowField.transportDestination.layout
        case .tcpFlags: FlowField.tcpFlags.slice(0, 12)
        case .icmpv4Type, .icmpv6Type: FlowField.transportSource.slice(0, 8)
        case .icmpv4Code, .icmpv6Code: FlowField.transportDestination.slice(0, 8)
        case .arpOperation: FlowField.arpOperation.layout
        case .arpSourceHardwareAddress, .neighbourDiscoverySourceAddress: FlowField.arpSourceHardwareAddress.layout
        case .arpTargetHardwareAddress, .neighbourDiscoveryTargetAddress: FlowField.arpTargetHardwareAddress.layout
        case .ipv6Source: FlowField.ipv6Source.layout
        case .ipv6Destination: FlowField.ipv6Destination.layout
        case .ipv6FlowLabel: FlowField.ipv6FlowLabel.layout
        case .neighbourDiscoveryTarget: FlowField.neighbourDiscoveryTarget.layout
        case .mplsLabel: FlowField.mplsLabelStackEntry0.slice(12, 20)
        case .mplsTrafficClass: FlowField.mplsLabelStackEntry0.slice(9, 3)
        case .mplsBottomOfStack: FlowField.mplsLabelStackEntry0.slice(8, 1)
        case .mplsTTL: FlowField.mplsLabelStackEntry0.slice(0, 8)
        case .pbbServiceID: FlowField.serviceInstance.layout
        case .pbbUseCustomerAddress: FlowField.serviceUsesCustomerAddress.layout
        case .ipv6ExtensionHeaders: FlowField.ipv6ExtensionHeaders.layout
        case .serviceHeaderFlags: FlowField.serviceHeaderFlags.layout
        case .serviceHeaderTTL: FlowField.serviceHeaderTTL.layout
        case .serviceHeaderMetadataType: FlowField.serviceHeaderMetadataType.layout
        case .serviceHeaderNextProtocol: FlowField.serviceHeaderNextProtocol.layout
        case .serviceHeaderPathID: FlowField.serviceHeaderPathID.layout
        case .serviceHeaderIndex: FlowField.serviceHeaderIndex.layout
        case .serviceHeaderContext1: FlowField.serviceHeaderContext1.layout
        case .serviceHeaderContext2: FlowField.serviceHeaderContext2.layout
        case .serviceHeaderContext3: FlowField.serviceHeaderContext3.layout
        case .serviceHeaderContext4: FlowField.serviceHeaderContext4.layout
        default: self.metadataLayout
        }
    }

    /// Whether keys have the field: in a place of its own, or, for tunnel options, where the bridge's table puts them.
    package var isInKeys: Bool { self.isVariableLength || self.flowLayout != nil }

    /// The rows of pipeline, tunnel and connection fields.
    private var metadataLayout: FlowFieldLayout? {
        switch self {
        case .packetType: FlowField.packetType.layout
        case .actionSetOutput: FlowField.actionSetOutput.layout
        case .packetMark: FlowField.packetMark.layout
        case .datapathHash: FlowField.datapathHash.layout
        case .recirculationID: FlowField.recirculationID.layout
        case .conjunctionID: FlowField.conjunctionID.layout
        case .tunnelID: FlowField.tunnelID.layout
        case .tunnelIPv4Source: FlowField.tunnelIPv4Source.layout
        case .tunnelIPv4Destination: FlowField.tunnelIPv4Destination.layout
        case .tunnelIPv6Source: FlowField.tunnelIPv6Source.layout
        case .tunnelIPv6Destination: FlowField.tunnelIPv6Destination.layout
        case .tunnelGBPID: FlowField.tunnelGBPID.layout
        case .tunnelGBPFlags: FlowField.tunnelGBPFlags.layout
        case .connectionState: FlowField.connectionState.layout
        case .connectionZone: FlowField.connectionZone.layout
        case .connectionMark: FlowField.connectionMark.layout
        case .connectionLabel: FlowField.connectionLabel.layout
        case .connectionProtocol: FlowField.connectionProtocol.layout
        case .connectionIPv4Source: FlowField.connectionIPv4Source.layout
        case .connectionIPv4Destination: FlowField.connectionIPv4Destination.layout
        case .connectionIPv6Source: FlowField.connectionIPv6Source.layout
        case .connectionIPv6Destination: FlowField.connectionIPv6Destination.layout
        case .connectionTransportSource: FlowField.connectionTransportSource.layout
        case .connectionTransportDestination: FlowField.connectionTransportDestination.layout
        default: self.registerLayout
        }
    }

    /// The rows of the registers: sixteen of 32 bits, whose pairs and fours are the wider ones, the lowest
    /// number first.
    private var registerLayout: FlowFieldLayout? {
        let first = FlowField.register0.layout.word
        let number = Int(self.rawValue)
        let narrow = number - Int(MatchField.register0.rawValue)
        if (0..<16).contains(narrow) {
            return FlowFieldLayout(word: first + narrow / 2, shift: narrow % 2 == 0 ? 32 : 0, width: 32)
        }
        let wide = number - Int(MatchField.extendedRegister0.rawValue)
        if (0..<8).contains(wide) { return FlowFieldLayout(word: first + wide, shift: 0, width: 64) }
        let widest = number - Int(MatchField.doubleExtendedRegister0.rawValue)
        if (0..<4).contains(widest) { return FlowFieldLayout(word: first + 2 * widest, shift: 0, width: 128) }
        return nil
    }
}

extension FlowField {
    /// The `width` bits of the field from bit `offset` on.
    fileprivate func slice(_ offset: Int, _ width: Int) -> FlowFieldLayout {
        let layout = self.layout
        return FlowFieldLayout(word: layout.word, shift: layout.shift + offset, width: width)
    }
}

extension FlowWordsAccess {
    /// The bits at `layout`.
    package func bits(at layout: FlowFieldLayout) -> UInt128 {
        guard layout.width == 128 else {
            let value: UInt64 = self.bits(layout.word, layout.shift, layout.width)
            return UInt128(value)
        }
        return UInt128(self.words[layout.word]) << 64 | UInt128(self.words[layout.word + 1])
    }

    /// Replaces the bits at `layout`; excess bits of `value` are cut off.
    package mutating func setBits(at layout: FlowFieldLayout, _ value: UInt128) {
        guard layout.width == 128 else {
            self.setBits(layout.word, layout.shift, layout.width, UInt64(truncatingIfNeeded: value))
            return
        }
        self.words[layout.word] = UInt64(truncatingIfNeeded: value >> 64)
        self.words[layout.word + 1] = UInt64(truncatingIfNeeded: value)
    }
}
