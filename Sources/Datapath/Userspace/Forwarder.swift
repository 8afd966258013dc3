import NetworkTypes
import Synchronization

/// Takes packets through lookup and actions to the transmit queue and the upcall rings, a batch at a time.
///
/// Owned by one thread: a worker has one, and those who call ``UserspaceDatapath/execute(_:)`` share one
/// under a lock. All its memory is its own and is used again for each batch. ``finishBatch()`` must follow
/// before the memory that the packets came in is given back.
struct Forwarder: ~Copyable {
    private let core: UserspaceCore
    /// The ports as of the last ``ports`` change that the owner took up.
    var ports = PortTable()
    var arena = PacketArena()
    private var queue = TransmitQueue()
    private let cache = FlowCache()
    private let cacheSeed = RandomSource.seed()
    private var random: SystemRandomNumberGenerator
    /// Upcalls of this batch, by handler.
    private var upcalls: [[Upcall]]
    private var counts = UserspaceStatistics()
    /// Keys, layouts and hashes of the frames of a batch, and which of `programs` each found (-1: none).
    private let items: UnsafeMutablePointer<Item>
    private var programs: [ActionProgram] = []

    private struct Item {
        var key = FlowKey()
        var layout = PacketLayout()
        var hash: UInt64 = 0
        var program: Int32 = -1
    }

    init(core: UserspaceCore) {
        self.core = core
        self.random = SystemRandomNumberGenerator()
        self.upcalls = Array(repeating: [], count: core.rings.count)
        self.items = .allocate(capacity: ReceiveBatch.capacity)
        self.items.initialize(repeating: Item(), count: ReceiveBatch.capacity)
        self.programs.reserveCapacity(ReceiveBatch.capacity)
    }

    deinit { self.items.deallocate() }

    // MARK: A batch from a port

