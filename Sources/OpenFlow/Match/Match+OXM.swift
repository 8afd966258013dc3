/// Which error answers what is wrong with an OXM entry; matches and SET_FIELD have their own.
struct OXMErrors {
    let field: OpenFlowError.Code
    let length: OpenFlowError.Code
    let mask: OpenFlowError.Code
    let wildcards: OpenFlowError.Code
    let value: OpenFlowError.Code
    /// Whether bits of a value outside its mask are no fault.
    let ignoresExcess: Bool

    static let match = OXMErrors(
        field: .matchBadField, length: .matchBadLength, mask: .matchBadMask, wildcards: .matchBadWildcards,
        value: .matchBadValue, ignoresExcess: false)
    static let setField = OXMErrors(
        field: .actionBadSetType, length: .actionBadSetLength, mask: .actionBadSetMask,
        wildcards: .actionBadSetArgument, value: .actionBadSetArgument, ignoresExcess: true)
}

/// A set of fields, to find duplicates: a bit for each of up to 256.
private struct FieldSet {
    private var low: UInt64 = 0
    private var middle: UInt64 = 0
    private var high: UInt64 = 0
    private var highest: UInt64 = 0

    /// Adds a field; whether it was not there yet.
    mutating func insert(_ field: MatchField) -> Bool {
        let bit: UInt64 = 1 << UInt64(field.rawValue & 63)
        switch field.rawValue >> 6 {
        case 0: return Self.insert(bit, &self.low)
        case 1: return Self.insert(bit, &self.middle)
        case 2: return Self.insert(bit, &self.high)
        default: return Self.insert(bit, &self.highest)
        }
    }
    private static func insert(_ bit: UInt64, _ word: inout UInt64) -> Bool {
        defer { word |= bit }
        return word & bit == 0
    }
}

// The extensible match (1.2 §A.2.3, 1.3 and later §7.2.3): type 1, a length that includes these four bytes
// and excludes the padding to eight, then fields: class 16 bits, number 7, has-mask 1, length 8, value,
// mask.
extension WireReader {
    mutating func match(_ value: inout Match) throws(WireError) {
        switch self.version.matchLayout {
        case .fixed10: try self.match10(&value)
        case .fixed11: try self.match11(&value)
        case .extensible: try self.fields(&value)
        }
    }

    mutating func fields(_ value: inout Match) throws(WireError) {
        var frame = self.begin(.match)
        var type: UInt16 = 0
        try self.field("type", &type)
        guard type == 1 else { throw self.refusal(.matchBadType, value: UInt64(type)) }
        try self.length(&frame)
        try self.entries(&value)
        try self.end(frame, padding: .uncounted)
    }

    /// Fields up to the end of the innermost part.
    mutating func entries(_ value: inout Match) throws(WireError) {
        value.entries.removeAll(keepingCapacity: true)
        value.longEntries = []
        guard self.remaining > 0 else { return }
        // A field takes at least five bytes; most take eight. One allocation suffices for ordinary matches.
        value.entries.reserveCapacity(max(1, min(16, self.remaining / 7)))
        var seen = FieldSet()
        var tracker = PrerequisiteTracker()
        while self.remaining > 0 {
            let start = self.offset
            if try self.longEntry(into: &value, { seen.insert($0) }) { continue }
            let (entry, prerequisite, _) = try self.entry(.match)
            guard seen.insert(entry.field) else {
                throw .refused(OpenFlowError(.matchDuplicateField, offset: start))
            }
            guard prerequisite == .none || tracker.admits(prerequisite) else {
                throw .refused(OpenFlowError(.matchBadPrerequisite, offset: start))
            }
            // A mask of zero says nothing, as if the field were left out; of an option, that it is there.
            guard entry.mask != 0 || entry.field.isVariableLength else { continue }
            tracker.note(entry)
            value.entries.append(entry)
        }
    }

    /// A tunnel metadata option of more than 16 bytes, if one comes next; `insert` notes its field and says whether it
    /// is new.
    mutating func longEntry(into match: inout Match, _ insert: (MatchField) -> Bool) throws(WireError) -> Bool {
        let start = self.offset
        guard let option = try self.longEntry(.match) else { return false }
        let field =
            switch option {
            case .short(let entry): entry.field
            case .long(let entry): entry.field
            }
        guard insert(field) else { throw .refused(OpenFlowError(.matchDuplicateField, offset: start)) }
        switch option {
        case .short(let entry): match.entries.append(entry)
        case .long(let entry): match.longEntries.append(entry)
        }
        return true
    }

