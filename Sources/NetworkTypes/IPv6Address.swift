/// An IPv6 address (RFC 4291) as two 64-bit halves in host byte order.
@frozen public struct IPv6Address: Hashable, Sendable, BitwiseCopyable {
    /// Octets 0–7, the first octet on the wire being the most significant.
    public let high: UInt64
    /// Octets 8–15.
    public let low: UInt64

    /// Makes an address from its halves in host byte order.
    @inlinable public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The address as one 128-bit integer in host byte order.
    @inlinable public var rawValue: UInt128 { UInt128(self.high) << 64 | UInt128(self.low) }

    /// Makes an address from one 128-bit integer in host byte order.
    @inlinable public init(rawValue: UInt128) {
        self.init(
            high: UInt64(truncatingIfNeeded: rawValue >> 64),
            low: UInt64(truncatingIfNeeded: rawValue))
    }

    /// The unspecified address `::`.
    public static let zero = IPv6Address(high: 0, low: 0)
}

extension IPv6Address: CustomStringConvertible, LosslessStringConvertible {
    /// The eight 16-bit groups, the first on the wire at index 0.
    private var groups: [UInt16] {
        (0..<8).map { UInt16(truncatingIfNeeded: self.rawValue >> UInt128(112 - 16 * $0)) }
    }

    /// The canonical text of RFC 5952: lower case, the longest run of two or more zero groups as `::`.
    public var description: String {
        let groups = self.groups
        var best = 0..<0
        var index = 0
        while index < 8 {
            guard groups[index] == 0 else {
                index += 1
                continue
            }
            var end = index
            while end < 8, groups[end] == 0 { end += 1 }
            if end - index > max(best.count, 1) { best = index..<end }
            index = end
        }
        let text = { (slice: Range<Int>) in
            slice.map { String(groups[$0], radix: 16) }.joined(separator: ":")
        }
        guard !best.isEmpty else { return text(0..<8) }
        return text(0..<best.lowerBound) + "::" + text(best.upperBound..<8)
    }

    /// Parses any textual form of RFC 4291 §2.2 (with `::`, with a dotted IPv4 tail); no zone index.
    public init?(_ description: String) {
        let halves = description.components(separatedBy: "::")
        guard halves.count <= 2 else { return nil }
        guard let head = Self.parseGroups(halves[0], mayEndInIPv4: halves.count == 1) else {
            return nil
        }
        var groups = head
        if halves.count == 2 {
            guard let tail = Self.parseGroups(halves[1], mayEndInIPv4: true),
                head.count + tail.count <= 7
            else { return nil }
            groups += [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail
        }
        guard groups.count == 8 else { return nil }
        self.init(rawValue: groups.reduce(0) { $0 << 16 | UInt128($1) })
    }

    private static func parseGroups(_ text: String, mayEndInIPv4: Bool) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if mayEndInIPv4, index == parts.count - 1, part.contains(".") {
                guard let tail = IPv4Address(String(part)) else { return nil }
                groups.append(UInt16(truncatingIfNeeded: tail.rawValue >> 16))
                groups.append(UInt16(truncatingIfNeeded: tail.rawValue))
            } else {
                guard (1...4).contains(part.utf8.count), part.first != "+", part.first != "-",
                    let group = UInt16(part, radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        return groups
    }
}

extension String {
    /// Splits at each occurrence of `separator`, keeping empty pieces (no Foundation here).
    fileprivate func components(separatedBy separator: String) -> [String] {
        var pieces: [String] = []
        var rest = self[...]
        while let found = rest.firstRange(of: separator) {
            pieces.append(String(rest[..<found.lowerBound]))
            rest = rest[found.upperBound...]
        }
        return pieces + [String(rest)]
    }
}
