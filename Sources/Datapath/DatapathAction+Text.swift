internal import NetworkTypes

// Datapath actions for people: in the manner of ovs-dpctl(8), ports by whatever name the caller has for them.
extension DatapathAction {
    /// The action as dumps and traces write it; `port` names ports.
    public func text(port name: (PortIndex) -> String) -> String {
        switch self {
        case .output(let port): name(port)
        case .userspace(let userdata): "userspace(0x\(String(userdata, radix: 16)))"
        case .set(let rewrite): "set(\(rewrite.text))"
        case .pushVLAN(let tpid, let tci):
            "push_vlan(tpid=0x\(String(tpid, radix: 16)),vid=\(tci & 0xfff),pcp=\(tci >> 13))"
        case .popVLAN: "pop_vlan"
        case .pushMPLS(let entry, let type):
            "push_mpls(label=\(entry >> 12),tc=\(entry >> 9 & 7),bos=\(entry >> 8 & 1),ttl=\(entry & 0xff),"
                + "eth_type=0x\(String(type, radix: 16)))"
        case .popMPLS(let type): "pop_mpls(eth_type=0x\(String(type, radix: 16)))"
        case .hash(let algorithm, let basis): "hash(\(algorithm == .l4 ? "l4" : "symmetric_l4")(\(basis)))"
        case .recirculate(let identifier): "recirc(0x\(String(identifier, radix: 16)))"
        case .sample(let probability, let nested):
            "sample(probability=\(Double(probability) / Double(UInt32.max) * 100)%,actions(\(nested.text(port: name))))"
        case .clone(let nested): "clone(\(nested.text(port: name)))"
        case .truncate(let length): "trunc(\(length))"
        case .connectionTracking(let request): request.text
        case .clearConnectionTracking: "ct_clear"
        case .meter(let number): "meter(\(number))"
        case .drop(let reason): "drop(\(reason))"
        case .checkPacketLength(let maximum, let longer, let notLonger):
            "check_pkt_len(size=\(maximum),gt(\(longer.text(port: name))),le(\(notLonger.text(port: name))))"
        case .packetSample(let group, let cookie): "psample(group=\(group),cookie=0x\(String(cookie, radix: 16)))"
        case .pushEthernet(let fields): "push_eth(src=\(fields.source),dst=\(fields.destination))"
        case .popEthernet: "pop_eth"
        case .pushServiceHeader(let header): "push_nsh(\(header.text))"
        case .popServiceHeader: "pop_nsh()"
        case .encapsulateMPLS(let entry, let type):
            "add_mpls(label=\(entry >> 12),tc=\(entry >> 9 & 7),ttl=\(entry & 0xff),bos=\(entry >> 8 & 1),"
                + "eth_type=0x\(String(type, radix: 16)))"
        case .edit(let edit): edit.text
        }
    }
}

extension ServiceHeader {
    /// The header as dumps write it.
    fileprivate var text: String {
        let fields = self.fields
        let base =
            "flags=\(fields.flags),ttl=\(fields.ttl),mdtype=\(self.metadataType),np=\(self.nextProtocol),"
            + "spi=0x\(String(fields.pathID, radix: 16)),si=\(fields.index)"
        guard let contexts = self.contextHeaders else {
            return base
                + (1...4).map { ",c\($0)=0x\(String(fields.context($0), radix: 16))" }.joined()
        }
        return base + ",md2=0x\(TunnelOptionText.digits(contexts, 0..<contexts.count))"
    }
}

extension ServiceHeaderFields {
    /// Context 1…4.
    fileprivate func context(_ number: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: self.contexts >> UInt128(128 - 32 * number))
    }
}

extension PacketEdit {
    /// The edit as dumps write it.
    var text: String {
        switch self {
        case .copyTTLOutward: "copy_ttl_out"
        case .copyTTLInward: "copy_ttl_in"
        case .pushServiceTag(let type, let tci):
            "push_pbb(eth_type=0x\(String(type, radix: 16)),tci=0x\(String(tci, radix: 16)))"
        case .popServiceTag: "pop_pbb"
        case .setServiceTag(let tci, let mask): "set_pbb(0x\(String(tci, radix: 16))/0x\(String(mask, radix: 16)))"
        }
    }
}

