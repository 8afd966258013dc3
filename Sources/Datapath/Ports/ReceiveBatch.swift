import CLinux

/// Where a received frame lies: in a port's ring or in the worker's arena, valid until the batch is released.
@frozen @usableFromInline
struct ReceivedFrame: BitwiseCopyable {
    /// Memory that may be written to, and how much of it.
    var memory: UnsafeMutableRawPointer
    var capacity: Int
    /// Where in it the frame begins, and how long it is.
    var start: Int
    var count: Int
    var offload: PacketOffload
    /// What travels beside the frame: the tunnel that it came by; nil where nothing does.
    var metadata: UnsafePointer<FlowKey>?
}

/// Up to 64 frames taken from one port at once.
///
/// Owned by the worker; used again for each batch.
package struct ReceiveBatch: ~Copyable {
    /// How many frames fit.
    package static let capacity = 64

    let frames: UnsafeMutablePointer<ReceivedFrame>
    var count = 0
    var bytes: UInt64 = 0

    /// An empty batch.
    package init() { self.frames = .allocate(capacity: Self.capacity) }

    deinit { self.frames.deallocate() }

    var isFull: Bool { self.count == Self.capacity }

    mutating func clear() {
        self.count = 0
        self.bytes = 0
    }

    /// Adds a frame; one that had its VLAN tag taken off by the kernel gets it back, in the room before it.
    mutating func append(_ frame: ReceivedFrame, vlan: (tpid: UInt16, tci: UInt16)?) {
        precondition(self.count < Self.capacity)
        var frame = frame
        if let vlan, frame.start >= 4, frame.count >= 12 {
            let old = frame.memory + frame.start
            (old - 4).copyMemory(from: old, byteCount: 12)
            (old + 8).storeBytes(of: vlan.tpid.bigEndian, as: UInt16.self)
            (old + 10).storeBytes(of: vlan.tci.bigEndian, as: UInt16.self)
            frame.start -= 4
            frame.count += 4
            frame.offload.shift(by: 4)
        }
        self.frames[self.count] = frame
        self.count &+= 1
        self.bytes &+= UInt64(truncatingIfNeeded: frame.count)
    }
}

/// What came of reading from a port.
package enum ReceiveResult: Sendable, Equatable {
    /// All there is was taken.
    case drained
    /// The batch is full; there may be more.
    case more
    /// The device is gone; the descriptor will never have frames again.
    case gone
}

extension PacketOffload {
    /// The header that came before a frame.
    init(_ words: (UInt16, UInt16, UInt16, UInt16, UInt16)) {
        self.init()
        let flags = UInt8(truncatingIfNeeded: words.0)
        let type = UInt8(truncatingIfNeeded: words.0 >> 8)
        self.needsChecksum = flags & 1 != 0
        self.isValidated = flags & 2 != 0
        self.segmentationType = type & 0x7f
        self.hasCongestionNotice = type & 0x80 != 0
        self.headersLength = words.1
        self.segmentSize = words.2
        self.checksumStart = words.3
        self.checksumOffset = words.4
    }

    /// The header to go before a frame.
    var words: (UInt16, UInt16, UInt16, UInt16, UInt16) {
        guard !self.isPlain else { return (0, 0, 0, 0, 0) }
        let type = UInt16(self.segmentationType) | (self.hasCongestionNotice ? 0x80 : 0)
        return (
            (self.needsChecksum ? 1 : 0) | type << 8, self.headersLength, self.segmentSize,
            self.checksumStart, self.checksumOffset
        )
    }
}
