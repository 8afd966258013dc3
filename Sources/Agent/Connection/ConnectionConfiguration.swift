package import OpenFlow

/// How a bridge is connected to its controllers.
package struct ConnectionConfiguration: Hashable, Sendable {
    /// The versions that are spoken; at least one.
    package var protocols: VersionSet
    /// Addresses called.
    package var controllers: [ControllerAddress]
    /// Addresses listened on, the management socket among them.
    package var listeners: [ControllerAddress]
    /// What to do while no controller is in charge.
    package var failMode: FailMode
    /// The longest wait between two calls of a controller.
    package var maxBackoff: Duration
    /// How long a peer may be silent before it is asked; zero is for ever.
    package var inactivityProbe: Duration
    /// Keys and certificates; needed where an address is `ssl:` or `pssl:`.
    package var tls: TLSConfiguration?
    /// What all connections are like.
    package var defaults = ConnectionSettings()
    /// What those of single addresses are like, where they differ.
    package var settings: [ControllerAddress: ConnectionSettings] = [:]
    /// The socket where `ovs-ofctl snoop` listens; nil for none.
    package var snoopPath: String?
    /// Connections that one listener holds at once; further ones are closed at once.
    package var connectionsPerListener = AgentLimits.connectionsPerListenerMaximum

    /// Makes a configuration; the defaults are Open vSwitch's.
    package init(
        protocols: VersionSet = .all, controllers: [ControllerAddress] = [], listeners: [ControllerAddress] = [],
        failMode: FailMode = .standalone, maxBackoff: Duration = .seconds(8), inactivityProbe: Duration = .seconds(5),
        tls: TLSConfiguration? = nil
    ) {
        self.protocols = protocols
        self.controllers = controllers
        self.listeners = listeners
        self.failMode = failMode
        self.maxBackoff = maxBackoff
        self.inactivityProbe = inactivityProbe
        self.tls = tls
    }

    /// What connections of an address are like, in the end.
    package func settings(of address: ControllerAddress) -> ConnectionSettings {
        var bridge = self.defaults
        bridge.maxBackoff = self.maxBackoff
        bridge.inactivityProbe = self.inactivityProbe
        bridge.protocols = self.protocols
        bridge.connectionsMaximum = self.defaults.connectionsMaximum ?? self.connectionsPerListener
        return (self.settings[address] ?? ConnectionSettings()).over(bridge)
    }
}
