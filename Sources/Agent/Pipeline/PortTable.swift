package import Datapath
package import OpenFlow

/// The ports of a switch by number, by name and by their number in the datapath.
///
/// Numbers are stable: a port that comes back under its name gets the number it had, and a number is given to another
/// name only where it is asked for or no other is left. Ordinary numbers are 1…0xfeff, those that every
/// version can express; the bridge's own port has ``PortNumber/local``.
///
/// Owned by ``PipelineState``.
package struct PortTable: Sendable {
    /// The greatest number an ordinary port may have.
    package static let greatestNumber: UInt32 = 0xfeff
    /// How many names of ports that are gone are remembered.
    static let rememberedNamesMaximum = 4_096

    /// Why a port was not added.
    package enum Refusal: Error, Equatable, Sendable {
        /// The switch has a port of that name.
        case nameExists
        /// Another port has the number asked for.
        case numberInUse(PortNumber)
        /// The number asked for is neither ordinary nor local.
        case numberNotAllowed(PortNumber)
        /// Every number is taken.
        case noNumberLeft
        /// Another port has that number in the datapath.
        case indexInUse(PortIndex)
    }

    /// All ports in order of their numbers.
    package private(set) var ports: [SwitchPort] = []
    /// The number of each of ``ports``, for binary search.
    private var numbers: [UInt32] = []
    private var numberOfIndex: [UInt32: PortNumber] = [:]
    /// The number each name had last, present ports included.
    private var remembered: [String: PortNumber] = [:]
    /// How many remembered names have each number.
    private var namesOfNumber: [UInt32: Int] = [:]
    /// Every lower number is some name's.
    private var lowestUnknown: UInt32 = 1
    /// Names of ports that are gone, the longest gone first.
    private var goneNames: [String] = []

    /// Makes a table without ports.
    package init() {}

    /// The port of that number, or nil.
    package subscript(number: PortNumber) -> SwitchPort? {
        self.place(of: number).map { self.ports[$0] }
    }

    /// The port of that number in the datapath, or nil.
    package func port(at index: PortIndex) -> SwitchPort? {
        self.numberOfIndex[index.rawValue].flatMap { self[$0] }
    }

    /// The port of that name, or nil.
    package func port(named name: String) -> SwitchPort? {
        guard let number = self.remembered[name], let port = self[number], port.description.name == name else {
            return nil
        }
        return port
    }

    /// Adds a port and returns it with its number.
    ///
    /// - Parameters:
    ///   - description: What controllers are told; its number is set here.
    ///   - index: Its number in the datapath.
    ///   - requested: The number asked for, or nil for the one that the name had, or the lowest that no name
    ///     has or had.
    ///   - forwarding: What it does with packets.
    package mutating func add(
        _ description: PortDescription, index: PortIndex, requested: PortNumber?, now: MonotonicTime = .zero,
        forwarding: PortForwarding = PortForwarding()
    ) throws(Refusal) -> SwitchPort {
        guard self.port(named: description.name) == nil else { throw .nameExists }
        guard self.numberOfIndex[index.rawValue] == nil else { throw .indexInUse(index) }
        let number = try self.number(for: description.name, requested)
        var port = SwitchPort(
            number: number, index: index, description: description, added: now, forwarding: forwarding)
        port.description.number = number
        if self.remembered[description.name] != nil { self.goneNames.removeAll { $0 == description.name } }
        self.remember(description.name, number)
        let place = self.firstPlace(from: number)
        self.ports.insert(port, at: place)
        self.numbers.insert(number.rawValue, at: place)
        self.numberOfIndex[index.rawValue] = number
        return port
    }

    /// Removes the port of that number and returns it, or nil.
    package mutating func remove(_ number: PortNumber) -> SwitchPort? {
        guard let place = self.place(of: number) else { return nil }
        let port = self.ports.remove(at: place)
        self.numbers.remove(at: place)
        self.numberOfIndex[port.index.rawValue] = nil
        self.goneNames.append(port.description.name)
        if self.goneNames.count > Self.rememberedNamesMaximum {
            self.remember(self.goneNames.removeFirst(), nil)
        }
        return port
    }

    /// The number each name had last, present ports included.
    package var numbersByName: [String: PortNumber] { self.remembered }

    /// Remembers the numbers that names had in an earlier life of the switch; names that are known already stay as they
    /// are.
    package mutating func recall(_ numbers: [String: PortNumber]) {
        for (name, number) in numbers.sorted(by: { $0.key < $1.key }) {
            guard self.remembered[name] == nil, self.goneNames.count < Self.rememberedNamesMaximum,
                (1...Self.greatestNumber).contains(number.rawValue)
            else { continue }
            self.remember(name, number)
            self.goneNames.append(name)
        }
    }

    /// Changes a port's description in place; its number and name stay.
    ///
    /// Returns whether anything changed.
    package mutating func update(_ number: PortNumber, _ change: (inout PortDescription) -> Void) -> Bool {
        guard let place = self.place(of: number) else { return false }
        let old = self.ports[place].description
        change(&self.ports[place].description)
        self.ports[place].description.number = old.number
        self.ports[place].description.name = old.name
        return self.ports[place].description != old
    }

    /// Changes what a port does with packets; returns whether anything changed.
    package mutating func setForwarding(of number: PortNumber, _ forwarding: PortForwarding) -> Bool {
        guard let place = self.place(of: number), self.ports[place].forwarding != forwarding else { return false }
        self.ports[place].forwarding = forwarding
        return true
    }

    private func number(for name: String, _ requested: PortNumber?) throws(Refusal) -> PortNumber {
        if let requested {
            guard requested == .local || (1...Self.greatestNumber).contains(requested.rawValue) else {
                throw .numberNotAllowed(requested)
            }
            guard self[requested] == nil else { throw .numberInUse(requested) }
            return requested
        }
        if let number = self.remembered[name], self[number] == nil, number != .local { return number }
        if self.lowestUnknown <= Self.greatestNumber { return PortNumber(rawValue: self.lowestUnknown) }
        for candidate in 1...Self.greatestNumber where self[PortNumber(rawValue: candidate)] == nil {
            return PortNumber(rawValue: candidate)
        }
        throw .noNumberLeft
    }

    /// Notes the number that a name has, or forgets the name.
    private mutating func remember(_ name: String, _ number: PortNumber?) {
        if let old = self.remembered[name] {
            let left = (self.namesOfNumber[old.rawValue] ?? 1) - 1
            self.namesOfNumber[old.rawValue] = left > 0 ? left : nil
            if left <= 0, old != .local { self.lowestUnknown = min(self.lowestUnknown, old.rawValue) }
        }
        self.remembered[name] = number
        if let number { self.namesOfNumber[number.rawValue, default: 0] += 1 }
        while self.lowestUnknown <= Self.greatestNumber, self.namesOfNumber[self.lowestUnknown] != nil {
            self.lowestUnknown += 1
        }
    }

    /// The first place whose port has that number or a greater one.
    private func firstPlace(from number: PortNumber) -> Int {
        var (low, high) = (0, self.numbers.count)
        while low < high {
            let middle = (low + high) / 2
            if self.numbers[middle] < number.rawValue { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func place(of number: PortNumber) -> Int? {
        let place = self.firstPlace(from: number)
        return place < self.numbers.count && self.numbers[place] == number.rawValue ? place : nil
    }
}
