// How versions tell that a field is set, where that is not SET_FIELD: 1.0 and 1.1 by an action for each field, and
// until 1.5 a part of a field by Nicira's action.

extension MatchEntry {
    /// The action that the version of ``TextContext`` has for setting the field so; nil where it is SET_FIELD.
    var versionedText: String? {
        guard let version = TextContext.current.version, version < .v1_5 else { return nil }
        // Nicira's older action has no room for an experimenter's field.
        let row = self.field.row
        guard (row.nicira ?? row.oxm)?.oxmClass != OXMIdentifier.experimenterClass else { return nil }
        if self.isExact {
            guard version <= .v1_1 else { return nil }
            if let text = self.setterText(version) { return text }
        }
        // One run of bits, at most 64.
        let low = self.mask.trailingZeroBitCount
        let count = self.mask.nonzeroBitCount
        guard count > 0, count <= 64, self.mask >> UInt128(low) == UInt128.max >> UInt128(128 - count) else {
            return nil
        }
        var value = self.value >> UInt128(low)
        var slice = FieldSlice(self.field, offset: UInt16(low), bitCount: UInt16(count))
        if self.field == .inPort, self.isExact {
            guard let number = PortNumber(rawValue: UInt32(truncatingIfNeeded: value)).rawValue16 else { return nil }
            (value, slice) = (UInt128(number), FieldSlice(.inPort, offset: 0, bitCount: 16))
        }
        return "load:0x\(String(value, radix: 16))->\(slice)"
    }

    private func setterText(_ version: OpenFlowVersion) -> String? {
        let text = self.field.text(self.value)
        switch self.field {
        case .ethernetSource: return "mod_dl_src:" + text
        case .ethernetDestination: return "mod_dl_dst:" + text
        case .ipv4Source: return "mod_nw_src:" + text
        case .ipv4Destination: return "mod_nw_dst:" + text
        case .ipDSCP: return "mod_nw_tos:\(self.value << 2)"
        case .ipECN: return version == .v1_1 ? "mod_nw_ecn:\(self.value)" : nil
        case .mplsLabel: return "set_mpls_label(\(self.value))"
        case .mplsTrafficClass: return "set_mpls_tc(\(self.value))"
        case .tunnelID:
            return "\(self.value >> 32 == 0 ? "set_tunnel" : "set_tunnel64"):0x\(String(self.value, radix: 16))"
        case .vlanID where version == .v1_1: return "set_vlan_vid:\(self.value & 0xfff)"
        case .vlanPriority where version == .v1_1: return "set_vlan_pcp:\(self.value)"
        default: return nil
        }
    }

    /// The registers of 32 bits that a wider one consists of, without those that nothing is said of.
    var registers: [MatchEntry] {
        let first = Int(MatchField.register0.rawValue)
        let (base, count): (Int, Int)
        switch self.field.rawValue {
        case MatchField.extendedRegister0.rawValue...MatchField.extendedRegister0.rawValue + 15:
            (base, count) = (Int(self.field.rawValue - MatchField.extendedRegister0.rawValue) * 2, 2)
        case MatchField.doubleExtendedRegister0.rawValue...MatchField.doubleExtendedRegister7.rawValue:
            (base, count) = (Int(self.field.rawValue - MatchField.doubleExtendedRegister0.rawValue) * 4, 4)
        default: return [self]
        }
        return (0..<count).compactMap { index in
            guard let number = MatchField.RawValue(exactly: first + base + index),
                let field = MatchField(rawValue: number)
            else { return nil }
            let shift = UInt128(32 * (count - 1 - index))
            let mask = self.mask >> shift & 0xffff_ffff
            return mask == 0 ? nil : MatchEntry(field, value: self.value >> shift & mask, mask: mask)
        }
    }
}
