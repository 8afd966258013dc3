import CLinux

/// Frames waiting to be sent, grouped by port: the end of a batch.
///
/// Owned by one thread. Entries point at memory of the receive rings and the arena, which must live until
/// ``flush(_:)``.
struct TransmitQueue: ~Copyable {
    /// How many frames wait at most; the owner flushes when it is full.
    static let capacity = 512

    private let frames: UnsafeMutablePointer<clinux_frame>
    private(set) var count = 0
    /// First and last frame of each port that has any, in order of first use; few ports per batch.
    private var chains: [Chain] = []

    private struct Chain {
        var port: PortIndex
        var head: UInt32
        var tail: UInt32
    }

    init() {
        self.frames = .allocate(capacity: Self.capacity)
        self.frames.initialize(repeating: clinux_frame(), count: Self.capacity)
        self.chains.reserveCapacity(16)
    }

    deinit { self.frames.deallocate() }

    var isFull: Bool { self.count == Self.capacity }

    /// Adds a frame; the queue must not be full.
    mutating func append(
        _ data: UnsafeRawPointer, count length: Int, offload: PacketOffload, priority: UInt32, to port: PortIndex
    ) {
        precondition(self.count < Self.capacity)
        let index = UInt32(truncatingIfNeeded: self.count)
        self.count &+= 1
        self.frames[Int(index)].data = data
        self.frames[Int(index)].length = UInt32(truncatingIfNeeded: length)
        self.frames[Int(index)].next = .max
        self.frames[Int(index)].header = offload.words
        self.frames[Int(index)].priority = priority
        var chain = self.chains.count &- 1
        while chain >= 0 {
            if self.chains[chain].port == port {
                self.frames[Int(self.chains[chain].tail)].next = index
                self.chains[chain].tail = index
                return
            }
            chain &-= 1
        }
        self.chains.append(Chain(port: port, head: index, tail: index))
    }

    /// Sends everything and empties the queue.
    ///
    /// Frames for ports that are gone are dropped; returns how many.
    mutating func flush(_ ports: PortTable) -> UInt64 {
        guard self.count != 0 else { return 0 }
        var lost: UInt64 = 0
        for chain in self.chains {
            guard let port = ports[chain.port] else {
                var next = chain.head
                while next != .max {
                    lost &+= 1
                    next = self.frames[Int(next)].next
                }
                continue
            }
            port.send(self.frames, head: chain.head)
        }
        self.chains.removeAll(keepingCapacity: true)
        self.count = 0
        return lost
    }
}

/// The ports of a datapath by index: a value that workers hold while they work, so that a port outlives their
/// use of it.
struct PortTable: Sendable {
    /// Indices are below this.
    static let indexLimit: UInt32 = 65_536

    private var entries: [EmbeddedPort?] = []

    subscript(index: PortIndex) -> EmbeddedPort? {
        @inline(__always)
        get {
            let place = Int(index.rawValue)
            return place < self.entries.count ? self.entries[place] : nil
        }
        set {
            let place = Int(index.rawValue)
            precondition(index.rawValue < Self.indexLimit)
            while self.entries.count <= place { self.entries.append(nil) }
            self.entries[place] = newValue
        }
    }

    /// Indices and ports, in order of index.
    var all: [(index: PortIndex, port: EmbeddedPort)] {
        self.entries.enumerated().compactMap { place, port in
            port.map { (PortIndex(rawValue: UInt32(truncatingIfNeeded: place)), $0) }
        }
    }

    /// The lowest free index from 1 on; nil when all are taken.
    var lowestFree: PortIndex? {
        var place: UInt32 = 1
        while place < Self.indexLimit {
            if self[PortIndex(rawValue: place)] == nil { return PortIndex(rawValue: place) }
            place += 1
        }
        return nil
    }
}
