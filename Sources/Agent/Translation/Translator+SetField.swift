import Datapath
import NetworkTypes
import OpenFlow

// Changes to the packet's fields, in the key alone; `commit()` tells the datapath.
extension Translator {
    /// Sets the bits of a match field that `mask` has; passed over where the packet lacks the field.
    mutating func setField(_ field: MatchField, value: UInt128, mask: UInt128) {
        switch field {
        case .vlanID:
            self.setTag(
                tci: UInt16(truncatingIfNeeded: value), mask: UInt16(truncatingIfNeeded: mask) & 0x0fff, addsTag: false)
        case .vlanPriority:
            self.setTag(
                tci: UInt16(truncatingIfNeeded: value) << 13, mask: UInt16(truncatingIfNeeded: mask) << 13,
                addsTag: false)
        case .vlanTCI:
            self.setWholeTag(tci: UInt16(truncatingIfNeeded: value), mask: UInt16(truncatingIfNeeded: mask))
        case .mplsLabel, .mplsTrafficClass, .mplsBottomOfStack, .mplsTTL:
            self.setLabelField(field, value: value, mask: mask)
        case .serviceHeaderFlags: self.setServiceHeader(field, value: value & 0x03, mask: mask & 0x03)
        case .serviceHeaderTTL: self.setServiceHeader(field, value: value & 0x3f, mask: mask & 0x3f)
        case .serviceHeaderContext1, .serviceHeaderContext2, .serviceHeaderContext3, .serviceHeaderContext4:
            self.setServiceHeader(field, value: value, mask: mask)
        case .pbbServiceID, .pbbUseCustomerAddress: self.setServiceField(field, value: value, mask: mask)
        default:
            guard let layout = field.flowLayout else { return self.omit(.unsupportedAction) }
            guard self.has(field.prerequisite) else { return self.omit(.absentField) }
            self.write(layout, value: value, mask: mask)
        }
    }

    /// Copies bits between fields; passed over where the packet lacks one of them.
    mutating func copyField(_ copy: CopyField) {
        guard copy.bitCount <= 128 else { return self.copyLong(copy) }
        guard let value = self.read(copy.source, offset: copy.sourceOffset, bitCount: copy.bitCount) else {
            return self.omit(.absentField)
        }
        guard Int(copy.destinationOffset) + Int(copy.bitCount) <= copy.destination.sliceWidth else {
            return self.omit(.unsupportedAction)
        }
        let ones = UInt128.max >> UInt128(128 - UInt32(copy.bitCount))
        if let option = copy.destination.tunnelMetadataIndex {
            return self.writeTunnelOption(option, offset: Int(copy.destinationOffset), value: value, mask: ones)
        }
        let shift = UInt128(copy.destinationOffset)
        self.setField(copy.destination, value: value << shift, mask: ones << shift)
    }

    /// Copies more bits than a number has, from one tunnel option to another.
    private mutating func copyLong(_ copy: CopyField) {
        for start in stride(from: 0, to: copy.bitCount, by: 128) {
            self.copyField(
                CopyField(
                    bitCount: min(128, copy.bitCount - start), source: copy.source,
                    sourceOffset: copy.sourceOffset + start, destination: copy.destination,
                    destinationOffset: copy.destinationOffset + start))
        }
    }

    /// Some bits of a field of the packet, which the result then depends on; nil where the packet lacks the field.
    mutating func read(_ field: MatchField, offset: UInt16, bitCount: UInt16) -> UInt128? {
        if let option = field.tunnelMetadataIndex {
            return self.readTunnelOption(option, offset: Int(offset), bitCount: Int(bitCount))
        }
        guard let layout = field.flowLayout, bitCount > 0, Int(offset) + Int(bitCount) <= layout.width,
            self.has(field.prerequisite)
        else { return nil }
        let ones = UInt128.max >> UInt128(128 - UInt32(bitCount))
        let bits = ones << UInt128(offset)
        if layout.width == 128 {
            self.unwildcard(word: layout.word, bits: UInt64(truncatingIfNeeded: bits >> 64))
            self.unwildcard(word: layout.word + 1, bits: UInt64(truncatingIfNeeded: bits))
            let whole = UInt128(self.key.words[layout.word]) << 64 | UInt128(self.key.words[layout.word + 1])
            return whole >> UInt128(offset) & ones
        }
        self.unwildcard(word: layout.word, bits: UInt64(truncatingIfNeeded: bits) << UInt64(layout.shift))
        return UInt128(self.key.words[layout.word] >> UInt64(layout.shift)) >> UInt128(offset) & ones
    }