    /// One field, what it presupposes, and whether it had a mask on the wire.
    mutating func entry(
        _ errors: @autoclosure () -> OXMErrors
    ) throws(WireError) -> (entry: MatchEntry, prerequisite: MatchPrerequisite, hasMask: Bool) {
        let start = self.offset
        var header: UInt32 = 0
        try self.field("header", &header)
        let oxmClass = UInt16(truncatingIfNeeded: header >> 16)
        let number = Int(header >> 9 & 0x7f)
        let hasMask = header & 0x100 != 0
        var length = Int(header & 0xff)
        var experimenter: UInt32 = 0
        if oxmClass == OXMIdentifier.experimenterClass {
            guard length >= 4 else { throw .refused(OpenFlowError(errors().length, offset: start)) }
            try self.field("experimenter", &experimenter)
            length -= 4
        }
        guard
            let slot = OXMIndex.shared.slot(oxmClass: oxmClass, number: number, experimenter: experimenter)
        else { throw .refused(OpenFlowError(errors().field, offset: start, value: UInt64(header))) }
        let form = OXMForm.of(oxmClass: oxmClass, number: number)
        let bytes = form.bytes(slot.bytes)
        guard length == (hasMask ? 2 * bytes : bytes) else {
            if slot.field.isVariableLength, let count = OXMForm.variableLength(length, hasMask: hasMask) {
                return try self.variableEntry(slot, bytes: count, hasMask: hasMask, errors())
            }
            throw .refused(
                OpenFlowError(errors().length, offset: start, value: UInt64(length), limit: UInt64(bytes)))
        }
        let value = form.raise(try self.integer(bytes: bytes))
        let all = slot.allOnes
        guard value & ~all == 0 else {
            throw .refused(
                OpenFlowError(errors().value, offset: start, value: UInt64(truncatingIfNeeded: value)))
        }
        guard hasMask else {
            return (MatchEntry(slot.field, value: value, mask: all), slot.prerequisite, false)
        }
        let mask = form.raise(try self.integer(bytes: bytes)) & all
        // Set-field only loses the bits that its mask leaves alone (as Open vSwitch has it).
        let given = errors().ignoresExcess ? value & mask : value
        guard given & ~mask == 0 else { throw .refused(OpenFlowError(errors().wildcards, offset: start)) }
        guard slot.isMaskable || mask == all || mask == 0 else {
            throw .refused(OpenFlowError(errors().mask, offset: start))
        }
        return (MatchEntry(slot.field, value: given, mask: mask), slot.prerequisite, true)
    }

    mutating func setField(_ value: inout MatchEntry) throws(WireError) {
        let start = self.offset
        let (entry, _, hasMask) = try self.entry(.setField)
        guard !hasMask || self.version >= .v1_5 else {
            throw .refused(OpenFlowError(.actionBadSetMask, offset: start))
        }
        guard entry.field.isWritable else { throw .refused(OpenFlowError(.actionBadSetArgument, offset: start)) }
        value = entry
    }

    mutating func header(_ value: inout FeatureField) throws(WireError) {
        var header: UInt32 = 0
        try self.field("header", &header)
        let oxmClass = UInt16(truncatingIfNeeded: header >> 16)
        var experimenter: UInt32 = 0
        if oxmClass == OXMIdentifier.experimenterClass { try self.field("experimenter", &experimenter) }
        value = FeatureField(
            identifier: OXMIdentifier(
                oxmClass: oxmClass, number: UInt8(header >> 9 & 0x7f), experimenter: experimenter),
            hasMask: header & 0x100 != 0, length: UInt8(header & 0xff))
    }
}

extension WireWriter {
    mutating func match(_ value: inout Match) throws(WireError) {
        self.transportProtocol = value.exactValue(of: .ipProtocol).map { UInt8(truncatingIfNeeded: $0) }
        switch self.version.matchLayout {
        case .fixed10: try self.match10(value)
        case .fixed11: try self.match11(value)
        case .extensible: try self.fields(&value)
        }
    }

    mutating func fields(_ value: inout Match) throws(WireError) {
        var frame = self.begin(.match)
        try self.constant("type", 1 as UInt16)
        try self.length(&frame)
        for entry in value.entries { try self.entry(entry) }
        try self.longEntries(value.longEntries)
        try self.end(frame, padding: .uncounted)
    }

    /// One field; a mask is written only where bits are left out.
    mutating func entry(_ entry: MatchEntry) throws(WireError) {
        guard let name = entry.field.identifier(in: self.version) else {
            throw .inexpressible(.matchField(entry.field))
        }
        try self.entry(entry, named: name)
    }

    /// One field by the name given.
    mutating func entry(_ entry: MatchEntry, named name: OXMIdentifier) throws(WireError) {
        if entry.field.isVariableLength { return try self.variableEntry(entry, named: name) }
        let form = OXMForm.of(oxmClass: name.oxmClass, number: Int(name.number))
        let bytes = form.bytes(UInt8(truncatingIfNeeded: entry.field.widthBytes))
        let hasMask = !entry.isExact
        var value = entry.value
        if case .narrowPort = form {
            let port = PortNumber(rawValue: UInt32(truncatingIfNeeded: value))
            guard let narrow = port.rawValue16 else { throw .inexpressible(.port(port)) }
            value = UInt128(narrow)
        }
        try self.header(name, hasMask: hasMask, length: hasMask ? 2 * bytes : bytes)
        self.integer(value, bytes: bytes)
        if hasMask { self.integer(entry.mask, bytes: bytes) }
    }

    mutating func header(_ name: OXMIdentifier, hasMask: Bool, length: Int) throws(WireError) {
        let isExperimenter = name.oxmClass == OXMIdentifier.experimenterClass
        let total = UInt32(truncatingIfNeeded: length + (isExperimenter ? 4 : 0)) & 0xff
        let high = UInt32(name.oxmClass) << 16 | UInt32(name.number) << 9
        try self.constant("header", high | (hasMask ? 0x100 : 0) | total)
        if isExperimenter { try self.constant("experimenter", name.experimenter) }
    }

    mutating func setField(_ value: inout MatchEntry) throws(WireError) { try self.entry(value) }

    mutating func header(_ value: inout FeatureField) throws(WireError) {
        let isExperimenter = value.identifier.oxmClass == OXMIdentifier.experimenterClass
        try self.header(
            value.identifier, hasMask: value.hasMask, length: Int(value.length) - (isExperimenter ? 4 : 0))
    }
}
