/// A bounded queue that is shared fairly between classes of packets and, within a class, between ports; a value.
///
/// While there is room everybody gets in. When it is full, the class that has most queued pays, and in it the port that
/// has most: its newest element makes room for one of a class, or of a port, that has fewer. Where the newcomer's own
/// class and port are those that have most, the newcomer itself is refused. So a storm sheds its newest packets, keeps
/// what it had, and shuts nobody out.
///
/// Elements come out all at once in order of arrival (``takeAll()``), class by class, the ports of a class in turn
/// (``takeNext(of:)``), or some of each class (``takeInTurn(_:)``).
struct FairQueue<Element: Sendable>: Sendable {
    /// What became of an element.
    enum Outcome: Sendable {
        /// It is queued.
        case queued
        /// It is queued, and another, of that share, was dropped for it.
        case displaced(PacketInShare)
        /// It is dropped.
        case refused
    }

    /// Elements of one share, the oldest first; the first `head` of them have been taken.
    private struct Lane: Sendable {
        var items: [(number: UInt64, cost: Int, element: Element)] = []
        var head = 0

        var count: Int { self.items.count - self.head }

        mutating func popFirst() -> (number: UInt64, cost: Int, element: Element)? {
            guard self.head < self.items.count else { return nil }
            let item = self.items[self.head]
            self.head += 1
            if self.head >= 64, self.head * 2 >= self.items.count {
                self.items.removeFirst(self.head)
                self.head = 0
            }
            return item
        }
    }

    /// The lanes of one class.
    private struct ClassLanes: Sendable {
        var lanes: [UInt32: Lane] = [:]
        /// Ports that have something, in the order of their turns.
        var turns: [UInt32] = []
        var nextTurn = 0
        var count = 0
        /// The sum of their elements' costs.
        var cost = 0
        /// No lane is longer; refreshed when it matters.
        var longestBound = 0
    }

    /// The greatest number of elements.
    let limit: Int
    /// The greatest sum of the costs of one class.
    let limitCost: Int
    /// How many elements are queued.
    private(set) var count = 0
    /// One for each class, from the first element on: most queues never get one.
    private var classes: [ClassLanes] = []
    private var nextNumber: UInt64 = 0

    init(limit: Int, limitCost: Int = .max) {
        self.limit = max(1, limit)
        self.limitCost = limitCost
    }

    var isEmpty: Bool { self.count == 0 }

    /// How many elements of a class are queued.
    func count(of packetClass: PacketInClass) -> Int {
        self.classes.isEmpty ? 0 : self.classes[Int(packetClass.rawValue)].count
    }

    /// Puts an element in, or refuses it; makes room for at most one.
    ///
    /// Costs are a matter of each class alone: what does not fit within its class is refused.
    mutating func insert(_ element: Element, _ share: PacketInShare, cost: Int = 0) -> Outcome {
        if self.classes.isEmpty {
            self.classes = Array(repeating: ClassLanes(), count: PacketInClass.allCases.count)
        }
        let index = Int(share.packetClass.rawValue)
        guard cost <= self.limitCost - self.classes[index].cost else { return .refused }
        var outcome = Outcome.queued
        if self.count >= self.limit {
            guard let victim = self.makeRoom(for: share) else { return .refused }
            outcome = .displaced(victim)
        }
        if self.classes[index].lanes[share.port] == nil { self.classes[index].turns.append(share.port) }
        self.classes[index].lanes[share.port, default: Lane()].items.append((self.nextNumber, cost, element))
        self.nextNumber &+= 1
        self.classes[index].count += 1
        let length = self.classes[index].lanes[share.port]?.count ?? 0
        self.classes[index].longestBound = max(self.classes[index].longestBound, length)
        self.classes[index].cost += cost
        self.count += 1
        return outcome
    }

    /// Takes everything, in order of arrival.
    mutating func takeAll() -> [Element] {
        var items: [(number: UInt64, cost: Int, element: Element)] = []
        var lanes = 0
        for index in self.classes.indices where self.classes[index].count > 0 {
            for lane in self.classes[index].lanes.values where lane.count > 0 {
                items.append(contentsOf: lane.items[lane.head...])
                lanes += 1
            }
            self.classes[index] = ClassLanes()
        }
        self.count = 0
        if lanes > 1 { items.sort { $0.number < $1.number } }
        return items.map(\.element)
    }

