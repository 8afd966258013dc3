import NIOCore
package import OpenFlow
import Synchronization

/// What the I/O side of a connection tells the control side.
package enum ConnectionInput: Sendable {
    /// The TLS handshake is done.
    case secured(TLSSummary)
    /// A version is agreed.
    case opened(OpenFlowVersion)
    /// A message for the switch, and its bytes, among those that were read with it.
    case message(Message, MessageHeader, ArraySlice<UInt8>)
    /// FLOW_MODs that came one after the other.
    case flowMods(FlowModBurst)
    /// A message that could not be decoded, and its bytes.
    case undecodable(OpenFlowError, ArraySlice<UInt8>)
    /// The connection is gone, or going; the last input.
    case closed(CloseReason)

    /// Bytes of the message it came from; 0 where there is none.
    var byteCount: Int {
        switch self {
        case .message(_, _, let bytes), .undecodable(_, let bytes): bytes.count
        case .flowMods(let burst): burst.byteCount(of: burst.next..<burst.count)
        case .secured, .opened, .closed: 0
        }
    }

    /// How many messages it counts for.
    var messageCount: Int {
        guard case .flowMods(let burst) = self else { return 1 }
        return burst.count
    }
}

/// The two halves of a connection meet here: the channel handler on its I/O loop and ``OpenFlowConnection`` on
/// the control loop.
///
/// Each direction is an array under a mutex with a flag that says whether the other side has been woken. Short output
/// does not wait for the I/O loop to wake up: where nothing is ahead of it, the control loop writes it to the socket
/// itself. Both directions are bounded: messages to the control loop by asking the handler to stop reading, output by
/// the control side, which looks at ``bytesInFlight`` before it lets the switch answer more.
package final class ConnectionLink: Sendable {
    /// Inputs on their way to the control loop.
    private struct Inbound {
        /// One array for each read, as it came.
        var batches: [[ConnectionInput]] = []
        var isAnnounced = false
        /// Not yet handled, whether taken or not.
        var messages = 0
        var bytes = 0
        var readerWaits = false
    }

    /// Output on its way to the socket.
    private struct Outbound: ~Copyable {
        var chunks: [[UInt8]] = []
        var closing: CloseReason?
        var isAnnounced = false
        var handler: HandlerReference?
        /// The way past the I/O loop; nil where there is none, as with TLS.
        var socket: DirectSocket?
        /// Bytes that the channel has got and not yet written; while there are any, nobody else writes.
        var channelBytes = 0
        /// The first chunk is the rest of a message, of which the beginning is written.
        var beginsWithinMessage = false

        /// Writes what the socket takes at once, if nothing is ahead of it; returns how many bytes that was.
        func sendAtOnce(_ bytes: [UInt8]) -> Int {
            guard self.chunks.isEmpty, !self.isAnnounced, self.channelBytes == 0, self.closing == nil,
                bytes.count <= AgentLimits.directOutputBytesMaximum
            else { return 0 }
            return self.socket?.send(bytes) ?? 0
        }
    }

    /// The handler, as any thread may call it.
    private struct HandlerReference {
        let eventLoop: any EventLoop
        let call: @Sendable (HandlerCall) -> Void

        func execute(_ what: HandlerCall) {
            let call = self.call
            self.eventLoop.execute { call(what) }
        }
    }

    /// What the handler is called for.
    enum HandlerCall: Sendable {
        /// There is output.
        case write
        /// Reading may go on.
        case resume
    }

    /// A number that is never given twice in the life of the process.
    package let identifier: UInt64
    /// Where what is said is listened to; nil where it is nobody's business.
    let tap: ConversationTap?
    /// Its place at the listener where it came in.
    private let admission: ListenerAdmission?
    private let hub: ConnectionHub
    private let inbound = Mutex(Inbound())
    private let outbound = Mutex(Outbound())
    private let inFlight = Atomic<Int>(0)
    private let wantsProgress = Atomic<Bool>(false)
    /// Output below which a wish for progress is granted.
    private let progressBytes = Atomic<Int>(AgentLimits.dumpOutputBytesMaximum / 2)

    private static let nextIdentifier = Atomic<UInt64>(1)

    /// Makes a link for a new connection.
    package convenience init(hub: ConnectionHub, tap: ConversationTap? = nil) {
        self.init(hub: hub, tap: tap, admission: nil)
    }

    /// Makes a link for a new connection that came in by a listener.
    init(hub: ConnectionHub, tap: ConversationTap?, admission: ListenerAdmission?) {
        self.tap = tap
        self.admission = admission
        self.identifier = Self.nextIdentifier.wrappingAdd(1, ordering: .relaxed).oldValue
        self.hub = hub
    }

    deinit {
        // What never reached the socket or the switch is held no longer.
        self.hub.budget.addOutput(-self.bytesInFlight)
        self.hub.budget.addInput(-self.inbound.withLock { $0.bytes })
    }

    // MARK: I/O side

    /// Connects the handler, which is called on the I/O loop.
    func attach(eventLoop: any EventLoop, _ call: @escaping @Sendable (HandlerCall) -> Void) {
        let handler = HandlerReference(eventLoop: eventLoop, call: call)
        let announced = self.outbound.withLock { outbound in
            outbound.handler = handler
            return outbound.isAnnounced
        }
        if announced { handler.execute(.write) }
    }

    /// A version is agreed.
    func opened() { self.admission?.opened() }

    /// Lets the control loop write to the channel's socket, too.
    func share(_ socket: consuming DirectSocket) {
        var socket = Optional(socket)
        self.outbound.withLock { $0.socket = socket.take() }
    }

    /// Lets go of the handler and of the socket.
    func detach() {
        self.outbound.withLock { outbound in
            outbound.handler = nil
            outbound.chunks = []
            outbound.socket = nil
        }
    }

    /// The handler is about to write messages of its own; returns whether ``takeOutput()`` has something that must be
    /// written before, since a message of it is half written.
    func willWrite(_ bytes: Int) -> Bool {
        self.outbound.withLock { outbound in
            outbound.channelBytes += bytes
            return outbound.beginsWithinMessage
        }
    }

    /// Messages of the handler's own went to the socket, or were lost with it.
    func wroteOwn(_ bytes: Int) { self.outbound.withLock { $0.channelBytes -= bytes } }

    /// Hands inputs to the control loop; returns whether it is so far behind that reading must stop until
    /// the handler is called to resume.
    func post(_ inputs: [ConnectionInput], bytes: Int) -> Bool {
        self.hub.budget.addInput(bytes)
        let messages = inputs.reduce(0) { $0 + $1.messageCount }
        let allowed = self.hub.budget.inputAllowed(AgentLimits.pendingBytesMaximum)
        let (announce, stop) = self.inbound.withLock { inbound in
            inbound.messages += messages
            inbound.bytes += bytes
            inbound.batches.append(inputs)
            let announce = !inbound.isAnnounced
            inbound.isAnnounced = true
            inbound.readerWaits = inbound.messages > AgentLimits.pendingMessagesMaximum || inbound.bytes > allowed
            return (announce, inbound.readerWaits)
        }
        if announce { self.hub.connectionIsReady(self.identifier) }
        return stop
    }

    /// Whether the control loop has not handled all that came.
    var hasUnhandledInputs: Bool { self.inbound.withLock { $0.messages > 0 } }

    /// Takes what is to be written, and whether to close after it.
    func takeOutput() -> (chunks: [[UInt8]], closing: CloseReason?) {
        self.outbound.withLock { outbound in
            outbound.isAnnounced = false
            outbound.beginsWithinMessage = false
            let chunks = outbound.chunks
            outbound.chunks = []
            outbound.channelBytes += chunks.reduce(0) { $0 + $1.count }
            return (chunks, outbound.closing)
        }
    }

    /// Notes that bytes went to the socket.
    func wrote(_ bytes: Int) {
        self.wroteOwn(bytes)
        self.inFlight.subtract(bytes, ordering: .relaxed)
        self.hub.budget.addOutput(-bytes)
        guard self.wantsProgress.load(ordering: .sequentiallyConsistent),
            self.bytesInFlight < self.progressBytes.load(ordering: .relaxed)
        else { return }
        self.wantsProgress.store(false, ordering: .sequentiallyConsistent)
        self.announce()
    }

    // MARK: Control side

    /// Takes the inputs that have come, one array for each read.
    func takeBatches() -> [[ConnectionInput]] {
        self.inbound.withLock { inbound in
            inbound.isAnnounced = false
            let batches = inbound.batches
            inbound.batches = []
            return batches
        }
    }

    /// Takes the inputs that have come.
    func takeInputs() -> [ConnectionInput] { self.takeBatches().flatMap { $0 } }

    /// Notes that taken inputs have been handled; reading goes on when enough have.
    func handled(messages: Int, bytes: Int) {
        self.hub.budget.addInput(-bytes)
        let wake = self.inbound.withLock { inbound in
            inbound.messages -= messages
            inbound.bytes -= bytes
            guard inbound.readerWaits, inbound.messages <= AgentLimits.pendingMessagesMaximum / 2,
                inbound.bytes <= AgentLimits.pendingBytesMaximum / 2
            else { return false }
            inbound.readerWaits = false
            return true
        }
        if wake { self.outbound.withLock { $0.handler }?.execute(.resume) }
    }

    /// Sends whole messages.
    func send(_ bytes: [UInt8]) {
        self.inFlight.add(bytes.count, ordering: .relaxed)
        self.hub.budget.addOutput(bytes.count)
        // Listeners are called on the I/O loop.
        let isHeard = self.tap?.isActive == true
        let (sent, handler) = self.outbound.withLock { outbound -> (Int, HandlerReference?) in
            let sent = isHeard ? 0 : outbound.sendAtOnce(bytes)
            guard sent < bytes.count else { return (sent, nil) }
            if sent > 0 { outbound.beginsWithinMessage = true }
            outbound.chunks.append(sent > 0 ? Array(bytes[sent...]) : bytes)
            defer { outbound.isAnnounced = true }
            return (sent, outbound.isAnnounced ? nil : outbound.handler)
        }
        if sent > 0 {
            self.inFlight.subtract(sent, ordering: .relaxed)
            self.hub.budget.addOutput(-sent)
        }
        handler?.execute(.write)
    }

    /// Closes the connection when everything sent so far is written.
    func close(_ reason: CloseReason) {
        let handler = self.outbound.withLock { outbound -> HandlerReference? in
            if outbound.closing == nil { outbound.closing = reason }
            defer { outbound.isAnnounced = true }
            return outbound.isAnnounced ? nil : outbound.handler
        }
        handler?.execute(.write)
    }

    /// Bytes given to ``send(_:)`` and not yet in the socket.
    var bytesInFlight: Int { self.inFlight.load(ordering: .relaxed) }

    /// How many bytes may be in flight at present: `limit`, or less while the bridge's connections hold too much.
    func outputAllowed(_ limit: Int) -> Int { self.hub.budget.outputAllowed(limit) }

    /// Asks to be woken when little output is left.
    func requestProgress() {
        let threshold = self.outputAllowed(AgentLimits.dumpOutputBytesMaximum) / 2
        self.progressBytes.store(threshold, ordering: .relaxed)
        self.wantsProgress.store(true, ordering: .sequentiallyConsistent)
        guard self.bytesInFlight < threshold else { return }
        // The output may have drained between the caller's look and the flag.
        if self.wantsProgress.exchange(false, ordering: .sequentiallyConsistent) { self.announce() }
    }

    private func announce() {
        let announce = self.inbound.withLock { inbound in
            defer { inbound.isAnnounced = true }
            return !inbound.isAnnounced
        }
        if announce { self.hub.connectionIsReady(self.identifier) }
    }
}