extension [DatapathAction] {
    /// The actions separated by commas; `drop` where there are none.
    public func text(port name: (PortIndex) -> String) -> String {
        self.isEmpty ? "drop" : self.map { $0.text(port: name) }.joined(separator: ",")
    }
}

extension HeaderRewrite {
    /// Header and fields, each with its mask where that is not all ones.
    var text: String {
        switch self {
        case .ethernet(let value, let mask):
            "eth("
                + Self.list([
                    Self.address("src", value.source, mask.source),
                    Self.address("dst", value.destination, mask.destination),
                ]) + ")"
        case .ipv4(let value, let mask):
            "ipv4("
                + Self.list([
                    Self.ipv4("src", value.source, mask.source), Self.ipv4("dst", value.destination, mask.destination),
                    Self.number("tos", value.tos, mask.tos), Self.number("ttl", value.ttl, mask.ttl),
                ]) + ")"
        case .ipv6(let value, let mask):
            "ipv6("
                + Self.list([
                    Self.ipv6("src", value.source, mask.source), Self.ipv6("dst", value.destination, mask.destination),
                    Self.number("label", value.flowLabel, mask.flowLabel, whole: 0xfffff),
                    Self.number("tclass", value.trafficClass, mask.trafficClass),
                    Self.number("hlimit", value.hopLimit, mask.hopLimit),
                ]) + ")"
        case .tcp(let value, let mask): "tcp(\(Self.ports(value, mask)))"
        case .udp(let value, let mask): "udp(\(Self.ports(value, mask)))"
        case .sctp(let value, let mask): "sctp(\(Self.ports(value, mask)))"
        case .icmp(let value, let mask):
            "icmp("
                + Self.list([
                    Self.number("type", value.source, mask.source),
                    Self.number("code", value.destination, mask.destination),
                ]) + ")"
        case .arp(let value, let mask):
            "arp("
                + Self.list([
                    Self.ipv4("sip", value.sourceProtocolAddress, mask.sourceProtocolAddress),
                    Self.ipv4("tip", value.targetProtocolAddress, mask.targetProtocolAddress),
                    Self.number("op", value.operation, mask.operation),
                    Self.address("sha", value.sourceHardwareAddress, mask.sourceHardwareAddress),
                    Self.address("tha", value.targetHardwareAddress, mask.targetHardwareAddress),
                ]) + ")"
        case .neighbourDiscovery(let value, let mask):
            "nd("
                + Self.list([
                    Self.ipv6("target", value.target, mask.target),
                    Self.address("sll", value.sourceLinkLayerAddress, mask.sourceLinkLayerAddress),
                    Self.address("tll", value.targetLinkLayerAddress, mask.targetLinkLayerAddress),
                ]) + ")"
        case .mpls(let value, let mask): "mpls(\(Self.list([Self.number("lse", value, mask)])))"
        case .serviceHeader(let value, let mask):
            "nsh("
                + Self.list(
                    [
                        Self.number("flags", value.flags, mask.flags), Self.number("ttl", value.ttl, mask.ttl),
                        Self.number("spi", value.pathID, mask.pathID, whole: 0xff_ffff),
                        Self.number("si", value.index, mask.index),
                    ] + (1...4).map { Self.number("c\($0)", value.context($0), mask.context($0)) }) + ")"
        case .priority(let value): "skb_priority(0x\(String(value, radix: 16)))"
        case .mark(let value, let mask): "skb_mark(\(Self.list([Self.number("mark", value, mask)])))"
        case .tunnel(let fields):
            "tunnel(tun_id=0x\(String(fields.identifier, radix: 16)),\(Self.ends(fields)),"
                + "tos=\(fields.tos),ttl=\(fields.ttl)"
                + (fields.policy.map { ",gbp=0x\(String($0, radix: 16))" } ?? "") + Self.options(fields.options) + ")"
        }
    }