    /// Takes the oldest element of the port of that class whose turn it is.
    mutating func takeNext(of packetClass: PacketInClass) -> Element? {
        let index = Int(packetClass.rawValue)
        guard self.count(of: packetClass) > 0 else { return nil }
        if self.classes[index].nextTurn >= self.classes[index].turns.count { self.classes[index].nextTurn = 0 }
        let turn = self.classes[index].nextTurn
        let port = self.classes[index].turns[turn]
        guard let item = self.classes[index].lanes[port]?.popFirst() else { return nil }
        if self.classes[index].lanes[port]?.count == 0 {
            self.classes[index].lanes[port] = nil
            self.classes[index].turns.remove(at: turn)
        } else {
            self.classes[index].nextTurn = turn + 1
        }
        self.noteTaken(index, cost: item.cost)
        return item.element
    }

    /// Takes so many elements, of each class and port in turn.
    mutating func takeInTurn(_ maximum: Int) -> [Element] {
        var elements: [Element] = []
        elements.reserveCapacity(min(maximum, self.count))
        while elements.count < maximum, self.count > 0 {
            for packetClass in PacketInClass.allCases where elements.count < maximum {
                if let element = self.takeNext(of: packetClass) { elements.append(element) }
            }
        }
        return elements
    }

    /// Removes the oldest elements for which `isStale` holds, but leaves so many to each port of a class; returns how
    /// many of each class went.
    mutating func dropStale(sparing spared: Int = 0, _ isStale: (Element) -> Bool) -> [PacketInClass: Int] {
        var dropped: [PacketInClass: Int] = [:]
        for packetClass in PacketInClass.allCases where self.count(of: packetClass) > 0 {
            let index = Int(packetClass.rawValue)
            for port in self.classes[index].turns {
                while let lane = self.classes[index].lanes[port], lane.count > spared,
                    isStale(lane.items[lane.head].element),
                    let item = self.classes[index].lanes[port]?.popFirst()
                {
                    self.noteTaken(index, cost: item.cost)
                    dropped[packetClass, default: 0] += 1
                }
                guard self.classes[index].lanes[port]?.count == 0 else { continue }
                self.classes[index].lanes[port] = nil
                self.classes[index].turns.removeAll { $0 == port }
            }
        }
        return dropped
    }

    private mutating func noteTaken(_ index: Int, cost: Int) {
        self.classes[index].count -= 1
        self.classes[index].cost -= cost
        self.count -= 1
    }

    /// Drops the newest element of the share that has to pay; nil where that is the newcomer's own.
    private mutating func makeRoom(for share: PacketInShare) -> PacketInShare? {
        let own = Int(share.packetClass.rawValue)
        guard let fullest = self.classes.indices.max(by: { self.classes[$0].count < self.classes[$1].count })
        else { return nil }
        guard self.classes[fullest].count <= self.classes[own].count + 1 else {
            return self.dropNewest(of: fullest, longerThan: 0)
        }
        return self.dropNewest(of: own, longerThan: (self.classes[own].lanes[share.port]?.count ?? 0) + 1)
    }

    /// Drops the newest element of the longest lane of a class, if that is longer than `length`.
    private mutating func dropNewest(of index: Int, longerThan length: Int) -> PacketInShare? {
        // The bound saves the look at all lanes in the common case: one port that storms.
        guard self.classes[index].longestBound > length else { return nil }
        let longest = self.classes[index].lanes.max {
            ($0.value.count, $1.key) < ($1.value.count, $0.key)
        }
        guard let longest, let packetClass = PacketInClass(rawValue: UInt8(clamping: index)) else { return nil }
        self.classes[index].longestBound = longest.value.count
        guard longest.value.count > length, let item = self.classes[index].lanes[longest.key]?.items.popLast() else {
            return nil
        }
        if self.classes[index].lanes[longest.key]?.count == 0 {
            self.classes[index].lanes[longest.key] = nil
            self.classes[index].turns.removeAll { $0 == longest.key }
        }
        self.noteTaken(index, cost: item.cost)
        return PacketInShare(packetClass, port: longest.key)
    }
}
