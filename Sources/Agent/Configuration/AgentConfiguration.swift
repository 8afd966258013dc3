package import Datapath
package import Logging
package import OpenFlow

/// All settings of an agent, complete and checked; made by ``ConfigurationBuilder``.
package struct AgentConfiguration: Hashable, Sendable {
    /// The bridges, at least one, with names, devices and datapath ids that occur once.
    package var bridges: [BridgeConfiguration]
    /// Where sockets and state are; one agent per directory.
    package var runDirectory: String
    /// Where logs go; nil for standard error.
    package var logFile: String?
    /// How much is logged.
    package var logLevels: LogLevels
    /// Keys and certificates for `ssl:` and `pssl:`.
    package var tls: TLSFiles
    /// Whether datapaths and their ports are left as they are when the agent ends.
    package var keepDatapath: Bool
    /// How long the megaflows that an earlier agent left in the kernel go on while tables are filled again.
    package var flowRestoreWait = Duration.zero
    /// Limits and time-outs of tracked connections.
    package var connectionTracking = ConnectionTrackingSettings()
    /// How many megaflows each datapath may have, and for how long.
    package var megaflows = MegaflowSettings()

    /// The default of ``runDirectory``.
    package static let defaultRunDirectory = "/run/sluice"

    /// Makes a configuration.
    package init(
        bridges: [BridgeConfiguration], runDirectory: String = Self.defaultRunDirectory, logFile: String? = nil,
        logLevels: LogLevels = LogLevels(), tls: TLSFiles = TLSFiles(), keepDatapath: Bool = false
    ) {
        self.bridges = bridges
        self.runDirectory = runDirectory
        self.logFile = logFile
        self.logLevels = logLevels
        self.tls = tls
        self.keepDatapath = keepDatapath
    }
}

/// Settings of one bridge.
package struct BridgeConfiguration: Hashable, Sendable {
    /// A port that is there from the start.
    package struct Port: Hashable, Sendable {
        /// Device name, 1–15 bytes; a patch port's has no device behind it.
        package var device: String
        /// Its OpenFlow number, 1 to 65279; nil lets the switch choose.
        package var number: PortNumber?
        /// The patch port that packets sent to this one come out of; nil for a port that is a device.
        package var peer: String?
        /// The tunnel that it is; nil for a port that is none.
        package var tunnel: TunnelSettings?
        /// The VLANs that NORMAL has on it.
        package var vlans = PortVLANs()
        /// The queues of its device.
        package var queues: [DeviceQueue] = []

        /// Makes a port.
        package init(device: String, number: PortNumber? = nil, peer: String? = nil) {
            self.device = device
            self.number = number
            self.peer = peer
        }
    }

    /// Name, also that of its local port's device; 1–15 bytes.
    package var name: String
    /// Which datapath.
    package var datapath: DatapathChoice
    /// Identity; nil takes the local port's MAC address.
    package var datapathID: DatapathID?
    /// What it does while no controller is in charge.
    package var failMode: FailMode
    /// The versions that are spoken; at least one.
    package var protocols: VersionSet
    /// Its ports, in the order given.
    package var ports: [Port]
    /// Mirrors, and the VLANs that are flooded.
    package var forwarding = BridgeForwarding()
    /// What is set of flow tables.
    package var flowTables: [FlowTableConfiguration] = []
    /// How many packets are kept for controllers that are told only their beginnings.
    package var packetBuffers = 0
    /// Addresses of controllers to call.
    package var controllers: [ControllerAddress]
    /// Addresses to listen on; the management socket is not among them.
    package var listeners: [ControllerAddress]
    /// The longest wait between two calls of a controller.
    package var maxBackoff: Duration
    /// How long a controller may be silent before it is asked; zero is for ever.
    package var inactivityProbe: Duration
    /// What all its connections are like.
    package var connectionSettings = ConnectionSettings()
    /// What single controllers and listeners are like where they differ from the bridge's others.
    package var addressSettings: [ControllerAddress: ConnectionSettings] = [:]

    /// The default of ``protocols``.
    package static let defaultProtocols: VersionSet = [.v1_0, .v1_3]

    /// Makes settings; the defaults are Open vSwitch's but for the protocols.
    package init(
        name: String, datapath: DatapathChoice = .auto, datapathID: DatapathID? = nil,
        failMode: FailMode = .standalone, protocols: VersionSet = Self.defaultProtocols, ports: [Port] = [],
        controllers: [ControllerAddress] = [], listeners: [ControllerAddress] = [],
        maxBackoff: Duration = .seconds(8), inactivityProbe: Duration = .seconds(5)
    ) {
        self.name = name
        self.datapath = datapath
        self.datapathID = datapathID
        self.failMode = failMode
        self.protocols = protocols
        self.ports = ports
        self.controllers = controllers
        self.listeners = listeners
        self.maxBackoff = maxBackoff
        self.inactivityProbe = inactivityProbe
    }

    /// The socket where `ovs-ofctl … unix:PATH` reaches the bridge.
    package func managementSocket(in runDirectory: String) -> ControllerAddress {
        ControllerAddress(.passive, .unix(path: "\(runDirectory)/\(self.name).mgmt"))
    }

    /// What the connection layer needs, the management socket included.
    package func connections(runDirectory: String) -> ConnectionConfiguration {
        var configuration = ConnectionConfiguration(
            protocols: self.protocols, controllers: self.controllers,
            listeners: self.listeners + [self.managementSocket(in: runDirectory)], failMode: self.failMode,
            maxBackoff: self.maxBackoff, inactivityProbe: self.inactivityProbe)
        configuration.defaults = self.connectionSettings
        configuration.settings = self.addressSettings
        let snoop = "\(runDirectory)/\(self.name).snoop"
        if snoop.utf8.count <= AgentLimits.socketPathBytesMaximum { configuration.snoopPath = snoop }
        return configuration
    }
}

