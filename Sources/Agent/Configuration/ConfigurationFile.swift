import Glibc
import OpenFlow
import Yams

/// Reads a configuration file (YAML), and says for everything that is wrong where it is and what is allowed.
///
/// Each line of an error is `FILE:LINE:COLUMN: KEY.PATH: what is wrong: what is allowed`. Keys are those of the
/// flags, the bridge's in a list `bridges`, whose entries have a `name`:
///
///     run-dir: /run/sluice
///     bridges:
///       - name: br0
///         ports: [eth1=1, {device: eth2, number: 2}]
///         listen: ["ptcp:6653:127.0.0.1"]
package struct ConfigurationFile {
    private let file: String
    private var lines: [String] = []
    private var partial = PartialConfiguration()

    /// Reads a file.
    package static func load(_ path: String) throws(ConfigurationErrors) -> PartialConfiguration {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ConfigurationErrors(["\(path): cannot be read: \(ConnectionErrorText.describe(errno: errno))"])
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while bytes.count <= AgentLimits.configurationBytesMaximum {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw ConfigurationErrors(["\(path): cannot be read: \(ConnectionErrorText.describe(errno: errno))"])
            }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationErrors(["\(path): not UTF-8"])
        }
        return try Self.parse(text, file: path)
    }

    /// Reads the text of a file; `file` is its name, for errors.
    package static func parse(_ text: String, file: String) throws(ConfigurationErrors) -> PartialConfiguration {
        var reader = ConfigurationFile(file: file)
        reader.read(text)
        guard reader.lines.isEmpty else { throw ConfigurationErrors(reader.lines) }
        return reader.partial
    }

    private init(file: String) { self.file = file }

    private mutating func read(_ text: String) {
        guard text.utf8.count <= AgentLimits.configurationBytesMaximum else {
            self.lines.append("\(self.file): longer than \(AgentLimits.configurationBytesMaximum) bytes")
            return
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            self.lines.append(self.describe(error))
            return
        }
        guard let root, !Self.isNull(root) else { return }
        self.readAgent(root)
    }

    // MARK: The settings

    private mutating func readAgent(_ node: Node) {
        let keys = (["bridges"] + SettingTable.agent.map(\.name)).sorted()
        for (key, value) in self.entries(node, "", keys: keys) {
            if let row = SettingTable.agent.first(where: { $0.name == key }) {
                var partial = self.partial
                self.apply(row, value, key, to: &partial)
                self.partial = partial
                continue
            }
            for (index, element) in self.elements(value, key).enumerated() {
                self.readBridge(element, "\(key)[\(index)]")
            }
        }
    }

    private mutating func readBridge(_ node: Node, _ path: String) {
        let keys = Set(
            [
                "controllers", "datapath", "datapath-id", "fail-mode", "flood-vlans", "flow-tables", "inactivity-probe",
                "listen", "max-backoff", "mirrors", "name", "packet-buffers", "ports", "protocols",
                "sample-groups",
            ] + Self.connectionRows.map(\.name)
        ).sorted()
        let before = self.lines.count
        var bridge = PartialConfiguration.Bridge()
        for (key, value) in self.entries(node, path, keys: keys) {
            let path = "\(path).\(key)"
            switch key {
            case "name": bridge.name = self.given(value, path, SettingParser.deviceName)
            case "datapath-id": bridge.datapathID = self.given(value, path, SettingParser.datapathID)
            case "ports": bridge.ports = self.readPorts(value, path)
            case "controllers":
                bridge.controllers = self.readAddresses(value, path, .active, "listen", &bridge.addressSettings)
            case "listen":
                bridge.listeners = self.readAddresses(value, path, .passive, "controllers", &bridge.addressSettings)
            case "protocols": bridge.protocols = self.readProtocols(value, path)
            case "packet-buffers":
                bridge.packetBuffers = self.scalar(value, path) { text throws(SettingError) in
                    try SettingParser.integer(text, in: SettingRanges.packetBuffers)
                }
            case "flood-vlans": bridge.floodVLANs = self.scalar(value, path, SettingParser.vlans)
            case "mirrors": bridge.mirrors = self.readList(value, path, SettingParser.mirror)
            case "sample-groups": bridge.sampleGroups = self.readList(value, path, SettingParser.sampleGroup)
            case "flow-tables": bridge.flowTables = self.readList(value, path, SettingParser.flowTable)
            default: self.readScalar(key, value, path, into: &bridge)
            }
        }
        if bridge.name == nil, self.lines.count == before {
            self.report(node, path, "name is missing")
        }
        self.partial.bridges.append(bridge)
    }

    /// The elements of a list, each of one text.
    private mutating func readList<Value>(
        _ node: Node, _ path: String, _ parse: (String) throws(SettingError) -> Value
    ) -> [PartialConfiguration.Given<Value>] {
        self.elements(node, path).enumerated().compactMap { index, element in
            self.given(element, "\(path)[\(index)]", parse)
        }
    }

    private mutating func readScalar(
        _ key: String, _ value: Node, _ path: String, into bridge: inout PartialConfiguration.Bridge
    ) {
        switch key {
        case "datapath":
            bridge.datapath = self.scalar(value, path) { text throws(SettingError) in
                try SettingParser.choice(text, of: DatapathChoice.self)
            }
        case "fail-mode":
            bridge.failMode = self.scalar(value, path) { text throws(SettingError) in
                try SettingParser.choice(text, of: FailMode.self)
            }
        case "max-backoff":
            bridge.maxBackoff = self.scalar(value, path) { text throws(SettingError) in
                try SettingParser.duration(text, allowing: SettingRanges.maxBackoff)
            }
        case "inactivity-probe":
            bridge.inactivityProbe = self.scalar(value, path) { text throws(SettingError) in
                try SettingParser.duration(text, allowing: SettingRanges.inactivityProbe, orZero: true)
            }
        default:
            guard let row = Self.connectionRows.first(where: { $0.name == key }) else { return }
            self.apply(row, value, path, to: &bridge.connectionSettings)
        }
    }

    /// What a bridge may say of all its connections.
    private static let connectionRows = SettingTable.connection + SettingTable.controller + SettingTable.listener

    /// Reads the text of a setting, or a list of texts, which counts as one with commas.
    private mutating func apply<Target>(
        _ row: SettingTable.Row<Target>, _ node: Node, _ path: String, to target: inout Target
    ) {
        var changed = target
        let parse = { (text: String) throws(SettingError) -> Bool in
            try row.apply(&changed, text)
            return true
        }
        if node.sequence != nil {
            let texts = self.elements(node, path).compactMap { $0.scalar?.string }
            do throws(SettingError) { _ = try parse(texts.joined(separator: ",")) } catch {
                self.report(node, path, error.description)
            }
        } else {
            _ = self.scalar(node, path, parse)
        }
        target = changed
    }

    /// A list of `DEVICE[=NUMBER]` or of mappings with `device` and `number`.
    private mutating func readPorts(
        _ node: Node, _ path: String
    ) -> [PartialConfiguration.Given<BridgeConfiguration.Port>] {
        var ports: [PartialConfiguration.Given<BridgeConfiguration.Port>] = []
        for (index, element) in self.elements(node, path).enumerated() {
            let path = "\(path)[\(index)]"
            guard element.mapping != nil else {
                if let port = self.given(element, path, SettingParser.port) { ports.append(port) }
                continue
            }
            var device: String?
            var number: PortNumber?
            let before = self.lines.count
            for (key, value) in self.entries(element, path, keys: ["device", "number"]) {
                if key == "device" {
                    device = self.scalar(value, "\(path).device", SettingParser.deviceName)
                } else {
                    number = self.scalar(value, "\(path).number", SettingParser.portNumber)
                }
            }
            if let device {
                let place = self.place(element, path)
                ports.append(.init(value: BridgeConfiguration.Port(device: device, number: number), place: place))
            } else if self.lines.count == before {
                self.report(element, path, "device is missing")
            }
        }
        return ports
    }

    /// A list of addresses, or of mappings with `address` and settings of that one.
    private mutating func readAddresses(
        _ node: Node, _ path: String, _ direction: ControllerAddress.Direction, _ other: String,
        _ settings: inout [ControllerAddress: ConnectionSettings]
    ) -> [PartialConfiguration.Given<ControllerAddress>] {
        var addresses: [PartialConfiguration.Given<ControllerAddress>] = []
        let parse = { (text: String) throws(SettingError) -> ControllerAddress in
            try SettingParser.address(text, direction, other: other)
        }
        for (index, element) in self.elements(node, path).enumerated() {
            let path = "\(path)[\(index)]"
            guard let mapping = element.mapping else {
                if let address = self.given(element, path, parse) { addresses.append(address) }
                continue
            }
            // An address that ends in a colon is a mapping to YAML.
            guard mapping.contains(where: { $0.key.scalar?.string == "address" }) else {
                self.report(element, path, "expected text, found a mapping: quote an address that ends in a colon")
                continue
            }
            var own = ConnectionSettings()
            var address: PartialConfiguration.Given<ControllerAddress>?
            let rows = SettingTable.address(direction)
            for (key, value) in self.entries(element, path, keys: (["address"] + rows.map(\.name)).sorted()) {
                if let row = rows.first(where: { $0.name == key }) {
                    self.apply(row, value, "\(path).\(key)", to: &own)
                } else {
                    address = self.given(value, "\(path).address", parse)
                }
            }
            guard let address else { continue }
            addresses.append(address)
            settings[address.value] = own
        }
        return addresses
    }

    /// A list of versions, or a text with commas.
    private mutating func readProtocols(_ node: Node, _ path: String) -> VersionSet? {
        guard node.sequence != nil else { return self.scalar(node, path, SettingParser.protocols) }
        var versions: [OpenFlowVersion] = []
        let elements = self.elements(node, path)
        for (index, element) in elements.enumerated() {
            if let version = self.scalar(element, "\(path)[\(index)]", SettingParser.version) {
                versions.append(version)
            }
        }
        if elements.isEmpty { self.report(node, path, "at least one protocol is needed") }
        return VersionSet(versions: versions)
    }
}

