import OpenFlow

// The texts of mirrors, of sets of VLANs and of flow tables.
extension SettingParser {
    /// VLAN identifiers, 0 to 4095, with commas between them.
    static func vlans(_ text: String) throws(SettingError) -> Set<UInt16> {
        try Self.vlans(text, separator: ",")
    }

    /// `NAME,WORD=VALUE...`: `select-all=true`, `select-src`, `select-dst` and `select-vlan` with semicolons, one of
    /// `output-port` and `output-vlan`, `snaplen`, and `filter`, a match with semicolons for commas.
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
            case "filter": mirror.filter = try MirrorFilter(String(value.map { $0 == ";" ? "," : $0 }))
            case "snaplen": mirror.snapLengthBytes = UInt32(try Self.integer(value, in: 14...65535))
            default: throw SettingError("'\(name)' is not an option of a mirror")
            }
        }
        guard mirror.selectsAll || !mirror.sources.isEmpty || !mirror.destinations.isEmpty else {
            throw SettingError("mirror \(mirror.name) selects nothing: expected select-all, select-src or select-dst")
        }
        return mirror
    }

    /// `SET=GROUP`: where samples for a set of collectors go.
    static func sampleGroup(_ text: String) throws(SettingError) -> PartialConfiguration.Bridge.SampleGroup {
        let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard sides.count == 2 else { throw SettingError("'\(text)' is not SET=GROUP") }
        return PartialConfiguration.Bridge.SampleGroup(
            set: UInt32(try Self.integer(sides[0], in: 0...0xffff_ffff)),
            group: UInt32(try Self.integer(sides[1], in: 0...0xffff_ffff)))
    }

    /// `NUMBER,WORD=VALUE...`: `name`, `flow-limit`, `overflow-policy` (`refuse` or `evict`) and `groups`, the names of
    /// fields with semicolons.
    static func flowTable(_ text: String) throws(SettingError) -> FlowTableConfiguration {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        var table = FlowTableConfiguration(
            TableID(rawValue: UInt8(clamping: try Self.integer(parts[0], in: 0...253))))
        var seen: Set<String> = []
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: "="), seen.insert(String(part[..<equals])).inserted else {
                throw SettingError("'\(part)' is not NAME=VALUE, or given twice")
            }
            let value = String(part[part.index(after: equals)...])
            switch part[..<equals] {
            case "name":
                guard (1...31).contains(value.utf8.count) else {
                    throw SettingError("'\(value)' is not a name of a table: expected 1 to 31 bytes")
                }
                table.name = value
            case "flow-limit": table.flowLimit = try Self.integer(value, in: 0...1_000_000)
            case "overflow-policy":
                guard value == "evict" || value == "refuse" else {
                    throw SettingError("'\(value)' is not a policy: expected refuse or evict")
                }
                table.evicts = value == "evict"
            case "groups": table.groups = try Self.fields(value)
            default: throw SettingError("'\(part[..<equals])' is not an option of a flow table")
            }
        }
        guard table.groups.isEmpty || table.evicts else {
            throw SettingError("groups are for tables that evict: expected overflow-policy=evict beside them")
        }
        return table
    }

    private static func fields(_ text: String) throws(SettingError) -> [MatchField] {
        var fields: [MatchField] = []
        for item in text.split(separator: ";", omittingEmptySubsequences: false) {
            guard let field = MatchField.named(String(item)), field.flowLayout != nil, !fields.contains(field) else {
                throw SettingError("'\(item)' is not a field that flows match, or given twice")
            }
            fields.append(field)
        }
        return fields
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
