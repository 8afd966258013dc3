package import OpenFlow

/// One OpenFlow connection as the switch sees it, from the end of version negotiation to its close.
///
/// Owned by the control loop and used only there. The connection layer makes it, feeds its messages to the switch and
/// carries away what ``send(_:transactionID:)`` queued at the end of each turn.
package final class ControllerSession {
    /// A number that is never given twice in the life of the process.
    package let identifier: UInt64
    /// The negotiated version.
    package let version: OpenFlowVersion
    /// The peer, for logs and statistics, such as `tcp:127.0.0.1:6653`.
    package let peer: String
    /// Whether it came in by a listener of ours (a service connection: no packet-ins of misses until it asks)
    /// or we called a configured controller.
    package let isService: Bool
    /// How many packet-ins it gets.
    package let packetInLimit: PacketInLimit
    /// Whether it may get messages unasked: it has our features, or has said what it wants.
    ///
    /// A controller that gets a PORT_STATUS earlier (Floodlight) gives up.
    package var isIdentified = false
    /// Role; equal until it asks for another.
    ///
    /// An auxiliary connection has its main one's (1.3 §6.3.7).
    package var role: ControllerRole {
        get { self.main?.role ?? self.ownRole }
        set { if let main { main.role = newValue } else { self.ownRole = newValue } }
    }
    private var ownRole = ControllerRole.equal
    /// Which of the controller's connections this is, 0 for the main one.
    package var auxiliaryID: UInt8 = 0
    /// The session of the main connection, of an auxiliary one.
    package private(set) weak var main: ControllerSession?
    /// The sessions of its auxiliary connections, of a main one.
    package private(set) var auxiliaries: [ControllerSession] = []
    /// Which asynchronous messages it wants, per role.
    package var asyncConfig: AsyncConfig
    /// How many bytes of a packet that missed it wants (OFPT_SET_CONFIG); service connections start with 0.
    package var missSendLength: UInt16
    /// Whether the peer set `missSendLength` (a service connection gets no packet-ins before).
    package var wantsPacketIns: Bool
    /// Nicira controller id.
    package var controllerID: UInt16 = 0
    /// How packet-ins are sent to it.
    package var packetInFormat = PacketInFormat.standard
    /// The controller's short identifier (1.5 §7.3.8); 0 for none.
    package var shortID: UInt16 = 0
    /// Nicira flow_mod_table_id: in 1.0 the upper byte of a flow_mod's command is a table.
    package var usesFlowModTableID = false
    /// Whether flows that go are told in Nicira's form (1.0, NXT_SET_FLOW_FORMAT), which says fields that 1.0 lacks.
    package var usesNiciraFlowFormat = false
    /// Bytes queued in this turn, in wire form; the connection layer takes them.
    package var output: [UInt8] = []
    /// Bytes taken but not yet written to the socket, kept up to date by the connection layer; dumps pause
    /// above a limit.
    package var bytesInFlight = 0
    /// Bytes of output, queued and in flight, that the session may hold at present beside the limits for each kind of
    /// message; kept up to date by the connection layer (``ConnectionBudget``).
    package var outputBytesAllowed = Int.max
    /// Set by the switch while a request takes several turns: the connection layer gives it no further message.
    package var isBusy = false
    /// Set by the switch while another thread carries out a request: the connection layer gives it no further message,
    /// and does not ask for turns on that account.
    package var isSuspended = false
    /// Set by the switch while updates of flow monitors wait for the output to drain: the connection layer says when it
    /// has (``OpenFlowSwitch/resume(_:now:)``).
    package var isPaused = false
    /// Set by the switch: the connection layer closes the connection once the output is written.
    package var shouldClose = false
    /// Messages that could not be said in this version (counted, logged).
    package var inexpressibleMessages: UInt64 = 0

    /// Takes a session in as an auxiliary one.
    package func attach(_ auxiliary: ControllerSession) {
        auxiliary.main = self
        self.auxiliaries.append(auxiliary)
    }

    /// Lets go of an auxiliary session.
    package func detach(_ auxiliary: ControllerSession) {
        self.auxiliaries.removeAll { $0 === auxiliary }
    }

    /// Makes a session with the defaults of its kind.
    package init(
        identifier: UInt64, version: OpenFlowVersion, peer: String, isService: Bool,
        packetInLimit: PacketInLimit = PacketInLimit(), sendsAsynchronousMessages: Bool = true
    ) {
        self.identifier = identifier
        self.version = version
        self.peer = peer
        self.isService = isService
        self.packetInLimit = packetInLimit
        self.asyncConfig = sendsAsynchronousMessages ? .initial : .silent
        self.missSendLength = isService ? 0 : 128
        self.wantsPacketIns = !isService
    }
}
