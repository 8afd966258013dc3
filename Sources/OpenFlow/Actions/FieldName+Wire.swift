import NetworkTypes

// Names of fields in actions: OXM headers without a value, and the bits of the fields that actions read and write.
extension WireVisitor where Self: ~Copyable & ~Escapable {
    /// A field's name, of four bytes or, for an experimenter's, eight.
    mutating func field(
        _ name: StaticString, _ value: inout MatchField, names: FieldNames = .nicira
    ) throws(WireError) {
        guard self.isReading else { return try self.write(value, names.identifier(of: value, in: self.version)) }
        value = try self.readName().field
    }

    /// A field's name of four bytes: those of experimenters' classes do not fit.
    mutating func shortField(_ value: inout MatchField) throws(WireError) {
        if self.isReading { value = try self.shortField().field } else { try self.shortField(value) }
    }

    /// Reads a field's name of four bytes, and what its values are like on the wire.
    mutating func shortField() throws(WireError) -> (field: MatchField, form: OXMForm) {
        let (field, form, isExperimenter) = try self.readName()
        guard !isExperimenter else { throw self.refusal(.actionBadSetType) }
        return (field, form)
    }

    /// Writes a field's name of four bytes.
    mutating func shortField(_ value: MatchField) throws(WireError) {
        try self.write(value, value.shortIdentifier)
    }

    /// Zeros after a field's name that end a part of fixed length: `count` bytes, four fewer after an experimenter's
    /// name.
    mutating func reserved(_ count: Int, after field: MatchField) throws(WireError) {
        let isExperimenter =
            self.isReading
            ? self.remaining == count - 4
            : FieldNames.nicira.identifier(of: field, in: self.version)?.oxmClass == OXMIdentifier.experimenterClass
        try self.reserved(isExperimenter ? count - 4 : count)
    }

    private mutating func write(_ field: MatchField, _ identifier: OXMIdentifier?) throws(WireError) {
        guard let identifier else { throw .inexpressible(.matchField(field)) }
        let isExperimenter = identifier.oxmClass == OXMIdentifier.experimenterClass
        let form = OXMForm.of(oxmClass: identifier.oxmClass, number: Int(identifier.number))
        let length = field.nameLength(form) + (isExperimenter ? 4 : 0)
        var header = FeatureField(
            identifier: identifier, hasMask: false, length: UInt8(truncatingIfNeeded: length))
        try self.header(&header)
    }

    private mutating func readName() throws(WireError) -> (field: MatchField, form: OXMForm, isExperimenter: Bool) {
        var header = FeatureField(identifier: .basic(0), hasMask: false, length: 4)
        try self.header(&header)
        let name = header.identifier
        let number = Int(name.number)
        guard
            let field = OXMIndex.shared.field(
                oxmClass: name.oxmClass, number: number, experimenter: name.experimenter), !header.hasMask
        else { throw self.refusal(.actionBadSetType) }
        let isExperimenter = name.oxmClass == OXMIdentifier.experimenterClass
        let form = OXMForm.of(oxmClass: name.oxmClass, number: number)
        let length = field.nameLength(form) + (isExperimenter ? 4 : 0)
        guard Int(header.length) == length || field.isVariableLength else {
            throw self.refusal(.actionBadSetLength, value: UInt64(header.length), limit: UInt64(length))
        }
        return (field, form, isExperimenter)
    }
}

extension MatchField {
    /// The name to write where an experimenter's has no room, Nicira's first; nil if the field has no other.
    var shortIdentifier: OXMIdentifier? {
        let row = self.row
        if let name = row.nicira, name.oxmClass != OXMIdentifier.experimenterClass { return name }
        return row.oxm
    }

    /// The length in a name: that of a value, or the most that a field of variable length may have.
    fileprivate func nameLength(_ form: OXMForm) -> Int {
        self.isVariableLength ? 124 : form.bytes(UInt8(truncatingIfNeeded: self.widthBytes))
    }
}

extension FieldSlice {
    /// The slice of a range as Nicira writes it: the offset in 10 bits, the number of bits less one in 6.
    init(_ field: MatchField, range: UInt16) {
        self.init(field, offset: range >> 6, bitCount: range & 0x3f + 1)
    }

    /// The one run of ones in a mask, if it is one run of at most 64.
    init?(_ field: MatchField, mask: UInt128) {
        let offset = mask.trailingZeroBitCount
        let count = mask.nonzeroBitCount
        guard (1...64).contains(count), mask == (UInt128.max >> UInt128(128 - count)) << UInt128(offset) else {
            return nil
        }
        self.init(field, offset: UInt16(offset), bitCount: UInt16(count))
    }

    /// The range as Nicira writes it; right for 1…64 bits.
    var range: UInt16 { self.offset << 6 | (self.bitCount &- 1) & 0x3f }

    /// A one for every bit of the slice, which must lie within its field.
    var mask: UInt128 {
        (UInt128.max >> UInt128(max(0, 128 - Int(self.bitCount)))) << UInt128(self.offset)
    }

    /// Refuses a slice that reaches beyond its field, or that is to be written where the field cannot be.
    func check(isDestination: Bool, _ wire: borrowing some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        guard wire.isReading else { return }
        let end = Int(self.offset) + Int(self.bitCount)
        guard self.bitCount > 0, end <= self.field.sliceWidth else {
            throw wire.refusal(.actionBadSetLength, value: UInt64(end), limit: UInt64(self.field.sliceWidth))
        }
        guard !isDestination || self.field.isWritable else { throw wire.refusal(.actionBadSetArgument) }
    }
}

extension CopyField {
    /// Refuses a copy that reaches beyond a field, or into one that cannot be written.
    func check(_ wire: borrowing some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try FieldSlice(self.source, offset: self.sourceOffset, bitCount: self.bitCount)
            .check(isDestination: false, wire)
        try FieldSlice(self.destination, offset: self.destinationOffset, bitCount: self.bitCount)
            .check(isDestination: true, wire)
    }
}

extension WireVisitor where Self: ~Copyable & ~Escapable {
    /// A number of 1, 2, 4, 6 or 8 bytes.
    mutating func scalar(_ name: StaticString, _ value: inout UInt64, bytes: Int) throws(WireError) {
        switch bytes {
        case 1:
            var raw = UInt8(truncatingIfNeeded: value)
            try self.field(name, &raw)
            value = UInt64(raw)
        case 2:
            var raw = UInt16(truncatingIfNeeded: value)
            try self.field(name, &raw)
            value = UInt64(raw)
        case 4:
            var raw = UInt32(truncatingIfNeeded: value)
            try self.field(name, &raw)
            value = UInt64(raw)
        case 6:
            var address = MACAddress(rawValue: value)
            try self.field(name, &address)
            value = address.rawValue
        default: try self.field(name, &value)
        }
    }

    /// An IPv6 address, 16 bytes.
    mutating func field(_ name: StaticString, _ value: inout IPv6Address) throws(WireError) {
        var (high, low) = (value.high, value.low)
        try self.field(name, &high)
        try self.field(name, &low)
        value = IPv6Address(high: high, low: low)
    }
}
