import Datapath
import NetworkTypes

/// What may stand after a port's name: `peer` for a patch port; `type`, `remote`, `local`, `key`, `port`, `exts` and
/// `packet_type` for a tunnel; `vlan-mode`, `tag`, `trunks`, `cvlans` and `qinq-ethtype` for the VLANs that NORMAL has
/// on it; `queues` for those of its device, `NUMBER:MINIMUM:MAXIMUM` in kbit/s each, with semicolons between.
struct PortOptions {
    private static let names = [
        "peer", "type", "remote", "local", "key", "port", "vlan-mode", "tag", "trunks", "cvlans",
        "qinq-ethtype", "exts", "queues", "packet_type",
    ]

    private var values: [String: String] = [:]

    /// Whether a word is an option, by its name.
    static func isOption(_ text: String) -> Bool {
        guard let equals = text.firstIndex(of: "=") else { return false }
        return Self.names.contains(String(text[..<equals]))
    }

    /// Takes `NAME=VALUE`.
    mutating func read(_ text: String) throws(SettingError) {
        guard let equals = text.firstIndex(of: "=") else { throw SettingError("'\(text)' is not an option of a port") }
        let name = String(text[..<equals])
        guard self.values.updateValue(String(text[text.index(after: equals)...]), forKey: name) == nil else {
            throw SettingError("\(name) is given twice")
        }
    }

    /// Gives the port what the options say.
    mutating func complete(_ port: inout BridgeConfiguration.Port) throws(SettingError) {
        if let peer = self.values["peer"] { port.peer = try SettingParser.deviceName(peer) }
        port.tunnel = try self.tunnel()
        guard port.peer == nil || port.tunnel == nil else { throw SettingError("a patch port is no tunnel") }
        port.vlans = try self.vlans()
        port.queues = try self.queues()
        guard port.queues.isEmpty || port.peer == nil && port.tunnel == nil else {
            throw SettingError("queues are for ports that are devices")
        }
    }

    private func tunnel() throws(SettingError) -> TunnelSettings? {
        guard let type = self.values["type"] else {
            for name in ["remote", "local", "key", "port", "exts", "packet_type"] where self.values[name] != nil {
                throw SettingError("\(name) is for tunnels: expected type=vxlan, geneve, gre or ip6gre beside it")
            }
            return nil
        }
        let port = try self.values["port"].map { (text) throws(SettingError) in try Self.number(text, "port", 1...65535)
        }
        let packetTypes = try self.packetTypes(type)
        let kind: TunnelProtocol
        switch (type, self.values["exts"]) {
        case ("vxlan", nil): kind = .vxlan(port: UInt16(port ?? 4789))
        case ("vxlan", "gbp"): kind = .vxlanGroupPolicy(port: UInt16(port ?? 4789))
        case ("vxlan", "gpe"): kind = .vxlanGenericProtocol(port: UInt16(port ?? 4790))
        case (_, .some): throw SettingError("exts: expected exts=gbp or exts=gpe, with type=vxlan")
        case ("geneve", _): kind = .geneve(port: UInt16(port ?? 6081))
        case ("gre", _) where port == nil: kind = packetTypes == .legacyLayer2 ? .gre : .greAnyType
        case ("ip6gre", _) where port == nil: kind = .greIPv6
        default:
            throw SettingError(
                "'\(type)' is not a type of tunnel: expected vxlan, geneve, gre or ip6gre (the last two without port)")
        }
        guard let remote = self.values["remote"] else {
            throw SettingError("a tunnel needs remote=ADDRESS or remote=flow")
        }
        var settings = TunnelSettings(kind, remote: remote == "flow" ? .flow : .fixed(try Self.address(remote)))
        settings.packetTypes = packetTypes
        if kind == .greIPv6, case .fixed(let address) = settings.remote, address.ipv4 != nil {
            throw SettingError("the remote end of type=ip6gre has an IPv6 address")
        }
        settings.local = try self.values["local"].map { (text) throws(SettingError) in try Self.address(text) }
        if let key = self.values["key"] {
            let maximum: UInt64 = kind.isGRE ? 0xffff_ffff : 0xff_ffff
            settings.key = key == "flow" ? .flow : .fixed(try Self.number(key, "key", 0...maximum))
        }
        return settings
    }

