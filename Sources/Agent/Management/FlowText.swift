import Datapath
import NetworkTypes
import OpenFlow

/// Keys and masks for people, in the manner of ovs-ofctl.
enum FlowText {
    /// What a megaflow matches; `inPort` is the switch's number.
    static func match(_ key: FlowKey, _ mask: FlowMask) -> String {
        var mask = mask
        // Ethernet goes without saying.
        if key.packetType == 0 { mask.packetType = 0 }
        var text = MatchCompiler.match(key, mask).description
        let options = TunnelOptionText.options(of: key, mask)
        if !options.isEmpty { text += "," + options }
        if mask.innerVLANTPID | mask.innerVLANTCI != 0 {
            text +=
                key.innerVLANTCI & 0x1000 == 0
                ? ",inner_vlan=none"
                : ",inner_vlan=\(key.innerVLANTCI & 0xfff)/0x\(String(mask.innerVLANTCI & 0xfff, radix: 16))"
        }
        return text
    }

    /// A packet: its fields that are not zero.
    static func packet(_ key: FlowKey) -> String {
        var mask = FlowMask()
        for field in FlowField.allCases where key.value(of: field) != 0 { mask[field] = .max }
        mask.inPort = .max
        return Self.match(key, mask)
    }

    /// A field's value.
    static func value(_ value: UInt128, of field: FlowField) -> String {
        switch field {
        case .ethernetSource, .ethernetDestination, .arpSourceHardwareAddress, .arpTargetHardwareAddress:
            MACAddress(rawValue: UInt64(truncatingIfNeeded: value)).description
        case .ipv4Source, .ipv4Destination, .tunnelIPv4Source, .tunnelIPv4Destination, .connectionIPv4Source,
            .connectionIPv4Destination:
            IPv4Address(rawValue: UInt32(truncatingIfNeeded: value)).description
        case .ipv6Source, .ipv6Destination, .neighbourDiscoveryTarget, .tunnelIPv6Source, .tunnelIPv6Destination:
            IPv6Address(rawValue: value).description
        case .serviceHeaderTTL, .serviceHeaderIndex, .serviceHeaderMetadataType, .serviceHeaderNextProtocol:
            String(value)
        case .ipTTL, .ipProtocol, .transportSource, .transportDestination, .inPort: String(value)
        default: "0x\(String(value, radix: 16))"
        }
    }

    /// The key of a packet that `flow` describes, in the syntax of ovs-ofctl; fields not named are zero, but a time to
    /// live of 64.
    ///
    /// Tunnel options are named by the fields that `options` has for them.
    static func key(_ flow: String, _ options: TunnelOptionTable = .empty) throws(ControlError) -> FlowKey {
        let match = try FlowTextParser.match(flow)
        var key = FlowKey()
        for entry in match.entries {
            if entry.field.isVariableLength {
                try Self.set(entry, in: &key, options)
                continue
            }
            guard let layout = entry.field.flowLayout else {
                throw ControlError("\(entry.field.name): not a field that packets are matched by")
            }
            key.setBits(at: layout, key.bits(at: layout) | (entry.value & entry.mask))
        }
        if key.vlanTCI != 0 {
            key.vlanTCI |= 0x1000
            if key.vlanTPID == 0 { key.vlanTPID = 0x8100 }
        }
        if let type = key.etherTypeWithoutEthernet { key.etherType = type }
        if key.etherType == ServiceHeader.etherType, key.serviceHeaderMetadataType == 0 {
            key.serviceHeaderMetadataType = 1
        }
        if Translator.isIP(key), key.ipTTL == 0, match[.ipTTL] == nil { key.ipTTL = 64 }
        let encoded = options.encode(key)
        key.setTunnelOptions(encoded.span.bytes)
        return key
    }

    private static func set(
        _ entry: MatchEntry, in key: inout FlowKey, _ options: TunnelOptionTable
    ) throws(ControlError) {
        do throws(OpenFlowError) {
            let option = try options.named(entry.field)
            key.words[FlowKey.tunnelOptionIndexWord] |= option.presence
            try entry.forEachWord(of: option, orThrow: .matchBadLength) { (word, value, _) in
                key.words[word] |= value
            }
        } catch {
            throw ControlError("\(entry.field.name): no option of that length is mapped to it")
        }
    }

    private static let connectionStates: [(name: String, bit: UInt32)] = [
        ("new", 0x01), ("est", 0x02), ("rel", 0x04), ("rpl", 0x08), ("inv", 0x10), ("trk", 0x20), ("snat", 0x40),
        ("dnat", 0x80),
    ]

    /// Bits of `ct_state` as words with commas between.
    static func connectionState(_ bits: UInt32) -> String {
        Self.connectionStates.filter { bits & $0.bit != 0 }.map(\.name).joined(separator: ",")
    }

    /// The bits of `ct_state` that words stand for; a tracked packet's always have `trk`.
    static func connectionState(_ text: String) throws(ControlError) -> UInt32 {
        var bits: UInt32 = 0x20
        for word in text.split(whereSeparator: { $0 == "," || $0 == "|" || $0 == "+" }) {
            guard let state = Self.connectionStates.first(where: { $0.name == word }) else {
                let names = Self.connectionStates.map(\.name).joined(separator: ", ")
                throw ControlError("\(word): not a state of a connection, which are \(names)")
            }
            bits |= state.bit
        }
        return bits
    }

    /// The bytes that hexadecimal digits, with or without colons and spaces, stand for.
    static func bytes(_ text: String) throws(ControlError) -> [UInt8] {
        let digits = text.utf8.filter { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: " ") }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard index + 1 < digits.count,
                let byte = UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16)
            else { throw ControlError("a packet is an even number of hexadecimal digits") }
            bytes.append(byte)
        }
        guard bytes.count >= 14 else { throw ControlError("a packet has at least 14 bytes") }
        return bytes
    }
}