// MARK: - Nodes

extension ConfigurationFile {
    /// The entries of a mapping whose keys are allowed; others are reported.
    private mutating func entries(_ node: Node, _ path: String, keys: [String]) -> [(String, Node)] {
        guard let mapping = node.mapping else {
            self.report(node, path, "expected a mapping, found \(Self.kind(node))")
            return []
        }
        var entries: [(String, Node)] = []
        for (keyNode, value) in mapping {
            guard let key = keyNode.scalar?.string, keys.contains(key) else {
                let key = keyNode.scalar?.string ?? Self.kind(keyNode)
                self.report(keyNode, path, "unknown key '\(key)': expected \(SettingParser.list(keys))")
                continue
            }
            entries.append((key, value))
        }
        return entries
    }

    /// The elements of a list.
    private mutating func elements(_ node: Node, _ path: String) -> [Node] {
        guard let sequence = node.sequence else {
            self.report(node, path, "expected a list, found \(Self.kind(node))")
            return []
        }
        return Array(sequence)
    }

    private mutating func scalar<Value>(
        _ node: Node, _ path: String, _ parse: (String) throws(SettingError) -> Value
    ) -> Value? {
        guard let scalar = node.scalar, !Self.isNull(node) else {
            self.report(node, path, "expected text, found \(Self.kind(node))")
            return nil
        }
        do throws(SettingError) {
            return try parse(scalar.string)
        } catch {
            self.report(node, path, error.description)
            return nil
        }
    }