    private func packetTypes(_ type: String) throws(SettingError) -> TunnelSettings.PacketTypes {
        guard let text = self.values["packet_type"] else { return .legacyLayer2 }
        guard let packetTypes = TunnelSettings.PacketTypes(rawValue: text) else {
            let allowed = TunnelSettings.PacketTypes.allCases.map(\.rawValue).joined(separator: ", ")
            throw SettingError("packet_type=\(text): expected one of \(allowed)")
        }
        guard packetTypes == .legacyLayer2 || type == "gre" || type == "vxlan" && self.values["exts"] == "gpe" else {
            throw SettingError("packet_type=\(text): expected with type=gre, or type=vxlan and exts=gpe")
        }
        return packetTypes
    }

    private func vlans() throws(SettingError) -> PortVLANs {
        var vlans = PortVLANs()
        let tag = try self.values["tag"].map { (text) throws(SettingError) in
            UInt16(try Self.number(text, "tag", 0...4095))
        }
        if let trunks = self.values["trunks"] {
            for item in trunks.split(separator: ";", omittingEmptySubsequences: false) {
                vlans.trunks.insert(UInt16(try Self.number(String(item), "trunks", 0...4095)))
            }
        }
        if let text = self.values["vlan-mode"] {
            guard let mode = PortVLANs.Mode(rawValue: text) else {
                let allowed = PortVLANs.Mode.allCases.map(\.rawValue).joined(separator: ", ")
                throw SettingError("'\(text)' is not a VLAN mode: expected one of \(allowed)")
            }
            vlans.mode = mode
        } else if tag != nil {
            vlans.mode = .access
        }
        guard (tag != nil) == (vlans.mode != .trunk) else {
            throw SettingError("tag goes with every VLAN mode but trunk: give both or neither")
        }
        guard vlans.mode != .access && vlans.mode != .dot1qTunnel || vlans.trunks.isEmpty else {
            throw SettingError("an access port and a tunnel of VLANs have no trunks")
        }
        try self.addCustomers(to: &vlans)
        vlans.tag = tag ?? 0
        return vlans
    }

    /// What tunnels of VLANs say of customers' tags and their own.
    private func addCustomers(to vlans: inout PortVLANs) throws(SettingError) {
        if let text = self.values["cvlans"] {
            for item in text.split(separator: ";", omittingEmptySubsequences: false) {
                vlans.customers.insert(UInt16(try Self.number(String(item), "cvlans", 0...4095)))
            }
        }
        switch self.values["qinq-ethtype"] {
        case nil: break
        case "802.1ad": vlans.serviceType = 0x88a8
        case "802.1q": vlans.serviceType = 0x8100
        case let other?: throw SettingError("qinq-ethtype=\(other): expected 802.1ad or 802.1q")
        }
        guard self.values["cvlans"] == nil && self.values["qinq-ethtype"] == nil || vlans.mode == .dot1qTunnel else {
            throw SettingError("cvlans and qinq-ethtype go with vlan-mode=dot1q-tunnel")
        }
    }

    private func queues() throws(SettingError) -> [DeviceQueue] {
        guard let text = self.values["queues"] else { return [] }
        var queues: [DeviceQueue] = []
        for item in text.split(separator: ";", omittingEmptySubsequences: false) {
            let words = item.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard words.count == 3 else {
                throw SettingError("'\(item)' is not a queue: expected NUMBER:MINIMUM:MAXIMUM, rates in kbit/s")
            }
            let rates: ClosedRange<UInt64> = 0...1_000_000_000
            let queue = DeviceQueue(
                number: UInt32(try Self.number(words[0], "queues", 0...UInt64(DeviceQueue.greatestNumber))),
                minimumRate: try Self.number(words[1], "queues", rates) * 1_000,
                maximumRate: try Self.number(words[2], "queues", rates) * 1_000)
            guard queue.minimumRate <= queue.maximumRate, queue.maximumRate > 0 else {
                throw SettingError("'\(item)': the maximum is less than the minimum, or nothing")
            }
            guard !queues.contains(where: { $0.number == queue.number }) else {
                throw SettingError("queue \(queue.number) is given twice")
            }
            queues.append(queue)
        }
        return queues
    }

    private static func number(
        _ text: String, _ name: String, _ range: ClosedRange<UInt64>
    ) throws(SettingError) -> UInt64 {
        guard let value = UInt64(text), range.contains(value) else {
            throw SettingError("\(name)=\(text): expected \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    private static func address(_ text: String) throws(SettingError) -> TunnelAddress {
        if let address = IPv4Address(text), address.rawValue != 0 { return TunnelAddress(address) }
        guard let address = IPv6Address(text), address.rawValue != 0 else {
            throw SettingError("'\(text)' is not an IP address")
        }
        return TunnelAddress(address)
    }
}
