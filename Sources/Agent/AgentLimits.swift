/// Limits of the agent, every one in one place.
package enum AgentLimits {
    // MARK: Connections

    /// The longest message that is read, in bytes: what the header's length field can say.
    package static let messageBytesMaximum = 0xffff
    /// How much a connection reads from its socket at once, in bytes: what is decoded before others have their turn.
    package static let readBufferBytes = 32 * 1024
    /// How many reads a connection makes before others have their turn.
    ///
    /// More would save little, keep an echo of another connection waiting for the decoding of so much more, and make
    /// the channel keep as many buffers.
    package static let readsPerTurn: UInt = 1
    /// Messages read and decoded, but not yet handled by the control loop, after which a connection stops reading.
    package static let pendingMessagesMaximum = 2048
    /// The same in bytes of their wire form.
    package static let pendingBytesMaximum = 512 * 1024
    /// Messages of one connection that the control loop handles before it looks at the next connection.
    package static let messagesPerTurn = 256
    /// Output of a connection that the control loop writes by itself; what is longer the I/O loop copies to the kernel.
    package static let directOutputBytesMaximum = 16_384
    /// Packet-ins delivered before the messages of a turn, and as many after them.
    ///
    /// Each may be answered by two messages, and those of one connection are to fit in a turn.
    package static let packetInsPerTurn = 64
    /// Bytes not yet written to a peer above which packet-ins to it are dropped (and counted).
    package static let packetInOutputBytesMaximum = 512 * 1024
    /// Bytes not yet written to a peer above which other asynchronous messages to it (flow-removed, port-status) are
    /// dropped (and counted): a controller that misses one of these no longer knows the switch.
    package static let asynchronousOutputBytesMaximum = 16 * 1024 * 1024
    /// Bytes not yet written to a peer above which a long answer (a dump) pauses.
    package static let dumpOutputBytesMaximum = 256 * 1024
    /// Bytes not yet written to a peer above which updates of its flow monitors are paused.
    package static let monitorOutputBytesMaximum = 128 * 1024
    /// Bytes not yet written to a peer above which its requests wait: their answers may not be dropped.
    package static let requestOutputBytesMaximum = 1024 * 1024
    /// Output of all connections of a bridge that waits for sockets above which each may hold only
    /// ``connectionOutputBytesReserved``, in bytes.
    package static let bridgeOutputBytesMaximum = 64 * 1024 * 1024
    /// Output that a connection may hold, in bytes, whatever the others do.
    package static let connectionOutputBytesReserved = 64 * 1024
    /// Messages of all connections of a bridge that wait for the switch above which each may have only
    /// ``connectionPendingBytesReserved`` waiting, in bytes of their wire form.
    package static let bridgePendingBytesMaximum = 64 * 1024 * 1024
    /// Messages that a connection may have waiting, in bytes, whatever the others do.
    package static let connectionPendingBytesReserved = 16 * 1024
    /// Connections that one listener holds at once; further ones are closed at once.
    package static let connectionsPerListenerMaximum = 4096
    /// Connections that the kernel holds for a listener that has not come to them yet; a burst beyond it waits
    /// a second or more.
    package static let listenBacklog: Int32 = 1024
    /// Connections of one listener that have not said HELLO, held at once; further ones are closed at once.
    package static let halfOpenPerListenerMaximum = 1024
    /// Auxiliary connections that one controller may have.
    package static let auxiliaryConnectionsMaximum = 8
    /// Packet-ins that wait for one connection whose rate is used up.
    package static let packetInQueueMaximum = 4096
    /// What the kernel may hold of a connection's output that it has not sent yet, in bytes.
    package static let unsentBytesInKernel = 128 * 1024
    /// Messages that wait to be written to one recording, in bytes; beyond that they are left out.
    package static let recordingBytesMaximum = 16 * 1024 * 1024
    /// Messages of chosen types that the log takes in a second, for each address.
    package static let loggedMessagesPerSecond = 500
    /// How long after the first flow_mod of a burst the log says how many there were.
    package static let flowModReportInterval = Duration.seconds(10)
    /// Peers that came in that a status lists.
    package static let reportedPeersMaximum = 256
    /// Peers of a bridge's snoop socket.
    package static let snoopersMaximum = 16
    /// Output that one of them has not read, in bytes; beyond that it misses messages.
    package static let snoopBytesMaximum = 4 * 1024 * 1024
    /// How long before a certificate's end the log begins to say so.
    package static let certificateWarning = Duration.seconds(30 * 86_400)
    /// How often the log says so.
    package static let certificateWarningInterval = Duration.seconds(86_400)
    /// How often a controller of which it is not known whether it takes part is sent a packet to answer.
    package static let admissionInterval = Duration.seconds(1)
    /// What the connections of a bridge must have held at once for memory to be given back to the system, in bytes.
    package static let trimBytesMinimum = 8 * 1024 * 1024
    /// Or how many messages the connection that ended must have sent: bundles and flows hold memory too.
    package static let trimMessagesMinimum: UInt64 = 10_000
    /// How long after the end of a connection that is done.
    package static let trimDelay = Duration.seconds(10)
    /// How often the next hops towards controllers in band are looked for.
    package static let nextHopInterval = Duration.seconds(10)
    /// How long a peer may take to say HELLO.
    package static let helloTimeout = Duration.seconds(10)
    /// How long the last bytes of a connection that we close may take.
    package static let closeTimeout = Duration.seconds(2)

    // MARK: Kept packets

    /// How many bytes the packets that a bridge keeps for controllers have together at most.
    package static let keptPacketBytesMaximum = 16 * 1024 * 1024
    /// For how long no other packet takes the place of one that is kept.
    package static let keptPacketProtection = Duration.seconds(1)
    /// For how long a packet is kept.
    package static let keptPacketLifetime = Duration.seconds(30)

    // MARK: Paused packets

    /// How long a packet that is with a controller can be resumed.
    package static let pausedPacketLinger = Duration.seconds(300)

    // MARK: Patch ports

    /// How many patch ports a packet may go through, one after the other.
    package static let patchDepthMaximum = 8
    /// How many times one packet and its copies may go through patch ports.
    package static let patchCrossingsMaximum = 1024

    // MARK: Control socket

    /// The longest request at the control socket, in bytes.
    package static let controlRequestBytesMaximum = 64 * 1024
    /// The longest answer at the control socket, in bytes; longer ones are cut, and say so.
    package static let controlReplyBytesMaximum = 32 * 1024 * 1024
    /// Connections to the control socket at once; further ones are closed at once.
    package static let controlConnectionsMaximum = 16
    /// How long a client of the control socket may take to send its request or to read its answer.
    package static let controlTimeoutSeconds = 60

    // MARK: Time

    /// The least wait between two attempts to reach a controller.
    package static let backoffMinimum = Duration.seconds(1)

    /// How long a reload waits for megaflows to agree with what it has changed.
    package static let settlingTimeout = Duration.seconds(10)

    // MARK: Configuration

    /// The longest configuration file that is read, in bytes.
    package static let configurationBytesMaximum = 4 * 1024 * 1024
    /// The longest device name, in bytes (`IFNAMSIZ` less its zero).
    package static let deviceNameBytesMaximum = 15
    /// The greatest number that an ordinary port may be given: OpenFlow 1.0 has 16 bits and reserves 0xff00 and up.
    package static let portNumberMaximum: UInt32 = 0xfeff
    /// The longest path of a unix socket, in bytes (`sockaddr_un` less its zero).
    package static let socketPathBytesMaximum = 107
}
