package import OpenFlow

/// A packet that a controller has the beginning of, kept until it says what is to become of the rest.
package struct KeptPacket: Sendable, Hashable {
    /// The whole frame.
    package var packet: [UInt8]
    /// The switch's port that it came in by.
    package var inPort: PortNumber
    /// The pipeline fields that it came with: those of tunnels, and its type.
    package var fields: Match

    /// Makes a record.
    package init(packet: [UInt8], inPort: PortNumber, fields: Match = .any) {
        self.packet = packet
        self.inPort = inPort
        self.fields = fields
    }
}

/// The packets that a switch keeps for its controllers, by the numbers that those are told (buffer_id); a value without
/// a clock.
///
/// **Numbers.** A buffer is the bridge's, not a connection's: every controller that is told of a packet is told the
/// same number, and the first that uses it has the packet. The lower 16 bits of a number are a place, the upper a
/// generation from 1 to 0x7fff, which is another each time the place is used: a number that is late or made up means no
/// other packet, and none is 0 or `OFP_NO_BUFFER`.
///
/// **Bounds.** At most ``capacity`` packets of together ``bytesMaximum`` bytes. A packet is safe for ``protection``: no
/// other takes its place, and what finds no place is not kept (1.0 §5.4.1, 1.3 §7.4.1: the controller then gets all of
/// it). After that the oldest makes room for the newest, and after ``lifetime`` a packet is gone. Nothing is held
/// before the first packet is kept.
package struct PacketBuffers: Sendable {
    /// What has become of packets.
    package struct Counters: Sendable, Equatable {
        /// Packets kept.
        package var kept: UInt64 = 0
        /// Packets that a controller has used.
        package var used: UInt64 = 0
        /// Packets that no controller used in time.
        package var expired: UInt64 = 0
        /// Packets that made room for others.
        package var evicted: UInt64 = 0
        /// Packets that found no room.
        package var refused: UInt64 = 0
        /// All zero.
        package init() {}
    }

    /// What a number stands for.
    package enum Answer: Equatable, Sendable {
        /// This packet, whose number is used up now.
        case packet(KeptPacket)
        /// Nothing any longer: somebody has used it (OFPBRC_BUFFER_EMPTY).
        case empty
        /// Nothing (OFPBRC_BUFFER_UNKNOWN): it was never given, or its packet is gone unused.
        case unknown
    }

    private enum Content: Sendable {
        case free
        case used
        case kept(KeptPacket, since: MonotonicTime)
    }

    private struct Place: Sendable {
        var generation: UInt32
        var content: Content
    }

    /// The greatest number of packets that numbers have room for.
    package static let capacityMaximum = 1 << 16
    private static let greatestGeneration: UInt32 = 0x7fff

    /// How many packets are kept at most.
    package let capacity: Int
    /// How many bytes they have together at most.
    package let bytesMaximum: Int
    /// For how long no other packet takes a packet's place.
    package let protection: Duration
    /// For how long a packet is kept.
    package let lifetime: Duration
    /// What has become of packets.
    package private(set) var counters = Counters()
    /// How many bytes are kept.
    package private(set) var byteCount = 0
    /// How many packets are kept.
    package private(set) var count = 0

    private let firstGeneration: UInt32
    private var places: [Place] = []
    /// Places that were used, from ``nextVacant`` on, the longest unused first: numbers come back as late as can be.
    private var vacant: [UInt16] = []
    private var nextVacant = 0
    /// The numbers of packets in the order in which they were kept, from ``oldest`` on; some are gone already.
    private var order: [BufferID] = []
    private var oldest = 0

    /// Makes room for packets, without holding any memory yet.
    ///
    /// - Parameters:
    ///   - capacity: how many packets, at most ``capacityMaximum``.
    ///   - seed: makes the numbers of one life of the switch differ from those of another.
    package init(
        capacity: Int, bytesMaximum: Int = AgentLimits.keptPacketBytesMaximum,
        protection: Duration = AgentLimits.keptPacketProtection,
        lifetime: Duration = AgentLimits.keptPacketLifetime, seed: UInt64 = 0
    ) {
        self.capacity = max(0, min(capacity, Self.capacityMaximum))
        self.bytesMaximum = bytesMaximum
        self.protection = protection
        self.lifetime = max(lifetime, protection)
        self.firstGeneration = 1 + UInt32(truncatingIfNeeded: seed % UInt64(Self.greatestGeneration))
    }

    /// Keeps a packet and returns its number; nil where there is no room for it.
    package mutating func keep(_ packet: KeptPacket, now: MonotonicTime) -> BufferID? {
        self.expire(now: now)
        guard packet.packet.count <= self.bytesMaximum, self.capacity > 0 else { return self.refuse() }
        while self.count >= self.capacity || self.byteCount + packet.packet.count > self.bytesMaximum {
            guard let (number, since) = self.oldestKept, now.since(since) >= self.protection else {
                return self.refuse()
            }
            self.release(number, leaving: .free)
            self.counters.evicted += 1
        }
        let place = self.takePlace()
        let number = BufferID(rawValue: self.places[place].generation << 16 | UInt32(place))
        self.places[place].content = .kept(packet, since: now)
        self.count += 1
        self.byteCount += packet.packet.count
        self.counters.kept += 1
        self.note(number)
        return number
    }

    /// What a number stands for; a packet is kept on.
    package func look(_ number: BufferID, now: MonotonicTime) -> Answer {
        guard let place = self.place(of: number) else { return .unknown }
        switch self.places[place].content {
        case .free: return .unknown
        case .used: return .empty
        case .kept(let packet, let since): return now.since(since) < self.lifetime ? .packet(packet) : .unknown
        }
    }

    /// Gives out the packet of a number, which has none afterwards.
    package mutating func take(_ number: BufferID, now: MonotonicTime) -> Answer {
        let answer = self.look(number, now: now)
        guard case .packet = answer else { return answer }
        self.release(number, leaving: .used)
        self.counters.used += 1
        return answer
    }

    /// Lets go of packets that are too old.
    package mutating func expire(now: MonotonicTime) {
        while let (number, since) = self.oldestKept, now.since(since) >= self.lifetime {
            self.release(number, leaving: .free)
            self.counters.expired += 1
        }
    }

    /// When the next packet is too old; `distantFuture` where there is none.
    package var nextDeadline: MonotonicTime {
        mutating get { self.oldestKept.map { $0.since + self.lifetime } ?? .distantFuture }
    }

    // MARK: Places

    private mutating func refuse() -> BufferID? {
        self.counters.refused += 1
        return nil
    }

    /// The place of a number of its present generation.
    private func place(of number: BufferID) -> Int? {
        let place = Int(number.rawValue & 0xffff)
        guard place < self.places.count, self.places[place].generation == number.rawValue >> 16 else { return nil }
        return place
    }

    /// The packet that was kept first, of those that are there.
    private var oldestKept: (number: BufferID, since: MonotonicTime)? {
        mutating get {
            while self.oldest < self.order.count {
                let number = self.order[self.oldest]
                if let place = self.place(of: number), case .kept(_, let since) = self.places[place].content {
                    return (number, since)
                }
                self.oldest += 1
            }
            (self.order, self.oldest) = ([], 0)
            return nil
        }
    }

    /// Notes that a packet is the newest; forgets those that are gone where they are more than those that are there.
    private mutating func note(_ number: BufferID) {
        self.order.append(number)
        guard self.order.count > 2 * self.count + 64 else { return }
        self.order = self.order[self.oldest...].filter { number in
            guard let place = self.place(of: number), case .kept = self.places[place].content else { return false }
            return true
        }
        self.oldest = 0
    }

    private mutating func release(_ number: BufferID, leaving content: Content) {
        guard let place = self.place(of: number), case .kept(let packet, _) = self.places[place].content else { return }
        self.places[place].content = content
        self.count -= 1
        self.byteCount -= packet.packet.count
        self.vacant.append(UInt16(truncatingIfNeeded: place))
    }

    /// A place without a packet, of a new generation.
    private mutating func takePlace() -> Int {
        guard self.places.count >= self.capacity, self.nextVacant < self.vacant.count else {
            self.places.append(Place(generation: self.firstGeneration, content: .free))
            return self.places.count - 1
        }
        let place = Int(self.vacant[self.nextVacant])
        self.nextVacant += 1
        if self.nextVacant > self.capacity {
            self.vacant.removeFirst(self.nextVacant)
            self.nextVacant = 0
        }
        let generation = self.places[place].generation
        self.places[place].generation = generation == Self.greatestGeneration ? 1 : generation + 1
        return place
    }
}
