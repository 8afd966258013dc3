import OpenFlow

/// Settings as flags of the command line, as texts; what is wrong with them is said with the flag's name.
package struct CommandLineSettings: Hashable, Sendable {
    /// A flag and its value, such as `port` and `eth1=1`.
    package struct Flag: Hashable, Sendable {
        /// Its name without dashes.
        package var name: String
        /// Its value.
        package var value: String

        /// Makes a flag.
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    private var partial = PartialConfiguration()
    private var lines: [String] = []

    /// Reads flags in the order given: `bridge` begins a bridge, and the bridge flags after it are that bridge's.
    ///
    /// Bridge flags before the first `bridge` are the first bridge's, too.
    package static func parse(_ flags: [Flag]) throws(ConfigurationErrors) -> PartialConfiguration {
        var settings = CommandLineSettings()
        for flag in flags {
            do throws(SettingError) {
                let isGeneral = try SettingTable.apply(
                    flag.name, flag.value, from: SettingTable.agent, to: &settings.partial)
                if !isGeneral { try settings.applyToBridge(flag) }
            } catch {
                settings.lines.append("--\(flag.name): \(error.description)")
            }
        }
        guard settings.lines.isEmpty else { throw ConfigurationErrors(settings.lines) }
        return settings.partial
    }

    private mutating func applyToBridge(_ flag: Flag) throws(SettingError) {
        if flag.name == "bridge" { return try self.beginBridge(flag.value) }
        if self.partial.bridges.isEmpty { self.partial.bridges.append(PartialConfiguration.Bridge()) }
        var bridge = self.partial.bridges.removeLast()
        defer { self.partial.bridges.append(bridge) }
        let place = "--\(flag.name)"
        switch flag.name {
        case "datapath":
            bridge.datapath = try SettingParser.choice(flag.value, of: DatapathChoice.self)
        case "datapath-id": bridge.datapathID = .init(value: try SettingParser.datapathID(flag.value), place: place)
        case "fail-mode": bridge.failMode = try SettingParser.choice(flag.value, of: FailMode.self)
        case "protocols": bridge.protocols = try SettingParser.protocols(flag.value)
        case "packet-buffers":
            bridge.packetBuffers = try SettingParser.integer(flag.value, in: SettingRanges.packetBuffers)
        case "flood-vlans": bridge.floodVLANs = try SettingParser.vlans(flag.value)
        case "mirror": bridge.mirrors.append(.init(value: try SettingParser.mirror(flag.value), place: place))
        case "sample-group":
            bridge.sampleGroups.append(.init(value: try SettingParser.sampleGroup(flag.value), place: place))
        case "flow-table":
            bridge.flowTables.append(.init(value: try SettingParser.flowTable(flag.value), place: place))
        case "port": bridge.ports.append(.init(value: try SettingParser.port(flag.value), place: place))
        case "controller":
            let address = try SettingParser.address(flag.value, .active, other: "--listen")
            bridge.controllers.append(.init(value: address, place: place))
        case "listen":
            let address = try SettingParser.address(flag.value, .passive, other: "--controller")
            bridge.listeners.append(.init(value: address, place: place))
        case "max-backoff":
            bridge.maxBackoff = try SettingParser.duration(flag.value, allowing: SettingRanges.maxBackoff)
        case "inactivity-probe":
            bridge.inactivityProbe = try SettingParser.duration(
                flag.value, allowing: SettingRanges.inactivityProbe, orZero: true)
        default:
            let rows = SettingTable.connection + SettingTable.controller + SettingTable.listener
            guard try SettingTable.apply(flag.name, flag.value, from: rows, to: &bridge.connectionSettings) else {
                throw SettingError("unknown flag")
            }
        }
    }

    private mutating func beginBridge(_ text: String) throws(SettingError) {
        let name = PartialConfiguration.Given(value: try SettingParser.deviceName(text), place: "--bridge")
        if let first = self.partial.bridges.first, first.name == nil {
            self.partial.bridges[0].name = name
        } else {
            var bridge = PartialConfiguration.Bridge()
            bridge.name = name
            self.partial.bridges.append(bridge)
        }
    }
}

extension CommandLineSettings {
    /// Flags that are true by being there.
    private static let withoutValue: Set<String> = [
        "bootstrap-ca-certificate", "keep-datapath", "verify-controller-name",
    ]

    /// The flags of `sluice run` in the order in which they were written, which says whose bridge a flag is.
    ///
    /// For arguments (without program and subcommand) that the argument parser has accepted: nothing is checked again.
    package static func flags(of arguments: some Sequence<String>) -> [Flag] {
        var flags: [Flag] = []
        var rest = Array(arguments)[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--") else { continue }
            let body = argument.dropFirst(2)
            let name: String
            let value: String
            if Self.withoutValue.contains(String(body)) {
                (name, value) = (String(body), "true")
            } else if let equals = body.firstIndex(of: "=") {
                (name, value) = (String(body[..<equals]), String(body[body.index(after: equals)...]))
            } else {
                (name, value) = (String(body), rest.popFirst() ?? "")
            }
            if name != "config" { flags.append(Flag(name, value)) }
        }
        return flags
    }
}

/// What numbers may be.
enum SettingRanges {
    static let maxBackoff = Duration.milliseconds(100)...Duration.seconds(3600)
    static let flowRestoreWait = Duration.milliseconds(100)...Duration.seconds(3600)
    static let flowLimit = 1...10_000_000
    static let packetBuffers = 0...PacketBuffers.capacityMaximum
    static let maxIdle = Duration.milliseconds(100)...Duration.seconds(3600)
    static let maxRevalidator = Duration.milliseconds(100)...Duration.seconds(3600)
    static let keepalive = Duration.seconds(1)...Duration.seconds(3600)
    static let inactivityProbe = Duration.milliseconds(100)...Duration.seconds(3600)
}
