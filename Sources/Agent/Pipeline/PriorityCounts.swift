/// How many rules of each priority a subtable has, in falling order of priority.
///
/// Keeps the greatest priority known after removals. Few priorities per mask are the rule; each costs eight bytes. Many
/// are kept in pages of 256 neighbouring priorities, so that however many there are, an addition moves a page at most.
struct PriorityCounts {
    private typealias Count = (priority: Int32, count: Int32)

    private struct Page {
        var number: Int32
        var items: [Count]
    }

    /// Different priorities above which they are kept in pages.
    private static let unpagedMaximum = LongChain.entriesFrom

    /// All of them while there are few.
    private var items: [Count] = []
    /// All of them once there are many.
    private var pages: [Page] = []

    /// The greatest priority, or nil when there is no rule.
    var maximum: Int32? { self.items.first?.priority ?? self.pages.first?.items.first?.priority }

    /// Whether there are more than ``LongChain/entriesFrom`` different priorities.
    var isLarge: Bool { !self.pages.isEmpty }

    /// The index of the first item whose priority is not above `priority`.
    private static func index(of priority: Int32, in items: borrowing [Count]) -> Int {
        var low = 0
        var high = items.count
        while low < high {
            let middle = (low &+ high) / 2
            if items[middle].priority > priority { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    /// Counts one more rule of `priority`.
    mutating func add(_ priority: Int32) {
        guard self.pages.isEmpty else { return self.addToPage(priority) }
        if Self.add(priority, to: &self.items), self.items.count > Self.unpagedMaximum { self.paginate() }
    }

    /// Counts one rule of `priority` less.
    mutating func remove(_ priority: Int32) {
        guard !self.pages.isEmpty else { return Self.remove(priority, from: &self.items) }
        let page = self.page(of: priority)
        guard page < self.pages.count, self.pages[page].number == priority >> 8 else { return }
        Self.remove(priority, from: &self.pages[page].items)
        if self.pages[page].items.isEmpty { self.pages.remove(at: page) }
    }

    /// Whether there is a rule of `priority`.
    func contains(_ priority: Int32) -> Bool {
        guard !self.pages.isEmpty else { return Self.contains(priority, self.items) }
        let page = self.page(of: priority)
        return page < self.pages.count && self.pages[page].number == priority >> 8
            && Self.contains(priority, self.pages[page].items)
    }

    private static func contains(_ priority: Int32, _ items: borrowing [Count]) -> Bool {
        let index = Self.index(of: priority, in: items)
        return index < items.count && items[index].priority == priority
    }

    /// Says whether the priority is new.
    @inline(__always)
    private static func add(_ priority: Int32, to items: inout [Count]) -> Bool {
        let index = Self.index(of: priority, in: items)
        if index < items.count, items[index].priority == priority {
            items[index].count &+= 1
            return false
        }
        items.insert((priority, 1), at: index)
        return true
    }

    private static func remove(_ priority: Int32, from items: inout [Count]) {
        let index = Self.index(of: priority, in: items)
        guard index < items.count, items[index].priority == priority else { return }
        items[index].count &-= 1
        if items[index].count == 0 { items.remove(at: index) }
    }

    // MARK: - Pages

    /// The index of the first page whose number is not above that of `priority`.
    private func page(of priority: Int32) -> Int {
        var low = 0
        var high = self.pages.count
        while low < high {
            let middle = (low &+ high) / 2
            if self.pages[middle].number > priority >> 8 { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    private mutating func addToPage(_ priority: Int32) {
        let page = self.page(of: priority)
        if page == self.pages.count || self.pages[page].number != priority >> 8 {
            self.pages.insert(Page(number: priority >> 8, items: []), at: page)
        }
        _ = Self.add(priority, to: &self.pages[page].items)
    }

    private mutating func paginate() {
        for item in self.items {
            if self.pages.last?.number != item.priority >> 8 {
                self.pages.append(Page(number: item.priority >> 8, items: []))
            }
            self.pages[self.pages.count - 1].items.append(item)
        }
        self.items = []
    }
}
