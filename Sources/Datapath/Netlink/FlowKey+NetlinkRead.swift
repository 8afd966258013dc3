// Keys and masks as the kernel gives them: in upcalls, and in flows that are asked for.

extension NetlinkReader {
    /// Reads key attributes up to the end into `words`; attributes that are not known are passed over.
    ///
    /// False where the attributes make no sense; `words` then holds what was read before.
    package consuming func readFlowWords<Words: FlowWordsAccess>(_ words: inout Words, _ role: FlowWordsRole) -> Bool {
        let attributes = self
        // A packet without an Ethernet header has an EtherType alone.
        var (hasEthernet, hasType) = (false, false)
        var reader = attributes
        while reader.advance() {
            if reader.type == OpenVSwitch.KeyAttribute.ethernet.rawValue { hasEthernet = true }
            if reader.type == OpenVSwitch.KeyAttribute.etherType.rawValue { hasType = true }
        }
        guard attributes.readLayer(&words, role, tags: 0) else { return false }
        if hasType, !hasEthernet {
            words.packetType = role == .mask ? .max : FlowKey.packetType(ofEtherType: words.etherType)
        }
        return true
    }

    /// The attributes of one nesting: the whole key (no tags so far), or what a VLAN tag encapsulates.
    private consuming func readLayer<Words: FlowWordsAccess>(
        _ words: inout Words, _ role: FlowWordsRole, tags: Int
    ) -> Bool {
        var reader = self
        var etherType: UInt16 = role == .key ? 0x05ff : 0
        var tci: UInt16 = 0
        var encapsulated = false
        while reader.advance() {
            switch OpenVSwitch.KeyAttribute(rawValue: reader.type) {
            case .etherType: etherType = reader.big16()
            case .vlan: tci = reader.big16()
            case .encapsulated:
                // The kernel never nests more than two tags; what is deeper has no place in a key.
                guard tags < 2 else { return false }
                encapsulated = true
                guard reader.nested.readLayer(&words, role, tags: tags &+ 1) else { return false }
            case .some(let attribute): reader.readAttribute(attribute, &words, role)
            case nil: break
            }
        }
        guard !reader.isMalformed else { return false }
        switch (encapsulated, tags) {
        case (true, 0):
            words.vlanTPID = etherType
            words.vlanTCI = tci
        case (true, _):
            words.innerVLANTPID = etherType
            words.innerVLANTCI = tci
        case (false, _): words.etherType = etherType
        }
        return true
    }

    private mutating func readAttribute<Words: FlowWordsAccess>(
        _ attribute: OpenVSwitch.KeyAttribute, _ words: inout Words, _ role: FlowWordsRole
    ) {
        switch attribute {
        case .priority: words.priority = self.uint32()
        case .inPort: words.inPort = self.uint32()
        case .packetMark: words.packetMark = self.uint32()
        case .recirculationID: words.recirculationID = self.uint32()
        case .datapathHash: words.datapathHash = self.uint32()
        case .tunnel: if !self.nested.readTunnel(&words, role) { self.markMalformed() }
        case .ethernet: self.readEthernet(&words)
        case .ipv4: self.readIPv4(&words, role)
        case .ipv6: self.readIPv6(&words, role)
        case .arp: self.readARP(&words)
        case .neighbourDiscovery: self.readNeighbourDiscovery(&words)
        case .mpls: self.readMPLS(&words)
        case .tcp, .udp, .sctp: self.readPorts(&words)
        case .icmp, .icmpv6: self.readTypeAndCode(&words)
        case .tcpFlags: words.tcpFlags = self.big16() & 0x0fff
        case .packetType: words.packetType = self.big32()
        case .serviceHeader: if !self.nested.readServiceHeader(&words) { self.markMalformed() }
        case .connectionState, .connectionZone, .connectionMark, .connectionLabels, .connectionIPv4, .connectionIPv6:
            self.readConnection(attribute, &words)
        case .encapsulated, .vlan, .etherType: break
        }
    }

    private consuming func readServiceHeader<Words: FlowWordsAccess>(_ words: inout Words) -> Bool {
        var reader = self
        while reader.advance() {
            switch OpenVSwitch.ServiceHeaderAttribute(rawValue: reader.type) {
            case .base where reader.has(8): words.serviceHeaderBase = reader.payload.big64(0)
            case .contexts where reader.has(16): words.serviceHeaderContexts = reader.payload.big128(0)
            default: break
            }
        }
        return !reader.isMalformed
    }

