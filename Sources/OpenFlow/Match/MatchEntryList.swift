/// The entries of a match, in order: an array of ``MatchEntry`` with value semantics.
///
/// What a switch decodes most are matches, and a list of few entries is all that such a message allocates. Swift's
/// array looks its storage class up at each allocation, which takes longer than the allocation itself; this list has a
/// storage class of its own. No entries take no memory.
///
/// `@unchecked Sendable`, because lists share storage only while none changes it: a list that changes makes sure first
/// that it is the only one (`makeUnique(capacity:)`), as Swift's arrays do.
@frozen public struct MatchEntryList: @unchecked Sendable {
    @usableFromInline var storage: MatchEntryStorage?

    /// No entries.
    @inlinable public init() { self.storage = nil }

    /// Makes a list of at most `capacity` entries: `body` initializes that many from the front and returns how many.
    ///
    /// A `body` that returns nil makes no list.
    @inline(__always)
    init?(capacity: Int, _ body: (UnsafeMutablePointer<MatchEntry>) -> Int?) {
        let storage = MatchEntryStorage.make(capacity: capacity)
        guard let count = storage.withUnsafeMutablePointerToElements(body) else { return nil }
        storage.count = count
        self.storage = storage
    }

    /// Sees to it that the storage is this list's alone and has room for `count` entries.
    @usableFromInline
    mutating func makeUnique(capacity count: Int) {
        // Asked before the storage is looked at: whoever holds it here would be a second owner.
        if isKnownUniquelyReferenced(&self.storage), (self.storage?.header.capacity ?? 0) >= count { return }
        let old = self.endIndex
        guard count > 0 else { return }
        // Twice as much, so that many additions cost as many moves.
        let copy = MatchEntryStorage.make(capacity: count <= old ? old : Swift.max(count, 2 * old))
        copy.count = old
        copy.withUnsafeMutablePointerToElements { target in
            _ = self.storage?.withUnsafeMutablePointerToElements { target.initialize(from: $0, count: old) }
        }
        self.storage = copy
    }
}

/// The memory of a ``MatchEntryList``.
@usableFromInline
final class MatchEntryStorage: ManagedBuffer<MatchEntryStorage.Header, MatchEntry> {
    @usableFromInline
    struct Header {
        @usableFromInline var count: Int
        @usableFromInline var capacity: Int

        @usableFromInline init(count: Int, capacity: Int) {
            self.count = count
            self.capacity = capacity
        }
    }

    /// How many entries there are.
    ///
    /// By a pointer, because the header itself is a property of a class, each access to which is checked for
    /// exclusivity; that took longer than to read the entries.
    @usableFromInline
    final var count: Int {
        @inlinable get { self.withUnsafeMutablePointerToHeader { $0.pointee.count } }
        @inlinable set { self.withUnsafeMutablePointerToHeader { $0.pointee.count = newValue } }
    }

    /// Memory for `capacity` entries, none of which is there yet.
    static func make(capacity: Int) -> MatchEntryStorage {
        let storage = self.create(minimumCapacity: capacity) { _ in Header(count: 0, capacity: capacity) }
        // `create` makes an instance of the class that it is called on.
        return unsafeDowncast(storage, to: MatchEntryStorage.self)
    }
}

extension MatchEntryList: RandomAccessCollection, MutableCollection, RangeReplaceableCollection {
    /// Zero.
    @inlinable public var startIndex: Int { 0 }
    /// How many entries there are.
    @inlinable public var endIndex: Int { self.storage?.count ?? 0 }

    /// The entry at `position`, from 0; traps where there is none.
    @inlinable public subscript(position: Int) -> MatchEntry {
        get {
            guard let storage = self.storage, position >= 0, position < storage.count else {
                preconditionFailure("a match has no entry \(position)")
            }
            return storage.withUnsafeMutablePointerToElements { $0[position] }
        }
        set {
            precondition(position >= 0 && position < self.endIndex, "a match has no entry \(position)")
            self.makeUnique(capacity: self.endIndex)
            self.storage?.withUnsafeMutablePointerToElements { $0[position] = newValue }
        }
    }

    /// Adds an entry at the end.
    public mutating func append(_ entry: MatchEntry) {
        let count = self.endIndex
        self.makeUnique(capacity: count + 1)
        self.storage?.withUnsafeMutablePointerToElements { ($0 + count).initialize(to: entry) }
        self.storage?.count = count + 1
    }

    /// Makes room for `count` entries.
    public mutating func reserveCapacity(_ count: Int) { self.makeUnique(capacity: Swift.max(count, self.endIndex)) }

    /// Removes every entry; keeps the memory where that is wished and nobody shares it.
    public mutating func removeAll(keepingCapacity: Bool = false) {
        if keepingCapacity, isKnownUniquelyReferenced(&self.storage) {
            self.storage?.count = 0
        } else {
            self.storage = nil
        }
    }

    /// Puts entries in place of those in `range`, which must lie within the list.
    public mutating func replaceSubrange(_ range: Range<Int>, with entries: some Collection<MatchEntry>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= self.endIndex, "a match has no entries \(range)")
        var result = MatchEntryList()
        result.reserveCapacity(self.endIndex - range.count + entries.count)
        for index in 0..<range.lowerBound { result.append(self[index]) }
        for entry in entries { result.append(entry) }
        for index in range.upperBound..<self.endIndex { result.append(self[index]) }
        self = result
    }
}

extension MatchEntryList: ExpressibleByArrayLiteral, Hashable, CustomStringConvertible {
    /// Makes a list of the entries given.
    public init(arrayLiteral entries: MatchEntry...) { self.init(entries) }

    /// Whether both have equal entries in the same order.
    public static func == (left: MatchEntryList, right: MatchEntryList) -> Bool {
        left.storage === right.storage || left.elementsEqual(right)
    }

    /// Feeds the entries to `hasher`.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.count)
        for entry in self { hasher.combine(entry) }
    }

    /// The entries as an array prints them.
    public var description: String { Array(self).description }
}
