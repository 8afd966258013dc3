extension SluiceAgent.Settings {
    /// What a configuration says, as the assembly needs it.
    package init(_ configuration: AgentConfiguration, source: ConfigurationSource? = nil) {
        self.init(
            bridges: configuration.bridges.map { BridgeSettings($0, of: configuration) },
            keepsDatapath: configuration.keepDatapath,
            controlSocket: RunDirectory.controlSocket(in: configuration.runDirectory))
        self.flowRestoreWait = configuration.flowRestoreWait
        self.connectionTracking = configuration.connectionTracking
        self.megaflows = configuration.megaflows
        self.configuration = configuration
        self.source = source
    }
}

extension BridgeSettings {
    /// What a configuration says of one of its bridges.
    init(_ bridge: BridgeConfiguration, of configuration: AgentConfiguration) {
        var switchConfiguration = SwitchConfiguration()
        switchConfiguration.datapathID = bridge.datapathID
        switchConfiguration.flowTables = bridge.flowTables
        switchConfiguration.packetBufferCount = bridge.packetBuffers
        var connections = bridge.connections(runDirectory: configuration.runDirectory)
        connections.tls = configuration.tls.complete
        self.init(
            name: bridge.name, datapath: bridge.datapath,
            ports: bridge.ports.map {
                BridgeSettings.Port(
                    device: $0.device, number: $0.number, peer: $0.peer, tunnel: $0.tunnel, vlans: $0.vlans,
                    queues: $0.queues)
            },
            switchConfiguration: switchConfiguration,
            connections: connections,
            portNumberFile: RunDirectory.portNumberFile(of: bridge.name, in: configuration.runDirectory))
        self.forwarding = bridge.forwarding
    }
}
