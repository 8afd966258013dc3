package import OpenFlow

/// What a controller's connection, or those of a listener, are like where it is not as the default has it.
///
/// Nil leaves a property to the bridge, whose own settings have the same form; nil there is the default.
package struct ConnectionSettings: Hashable, Sendable {
    /// The longest wait between two calls; controllers.
    package var maxBackoff: Duration?
    /// How long a peer may be silent before it is asked; zero is for ever.
    package var inactivityProbe: Duration?
    /// Packet-ins of each class per second that a connection gets; 0 sets no rate.
    package var packetInRate: Int?
    /// Packet-ins of each class that may come at once where there is a rate.
    package var packetInBurst: Int?
    /// Packet-ins that wait for a connection whose rate is used up, before some are dropped.
    package var packetInQueueMaximum: Int?
    /// Whether the switch sends anything unasked before the peer says what it wants.
    package var sendsAsynchronousMessages: Bool?
    /// The differentiated services code point of our packets (RFC 2474), 0 to 63; 48 is the default.
    package var codePoint: UInt8?
    /// The address of ours to call from; controllers.
    package var localAddress: String?
    /// After how long without data the kernel asks whether the peer is there; zero is never.
    package var keepalive: Duration?
    /// The name sent to the controller in a TLS handshake and demanded of its certificate; controllers.
    package var serverName: String?
    /// Auxiliary connections opened beside the main one (1.3 and later); controllers.
    package var auxiliaryConnections: Int?
    /// Whether the controller is reached through the bridge itself, by hidden flows (``InBandControl``); controllers.
    package var isInBand: Bool?
    /// The file in which the conversation is recorded, in the pcapng format.
    package var recordingPath: String?
    /// Which messages are written to the log; nil for none.
    package var loggedMessages: MessageSelection?
    /// The versions that are spoken; at least one.
    package var protocols: VersionSet?
    /// Who may come in, by listeners; nil admits everybody.
    package var allowedPeers: [AddressPrefix]?
    /// Connections held at once; listeners.
    package var connectionsMaximum: Int?
    /// Connections that have not said HELLO, held at once; listeners.
    package var halfOpenMaximum: Int?

    /// Makes settings that leave everything to others.
    package init() {}

    /// How many packet-ins a connection gets.
    var packetInLimit: PacketInLimit {
        PacketInLimit(
            rate: self.packetInRate ?? 0, burst: self.packetInBurst,
            queueMaximum: self.packetInQueueMaximum ?? PacketInLimit.defaultQueueMaximum)
    }

    /// These settings, and those of `defaults` where these say nothing.
    package func over(_ defaults: ConnectionSettings) -> ConnectionSettings {
        var result = ConnectionSettings()
        result.maxBackoff = self.maxBackoff ?? defaults.maxBackoff
        result.inactivityProbe = self.inactivityProbe ?? defaults.inactivityProbe
        result.packetInRate = self.packetInRate ?? defaults.packetInRate
        result.packetInBurst = self.packetInBurst ?? defaults.packetInBurst
        result.packetInQueueMaximum = self.packetInQueueMaximum ?? defaults.packetInQueueMaximum
        result.sendsAsynchronousMessages = self.sendsAsynchronousMessages ?? defaults.sendsAsynchronousMessages
        result.codePoint = self.codePoint ?? defaults.codePoint
        result.localAddress = self.localAddress ?? defaults.localAddress
        result.keepalive = self.keepalive ?? defaults.keepalive
        result.serverName = self.serverName ?? defaults.serverName
        result.auxiliaryConnections = self.auxiliaryConnections ?? defaults.auxiliaryConnections
        result.isInBand = self.isInBand ?? defaults.isInBand
        result.recordingPath = self.recordingPath ?? defaults.recordingPath
        result.loggedMessages = self.loggedMessages ?? defaults.loggedMessages
        result.protocols = self.protocols ?? defaults.protocols
        result.allowedPeers = self.allowedPeers ?? defaults.allowedPeers
        result.connectionsMaximum = self.connectionsMaximum ?? defaults.connectionsMaximum
        result.halfOpenMaximum = self.halfOpenMaximum ?? defaults.halfOpenMaximum
        return result
    }
}
