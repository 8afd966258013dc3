/// One field of a match: the packets whose bits agree with `value` wherever `mask` has a one.
///
/// Forty bytes. Value and mask are kept as words of 64 bits: numbers of 128 would align every array of entries to 16
/// bytes, which the runtime allocates by a slower way.
@frozen public struct MatchEntry: Hashable, Sendable, BitwiseCopyable {
    @usableFromInline var valueHigh: UInt64
    @usableFromInline var valueLow: UInt64
    @usableFromInline var maskHigh: UInt64
    @usableFromInline var maskLow: UInt64
    /// The field.
    public var field: MatchField
    /// Of tunnel options alone, whose length only a switch knows: whether just the bits in the mask count, though the
    /// mask has every bit of the bytes given.
    ///
    /// Else such a mask says that all of the option counts, what is before those bytes being zero; and a mask of zero,
    /// which matches options of any value where this is true, that the whole option is zero.
    public var isPartial = false

    /// Makes an entry; the caller sees to it that value and mask lie within the field's width.
    @inlinable public init(_ field: MatchField, value: UInt128, mask: UInt128) {
        self.init(
            field, valueHigh: UInt64(truncatingIfNeeded: value >> 64), valueLow: UInt64(truncatingIfNeeded: value),
            maskHigh: UInt64(truncatingIfNeeded: mask >> 64), maskLow: UInt64(truncatingIfNeeded: mask))
    }

    @inlinable init(_ field: MatchField, valueHigh: UInt64, valueLow: UInt64, maskHigh: UInt64, maskLow: UInt64) {
        self.valueHigh = valueHigh
        self.valueLow = valueLow
        self.maskHigh = maskHigh
        self.maskLow = maskLow
        self.field = field
    }

    /// Makes an entry that matches `value` exactly.
    public init(_ field: MatchField, _ value: some BinaryInteger) {
        let ones = field.allOnes
        self.init(field, value: UInt128(truncatingIfNeeded: value) & ones, mask: ones)
    }

    /// The value in host byte order; zero wherever the mask is.
    @inlinable public var value: UInt128 {
        get { UInt128(self.valueHigh) << 64 | UInt128(self.valueLow) }
        set {
            self.valueHigh = UInt64(truncatingIfNeeded: newValue >> 64)
            self.valueLow = UInt64(truncatingIfNeeded: newValue)
        }
    }

    /// Which bits count; ``MatchField/allOnes`` means an exact match, never zero but in tunnel options.
    @inlinable public var mask: UInt128 {
        get { UInt128(self.maskHigh) << 64 | UInt128(self.maskLow) }
        set {
            self.maskHigh = UInt64(truncatingIfNeeded: newValue >> 64)
            self.maskLow = UInt64(truncatingIfNeeded: newValue)
        }
    }

    /// Whether every bit of the field counts.
    public var isExact: Bool { self.mask == self.field.allOnes }
}
