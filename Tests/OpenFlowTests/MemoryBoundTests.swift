import Testing

@testable import OpenFlow

/// What a message becomes takes a small multiple of its bytes. (`Fuzzing` counts what decoding asks for on the way.)
@Suite("Memory that messages take")
struct MemoryBoundTests {
    /// The most that a message may become: a fixed part, and so many bytes for each of its own.
    private static let fixed = 4096
    private static let share = 32

    /// Bytes of a value and of everything that it refers to.
    private static func footprint(_ value: Any) -> Int {
        func size<T>(_: T) -> Int { MemoryLayout<T>.stride }
        return _openExistential(value, do: size) + Self.referred(value)
    }

    /// Bytes of what a value refers to; its own are counted where it is kept.
    private static func referred(_ value: Any) -> Int {
        if let bytes = value as? [UInt8] { return bytes.isEmpty ? 0 : 32 + bytes.count }
        if let text = value as? String { return text.utf8.count > 15 ? 32 + text.utf8.count : 0 }
        let mirror = Mirror(reflecting: value)
        let isKept = mirror.displayStyle == .collection
        var total = isKept && !mirror.children.isEmpty ? 32 : 0
        // What an enumeration carries may be kept apart from it.
        let isApart = isKept || mirror.displayStyle == .enum
        for child in mirror.children { total += isApart ? Self.footprint(child.value) : Self.referred(child.value) }
        return total
    }

    private static func check(_ bytes: [UInt8], _ version: OpenFlowVersion, _ title: String) {
        guard let message = try? MessageCodec.decode(bytes, version: version).message else { return }
        let footprint = Self.footprint(message)
        #expect(
            footprint <= Self.fixed + Self.share * bytes.count, "\(version) \(title): \(footprint) for \(bytes.count)")
    }

    @Test("Every vector, and every vector with bytes changed", arguments: OpenFlowVersion.allCases)
    func vectors(version: OpenFlowVersion) throws {
        var random = SeededGenerator(seed: UInt64(version.rawValue))
        for file in ["openvswitch", "os-ken", "os-ken-packets"] {
            for vector in try Vector.load(file) where vector.version == version {
                Self.check(vector.bytes, version, vector.title)
                for index in stride(from: Int(random.next() % 23), to: min(vector.bytes.count, 1000), by: 23) {
                    var bytes = vector.bytes
                    bytes[index] = UInt8(truncatingIfNeeded: random.next())
                    Self.check(bytes, version, vector.title)
                }
            }
        }
    }

    /// The shortest entries that lists have, as many as a message holds.
    private static let crowds: [(title: String, version: OpenFlowVersion, head: [UInt8], entry: [UInt8])] = [
        ("actions", .v1_0, [1, 13, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255, 0, 1, 0xff, 0xf0], [0, 3, 0, 8, 0, 0, 0, 0]),
        (
            "notes", .v1_0, [1, 13, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255, 0, 1, 0xff, 0xe0],
            [0xff, 0xff, 0, 16, 0, 0, 0x23, 0x20, 0, 8, 1, 1, 1, 1, 1, 1]
        ),
        ("paused updates", .v1_4, [5, 19, 0, 0, 0, 0, 0, 1, 0, 16, 0, 0, 0, 0, 0, 0], [0, 8, 0, 5, 0, 0, 0, 0]),
        (
            "buckets", .v1_5, [6, 15, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xe0, 0, 0, 255, 255, 255, 255],
            [0, 8, 0, 0, 0, 0, 0, 1]
        ),
        ("groups", .v1_1, [2, 19, 0, 0, 0, 0, 0, 1, 0, 7, 0, 0, 0, 0, 0, 0], [0, 8, 0, 0, 0, 0, 0, 1]),
        ("meters", .v1_3, [4, 19, 0, 0, 0, 0, 0, 1, 0, 10, 0, 0, 0, 0, 0, 0], [0, 8, 0, 0, 0, 0, 0, 1]),
        ("tables", .v1_4, [5, 19, 0, 0, 0, 0, 0, 1, 0, 14, 0, 0, 0, 0, 0, 0], [0, 8, 1, 0, 0, 0, 0, 0]),
        (
            "tunnel options", .v1_0, [1, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0x23, 0x20, 0, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0, 0],
            [0, 1, 2, 4, 0, 1, 0, 0]
        ),
        ("properties", .v1_4, [5, 28, 0, 0, 0, 0, 0, 1], [0xff, 0xff, 0, 12, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0]),
        ("elements", .v1_3, [4, 0, 0, 0, 0, 0, 0, 1], [0, 9, 0, 8, 0, 0, 0, 0]),
    ]

    @Test("Lists of the shortest entries", arguments: crowds.indices)
    func shortestEntries(index: Int) {
        let (title, version, head, entry) = Self.crowds[index]
        let count = (0xfff0 - head.count) / entry.count
        var bytes = head + Array(repeating: entry, count: count).flatMap { $0 }
        (bytes[2], bytes[3]) = (UInt8(bytes.count >> 8), UInt8(bytes.count & 0xff))
        Self.check(bytes, version, title)
    }
}
