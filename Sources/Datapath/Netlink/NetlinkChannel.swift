internal import Glibc
internal import Synchronization

/// A socket for requests and their answers, with the memory for both.
///
/// `@unchecked Sendable`: the pool hands a channel to one thread at a time, and only that one uses it until it gives
/// it back.
package final class NetlinkChannel: @unchecked Sendable {
    /// How long the kernel may take to answer.
    ///
    /// It answers within the request's system call, so this only bounds what
    /// a lost answer costs.
    private static let answerTimeoutMilliseconds = 10_000

    private let transport: any NetlinkTransport
    private var slab = DatagramSlab(slots: 32, stride: 64 * 1024)
    private var batch: NetlinkBatch
    private var nextSequence: UInt32 = 1

    /// A channel over a socket.
    package init(_ transport: any NetlinkTransport) {
        self.transport = transport
        self.batch = NetlinkBatch(portID: transport.portID)
    }

    /// Sends the requests that `fill` adds and waits until the kernel has carried them out; one outcome per request,
    /// nil is success.
    ///
    /// `reply` sees every message that is not an outcome, with the index of its request, in place. Only the last
    /// request asks for an acknowledgement: the kernel works in order and reports failures unasked, so that one
    /// answer vouches for all before it.
    package func exchange(
        _ fill: (inout NetlinkBatch) -> Void, reply: (Int, borrowing NetlinkMessage) -> Void
    ) -> [NetlinkError?] {
        self.batch.removeAll(firstSequence: self.nextSequence)
        fill(&self.batch)
        let count = self.batch.count
        guard count > 0 else { return [] }
        self.nextSequence &+= UInt32(truncatingIfNeeded: count)
        self.batch.acknowledgeLast()
        var outcomes = [NetlinkError?](repeating: nil, count: count)
        do {
            try self.batch.withUnsafeBytes { bytes throws(NetlinkError) in try self.transport.send(bytes) }
            var isComplete = false
            while !isComplete { isComplete = try self.receive(&outcomes, reply) }
        } catch {
            // What happened to requests without an answer cannot be known.
            for index in outcomes.indices where outcomes[index] == nil { outcomes[index] = error }
        }
        return outcomes
    }

    /// Reads what is there; true when the last request's outcome was among it.
    private func receive(
        _ outcomes: inout [NetlinkError?], _ reply: (Int, borrowing NetlinkMessage) -> Void
    ) throws(NetlinkError) -> Bool {
        let count = try self.transport.receive(
            into: &self.slab, maximum: self.slab.slots, timeoutMilliseconds: Self.answerTimeoutMilliseconds)
        guard count > 0 else { throw NetlinkError(errno: ETIMEDOUT) }
        var isComplete = false
        for slot in 0..<count {
            let isTruncated = self.slab.isTruncated(slot)
            try self.slab.withDatagram(slot) { bytes throws(NetlinkError) in
                var messages = NetlinkMessages(bytes)
                while messages.advance() {
                    let message = messages.message
                    // Answers to an earlier exchange that was given up are not ours to read.
                    guard let index = self.batch.index(ofSequence: message.sequence) else { continue }
                    guard message.type == Netlink.typeError else {
                        reply(index, message)
                        continue
                    }
                    outcomes[index] = message.outcome
                    if index == outcomes.count - 1 { isComplete = true }
                }
                if messages.isMalformed || isTruncated { throw .malformed }
            }
        }
        return isComplete
    }

    /// Sends one request for a dump and visits each message of the answer in place.
    package func dump(
        _ header: RequestHeader, _ body: (inout NetlinkWriter) -> Bool,
        visit: (borrowing NetlinkMessage) -> Void
    ) throws(NetlinkError) {
        self.batch.removeAll(firstSequence: self.nextSequence)
        self.nextSequence &+= 1
        var header = header
        header.flags |= Netlink.flagDump
        guard self.batch.add(header, body) else { throw NetlinkError(errno: EMSGSIZE) }
        try self.batch.withUnsafeBytes { bytes throws(NetlinkError) in try self.transport.send(bytes) }
        var isComplete = false
        while !isComplete { isComplete = try self.receiveDump(visit) }
    }

    private func receiveDump(_ visit: (borrowing NetlinkMessage) -> Void) throws(NetlinkError) -> Bool {
        let count = try self.transport.receive(
            into: &self.slab, maximum: self.slab.slots, timeoutMilliseconds: Self.answerTimeoutMilliseconds)
        guard count > 0 else { throw NetlinkError(errno: ETIMEDOUT) }
        var isComplete = false
        for slot in 0..<count {
            let isTruncated = self.slab.isTruncated(slot)
            try self.slab.withDatagram(slot) { bytes throws(NetlinkError) in
                var messages = NetlinkMessages(bytes)
                while messages.advance() {
                    let message = messages.message
                    guard self.batch.index(ofSequence: message.sequence) != nil else { continue }
                    switch message.type {
                    case Netlink.typeDone:
                        isComplete = true
                        let code = message.bytes.byteCount >= 20 ? Int32(bitPattern: message.bytes.host32(16)) : 0
                        if code < 0, code != .min { throw NetlinkError(errno: -code) }
                    case Netlink.typeError:
                        if let error = message.outcome { throw error }
                        isComplete = true
                    default: visit(message)
                    }
                }
                if messages.isMalformed || isTruncated { throw .malformed }
            }
        }
        return isComplete
    }
}

/// Channels that are open and not in use; as many are opened as there are threads that ask at once.
package final class NetlinkChannelPool: Sendable {
    /// How many idle channels are kept.
    private static let idleMaximum = 8

    private let provider: any NetlinkProvider
    private let idle = Mutex<[NetlinkChannel]>([])

    /// A pool that opens its sockets with `provider`.
    package init(_ provider: any NetlinkProvider) { self.provider = provider }

    /// Lends a channel to `body`.
    package func withChannel<Result>(
        _ body: (NetlinkChannel) throws(NetlinkError) -> Result
    ) throws(NetlinkError) -> Result {
        let channel: NetlinkChannel
        if let waiting = self.idle.withLock({ $0.popLast() }) {
            channel = waiting
        } else {
            channel = NetlinkChannel(try self.provider.open(receiveBufferBytes: 1 << 20))
        }
        defer {
            self.idle.withLock { if $0.count < Self.idleMaximum { $0.append(channel) } }
        }
        return try body(channel)
    }

    /// Closes the idle channels.
    package func removeAll() { self.idle.withLock { $0.removeAll() } }
}
