/// A tunnel metadata option of more than 16 bytes, as a match asks for it or an action sets it (ovs-fields(7),
/// tun_metadata0 to tun_metadata63).
///
/// Options of at most 16 bytes are ``MatchEntry``s: what fits there is never said here, so that equal matches are
/// equal values.
public struct LongMatchEntry: Hashable, Sendable {
    /// The option.
    public let field: MatchField
    /// 17…124 bytes, the most significant first; zero wherever the mask is.
    public let value: [UInt8]
    /// Which bits count, as many bytes as the value has; the first is not zero.
    public let mask: [UInt8]

    /// The most bytes that an option has.
    public static let byteCountMaximum = 124

    /// Makes an entry; nil where the field is no option, or where the bits that count fit into a ``MatchEntry``.
    ///
    /// - Parameters:
    ///   - field: one of the tunnel metadata options.
    ///   - value: at most 124 bytes; bits that do not count are cleared, and leading bytes of which none counts cut.
    ///   - mask: as many bytes; every bit counts where it is nil.
    public init?(_ field: MatchField, value: [UInt8], mask: [UInt8]? = nil) {
        guard field.isVariableLength, value.count <= Self.byteCountMaximum, value.count == mask?.count ?? value.count
        else { return nil }
        let mask = mask ?? [UInt8](repeating: 0xff, count: value.count)
        let leading = mask.prefix { $0 == 0 }.count
        guard mask.count - leading > 16 else { return nil }
        self.field = field
        self.mask = Array(mask[leading...])
        self.value = zip(value[leading...], self.mask).map { $0 & $1 }
    }

    /// Makes an entry of some bits of an option; nil as above.
    ///
    /// - Parameters:
    ///   - slice: the bits, of an option.
    ///   - bits: what they are, right-aligned; what is above counts as zero.
    init?(_ slice: FieldSlice, bits: UInt128) {
        let end = Int(slice.offset) + Int(slice.bitCount)
        guard slice.bitCount > 0, end <= 8 * Self.byteCountMaximum else { return nil }
        let count = (end + 7) / 8
        var (value, mask) = ([UInt8](repeating: 0, count: count), [UInt8](repeating: 0, count: count))
        for bit in 0..<Int(slice.bitCount) {
            let place = Int(slice.offset) + bit
            let (byte, one) = (count - 1 - place / 8, UInt8(1) << UInt8(place % 8))
            mask[byte] |= one
            if bit < 128, bits >> UInt128(bit) & 1 == 1 { value[byte] |= one }
        }
        self.init(slice.field, value: value, mask: mask)
    }

    /// Whether every bit of every byte counts.
    public var isExact: Bool { self.mask.allSatisfy { $0 == 0xff } }
}

/// A field's value in an OXM entry: a number of at most 128 bits, or the bytes of a longer option.
enum FieldValue: Hashable, Sendable {
    case short(MatchEntry)
    case long(LongMatchEntry)

    /// Makes the shorter form where it does.
    init?(_ field: MatchField, value: [UInt8], mask: [UInt8]?) {
        if let long = LongMatchEntry(field, value: value, mask: mask) {
            self = .long(long)
            return
        }
        guard field.isVariableLength, value.count <= LongMatchEntry.byteCountMaximum else { return nil }
        let bits = mask ?? [UInt8](repeating: 0xff, count: value.count)
        var entry = MatchEntry(field, value: Self.number(value) & Self.number(bits), mask: Self.number(bits))
        entry.isPartial = mask != nil && entry.namesWholeBytes
        self = .short(entry)
    }

    /// The last 16 bytes as a number.
    private static func number(_ bytes: [UInt8]) -> UInt128 { bytes.reduce(0) { $0 << 8 | UInt128($1) } }
}

extension MatchField {
    /// How many bits actions may copy, load or name: of an option all that it can have.
    public var sliceWidth: Int { self.isVariableLength ? 8 * LongMatchEntry.byteCountMaximum : self.width }
}

extension WireReader {
    /// An option of more than 16 bytes, if one comes next.
    mutating func longEntry(_ errors: OXMErrors) throws(WireError) -> FieldValue? {
        // Class NXM_NX; numbers 40 to 103.
        guard let header = self.nextWord, header >> 16 == 1,
            let field = MatchField.tunnelMetadata(Int(header >> 9 & 0x7f) - 40)
        else { return nil }
        let (hasMask, length) = (header & 0x100 != 0, Int(header & 0xff))
        let count = hasMask ? length / 2 : length
        guard count > 16 else { return nil }
        let start = self.offset
        guard count <= LongMatchEntry.byteCountMaximum, !hasMask || length == 2 * count else {
            throw .refused(
                OpenFlowError(
                    errors.length, offset: start, value: UInt64(length), limit: UInt64(LongMatchEntry.byteCountMaximum))
            )
        }
        try self.reserved(4)
        let value = try self.octets(count)
        let mask = hasMask ? try self.octets(count) : nil
        if let mask, !errors.ignoresExcess, zip(value, mask).contains(where: { $0 & ~$1 != 0 }) {
            throw .refused(OpenFlowError(errors.wildcards, offset: start))
        }
        return FieldValue(field, value: value, mask: mask)
    }

    /// SET_FIELD or reg_load2 of an option of more than 16 bytes, if one comes next.
    mutating func longField(_ value: inout FieldValue?, anyMask: Bool) throws(WireError) {
        let (start, header) = (self.offset, self.nextWord ?? 0)
        guard let long = try self.longEntry(.setField) else { return }
        guard header & 0x100 == 0 || anyMask || self.version >= .v1_5 else {
            throw .refused(OpenFlowError(.actionBadSetMask, offset: start))
        }
        value = long
    }
}

extension WireWriter {
    /// Options of more than 16 bytes; a mask is written only where bits are left out.
    mutating func longEntries(_ entries: [LongMatchEntry]) throws(WireError) {
        for entry in entries {
            guard let name = entry.field.row.nicira else { throw .inexpressible(.matchField(entry.field)) }
            try self.header(name, hasMask: !entry.isExact, length: (entry.isExact ? 1 : 2) * entry.value.count)
            self.append(entry.value)
            if !entry.isExact { self.append(entry.mask) }
        }
    }

    mutating func longField(_ value: inout FieldValue?, anyMask: Bool) throws(WireError) {
        if case .long(let entry) = value { try self.longEntries([entry]) }
    }
}
