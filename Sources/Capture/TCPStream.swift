/// Puts the segments of one direction of a TCP connection in order.
///
/// A value without I/O: segments go in, stretches of the byte stream come out. What came before its turn waits, at
/// most ``pendingBytesMaximum`` bytes; beyond that, the missing bytes are given up and reported as a gap.
package struct TCPStream: Sendable {
    /// What became of the bytes.
    package enum Event: Hashable, Sendable {
        /// The next bytes of the stream.
        case bytes([UInt8])
        /// So many bytes are missing before the next ones.
        case gap(byteCount: Int)
    }

    /// How many bytes wait for missing ones before these are given up.
    package static let pendingBytesMaximum = 1 << 20
    /// How many segments wait.
    private static let pendingSegmentsMaximum = 4096

    /// The number of the byte expected next; nil before the first segment.
    private var next: UInt32?
    /// Segments before their turn: distance from `next` at the time they are looked at is by sequence.
    private var pending: [(sequence: UInt32, bytes: [UInt8])] = []
    private var pendingBytes = 0

    /// Expects any first segment.
    package init() {}

    /// How far `sequence` is ahead of the byte expected next; negative if it was there already.
    private func distance(_ sequence: UInt32, from next: UInt32) -> Int {
        Int(Int32(truncatingIfNeeded: sequence &- next))
    }

    /// Takes a segment.
    ///
    /// - Parameter sequence: the number of the first of `bytes`, or of the SYN.
    package mutating func receive(sequence: UInt32, isSynchronizing: Bool, bytes: [UInt8]) -> [Event] {
        let first = isSynchronizing ? sequence &+ 1 : sequence
        // A SYN begins the numbers anew: the ports may have been used before.
        var events: [Event] = []
        if isSynchronizing, self.next != first {
            events = self.finish()
            self.next = first
        }
        guard !bytes.isEmpty else { return events }
        let next = self.next ?? first
        self.next = next
        guard self.distance(first, from: next) <= 0 else {
            self.pending.append((first, bytes))
            self.pendingBytes += bytes.count
            while self.pendingBytes > Self.pendingBytesMaximum || self.pending.count > Self.pendingSegmentsMaximum {
                self.skipGap(&events)
            }
            return events
        }
        self.deliver(first, bytes, &events)
        self.deliverPending(&events)
        return events
    }

    /// The capture ends: what waited comes out behind its gaps.
    package mutating func finish() -> [Event] {
        var events: [Event] = []
        while !self.pending.isEmpty { self.skipGap(&events) }
        self.next = nil
        return events
    }

    /// Delivers what of `bytes` was not there already.
    private mutating func deliver(_ sequence: UInt32, _ bytes: [UInt8], _ events: inout [Event]) {
        guard let next = self.next else { return }
        let known = -self.distance(sequence, from: next)
        guard known < bytes.count else { return }
        let fresh = known <= 0 ? bytes : Array(bytes[known...])
        events.append(.bytes(fresh))
        self.next = next &+ UInt32(truncatingIfNeeded: fresh.count)
    }

    private mutating func deliverPending(_ events: inout [Event]) {
        while let next = self.next,
            let index = self.pending.firstIndex(where: { self.distance($0.sequence, from: next) <= 0 })
        {
            let segment = self.pending.remove(at: index)
            self.pendingBytes -= segment.bytes.count
            self.deliver(segment.sequence, segment.bytes, &events)
        }
    }

    /// Gives up the bytes before the first segment that waits.
    private mutating func skipGap(_ events: inout [Event]) {
        guard let next = self.next,
            let first = self.pending.min(by: {
                self.distance($0.sequence, from: next) < self.distance($1.sequence, from: next)
            })
        else {
            self.pending = []
            self.pendingBytes = 0
            return
        }
        events.append(.gap(byteCount: self.distance(first.sequence, from: next)))
        self.next = first.sequence
        self.deliverPending(&events)
    }
}