    private mutating func given<Value>(
        _ node: Node, _ path: String, _ parse: (String) throws(SettingError) -> Value
    ) -> PartialConfiguration.Given<Value>? {
        guard let value = self.scalar(node, path, parse) else { return nil }
        return PartialConfiguration.Given(value: value, place: self.place(node, path))
    }

    private mutating func report(_ node: Node, _ path: String, _ text: String) {
        self.lines.append("\(self.place(node, path)): \(text)")
    }

    private func place(_ node: Node, _ path: String) -> String {
        var place = self.file
        if let mark = node.mark { place += ":\(mark.line):\(mark.column)" }
        return path.isEmpty ? place : "\(place): \(path)"
    }

    /// Whether the node is a plain scalar that stands for nothing.
    private static func isNull(_ node: Node) -> Bool {
        guard let scalar = node.scalar, scalar.style == .plain || scalar.style == .any else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    private static func kind(_ node: Node) -> String {
        switch node {
        case .scalar(let scalar): Self.isNull(node) ? "nothing" : "'\(scalar.string)'"
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    /// What the YAML parser says, on one line.
    private func describe(_ error: any Error) -> String {
        guard let error = error as? YamlError else { return "\(self.file): \(error)" }
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let text = context.map { "\($0.text): \(problem)" } ?? problem
            return "\(self.file):\(mark.line):\(mark.column): not YAML: \(text)"
        case .reader(let problem, _, _, _):
            return "\(self.file): not YAML: \(problem)"
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.map { "'\($0)'" }.joined(separator: ", ")
            return "\(self.file):\(context.mark.line):\(context.mark.column): given more than once: \(keys)"
        default: return "\(self.file): not YAML: \(error)"
        }
    }
}