/// The connections of one bridge that the control loop should look at; any thread.
package final class ConnectionHub: Sendable {
    /// A connection that a listener took in.
    struct Arrival: Sendable {
        let link: ConnectionLink
        let listener: Int
        let peer: String
    }

    private struct State {
        var ready: [UInt64] = []
        var arrivals: [Arrival] = []
    }

    /// What the connections hold together.
    package let budget: ConnectionBudget
    private let state = Mutex(State())
    private let signal: ControlLoopSignal

    /// Makes a hub that wakes the loop of `signal`.
    package init(signal: ControlLoopSignal, budget: ConnectionBudget = ConnectionBudget()) {
        self.signal = signal
        self.budget = budget
    }

    /// The connection has inputs, or its output has drained.
    func connectionIsReady(_ identifier: UInt64) {
        self.state.withLock { $0.ready.append(identifier) }
        self.signal.raise(.connections)
    }

    /// A listener took in a connection; told before any of its inputs.
    func connectionArrived(_ arrival: Arrival) {
        self.state.withLock { $0.arrivals.append(arrival) }
        self.signal.raise(.connections)
    }

    /// Takes what there is to look at.
    func take() -> (arrivals: [Arrival], ready: [UInt64]) {
        self.state.withLock { state in
            let taken = (state.arrivals, state.ready)
            state.arrivals = []
            state.ready = []
            return taken
        }
    }
}