    /// Sets a whole field.
    mutating func write(_ field: FlowField, _ value: UInt128) {
        let layout = field.layout
        self.write(layout, value: value, mask: UInt128.max >> UInt128(128 - layout.width))
    }

    /// Sets the bits of a field that `mask` has.
    mutating func write(_ layout: FlowFieldLayout, value: UInt128, mask: UInt128) {
        if layout.width == 128 {
            self.write(
                word: layout.word, value: UInt64(truncatingIfNeeded: value >> 64),
                bits: UInt64(truncatingIfNeeded: mask >> 64))
            self.write(
                word: layout.word + 1, value: UInt64(truncatingIfNeeded: value), bits: UInt64(truncatingIfNeeded: mask))
            return
        }
        let ones = layout.width == 64 ? UInt64.max : (1 << UInt64(layout.width)) &- 1
        let shift = UInt64(layout.shift)
        self.write(
            word: layout.word, value: UInt64(truncatingIfNeeded: value) << shift,
            bits: (UInt64(truncatingIfNeeded: mask) & ones) << shift)
    }

    mutating func write(word: Int, value: UInt64, bits: UInt64) {
        if Self.isTunnelWord(word) { self.hasOwnTunnel = true }
        let old = self.key.words[word]
        let new = old & ~bits | value & bits
        // Where the old value is known, because it was written or looked at, an equal new one needs no rewrite.
        let known = self.constant.words[word] | self.result.mask.words[word]
        if bits & (~known | (old ^ new)) != 0 { self.pending.words[word] |= bits }
        self.constant.words[word] |= bits
        self.key.words[word] = new
    }

    /// Notes that the result depends on a field as the packet had it when it came in.
    mutating func unwildcardOriginal(_ field: FlowField) {
        self.result.mask[field] = UInt128.max
    }

    /// Whether the packet has the headers that a field needs; what is looked at for that is noted.
    mutating func has(_ prerequisite: MatchPrerequisite) -> Bool {
        let type = self.key.etherType
        switch prerequisite {
        case .none, .inPort: return true
        case .ethernet: return self.key.packetType == 0
        case .vlan:
            self.unwildcardTagPresence()
            return self.key.vlanTCI & 0x1000 != 0
        case .mpls: return type == 0x8847 || type == 0x8848
        case .pbb: return type == 0x88e7
        case .arp: return Self.isARP(self.key)
        case .ip: return Self.isIP(self.key)
        case .ipv4: return type == 0x0800
        case .ipv6: return type == 0x86dd
        case .tcp: return self.hasTransportHeader(anyOf: [6])
        case .udp: return self.hasTransportHeader(anyOf: [17])
        case .sctp: return self.hasTransportHeader(anyOf: [132])
        case .icmpv4: return type == 0x0800 && self.hasTransportHeader(anyOf: [1])
        case .icmpv6: return type == 0x86dd && self.hasTransportHeader(anyOf: [58])
        case .neighbourDiscovery: return self.hasNeighbourDiscovery(types: 135...136)
        case .neighbourSolicitation: return self.hasNeighbourDiscovery(types: 135...135)
        case .neighbourAdvertisement: return self.hasNeighbourDiscovery(types: 136...136)
        case .connection: return Self.isIP(self.key) && self.isTracked()
        case .connectionIPv4: return type == 0x0800 && self.isTracked()
        case .connectionIPv6: return type == 0x86dd && self.isTracked()
        case .serviceHeader: return type == ServiceHeader.etherType
        }
    }