    private static func options(_ bytes: [UInt8]) -> String {
        guard !bytes.isEmpty else { return "" }
        let parts = bytes.tunnelOptions.map { option in
            "{class=0x\(String(option.optionClass, radix: 16)),type=0x\(String(option.type, radix: 16)),"
                + "len=\(option.value.count)"
                + (option.value.isEmpty ? "" : ",0x\(TunnelOptionText.digits(bytes, option.value))") + "}"
        }
        return ",geneve(\(parts.joined()))"
    }

    private static func ends(_ fields: TunnelFields) -> String {
        guard fields.ipv6Destination == 0 else {
            return "ipv6_src=\(IPv6Address(rawValue: fields.ipv6Source)),"
                + "ipv6_dst=\(IPv6Address(rawValue: fields.ipv6Destination))"
        }
        return "src=\(IPv4Address(rawValue: fields.ipv4Source)),dst=\(IPv4Address(rawValue: fields.ipv4Destination))"
    }

    private static func list(_ parts: [String?]) -> String { parts.compactMap { $0 }.joined(separator: ",") }

    private static func ports(_ value: TransportFields, _ mask: TransportFields) -> String {
        self.list([
            self.number("src", value.source, mask.source), self.number("dst", value.destination, mask.destination),
        ])
    }

    private static func number<Number: FixedWidthInteger>(
        _ name: String, _ value: Number, _ mask: Number, whole: Number = .max
    ) -> String? {
        guard mask != 0 else { return nil }
        return mask == whole ? "\(name)=\(value)" : "\(name)=0x\(String(value, radix: 16))/0x\(String(mask, radix: 16))"
    }

    private static func address(_ name: String, _ value: MACAddress, _ mask: MACAddress) -> String? {
        guard mask != .zero else { return nil }
        return mask.rawValue == 0xffff_ffff_ffff ? "\(name)=\(value)" : "\(name)=\(value)/\(mask)"
    }

    private static func ipv4(_ name: String, _ value: UInt32, _ mask: UInt32) -> String? {
        guard mask != 0 else { return nil }
        let address = IPv4Address(rawValue: value)
        return mask == .max ? "\(name)=\(address)" : "\(name)=\(address)/\(IPv4Address(rawValue: mask))"
    }

    private static func ipv6(_ name: String, _ value: UInt128, _ mask: UInt128) -> String? {
        guard mask != 0 else { return nil }
        let address = IPv6Address(rawValue: value)
        return mask == .max ? "\(name)=\(address)" : "\(name)=\(address)/\(IPv6Address(rawValue: mask))"
    }
}

/// Tunnel options in text.
package enum TunnelOptionText {
    /// The bytes in `range` in hexadecimal without leading zeros; what is beyond the end is left out.
    package static func digits(_ bytes: [UInt8], _ range: Range<Int>) -> String {
        let digits = bytes[range.clamped(to: 0..<bytes.count)].map { byte in
            (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
        }
        let text = digits.joined().drop { $0 == "0" }
        return text.isEmpty ? "0" : String(text)
    }

    /// The options of a key, and which bits of them count, in the manner of Open vSwitch's `geneve(…)`; empty where a
    /// mask looks at none.
    package static func options(of key: FlowKey, _ mask: FlowMask) -> String {
        guard mask.tunnelOptionLength != 0 else { return "" }
        let bytes = key.tunnelOptionBytes(Int(key.tunnelOptionLength))
        let masks = mask.tunnelOptionBytes(bytes.count)
        let parts = bytes.tunnelOptions.map { option in
            var text = "{class=0x\(String(option.optionClass, radix: 16)),type=0x\(String(option.type, radix: 16)),"
            text += "len=\(option.value.count)"
            if masks[option.value.clamped(to: 0..<masks.count)].contains(where: { $0 != 0 }) {
                text += ",0x\(Self.digits(bytes, option.value))/0x\(Self.digits(masks, option.value))"
            }
            return text + "}"
        }
        return "geneve(\(parts.joined()))"
    }
}
