/// The storage that ``FlowKey`` and ``FlowMask`` share: 64 words of 64 bits.
///
/// Words are numbers in host byte order; where a field sits in them is said once, in ``FlowField/layout``.
/// They are ordered by stage: pipeline and tunnel metadata (0–29), L2 (30–34), L3 (35–44), L4 (45–46),
/// so that a staged lookup hashes ranges of words. Tunnel options come last (47–63): few packets have any, and
/// where word 47 is zero, so are those behind it.
public typealias FlowWords = InlineArray<64, UInt64>

// The compiler copies half a kilobyte to the stack before it indexes the words of a value that it holds by itself, and
// twice where the value is `borrowing`. Loops over all words go through spans, whose bound is the array's own; what
// runs for each packet takes pointers.
extension FlowWords {
    /// Whether all words are equal; both have as many as there are.
    @inlinable @inline(__always)
    static func areEqual(_ left: Span<UInt64>, _ right: Span<UInt64>) -> Bool {
        var difference: UInt64 = 0
        for index in 0..<FlowKey.wordCount { difference |= left[unchecked: index] ^ right[unchecked: index] }
        return difference == 0
    }
}

/// Everything a flow table can look at in one packet: the packet's headers and the metadata beside it.
///
/// A value of 512 bytes without references; absent headers are zero. Built by ``PacketParser`` (headers)
/// and by the datapath (metadata). Hot code works on a local variable or an `inout` parameter.
@frozen public struct FlowKey: Sendable, BitwiseCopyable {
    /// The words; use the accessors of `FlowKey+Fields.swift` or ``subscript(_:)``.
    public var words: FlowWords

    /// A key of zeros: no headers, port 0, Ethernet packet type.
    @inlinable public init() { self.words = FlowWords(repeating: 0) }

    /// The number of 64-bit words in a key.
    @inlinable public static var wordCount: Int { 64 }

    /// The word that says which tunnel options there are, or how many bytes of them; see ``tunnelOptionWords``.
    @inlinable public static var tunnelOptionIndexWord: Int { 47 }

    /// The words of tunnel options (Geneve, RFC 8926 §3.5).
    ///
    /// In the datapath's terms they are the options as the packet has them, headers included, from the first byte on,
    /// and word 47 is their length. In a pipeline's terms they are the values of the options that a table of options
    /// names, where it puts them, and word 47 has a bit for each that is there.
    @inlinable public static var tunnelOptionWords: Range<Int> { 48..<64 }
}

/// Which bits of a ``FlowKey`` matter: a bit set here is compared, a zero bit is a wildcard.
///
/// Has the key's layout. Translation starts with an empty mask and sets the bits that it looked at;
/// what results is the mask of the megaflow.
@frozen public struct FlowMask: Sendable, BitwiseCopyable {
    /// The words, laid out as those of ``FlowKey``.
    public var words: FlowWords

    /// The mask that looks at nothing.
    @inlinable public init() { self.words = FlowWords(repeating: 0) }

    /// The mask that compares every bit.
    public static var exact: FlowMask {
        var mask = FlowMask()
        for index in 0..<FlowKey.wordCount { mask.words[index] = .max }
        return mask
    }

    /// Adds every bit of `other` to this mask.
    @inlinable public mutating func formUnion(_ other: FlowMask) {
        let others = other.words.span
        for index in 0..<FlowKey.wordCount { self.words[index] |= others[unchecked: index] }
    }

    /// Whether no bit is compared.
    @inlinable public var isEmpty: Bool {
        let words = self.words.span
        var any: UInt64 = 0
        for index in 0..<FlowKey.wordCount { any |= words[unchecked: index] }
        return any == 0
    }
}

extension FlowKey: Equatable {
    /// Whether all words are equal.
    @inlinable public static func == (left: FlowKey, right: FlowKey) -> Bool {
        FlowWords.areEqual(left.words.span, right.words.span)
    }

    /// Whether this key and `other` agree in every bit that `mask` compares.
    @inlinable public func matches(_ other: FlowKey, under mask: FlowMask) -> Bool {
        let (words, others, bits) = (self.words.span, other.words.span, mask.words.span)
        var difference: UInt64 = 0
        for index in 0..<Self.wordCount {
            difference |= (words[unchecked: index] ^ others[unchecked: index]) & bits[unchecked: index]
        }
        return difference == 0
    }

    /// Clears every bit that `mask` does not compare.
    @inlinable public mutating func formIntersection(_ mask: FlowMask) {
        let bits = mask.words.span
        for index in 0..<Self.wordCount { self.words[index] &= bits[unchecked: index] }
    }
}

extension FlowMask: Equatable {
    /// Whether both compare the same bits.
    @inlinable public static func == (left: FlowMask, right: FlowMask) -> Bool {
        FlowWords.areEqual(left.words.span, right.words.span)
    }
}