    private mutating func readEthernet<Words: FlowWordsAccess>(_ words: inout Words) {
        guard self.has(12) else { return }
        words.ethernetSource = self.payload.big48(0)
        words.ethernetDestination = self.payload.big48(6)
    }

    private mutating func readIPv4<Words: FlowWordsAccess>(_ words: inout Words, _ role: FlowWordsRole) {
        guard self.has(12) else { return }
        words.ipv4Source = self.payload.big32(0)
        words.ipv4Destination = self.payload.big32(4)
        words.ipProtocol = self.payload.byte(8)
        words.ipTOS = self.payload.byte(9)
        words.ipTTL = self.payload.byte(10)
        words.ipFragment = FragmentKind.fromKernel(self.payload.byte(11), role)
    }

    private mutating func readIPv6<Words: FlowWordsAccess>(_ words: inout Words, _ role: FlowWordsRole) {
        guard self.has(40) else { return }
        words.ipv6Source = self.payload.big128(0)
        words.ipv6Destination = self.payload.big128(16)
        words.ipv6FlowLabel = self.payload.big32(32)
        words.ipProtocol = self.payload.byte(36)
        words.ipTOS = self.payload.byte(37)
        words.ipTTL = self.payload.byte(38)
        words.ipFragment = FragmentKind.fromKernel(self.payload.byte(39), role)
    }

    private mutating func readARP<Words: FlowWordsAccess>(_ words: inout Words) {
        guard self.has(22) else { return }
        words.ipv4Source = self.payload.big32(0)
        words.ipv4Destination = self.payload.big32(4)
        words.arpOperation = self.payload.big16(8)
        words.arpSourceHardwareAddress = self.payload.big48(10)
        words.arpTargetHardwareAddress = self.payload.big48(16)
    }

    private mutating func readNeighbourDiscovery<Words: FlowWordsAccess>(_ words: inout Words) {
        guard self.has(28) else { return }
        words.neighbourDiscoveryTarget = self.payload.big128(0)
        words.arpSourceHardwareAddress = self.payload.big48(16)
        words.arpTargetHardwareAddress = self.payload.big48(22)
    }

    private mutating func readMPLS<Words: FlowWordsAccess>(_ words: inout Words) {
        guard self.has(4) else { return }
        words.mplsLabelStackEntry0 = self.payload.big32(0)
        if self.count >= 8 { words.mplsLabelStackEntry1 = self.payload.big32(4) }
        if self.count >= 12 { words.mplsLabelStackEntry2 = self.payload.big32(8) }
    }

    private mutating func readPorts<Words: FlowWordsAccess>(_ words: inout Words) {
        guard self.has(4) else { return }
        words.transportSource = self.payload.big16(0)
        words.transportDestination = self.payload.big16(2)
    }

    private mutating func readTypeAndCode<Words: FlowWordsAccess>(_ words: inout Words) {
        guard self.has(2) else { return }
        words.transportSource = UInt16(self.payload.byte(0))
        words.transportDestination = UInt16(self.payload.byte(1))
    }

    private mutating func readConnection<Words: FlowWordsAccess>(
        _ attribute: OpenVSwitch.KeyAttribute, _ words: inout Words
    ) {
        switch attribute {
        case .connectionState: words.connectionState = self.uint32()
        case .connectionZone: words.connectionZone = self.uint16()
        case .connectionMark: words.connectionMark = self.uint32()
        case .connectionLabels: words.connectionLabel = self.big128().byteSwapped
        case .connectionIPv4:
            guard self.has(13) else { return }
            words.connectionIPv4Source = self.payload.big32(0)
            words.connectionIPv4Destination = self.payload.big32(4)
            words.connectionTransportSource = self.payload.big16(8)
            words.connectionTransportDestination = self.payload.big16(10)
            words.connectionProtocol = self.payload.byte(12)
        case .connectionIPv6:
            guard self.has(37) else { return }
            words.connectionIPv6Source = self.payload.big128(0)
            words.connectionIPv6Destination = self.payload.big128(16)
            words.connectionTransportSource = self.payload.big16(32)
            words.connectionTransportDestination = self.payload.big16(34)
            words.connectionProtocol = self.payload.byte(36)
        default: break
        }
    }
}
