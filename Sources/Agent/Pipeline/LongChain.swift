/// Finds places in one long chain of entries: those of one masked key, in falling order of priority.
///
/// A chain is a list. One match at very many priorities would make each change walk over all of them; so chains of more
/// than ``entriesFrom`` entries remember where each run of 256 neighbouring priorities begins and ends, and a change
/// walks within its run. Four kilobytes per long chain.
///
/// Owned by a ``ClassifierSubtable``; used by the thread that changes it.
final class LongChain {
    typealias Entry = UnsafeMutablePointer<ClassifierEntryHead>

    /// Entries above which a chain is remembered so; it is until there are a quarter as many.
    static let entriesFrom = 32
    /// One run for each 256 priorities of controllers, and one for hidden rules.
    private static let runCount = 257

    /// The first entry of the chain.
    private(set) var head: Entry
    /// How many entries the chain has.
    private(set) var count = 0
    private var firsts = [Entry?](repeating: nil, count: LongChain.runCount)
    private var lasts = [Entry?](repeating: nil, count: LongChain.runCount)

    /// Walks over the chain that begins with `head`.
    init(_ head: Entry) {
        self.head = head
        var entry: Entry? = head
        while let current = entry {
            let run = Self.run(of: current.pointee.priority)
            if self.firsts[run] == nil { self.firsts[run] = current }
            self.lasts[run] = current
            self.count += 1
            entry = current.pointee.next
        }
    }

    private static func run(of priority: Int32) -> Int { Int(min(max(priority >> 8, 0), 256)) }

    /// Whether a chain has more entries than ``entriesFrom``.
    static func isLong(_ head: Entry) -> Bool {
        var entry: Entry? = head
        var count = 0
        while let current = entry, count <= Self.entriesFrom {
            entry = current.pointee.next
            count += 1
        }
        return count > Self.entriesFrom
    }

    /// The last entry whose priority is `priority` or more; nil where all have less.
    func last(from priority: Int32) -> Entry? {
        let run = Self.run(of: priority)
        guard var entry = self.firsts[run], entry.pointee.priority >= priority else { return self.last(above: run) }
        while let next = entry.pointee.next, next.pointee.priority >= priority { entry = next }
        return entry
    }

    /// The entry before `entry`, which is in the chain; nil where it is the first.
    func predecessor(of entry: Entry) -> Entry? {
        let run = Self.run(of: entry.pointee.priority)
        guard var before = self.firsts[run], before != entry else { return self.last(above: run) }
        while let next = before.pointee.next, next != entry { before = next }
        return before
    }

    private func last(above run: Int) -> Entry? {
        for higher in run + 1..<max(Self.runCount, run + 1) {
            if let last = self.lasts[higher] { return last }
        }
        return nil
    }

    /// An entry has been put into the chain.
    func inserted(_ entry: Entry) {
        self.count += 1
        let priority = entry.pointee.priority
        if priority > self.head.pointee.priority { self.head = entry }
        let run = Self.run(of: priority)
        if self.firsts[run].map({ $0.pointee.priority < priority }) ?? true { self.firsts[run] = entry }
        if self.lasts[run].map({ $0.pointee.priority > priority }) ?? true { self.lasts[run] = entry }
    }

    /// An entry, which still says what followed it, is about to be taken out of the chain, which has others.
    func removing(_ entry: Entry, after predecessor: Entry?) {
        self.count -= 1
        if self.head == entry, let next = entry.pointee.next { self.head = next }
        let run = Self.run(of: entry.pointee.priority)
        switch (self.firsts[run] == entry, self.lasts[run] == entry) {
        case (true, true): (self.firsts[run], self.lasts[run]) = (nil, nil)
        case (true, false): self.firsts[run] = entry.pointee.next
        case (false, true): self.lasts[run] = predecessor
        case (false, false): break
        }
    }
}