/// Files for TLS, each nil unless given.
package struct TLSFiles: Hashable, Sendable {
    /// Our private key, PEM.
    package var privateKey: String?
    /// Our certificate, PEM.
    package var certificate: String?
    /// The certificate of the authority that signs our peers', PEM.
    package var caCertificate: String?
    /// Whether the first peer's authority is believed and written to ``caCertificate`` while that file is missing.
    package var bootstrapsAuthority: Bool?
    /// The revocation lists of the authorities, PEM.
    package var revocationList: String?
    /// The oldest version of TLS that is spoken.
    package var minimumVersion: TLSVersion?
    /// Ciphers of TLS 1.2, in OpenSSL's notation.
    package var ciphers: String?
    /// Cipher suites of TLS 1.3.
    package var cipherSuites: String?
    /// Whether controllers' certificates must be made out to the names called.
    package var verifiesName: Bool?

    /// Makes a value; nothing is read.
    package init(privateKey: String? = nil, certificate: String? = nil, caCertificate: String? = nil) {
        self.privateKey = privateKey
        self.certificate = certificate
        self.caCertificate = caCertificate
    }

    /// All three files, or nil where one is missing.
    package var complete: TLSConfiguration? {
        guard let privateKey, let certificate, let caCertificate else { return nil }
        var configuration = TLSConfiguration(
            privateKeyPath: privateKey, certificatePath: certificate, authorityPath: caCertificate)
        configuration.bootstrapsAuthority = self.bootstrapsAuthority ?? configuration.bootstrapsAuthority
        configuration.revocationListPath = self.revocationList
        configuration.minimumVersion = self.minimumVersion ?? configuration.minimumVersion
        configuration.ciphers = self.ciphers
        configuration.cipherSuites = self.cipherSuites
        configuration.verifiesName = self.verifiesName ?? configuration.verifiesName
        return configuration
    }

    /// These settings, and those of `other` where these say nothing.
    func over(_ other: TLSFiles) -> TLSFiles {
        var result = TLSFiles()
        result.privateKey = self.privateKey ?? other.privateKey
        result.certificate = self.certificate ?? other.certificate
        result.caCertificate = self.caCertificate ?? other.caCertificate
        result.bootstrapsAuthority = self.bootstrapsAuthority ?? other.bootstrapsAuthority
        result.revocationList = self.revocationList ?? other.revocationList
        result.minimumVersion = self.minimumVersion ?? other.minimumVersion
        result.ciphers = self.ciphers ?? other.ciphers
        result.cipherSuites = self.cipherSuites ?? other.cipherSuites
        result.verifiesName = self.verifiesName ?? other.verifiesName
        return result
    }
}

/// How much is logged: a level for everything, and levels for parts of the program.
package struct LogLevels: Hashable, Sendable {
    /// The parts that have a level of their own; each has a logger of that label.
    package static let parts = ["agent", "connection", "datapath", "switch", "upcall", "audit"]

    /// For parts that are not listed.
    package var general: Logger.Level
    /// By part.
    package var byPart: [String: Logger.Level]

    /// Makes levels.
    package init(general: Logger.Level = .info, byPart: [String: Logger.Level] = [:]) {
        self.general = general
        self.byPart = byPart
    }

    /// The level of a part.
    package subscript(part: String) -> Logger.Level { self.byPart[part] ?? self.general }
}
