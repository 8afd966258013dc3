/// A fragment of an IP packet found in a capture.
package struct IPFragment: Hashable, Sendable {
    /// What tells whose fragment it is (RFC 791 §3.2, RFC 8200 §4.5); the protocol counts in IPv4 only.
    package struct Key: Hashable, Sendable {
        /// The sender.
        package var source: Endpoint.Address
        /// The receiver.
        package var destination: Endpoint.Address
        /// The identification, 16 bits in IPv4.
        package var identification: UInt32
        /// The protocol of IPv4; 0 in IPv6, where only the first fragment's counts.
        package var ipProtocol: UInt8
    }
    /// Whose fragment it is.
    package var key: Key
    /// What kind of header the packet's first bytes are, an IP protocol number.
    package var nextHeader: UInt8
    /// Where its bytes belong, in bytes.
    package var offset: Int
    /// Whether more of the packet follows.
    package var hasMore: Bool
    /// Where its bytes are in the file.
    package var payload: Range<Int>
    /// How many bytes were sent; more than `payload` has if the capture cut the packet.
    package var sentByteCount: Int
}

/// Puts fragments of IP packets together (RFC 791 §3.2, RFC 8200 §4.5).
///
/// A value without I/O and clocks. A packet whose fragments overlap, contradict each other or are cut is refused with
/// all that comes of it (RFC 5722), a fragment that comes twice is not. Bounded by packets, fragments, bytes and the
/// capture's time; the packet begun first gives way.
package struct FragmentReassembler: Sendable {
    /// What came of a fragment.
    package enum Outcome: Hashable, Sendable {
        /// The packet is whole: what follows its IP header, and what kind of header that begins with.
        case packet(bytes: [UInt8], nextHeader: UInt8)
        /// Others are missing.
        case waiting
        /// It is counted as lost.
        case refused
    }

    /// How many packets wait for fragments.
    package static let packetsMaximum = 256
    /// How many bytes wait.
    package static let bytesMaximum = 1 << 22
    /// How many fragments of one packet wait.
    package static let fragmentsMaximum = 1024
    /// For how long a packet waits after its first fragment, in nanoseconds (RFC 8200 §4.5).
    package static let waitMaximumNanoseconds: UInt64 = 60_000_000_000

    private struct Piece: Sendable {
        let offset: Int
        let bytes: [UInt8]
        var end: Int { self.offset + self.bytes.count }
    }
    private struct Packet: Sendable {
        var pieces: [Piece] = []
        var byteCount = 0
        /// The packet's length, once its last fragment is there.
        var length: Int?
        var nextHeader: UInt8?
        var fragmentCount = 0
        var isRefused = false
        let order: Int
        let nanoseconds: UInt64
    }

    private var packets: [IPFragment.Key: Packet] = [:]
    private var waitingBytes = 0
    private var order = 0
    /// Fragments that became no packet.
    private var refusedCount = 0

    /// Waits for nothing.
    package init() {}

    /// How many fragments became no packet, those among them that still wait for others.
    package var lostCount: Int { self.refusedCount + self.packets.values.reduce(0) { $0 + $1.fragmentCount } }

    /// Takes the next fragment of a file.
    ///
    /// - Parameter nanoseconds: when it was captured.
    package mutating func receive(_ fragment: IPFragment, in file: [UInt8], nanoseconds: UInt64) -> Outcome {
        var packet = self.packets.removeValue(forKey: fragment.key) ?? self.begin(nanoseconds)
        if nanoseconds > packet.nanoseconds, nanoseconds - packet.nanoseconds > Self.waitMaximumNanoseconds {
            self.forget(packet)
            packet = self.begin(nanoseconds)
        }
        if packet.isRefused {
            self.refusedCount += 1
            self.packets[fragment.key] = packet
            return .refused
        }
        packet.fragmentCount += 1
        guard Self.insert(fragment, file, &packet, waiting: &self.waitingBytes) else {
            // What belongs to the packet and comes later is refused, too.
            self.forget(packet)
            (packet.pieces, packet.byteCount, packet.fragmentCount, packet.isRefused) = ([], 0, 0, true)
            self.packets[fragment.key] = packet
            return .refused
        }
        if packet.byteCount == packet.length, let nextHeader = packet.nextHeader {
            self.waitingBytes -= packet.byteCount
            return .packet(bytes: packet.pieces.flatMap(\.bytes), nextHeader: nextHeader)
        }
        self.packets[fragment.key] = packet
        self.makeRoom()
        return .waiting
    }

    private mutating func begin(_ nanoseconds: UInt64) -> Packet {
        self.order += 1
        return Packet(order: self.order, nanoseconds: nanoseconds)
    }

    /// Counts a packet's fragments as lost, and their bytes as waiting no longer.
    private mutating func forget(_ packet: Packet) {
        self.refusedCount += packet.fragmentCount
        self.waitingBytes -= packet.byteCount
    }

    private mutating func makeRoom() {
        while self.packets.count > Self.packetsMaximum || self.waitingBytes > Self.bytesMaximum,
            let oldest = self.packets.min(by: { $0.value.order < $1.value.order })
        {
            self.forget(oldest.value)
            self.packets[oldest.key] = nil
        }
    }

    /// Puts a fragment in its place; false if it has none.
    private static func insert(
        _ fragment: IPFragment, _ file: [UInt8], _ packet: inout Packet, waiting: inout Int
    ) -> Bool {
        let (start, end) = (fragment.offset, fragment.offset + fragment.sentByteCount)
        let isWhole = fragment.payload.count == fragment.sentByteCount && fragment.payload.upperBound <= file.count
        guard isWhole, start >= 0, fragment.sentByteCount > 0, end <= 0xffff,
            !fragment.hasMore || fragment.sentByteCount % 8 == 0, packet.pieces.count < Self.fragmentsMaximum
        else { return false }
        let index = packet.pieces.firstIndex { $0.offset >= start } ?? packet.pieces.count
        let bytes = Array(file[fragment.payload])
        if index < packet.pieces.count, packet.pieces[index].offset == start {
            // The same once more; anything else overlaps.
            let isLast = packet.length == end
            return packet.pieces[index].bytes == bytes && fragment.hasMore != isLast
        }
        guard index == 0 || packet.pieces[index - 1].end <= start,
            index == packet.pieces.count || end <= packet.pieces[index].offset
        else { return false }
        if fragment.hasMore {
            guard packet.length.map({ end < $0 }) ?? true else { return false }
        } else {
            guard packet.length == nil, index == packet.pieces.count else { return false }
            packet.length = end
        }
        if start == 0 { packet.nextHeader = fragment.nextHeader }
        packet.pieces.insert(Piece(offset: start, bytes: bytes), at: index)
        packet.byteCount += bytes.count
        waiting += bytes.count
        return true
    }
}