    /// Forwards the frames that came in by `port`.
    mutating func process(_ batch: borrowing ReceiveBatch, from port: PortIndex, now: UInt64) {
        let count = batch.count
        for index in 0..<count {
            self.parse(batch.frames + index, self.items + index, port)
        }
        self.lookUp(batch, count, now)
        for index in 0..<count {
            let item = self.items + index
            let frame = batch.frames[index]
            var packet = PacketBuffer(
                viewing: frame.memory, capacity: frame.capacity, start: frame.start, count: frame.count,
                offload: frame.offload)
            if frame.offload.needsChecksum, item.pointee.layout.ipProtocol == IPProtocol.sctp.rawValue {
                // A virtio header cannot say that the checksum is a CRC.
                try? PacketEditor.completeChecksum(&packet, item.pointee.layout)
            }
            let number = item.pointee.program
            if number >= 0 {
                let program = self.programs[Int(number)]
                if let port = program.onlyOutput {
                    self.output(&packet, to: port, maximumLength: .max)
                } else {
                    self.run(program, &packet, &item.pointee.key, item.pointee.layout, depth: 0)
                }
            } else {
                self.passUpMiss(&packet, &item.pointee.key, item.pointee.layout)
            }
        }
        self.programs.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    private func parse(
        _ frame: UnsafePointer<ReceivedFrame>, _ item: UnsafeMutablePointer<Item>, _ port: PortIndex
    ) {
        // The key is made where it stays: what is beyond the headers is cleared by the parser, or seldom there.
        if let metadata = frame.pointee.metadata {
            item.pointee.key = metadata.pointee
        } else {
            item.pointee.key.removeTunnelOptions()
            for word in 0..<PacketParser.firstHeaderWord { item.pointee.key.words[word] = 0 }
        }
        item.pointee.key.words[0] = UInt64(port.rawValue) << 32
        let bytes = RawSpan(
            _unsafeStart: UnsafeRawPointer(frame.pointee.memory + frame.pointee.start),
            byteCount: frame.pointee.count)
        item.pointee.layout = PacketParser.parse(bytes, into: &item.pointee.key)
        item.pointee.hash = item.pointee.key.packetHash(seed: self.cacheSeed)
    }

    /// Finds the megaflow of each item and counts the packet there: the one part of a batch that holds the
    /// lock.
    private mutating func lookUp(_ batch: borrowing ReceiveBatch, _ count: Int, _ now: UInt64) {
        let items = self.items
        let frames = batch.frames
        var counts = UserspaceStatistics()
        self.core.state.withLock { state in
            var last = UInt32.max
            for index in 0..<count {
                let item = items + index
                var number: UInt32?
                if let candidate = self.cache.candidate(item.pointee.hash),
                    state.flows.isMatch(candidate, &item.pointee.key)
                {
                    number = candidate
                    counts.cacheHits &+= 1
                } else if let found = state.flows.lookup(&item.pointee.key) {
                    number = found
                    self.cache.remember(item.pointee.hash, record: found)
                }
                guard let number,
                    let program = state.flows.hit(
                        number, bytes: frames[index].count, tcpFlags: item.pointee.key.tcpFlags, now: now)
                else {
                    item.pointee.program = -1
                    continue
                }
                counts.hits &+= 1
                if number != last {
                    self.programs.append(program)
                    last = number
                }
                item.pointee.program = Int32(truncatingIfNeeded: self.programs.count &- 1)
            }
        }
        self.counts.hits &+= counts.hits
        self.counts.cacheHits &+= counts.cacheHits
    }

    // MARK: One packet

    /// Executes actions that a caller gave on a frame of his, with the metadata of `key`.
    ///
    /// `noRoom`, `tooLong`.
    mutating func execute(_ execution: PacketExecution) throws(PacketError) {
        var packet = try PacketBuffer(copying: execution.packet.span.bytes, headroom: 0)
        try self.moveToArena(&packet)
        var key = execution.key
        let layout = PacketParser.parse(packet.bytes, into: &key)
        ActionExecutor.execute(execution.actions, on: &packet, key: &key, layout: layout, into: &self)
    }

    /// Executes a megaflow's actions, on frames as they would be on the wire where the actions need that.
    private mutating func run(
        _ program: ActionProgram, _ packet: inout PacketBuffer, _ key: inout FlowKey, _ layout: PacketLayout,
        depth: Int
    ) {
        guard program.needsPlainFrames, !packet.offload.isPlain else {
            ActionExecutor.execute(
                program.actions, on: &packet, key: &key, layout: layout, into: &self, depth: depth)
            return
        }
        let metadata = key
        self.forEachPlainFrame(&packet, layout) { (forwarder, frame) in
            var key = metadata
            let layout = PacketParser.parse(frame.bytes, into: &key)
            ActionExecutor.execute(
                program.actions, on: &frame, key: &key, layout: layout, into: &forwarder, depth: depth)
        }
    }

    private mutating func passUpMiss(
        _ packet: inout PacketBuffer, _ key: inout FlowKey, _ layout: PacketLayout
    ) {
        guard !packet.offload.isPlain else {
            self.enqueue(.miss, packet, key, maximumLength: .max)
            return
        }
        let metadata = key
        self.forEachPlainFrame(&packet, layout) { (forwarder, frame) in
            var key = metadata
            PacketParser.parse(frame.bytes, into: &key)
            forwarder.enqueue(.miss, frame, key, maximumLength: .max)
        }
    }

    /// Finishes what the packet's sender left to a device, and gives each resulting frame to `body`.
    private mutating func forEachPlainFrame(
        _ packet: inout PacketBuffer, _ layout: PacketLayout, _ body: (inout Forwarder, inout PacketBuffer) -> Void
    ) {
        do throws(PacketError) {
            if packet.offload.isSegmented {
                try PacketSegmenter.segment(packet, layout) { (segment) throws(PacketError) in
                    try self.moveToArena(&segment)
                    body(&self, &segment)
                }
            } else {
                try self.makeWritable(&packet)
                try PacketEditor.completeChecksum(&packet, layout)
                body(&self, &packet)
            }
        } catch {
            self.discard(.refused(error))
        }
    }

    private mutating func enqueue(
        _ reason: Upcall.Reason, _ packet: borrowing PacketBuffer, _ key: FlowKey, maximumLength: Int
    ) {
        if reason == .miss { self.counts.misses &+= 1 }
        // The packets of one flow go to one handler, in order.
        let handler = Int(key.fiveTupleHash(basis: key.inPort, symmetric: false) >> 1) % self.upcalls.count
        self.upcalls[handler].append(
            Upcall(reason: reason, key: key, packet: packet.copiedBytes(maximum: maximumLength)))
    }

    // MARK: The end of a batch

    /// Sends what is queued and hands over the upcalls; afterwards no memory of the batch is in use.
    mutating func finishBatch() {
        self.flush()
        for handler in self.upcalls.indices where !self.upcalls[handler].isEmpty {
            self.core.rings[handler].push(&self.upcalls[handler])
        }
        self.arena.reset()
        self.core.counters.take(&self.counts)
    }

    private mutating func flush() {
        self.counts.withoutPort &+= self.queue.flush(self.ports)
    }
}

extension Forwarder: PacketSink {
    mutating func output(_ packet: inout PacketBuffer, to port: PortIndex, maximumLength: Int) {
        // The queue points at the frame until the batch is finished; a packet's own memory would go with the
        // packet.
        precondition(!packet.isOwned)
        if self.queue.isFull { self.flush() }
        packet.isShared = true
        self.queue.append(
            packet.unsafeStart, count: min(packet.count, max(0, maximumLength)), offload: packet.offload,
            priority: packet.priority, to: port)
    }

