// The texts of mirrors and of sets of VLANs.
extension SettingParser {
    /// VLAN identifiers, 0 to 4095, with commas between them.
    static func vlans(_ text: String) throws(SettingError) -> Set<UInt16> {
        try Self.vlans(text, separator: ",")
    }

    /// `NAME,WORD=VALUE...`: `select-all=true`, `select-src`, `select-dst` and `select-vlan` with semicolons, one of
    /// `output-port` and `output-vlan`, `snaplen`.
    static func mirror(_ text: String) throws(SettingError) -> PortMirror {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        var values: [String: String] = [:]
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: "="),
                values.updateValue(String(part[part.index(after: equals)...]), forKey: String(part[..<equals])) == nil
            else { throw SettingError("'\(part)' is not NAME=VALUE, or given twice") }
        }
        var mirror: PortMirror
        switch (values.removeValue(forKey: "output-port"), values.removeValue(forKey: "output-vlan")) {
        case (let port?, nil):
            mirror = PortMirror(name: try Self.word(parts[0]), output: .port(try Self.deviceName(port)))
        case (nil, let vlan?):
            mirror = PortMirror(
                name: try Self.word(parts[0]), output: .vlan(UInt16(try Self.integer(vlan, in: 1...4094))))
        default: throw SettingError("a mirror needs one of output-port and output-vlan")
        }
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            switch name {
            case "select-all": mirror.selectsAll = try Self.boolean(value)
            case "select-src": mirror.sources = try Self.devices(value)
            case "select-dst": mirror.destinations = try Self.devices(value)
            case "select-vlan": mirror.vlans = try Self.vlans(value, separator: ";")
            case "snaplen": mirror.snapLengthBytes = UInt32(try Self.integer(value, in: 14...65535))
            default: throw SettingError("'\(name)' is not an option of a mirror")
            }
        }
        guard mirror.selectsAll || !mirror.sources.isEmpty || !mirror.destinations.isEmpty else {
            throw SettingError("mirror \(mirror.name) selects nothing: expected select-all, select-src or select-dst")
        }
        return mirror
    }

    private static func vlans(_ text: String, separator: Character) throws(SettingError) -> Set<UInt16> {
        var result: Set<UInt16> = []
        for item in text.split(separator: separator, omittingEmptySubsequences: false) {
            result.insert(UInt16(try Self.integer(String(item), in: 0...4095)))
        }
        return result
    }

    private static func devices(_ text: String) throws(SettingError) -> Set<String> {
        var result: Set<String> = []
        for item in text.split(separator: ";", omittingEmptySubsequences: false) {
            result.insert(try Self.deviceName(String(item)))
        }
        return result
    }
}