    /// Whether the connection tracker has seen the packet: bit 5 of the connection state.
    private mutating func isTracked() -> Bool {
        let layout = FlowField.connectionState.layout
        self.unwildcard(word: layout.word, bits: 0x20 << UInt64(layout.shift))
        return self.key.connectionState & 0x20 != 0
    }

    /// Whether the packet is IP with one of these protocols and not a later fragment.
    mutating func hasTransportHeader(anyOf protocols: [UInt8]) -> Bool {
        guard Self.isIP(self.key) else { return false }
        self.unwildcard(.ipProtocol)
        return self.key.ipFragment & 2 == 0 && protocols.contains(self.key.ipProtocol)
    }

    private mutating func hasNeighbourDiscovery(types: ClosedRange<UInt16>) -> Bool {
        guard self.key.etherType == 0x86dd, self.hasTransportHeader(anyOf: [58]) else { return false }
        self.unwildcard(.transportSource)
        self.unwildcard(.transportDestination)
        return types.contains(self.key.transportSource) && self.key.transportDestination == 0
    }
}

// VLAN tags.
extension Translator {
    /// Adds an outer tag with the identifier and priority of the one that was outermost (1.3 §5.12.1).
    mutating func pushVLAN(tpid: UInt16) {
        guard self.key.packetType == 0 else { return self.omit(.absentField) }
        self.unwildcardTags()
        let inherited = self.tags.tag(0).tci
        guard self.tags.push(tpid: tpid, tci: inherited) else {
            self.result.error = .tooManyVLANTags
            return
        }
        self.showTags()
    }

    /// Removes the outer tag, if there is one.
    mutating func popVLAN() {
        guard self.key.packetType == 0 else { return self.omit(.absentField) }
        self.unwildcardTags()
        // A third tag hides behind the two that the key shows; without the outer one the key would be wrong.
        guard !PacketParser.isVLAN(self.key.etherType) else {
            self.result.error = .tooManyVLANTags
            return
        }
        guard self.tags.pop() else { return self.omit(.absentField) }
        self.showTags()
    }

    /// Sets bits of the outer tag; without a tag adds one, or passes over the action.
    mutating func setTag(tci: UInt16, mask: UInt16, addsTag: Bool) {
        guard self.key.packetType == 0 else { return self.omit(.absentField) }
        self.unwildcardTags()
        if self.tags.count == 0 {
            guard addsTag else { return self.omit(.absentField) }
            _ = self.tags.push(tpid: 0x8100, tci: 0)
        }
        self.tags.setOuter(tci: self.tags.tag(0).tci & ~mask | tci & mask)
        self.showTags()
    }

    /// Nicira's vlan_tci: bit 12 says whether there is to be a tag.
    private mutating func setWholeTag(tci: UInt16, mask: UInt16) {
        guard self.key.packetType == 0 else { return self.omit(.absentField) }
        self.unwildcardTags()
        let new = self.tags.tag(0).tci & ~mask | tci & mask
        if new & 0x1000 == 0 {
            _ = self.tags.pop()
        } else {
            if self.tags.count == 0 { _ = self.tags.push(tpid: 0x8100, tci: 0) }
            self.tags.setOuter(tci: new)
        }
        self.showTags()
    }

    private mutating func showTags() { self.tags.show(in: &self.key) }

    /// The tags move between the two places that the key has for them, so they are looked at whole.
    mutating func unwildcardTags() {
        let word = FlowField.vlanTCI.layout.word
        self.unwildcard(word: word, bits: .max)
        self.constant.words[word] = .max
    }

    mutating func unwildcardTagPresence() {
        self.unwildcard(word: FlowField.vlanTCI.layout.word, bits: 0x1000 << UInt64(FlowField.vlanTCI.layout.shift))
    }
}
