// Tunnel metadata (`enum ovs_tunnel_key_attr`): part of keys and masks, and the value of the `set` action for tunnels.

extension NetlinkWriter {
    /// Writes the tunnel attributes of a key or mask; `key` has a tunnel.
    mutating func tunnel<Words: FlowWordsAccess>(
        of words: borrowing Words, _ role: FlowWordsRole, key: borrowing FlowKey, mask: borrowing FlowMask
    ) {
        typealias Attribute = OpenVSwitch.TunnelAttribute
        let start = self.begin(OpenVSwitch.KeyAttribute.tunnel.rawValue)
        let hasIdentifier = UInt64(key.tunnelFlags & TunnelFlag.key) | key.tunnelID != 0
        if hasIdentifier {
            self.bigEndianAttribute(Attribute.identifier.rawValue, words.tunnelID)
        }
        if key.tunnelIPv4Destination != 0 {
            self.bigEndianAttribute(Attribute.ipv4Source.rawValue, words.tunnelIPv4Source)
            self.bigEndianAttribute(Attribute.ipv4Destination.rawValue, words.tunnelIPv4Destination)
        } else {
            self.bigEndianAttribute(Attribute.ipv6Source.rawValue, words.tunnelIPv6Source)
            self.bigEndianAttribute(Attribute.ipv6Destination.rawValue, words.tunnelIPv6Destination)
        }
        self.attribute(Attribute.tos.rawValue, words.tunnelTOS)
        self.attribute(Attribute.ttl.rawValue, words.tunnelTTL)
        self.tunnelFlags(words.tunnelFlags)
        if key.tunnelTransportSource | mask.tunnelTransportSource != 0 {
            self.bigEndianAttribute(Attribute.transportSource.rawValue, words.tunnelTransportSource)
        }
        if key.tunnelTransportDestination | mask.tunnelTransportDestination != 0 {
            self.bigEndianAttribute(Attribute.transportDestination.rawValue, words.tunnelTransportDestination)
        }
        let policy = UInt32(key.tunnelGBPFlags | mask.tunnelGBPFlags) << 16
        if policy | UInt32(key.tunnelGBPID | mask.tunnelGBPID) != 0 {
            let options = self.begin(Attribute.vxlanOptions.rawValue)
            self.attribute(1, UInt32(words.tunnelGBPFlags) << 16 | UInt32(words.tunnelGBPID))
            self.end(options)
        }
        // A mask has as many bytes as its key, be it none: the kernel then matches the length exactly.
        let length = Int(key.tunnelOptionLength)
        if role == .key ? length > 0 : mask.tunnelOptionLength != 0 {
            let options = self.begin(Attribute.geneveOptions.rawValue)
            self.raw(words.tunnelOptionBytes(length))
            self.end(options)
        }
        self.end(start)
    }

    /// Writes the tunnel that a packet shall leave by.
    mutating func tunnel(_ fields: TunnelFields) {
        typealias Attribute = OpenVSwitch.TunnelAttribute
        let start = self.begin(OpenVSwitch.KeyAttribute.tunnel.rawValue)
        if fields.flags & TunnelFlag.key != 0 || fields.identifier != 0 {
            self.bigEndianAttribute(Attribute.identifier.rawValue, fields.identifier)
        }
        if fields.ipv6Destination != 0 {
            if fields.ipv6Source != 0 { self.bigEndianAttribute(Attribute.ipv6Source.rawValue, fields.ipv6Source) }
            self.bigEndianAttribute(Attribute.ipv6Destination.rawValue, fields.ipv6Destination)
        } else {
            if fields.ipv4Source != 0 { self.bigEndianAttribute(Attribute.ipv4Source.rawValue, fields.ipv4Source) }
            self.bigEndianAttribute(Attribute.ipv4Destination.rawValue, fields.ipv4Destination)
        }
        if fields.tos != 0 { self.attribute(Attribute.tos.rawValue, fields.tos) }
        self.attribute(Attribute.ttl.rawValue, fields.ttl)
        self.tunnelFlags(fields.flags)
        if let policy = fields.policy {
            let options = self.begin(Attribute.vxlanOptions.rawValue)
            self.attribute(1, policy)
            self.end(options)
        }
        if !fields.options.isEmpty {
            let options = self.begin(Attribute.geneveOptions.rawValue)
            self.raw(fields.options)
            self.end(options)
        }
        self.end(start)
    }

    private mutating func tunnelFlags(_ flags: UInt16) {
        if flags & TunnelFlag.dontFragment != 0 { self.flag(OpenVSwitch.TunnelAttribute.dontFragment.rawValue) }
        if flags & TunnelFlag.checksum != 0 { self.flag(OpenVSwitch.TunnelAttribute.checksum.rawValue) }
        if flags & TunnelFlag.oam != 0 { self.flag(OpenVSwitch.TunnelAttribute.oam.rawValue) }
    }
}

extension NetlinkReader {
    /// Reads tunnel attributes up to the end; false where they make no sense.
    consuming func readTunnel<Words: FlowWordsAccess>(_ words: inout Words, _ role: FlowWordsRole) -> Bool {
        var reader = self
        while reader.advance() {
            switch OpenVSwitch.TunnelAttribute(rawValue: reader.type) {
            case .identifier:
                words.tunnelID = reader.big64()
                words.tunnelFlags |= TunnelFlag.key
            case .ipv4Source: words.tunnelIPv4Source = reader.big32()
            case .ipv4Destination: words.tunnelIPv4Destination = reader.big32()
            case .ipv6Source: words.tunnelIPv6Source = reader.big128()
            case .ipv6Destination: words.tunnelIPv6Destination = reader.big128()
            case .tos: words.tunnelTOS = reader.uint8()
            case .ttl: words.tunnelTTL = reader.uint8()
            case .dontFragment: words.tunnelFlags |= TunnelFlag.dontFragment
            case .checksum: words.tunnelFlags |= TunnelFlag.checksum
            case .oam: words.tunnelFlags |= TunnelFlag.oam
            case .transportSource: words.tunnelTransportSource = reader.big16()
            case .transportDestination: words.tunnelTransportDestination = reader.big16()
            case .vxlanOptions:
                var options = reader.nested
                while options.advance() {
                    guard options.type == 1 else { continue }
                    let policy = options.uint32()
                    words.tunnelGBPID = UInt16(truncatingIfNeeded: policy)
                    words.tunnelGBPFlags = UInt8(truncatingIfNeeded: policy >> 16)
                }
                if options.isMalformed { reader.markMalformed() }
            case .geneveOptions:
                words.tunnelOptionLength = role == .mask ? .max : UInt16(truncatingIfNeeded: reader.count)
                for index in 0..<min(reader.count, FlowKey.tunnelOptionBytesMaximum) {
                    words.setTunnelOptionByte(index, reader.payload.byte(index))
                }
            case nil: break
            }
        }
        return !reader.isMalformed
    }
}
