// Tunnel metadata options: fields of variable length, as the switch's TLV table maps them to the options of a tunnel
// (ovs-fields(7), tun_metadata0 to tun_metadata63). Values are numbers of at most 128 bits here; longer ones are
// refused.
extension MatchField {
    /// Tunnel metadata option `index`, 0…63; nil beyond.
    public static func tunnelMetadata(_ index: Int) -> MatchField? {
        (0..<64).contains(index)
            ? MatchField(rawValue: MatchField.tunnelMetadata0.rawValue + UInt8(index)) : nil
    }

    /// Which tunnel metadata option it is, 0…63; nil for other fields.
    public var tunnelMetadataIndex: Int? {
        self.isVariableLength ? Int(self.rawValue) - Int(MatchField.tunnelMetadata0.rawValue) : nil
    }

    /// Whether values may be shorter than ``widthBytes``, down to one byte: tunnel metadata.
    public var isVariableLength: Bool { self.rawValue >= MatchField.tunnelMetadata0.rawValue }

    /// One row per field, in the order of the cases, so that the raw value is the index.
    static let table: [Row] = fixedLengthRows + tunnelMetadataRows

    private static let tunnelMetadataRows: [Row] = {
        var rows: [Row] = []
        for (index, name) in tunnelMetadataNames.enumerated() {
            guard let field = MatchField.tunnelMetadata(index) else { continue }
            rows.append(
                Row(
                    field, name, bits: 128, bytes: 16, [.maskable, .writable], .none,
                    nicira: .nicira1(UInt8(40 + index))))
        }
        return rows
    }()

    private static let tunnelMetadataNames: [StaticString] = [
        "tun_metadata0", "tun_metadata1", "tun_metadata2", "tun_metadata3",
        "tun_metadata4", "tun_metadata5", "tun_metadata6", "tun_metadata7",
        "tun_metadata8", "tun_metadata9", "tun_metadata10", "tun_metadata11",
        "tun_metadata12", "tun_metadata13", "tun_metadata14", "tun_metadata15",
        "tun_metadata16", "tun_metadata17", "tun_metadata18", "tun_metadata19",
        "tun_metadata20", "tun_metadata21", "tun_metadata22", "tun_metadata23",
        "tun_metadata24", "tun_metadata25", "tun_metadata26", "tun_metadata27",
        "tun_metadata28", "tun_metadata29", "tun_metadata30", "tun_metadata31",
        "tun_metadata32", "tun_metadata33", "tun_metadata34", "tun_metadata35",
        "tun_metadata36", "tun_metadata37", "tun_metadata38", "tun_metadata39",
        "tun_metadata40", "tun_metadata41", "tun_metadata42", "tun_metadata43",
        "tun_metadata44", "tun_metadata45", "tun_metadata46", "tun_metadata47",
        "tun_metadata48", "tun_metadata49", "tun_metadata50", "tun_metadata51",
        "tun_metadata52", "tun_metadata53", "tun_metadata54", "tun_metadata55",
        "tun_metadata56", "tun_metadata57", "tun_metadata58", "tun_metadata59",
        "tun_metadata60", "tun_metadata61", "tun_metadata62", "tun_metadata63",
    ]
}

extension MatchEntry {
    /// Of tunnel options: whether every bit counts of as many of the last bytes as the mask reaches.
    var namesWholeBytes: Bool {
        let bits = 128 - self.mask.leadingZeroBitCount
        return bits % 8 == 0 && self.mask == UInt128.max >> UInt128(128 - bits)
    }

    /// Of tunnel options: whether all of the option counts, whatever its length.
    public var isWholeOption: Bool { !self.isPartial && self.namesWholeBytes }
}

extension OXMForm {
    /// How many bytes a value of variable length takes, 0…16; nil where that cannot be.
    static func variableLength(_ length: Int, hasMask: Bool) -> Int? {
        let count = hasMask ? length / 2 : length
        return (0...16).contains(count) && (!hasMask || length == 2 * count) ? count : nil
    }
}

extension WireReader {
    /// The value, and the mask, of a field of variable length; without a mask every bit of those given counts.
    mutating func variableEntry(
        _ slot: OXMIndex.Slot, bytes: Int, hasMask: Bool, _ errors: OXMErrors
    ) throws(WireError) -> (entry: MatchEntry, prerequisite: MatchPrerequisite, hasMask: Bool) {
        let start = self.offset
        var value = try self.integer(bytes: bytes)
        let mask = hasMask ? try self.integer(bytes: bytes) : UInt128.max >> UInt128(128 - 8 * bytes)
        if errors.ignoresExcess { value &= mask }
        guard value & ~mask == 0 else { throw .refused(OpenFlowError(errors.wildcards, offset: start)) }
        var entry = MatchEntry(slot.field, value: value, mask: mask)
        entry.isPartial = hasMask && entry.namesWholeBytes
        return (entry, slot.prerequisite, hasMask)
    }
}

extension WireWriter {
    /// A field of variable length, in as few bytes as its mask needs; all bits of those count if no mask is written.
    mutating func variableEntry(_ entry: MatchEntry, named name: OXMIdentifier) throws(WireError) {
        let bytes = (128 - entry.mask.leadingZeroBitCount + 7) / 8
        let hasMask = entry.isPartial || !entry.namesWholeBytes
        try self.header(name, hasMask: hasMask, length: hasMask ? 2 * bytes : bytes)
        self.integer(entry.value, bytes: bytes)
        if hasMask { self.integer(entry.mask, bytes: bytes) }
    }
}
