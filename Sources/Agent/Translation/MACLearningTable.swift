package import NetworkTypes
package import OpenFlow

/// What one packet teaches: its source address, in its VLAN, is behind that port.
package struct MACLearningUpdate: Hashable, Sendable {
    /// VLAN identifier, 0 for untagged packets.
    package var vlan: UInt16
    /// The source address, never a group address.
    package var address: MACAddress
    /// The port.
    package var port: PortNumber
    /// Makes an update.
    package init(vlan: UInt16, address: MACAddress, port: PortNumber) {
        self.vlan = vlan
        self.address = address
        self.port = port
    }
}

/// Which port each Ethernet address was last seen behind, per VLAN (IEEE 802.1D §7.8, the filtering database).
///
/// A value without a clock. Entries not refreshed for ``ageingTime`` are gone; the table holds at most ``limit`` and
/// for a new one forgets the one refreshed longest ago behind the port that has most. All operations take constant
/// time, but for that one, which looks at each port.
package struct MACLearningTable: Sendable {
    /// What came of ``learn(_:now:)``.
    package enum Outcome: Hashable, Sendable {
        /// A new entry; forwarding changes.
        case added
        /// A new entry that pushed out the oldest; forwarding changes.
        case replacedOldest
        /// The address moved from the given port; forwarding changes.
        case moved(from: PortNumber)
        /// As before; only the entry's age changed.
        case refreshed
        /// Not learned: a group address.
        case refused
    }

    private struct Entry: Sendable {
        var key: UInt64
        var port: PortNumber
        var lastSeen: MonotonicTime
        /// Neighbours in the list from oldest to newest; -1 at the ends.
        var older: Int32
        var newer: Int32
        /// Neighbours among the entries of the same port.
        var olderOfPort: Int32 = -1
        var newerOfPort: Int32 = -1
    }

    /// The entries behind one port, from oldest to newest.
    private struct PortList: Sendable {
        var oldest: Int32 = -1
        var newest: Int32 = -1
        var count = 0
    }

    /// How long an entry lasts without being refreshed.
    package let ageingTime: Duration
    /// The greatest number of entries.
    package let limit: Int

    /// The addresses that somebody has entered: they neither age nor move.
    private var fixed: [UInt64: PortNumber] = [:]
    private var slots: [UInt64: Int32] = [:]
    private var entries: [Entry] = []
    private var free: [Int32] = []
    private var ports: [PortNumber: PortList] = [:]
    private var oldest: Int32 = -1
    private var newest: Int32 = -1

    /// Makes an empty table; 300 s is the standard's ageing time.
    package init(ageingTime: Duration = .seconds(300), limit: Int = 8192) {
        self.ageingTime = ageingTime
        self.limit = max(1, min(limit, Int(Int32.max)))
    }

    /// How many entries there are, expired ones not yet removed included.
    package var count: Int { self.slots.count }

    /// The port behind which `address` was seen, or nil where it is unknown or too long ago.
    package func port(of address: MACAddress, vlan: UInt16, now: MonotonicTime) -> PortNumber? {
        if let port = self.fixed[Self.key(address, vlan)] { return port }
        guard let slot = self.slots[Self.key(address, vlan)] else { return nil }
        let entry = self.entries[Int(slot)]
        return self.isExpired(entry, now: now) ? nil : entry.port
    }

    /// Enters or refreshes an address.
    ///
    /// `now` is when it was seen. A sighting older than the last one refreshes nothing and moves nothing: counters of
    /// a megaflow that was in use before a move may arrive after it.
    package mutating func learn(_ update: MACLearningUpdate, now: MonotonicTime) -> Outcome {
        guard !update.address.isMulticast else { return .refused }
        let key = Self.key(update.address, update.vlan)
        guard self.fixed[key] == nil else { return .refreshed }
        if let slot = self.slots[key] {
            let entry = self.entries[Int(slot)]
            guard now >= entry.lastSeen else { return .refreshed }
            let expired = self.isExpired(entry, now: now)
            self.unlink(slot)
            self.unlinkFromPort(slot)
            self.entries[Int(slot)].port = update.port
            self.entries[Int(slot)].lastSeen = now
            self.linkNewest(slot)
            self.linkNewestOfPort(slot)
            if expired { return .added }
            return entry.port == update.port ? .refreshed : .moved(from: entry.port)
        }
        let isFull = self.slots.count >= self.limit
        if isFull { self.remove(self.victim) }
        let entry = Entry(key: key, port: update.port, lastSeen: now, older: -1, newer: -1)
        let slot: Int32
        if let reused = self.free.popLast() {
            slot = reused
            self.entries[Int(slot)] = entry
        } else {
            slot = Int32(truncatingIfNeeded: self.entries.count)
            self.entries.append(entry)
        }
        self.slots[key] = slot
        self.linkNewest(slot)
        self.linkNewestOfPort(slot)
        return isFull ? .replacedOldest : .added
    }

    /// Enters an address for good, in place of what was learned of it; false where there are too many, or it is that of
    /// a group.
    package mutating func fix(_ update: MACLearningUpdate) -> Bool {
        let key = Self.key(update.address, update.vlan)
        guard !update.address.isMulticast, self.fixed[key] != nil || self.fixed.count < self.limit else {
            return false
        }
        if let slot = self.slots[key] { self.remove(slot) }
        self.fixed[key] = update.port
        return true
    }

    /// Removes an address that was entered for good; false where there is none.
    package mutating func unfix(_ address: MACAddress, vlan: UInt16) -> Bool {
        self.fixed.removeValue(forKey: Self.key(address, vlan)) != nil
    }

    /// The addresses entered for good, by VLAN and address.
    package var fixedContents: [MACLearningUpdate] {
        self.fixed.sorted { $0.key < $1.key }.map { entry in
            MACLearningUpdate(
                vlan: UInt16(truncatingIfNeeded: entry.key >> 48), address: MACAddress(rawValue: entry.key),
                port: entry.value)
        }
    }

    /// Removes the entries that are too old; returns how many.
    package mutating func expire(now: MonotonicTime) -> Int {
        var removed = 0
        while self.oldest >= 0, self.isExpired(self.entries[Int(self.oldest)], now: now) {
            self.remove(self.oldest)
            removed += 1
        }
        return removed
    }

    /// Removes the entries behind `port`, or all of them; returns how many.
    package mutating func flush(port: PortNumber? = nil) -> Int {
        var removed = 0
        var slot = self.oldest
        while slot >= 0 {
            let next = self.entries[Int(slot)].newer
            if port == nil || self.entries[Int(slot)].port == port {
                self.remove(slot)
                removed += 1
            }
            slot = next
        }
        return removed
    }

    /// All entries from the oldest to the newest, for dumps.
    package var contents: [(update: MACLearningUpdate, lastSeen: MonotonicTime)] {
        var result: [(update: MACLearningUpdate, lastSeen: MonotonicTime)] = []
        var slot = self.oldest
        while slot >= 0 {
            let entry = self.entries[Int(slot)]
            let update = MACLearningUpdate(
                vlan: UInt16(truncatingIfNeeded: entry.key >> 48), address: MACAddress(rawValue: entry.key),
                port: entry.port)
            result.append((update, entry.lastSeen))
            slot = entry.newer
        }
        return result
    }

    private static func key(_ address: MACAddress, _ vlan: UInt16) -> UInt64 {
        UInt64(vlan) << 48 | address.rawValue
    }

    private func isExpired(_ entry: Entry, now: MonotonicTime) -> Bool {
        now.since(entry.lastSeen) >= self.ageingTime
    }

    /// The entry that makes room: the oldest behind the port that has most, so that one port's flood of addresses does
    /// not push out those of others.
    private var victim: Int32 {
        self.ports.max { ($0.value.count, $1.key.rawValue) < ($1.value.count, $0.key.rawValue) }?.value.oldest
            ?? self.oldest
    }

    private mutating func unlinkFromPort(_ slot: Int32) {
        let entry = self.entries[Int(slot)]
        guard var list = self.ports[entry.port] else { return }
        if entry.olderOfPort >= 0 {
            self.entries[Int(entry.olderOfPort)].newerOfPort = entry.newerOfPort
        } else {
            list.oldest = entry.newerOfPort
        }
        if entry.newerOfPort >= 0 {
            self.entries[Int(entry.newerOfPort)].olderOfPort = entry.olderOfPort
        } else {
            list.newest = entry.olderOfPort
        }
        list.count -= 1
        self.ports[entry.port] = list.count > 0 ? list : nil
    }

    private mutating func linkNewestOfPort(_ slot: Int32) {
        var list = self.ports[self.entries[Int(slot)].port] ?? PortList()
        self.entries[Int(slot)].olderOfPort = list.newest
        self.entries[Int(slot)].newerOfPort = -1
        if list.newest >= 0 { self.entries[Int(list.newest)].newerOfPort = slot } else { list.oldest = slot }
        list.newest = slot
        list.count += 1
        self.ports[self.entries[Int(slot)].port] = list
    }

    private mutating func remove(_ slot: Int32) {
        self.unlink(slot)
        self.unlinkFromPort(slot)
        self.slots[self.entries[Int(slot)].key] = nil
        self.free.append(slot)
    }

    private mutating func unlink(_ slot: Int32) {
        let entry = self.entries[Int(slot)]
        if entry.older >= 0 { self.entries[Int(entry.older)].newer = entry.newer } else { self.oldest = entry.newer }
        if entry.newer >= 0 { self.entries[Int(entry.newer)].older = entry.older } else { self.newest = entry.older }
    }

    private mutating func linkNewest(_ slot: Int32) {
        self.entries[Int(slot)].older = self.newest
        self.entries[Int(slot)].newer = -1
        if self.newest >= 0 { self.entries[Int(self.newest)].newer = slot } else { self.oldest = slot }
        self.newest = slot
    }
}
