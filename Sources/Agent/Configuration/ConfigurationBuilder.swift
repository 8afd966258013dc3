import OpenFlow

/// All that is wrong with a configuration, one line each.
package struct ConfigurationErrors: Error, Hashable, Sendable, CustomStringConvertible {
    /// The lines, in the order in which they were found.
    package var lines: [String]

    /// Makes a list of errors.
    package init(_ lines: [String]) { self.lines = lines }

    /// The lines, one below the other.
    package var description: String { self.lines.joined(separator: "\n") }
}

/// Makes a complete configuration of what a file and the flags say.
///
/// Flags win over the file; lists (ports, controllers, listeners) add to the file's. Flags of a bridge mean the
/// bridge that `--bridge` names, which may be one of the file's or a new one; without `--bridge` they mean the
/// only bridge there is. What can be checked without looking at the host is checked here, and everything that
/// is wrong is said at once.
package struct ConfigurationBuilder {
    private var lines: [String] = []
    private var devices: [String: String] = [:]
    private var addresses: [ControllerAddress: String] = [:]
    private var identities: [DatapathID: String] = [:]
    private var patchPorts: [PartialConfiguration.Given<BridgeConfiguration.Port>] = []

    /// Makes the configuration.
    package static func build(
        file: PartialConfiguration?, flags: PartialConfiguration
    ) throws(ConfigurationErrors) -> AgentConfiguration {
        var builder = ConfigurationBuilder()
        let configuration = builder.build(file ?? PartialConfiguration(), flags)
        guard builder.lines.isEmpty else { throw ConfigurationErrors(builder.lines) }
        return configuration
    }

    private mutating func build(_ file: PartialConfiguration, _ flags: PartialConfiguration) -> AgentConfiguration {
        let runDirectory = flags.runDirectory ?? file.runDirectory ?? AgentConfiguration.defaultRunDirectory
        let partials = self.mergeBridges(file.bridges, flags.bridges)
        if partials.isEmpty, self.lines.isEmpty {
            self.lines.append("no bridge is configured: give --bridge NAME, or bridges in a file with --config FILE")
        }
        var configuration = AgentConfiguration(bridges: [], runDirectory: runDirectory)
        for partial in partials {
            if let bridge = self.complete(partial, runDirectory: runDirectory) { configuration.bridges.append(bridge) }
        }
        self.checkPatchPorts()
        self.checkRecordings(configuration.bridges)
        configuration.logFile = flags.logFile ?? file.logFile
        configuration.logLevels = flags.logLevels ?? file.logLevels ?? LogLevels()
        configuration.tls = flags.tls.over(file.tls)
        self.requireFiles(partials, configuration.tls)
        configuration.keepDatapath = flags.keepDatapath ?? file.keepDatapath ?? false
        configuration.flowRestoreWait = flags.flowRestoreWait ?? file.flowRestoreWait ?? .zero
        configuration.connectionTracking = flags.connectionTracking.over(file.connectionTracking)
        configuration.megaflows = flags.megaflows.over(file.megaflows)
        return configuration
    }

    /// Addresses with TLS need all three files.
    private mutating func requireFiles(_ bridges: [PartialConfiguration.Bridge], _ files: TLSFiles) {
        let missing = [
            files.privateKey == nil ? "private-key" : nil, files.certificate == nil ? "certificate" : nil,
            files.caCertificate == nil ? "ca-certificate" : nil,
        ].compactMap { $0 }
        guard !missing.isEmpty else { return }
        let words = missing.joined(separator: ", ")
        for bridge in bridges {
            for address in bridge.controllers + bridge.listeners where address.value.needsTLS {
                self.lines.append("\(address.place): \(address.value) needs TLS, for which \(words) is missing")
            }
        }
    }

    private mutating func mergeBridges(
        _ file: [PartialConfiguration.Bridge], _ flags: [PartialConfiguration.Bridge]
    ) -> [PartialConfiguration.Bridge] {
        var bridges: [PartialConfiguration.Bridge] = []
        for bridge in file {
            guard let name = bridge.name else { continue }
            if let first = bridges.first(where: { $0.name?.value == name.value }), let place = first.name?.place {
                self.lines.append("\(name.place): bridge \(name.value) is there already (\(place))")
            } else {
                bridges.append(bridge)
            }
        }
        for bridge in flags {
            guard let name = bridge.name else {
                if bridges.count == 1 {
                    bridges[0].merge(bridge)
                } else {
                    self.lines.append("--bridge NAME is missing: the other flags do not say which bridge they mean")
                }
                continue
            }
            if let index = bridges.firstIndex(where: { $0.name?.value == name.value }) {
                bridges[index].merge(bridge)
            } else {
                bridges.append(bridge)
            }
        }
        return bridges
    }

    private mutating func complete(
        _ partial: PartialConfiguration.Bridge, runDirectory: String
    ) -> BridgeConfiguration? {
        guard let name = partial.name else { return nil }
        var bridge = BridgeConfiguration(name: name.value)
        self.claim(device: name.value, for: "bridge \(name.value)", at: name.place)
        bridge.datapath = partial.datapath ?? bridge.datapath
        bridge.failMode = partial.failMode ?? bridge.failMode
        bridge.protocols = partial.protocols ?? bridge.protocols
        bridge.maxBackoff = partial.maxBackoff ?? bridge.maxBackoff
        bridge.inactivityProbe = partial.inactivityProbe ?? bridge.inactivityProbe
        bridge.packetBuffers = partial.packetBuffers ?? bridge.packetBuffers
        bridge.connectionSettings = partial.connectionSettings
        bridge.addressSettings = partial.addressSettings
        if let identity = partial.datapathID {
            if let other = self.identities.updateValue(name.value, forKey: identity.value) {
                self.lines.append("\(identity.place): \(identity.value) is the datapath id of bridge \(other) already")
            }
            bridge.datapathID = identity.value
        }
        var numbers: [PortNumber: String] = [:]
        for port in partial.ports {
            self.claim(device: port.value.device, for: "bridge \(name.value)", at: port.place)
            if let number = port.value.number,
                let other = numbers.updateValue(port.value.device, forKey: number)
            {
                self.lines.append("\(port.place): port number \(number) is \(other)'s already")
            }
            bridge.ports.append(port.value)
            if port.value.peer != nil { self.patchPorts.append(port) }
        }
        self.addForwarding(of: partial, to: &bridge)
        for controller in partial.controllers {
            if bridge.controllers.contains(controller.value) {
                self.lines.append("\(controller.place): \(controller.value) is given twice")
            }
            bridge.controllers.append(controller.value)
        }
        for listener in partial.listeners {
            self.claim(address: listener.value, for: name.value, at: listener.place)
            bridge.listeners.append(listener.value)
        }
        if case .unix(let path) = bridge.managementSocket(in: runDirectory).transport,
            path.utf8.count > AgentLimits.socketPathBytesMaximum
        {
            self.lines.append(
                "run-dir: \(path) is longer than the \(AgentLimits.socketPathBytesMaximum) bytes that a socket may have"
            )
        }
        return bridge
    }

    /// A file takes the conversations of one bridge: two would write parts of blocks between each other's.
    private mutating func checkRecordings(_ bridges: [BridgeConfiguration]) {
        var owners: [String: String] = [:]
        for bridge in bridges {
            let settings = [bridge.connectionSettings] + Array(bridge.addressSettings.values)
            for path in Set(settings.compactMap(\.recordingPath)).sorted() {
                guard let owner = owners.updateValue(bridge.name, forKey: path) else { continue }
                self.lines.append(
                    "record: bridge \(owner) records to \(path) already: give bridge \(bridge.name) a file of its own")
            }
        }
    }

    /// Adds mirrors, whose names occur once and whose ports the bridge has, the VLANs that are flooded, and what is set
    /// of flow tables.
    private mutating func addForwarding(of partial: PartialConfiguration.Bridge, to bridge: inout BridgeConfiguration) {
        bridge.forwarding.floodVLANs = partial.floodVLANs ?? []
        let ports = Set(bridge.ports.map(\.device) + [bridge.name])
        for mirror in partial.mirrors {
            var named = mirror.value.sources.union(mirror.value.destinations)
            if case .port(let name) = mirror.value.output { named.insert(name) }
            for name in named.subtracting(ports).sorted() {
                self.lines.append(
                    "\(mirror.place): mirror \(mirror.value.name): bridge \(bridge.name) has no port \(name)")
            }
            if bridge.forwarding.mirrors.contains(where: { $0.name == mirror.value.name }) {
                self.lines.append("\(mirror.place): mirror \(mirror.value.name) is given twice")
            }
            bridge.forwarding.mirrors.append(mirror.value)
        }
        for table in partial.flowTables {
            if bridge.flowTables.contains(where: { $0.table == table.value.table }) {
                self.lines.append("\(table.place): flow table \(table.value.table.rawValue) is given twice")
            }
            bridge.flowTables.append(table.value)
        }
        for group in partial.sampleGroups
        where bridge.forwarding.sampleGroups.updateValue(group.value.group, forKey: group.value.set) != nil {
            self.lines.append("\(group.place): collector set \(group.value.set) is given twice")
        }
        if bridge.forwarding.mirrors.count > BridgeForwarding.mirrorsMaximum {
            self.lines.append("bridge \(bridge.name): more than \(BridgeForwarding.mirrorsMaximum) mirrors")
        }
    }

    /// Patch ports come in pairs that name each other.
    private mutating func checkPatchPorts() {
        for port in self.patchPorts {
            guard let peer = port.value.peer else { continue }
            let name = port.value.device
            guard peer != name else {
                self.lines.append("\(port.place): port \(name) is its own peer")
                continue
            }
            let problem: String
            if let other = self.patchPorts.first(where: { $0.value.device == peer })?.value.peer {
                guard other != name else { continue }
                problem = "has the peer \(other)"
            } else {
                problem = self.devices[peer] == nil ? "is not a port" : "is not a patch port"
            }
            self.lines.append("\(port.place): \(peer) \(problem): expected \(peer),peer=\(name)")
        }
    }

    private mutating func claim(device: String, for owner: String, at place: String) {
        if let other = self.devices.updateValue(owner, forKey: device) {
            let problem = other == owner ? "is given twice" : "belongs to \(other) already"
            self.lines.append("\(place): device \(device) \(problem)")
        }
    }

    private mutating func claim(address: ControllerAddress, for bridge: String, at place: String) {
        switch address.transport {
        case .tcp(_, 0), .tls(_, 0): return
        default: break
        }
        if let other = self.addresses.updateValue(bridge, forKey: address) {
            self.lines.append("\(place): \(address) is listened on by bridge \(other) already")
        }
    }
}
