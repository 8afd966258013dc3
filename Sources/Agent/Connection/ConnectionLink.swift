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
/// Each direction is an array under a mutex with a flag that says whether the other side has been woken. Both
/// are bounded: messages to the control loop by asking the handler to stop reading, output by the control side,
/// which looks at ``bytesInFlight`` before it lets the switch answer more.
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
    private struct Outbound {
        var chunks: [[UInt8]] = []
        var closing: CloseReason?
        var isAnnounced = false
        var handler: HandlerReference?
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

    /// Lets go of the handler.
    func detach() {
        self.outbound.withLock { outbound in
            outbound.handler = nil
            outbound.chunks = []
        }
    }

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
            let chunks = outbound.chunks
            outbound.chunks = []
            return (chunks, outbound.closing)
        }
    }

    /// Notes that bytes went to the socket.
    func wrote(_ bytes: Int) {
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

    /// Sends bytes.
    func send(_ bytes: [UInt8]) {
        self.inFlight.add(bytes.count, ordering: .relaxed)
        self.hub.budget.addOutput(bytes.count)
        let handler = self.outbound.withLock { outbound -> HandlerReference? in
            outbound.chunks.append(bytes)
            defer { outbound.isAnnounced = true }
            return outbound.isAnnounced ? nil : outbound.handler
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