    mutating func output(
        _ packet: inout PacketBuffer, to port: PortIndex, through tunnel: TunnelFields, maximumLength: Int
    ) {
        guard case .geneve(let tunnels)? = self.ports[port] else {
            return self.output(&packet, to: port, maximumLength: maximumLength)
        }
        tunnels.send(packet.unsafeStart, count: min(packet.count, max(0, maximumLength)), tunnel)
    }

    mutating func passUp(
        _ packet: inout PacketBuffer, key: borrowing FlowKey, userdata: UInt64, maximumLength: Int
    ) {
        self.enqueue(.action(userdata: userdata), packet, copy key, maximumLength: maximumLength)
    }

    mutating func recirculate(_ packet: inout PacketBuffer, key: inout FlowKey, depth: Int) {
        let layout = PacketParser.parse(packet.bytes, into: &key)
        let now = MonotonicClock.nowNanoseconds()
        var lookedUp = key
        let length = packet.count
        let program = self.core.state.withLock { state -> ActionProgram? in
            guard let number = state.flows.lookup(&lookedUp) else { return nil }
            return state.flows.hit(number, bytes: length, tcpFlags: lookedUp.tcpFlags, now: now)
        }
        guard let program else {
            self.passUpMiss(&packet, &key, layout)
            return
        }
        self.counts.hits &+= 1
        self.run(program, &packet, &key, layout, depth: depth)
    }

    mutating func makeWritable(_ packet: inout PacketBuffer, headroom: Int) throws(PacketError) {
        guard packet.isShared || packet.headroom < headroom else { return }
        try self.moveToArena(&packet, headroom: headroom)
    }

    /// Moves the packet to memory that lives until the batch is finished.
    private mutating func moveToArena(_ packet: inout PacketBuffer, headroom: Int = 0) throws(PacketError) {
        let capacity = max(PacketBuffer.defaultHeadroom, headroom) + packet.count
        guard let memory = self.arena.allocate(capacity) else { throw .noRoom }
        packet.move(to: memory, capacity: capacity)
    }

    mutating func discard(_ reason: PacketDiscardReason) {
        switch reason {
        case .explicit, .meter: self.counts.dropped &+= 1
        case .refused: self.counts.refused &+= 1
        }
    }

    mutating func nextRandom() -> UInt32 { self.random.next() }

    mutating func measure(_ packet: borrowing PacketBuffer, by meter: UInt32) -> MeterBuckets.Verdict {
        let now = MonotonicClock.nowNanoseconds()
        let bytes = packet.count
        // A meter that is gone lets everything pass, as in the kernel.
        return self.core.meters.withLock { $0[meter]?.measure(bytes: bytes, now: now) ?? .pass }
    }
}
