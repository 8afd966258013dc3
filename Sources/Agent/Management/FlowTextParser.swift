import NetworkTypes
import OpenFlow

/// Reads a packet's description: `in_port=1,tcp,nw_dst=192.0.2.1,tp_dst=80`, fields by the names of ovs-fields(7).
enum FlowTextParser {
    private static let protocols: [String: (type: UInt16, number: UInt8?)] = [
        "ip": (0x0800, nil), "tcp": (0x0800, 6), "udp": (0x0800, 17), "icmp": (0x0800, 1), "sctp": (0x0800, 132),
        "ipv6": (0x86dd, nil), "tcp6": (0x86dd, 6), "udp6": (0x86dd, 17), "icmp6": (0x86dd, 58),
        "sctp6": (0x86dd, 132), "arp": (0x0806, nil), "rarp": (0x8035, nil), "mpls": (0x8847, nil),
    ]

    /// Reads the whole of it.
    static func match(_ text: String) throws(ControlError) -> Match {
        var entries: [MatchEntry] = []
        var ports: (source: MatchField, destination: MatchField) = (.tcpSource, .tcpDestination)
        for part in Self.parts(of: text) {
            let item = part.drop { $0 == " " }
            let sides = item.split(separator: "=", maxSplits: 1)
            let name = String(sides[0]).lowercased()
            guard sides.count == 2 else {
                guard let known = Self.protocols[name] else {
                    throw ControlError("\(name): neither protocol nor name=value")
                }
                entries.append(MatchEntry(.etherType, UInt128(known.type)))
                if let number = known.number { entries.append(MatchEntry(.ipProtocol, UInt128(number))) }
                if number(known) == 17 { ports = (.udpSource, .udpDestination) }
                if number(known) == 132 { ports = (.sctpSource, .sctpDestination) }
                if number(known) == 1 { ports = (.icmpv4Type, .icmpv4Code) }
                if number(known) == 58 { ports = (.icmpv6Type, .icmpv6Code) }
                continue
            }
            let isARP = entries.contains { $0.field == .etherType && $0.value == 0x0806 }
            guard let field = Self.field(name, ports: ports, isARP: isARP) else {
                throw ControlError("\(name): not a field of ovs-fields(7)")
            }
            guard var value = Self.value(String(sides[1])), value <= field.allOnes else {
                throw ControlError("\(item): not a value of \(field.name)")
            }
            if name == "dl_vlan" { value |= 0x1000 }
            if name == "nw_tos" { value >>= 2 }
            entries.removeAll { $0.field == field }
            entries.append(MatchEntry(field, value))
        }
        return Match(entries)
    }

    /// The parts between commas; one within parentheses, as in `packet_type=(1,0x894f)`, does not count.
    private static func parts(of text: String) -> [Substring] {
        var depth = 0
        return text.split { character in
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            return character == "," && depth == 0
        }
    }

    private static func number(_ known: (type: UInt16, number: UInt8?)) -> UInt8? { known.number }

    private static func field(
        _ name: String, ports: (source: MatchField, destination: MatchField), isARP: Bool
    ) -> MatchField? {
        switch name {
        case "dl_src": .ethernetSource
        case "dl_dst": .ethernetDestination
        case "dl_type": .etherType
        case "dl_vlan": .vlanID
        case "dl_vlan_pcp": .vlanPriority
        case "nw_src", "ip_src": isARP ? .arpSourceProtocolAddress : .ipv4Source
        case "nw_dst", "ip_dst": isARP ? .arpTargetProtocolAddress : .ipv4Destination
        case "nw_proto": isARP ? .arpOperation : .ipProtocol
        case "nw_tos": .ipDSCP
        case "nw_ttl": .ipTTL
        case "tp_src": ports.source
        case "tp_dst": ports.destination
        default: MatchField.allCases.first { $0.name == name }
        }
    }

    private static func value(_ text: String) -> UInt128? {
        if let number = UInt128(text) { return number }
        if text.hasPrefix("0x") { return UInt128(text.dropFirst(2), radix: 16) }
        if text.hasPrefix("("), text.hasSuffix(")") {
            let halves = text.dropFirst().dropLast().split(separator: ",")
            guard halves.count == 2, let space = Self.value(String(halves[0])), space <= 0xffff,
                let type = Self.value(String(halves[1])), type <= 0xffff
            else { return nil }
            return space << 16 | type
        }
        if text.uppercased() == "LOCAL" { return UInt128(PortNumber.local.rawValue) }
        if let address = MACAddress(text) { return UInt128(address.rawValue) }
        if let address = IPv4Address(text) { return UInt128(address.rawValue) }
        return IPv6Address(text)?.rawValue
    }
}
