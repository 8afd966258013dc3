/// Memory for several datagrams, received by one system call and read in place.
///
/// Each slot is as long as the longest datagram that the kernel sends; only pages that were written to cost memory.
/// Unsafe pointers stay in this file: a span given out is clipped to its slot and cannot outlive the closure.
package struct DatagramSlab: ~Copyable {
    /// Bytes of a slot.
    package let stride: Int
    /// How many datagrams fit.
    package let slots: Int
    private let memory: UnsafeMutableRawPointer
    private let lengths: UnsafeMutablePointer<UInt32>

    /// Room for `slots` datagrams of `stride` bytes.
    package init(slots: Int, stride: Int) {
        self.slots = max(1, slots)
        self.stride = max(1, stride)
        self.memory = .allocate(byteCount: self.slots * self.stride, alignment: 64)
        self.lengths = .allocate(capacity: self.slots)
        self.lengths.initialize(repeating: 0, count: self.slots)
    }

    deinit {
        self.lengths.deallocate()
        self.memory.deallocate()
    }

    /// Whether the datagram of this slot was longer than the slot.
    package func isTruncated(_ slot: Int) -> Bool { self.lengths[slot] > UInt32(clamping: self.stride) }

    /// Reads the datagram of a slot, `0 ..< slots`.
    package func withDatagram<Result, Failure: Error>(
        _ slot: Int, _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(slot >= 0 && slot < self.slots)
        let count = min(Int(self.lengths[slot]), self.stride)
        let bytes = UnsafeRawBufferPointer(start: self.memory + slot * self.stride, count: count)
        return try body(bytes.bytes)
    }

    /// Hands the memory to a function that fills it, such as recvmmsg(2): base, stride, lengths.
    package mutating func fill<Result>(
        _ body: (UnsafeMutableRawPointer, Int, UnsafeMutablePointer<UInt32>) -> Result
    ) -> Result {
        body(self.memory, self.stride, self.lengths)
    }

    /// Copies a datagram into a slot (for transports that are no sockets); what exceeds the slot is cut off.
    package mutating func store(_ datagram: [UInt8], in slot: Int) {
        precondition(slot >= 0 && slot < self.slots)
        self.lengths[slot] = UInt32(clamping: datagram.count)
        let place = self.memory + slot * self.stride
        datagram.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            place.copyMemory(from: base, byteCount: min(source.count, self.stride))
        }
    }
}
