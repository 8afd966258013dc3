import NetworkTypes

// Nicira's actions that read and write bits of fields.
extension Action {
    mutating func describeMove(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var copy = CopyField(
            bitCount: 1, source: .inPort, sourceOffset: 0, destination: .register0, destinationOffset: 0)
        if case .copyField(let value) = self { copy = value }
        try wire.field("bitCount", &copy.bitCount)
        try wire.field("sourceOffset", &copy.sourceOffset)
        try wire.field("destinationOffset", &copy.destinationOffset)
        try wire.field("source", &copy.source)
        try wire.field("destination", &copy.destination)
        try copy.check(wire)
        self = .copyField(copy)
    }

    /// The ONF's COPY_FIELD for 1.3 and 1.4: only read, since Nicira's move says the same.
    mutating func describeONFCopyField(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        guard (OpenFlowVersion.v1_3 ... .v1_4).contains(wire.version) else {
            throw wire.refusal(.actionBadExperimenterType, value: UInt64(NiciraActionType.onfCopyField))
        }
        try wire.reserved(2)
        try self.describeCopyField(to: &wire)
    }

    /// reg_load: at most 64 bits into a slice.
    ///
    /// NXM's 16-bit ingress port and its type-of-service byte are raised to the fields they are part of.
    mutating func describeLoad(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        guard wire.isReading else { return try self.writeLoad(to: &wire) }
        var (range, value) = (UInt16(0), UInt64(0))
        try wire.field("range", &range)
        let (field, form) = try wire.shortField()
        try wire.field("value", &value)
        var slice = FieldSlice(field, range: range)
        guard slice.bitCount == 64 || value >> UInt64(slice.bitCount) == 0 else {
            throw wire.refusal(.actionBadArgument, value: value)
        }
        switch form {
        case .plain: break
        case .narrowPort:
            guard slice.offset == 0, slice.bitCount == 16 else { break }
            slice.bitCount = 32
            value = UInt64(PortNumber(rawValue16: UInt16(truncatingIfNeeded: value)).rawValue)
        case .typeOfService:
            guard slice.offset == 0, slice.bitCount == 8, value & 3 == 0 else {
                throw wire.refusal(.actionBadArgument, value: value)
            }
            slice.bitCount = 6
            value >>= 2
        }
        try slice.check(isDestination: true, wire)
        self = .load(UInt128(value), into: slice)
    }

    /// An entry of a tunnel metadata option of more than 16 bytes, if one comes next or is to be written.
    mutating func describeLongField(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable, anyMask: Bool
    ) throws(WireError) -> Bool {
        var option: FieldValue?
        if case .setLongField(let entry) = self { option = .long(entry) }
        try wire.longField(&option, anyMask: anyMask)
        switch option {
        case .long(let entry): self = .setLongField(entry)
        case .short(let entry): self = .setField(entry)
        case nil: return false
        }
        return true
    }

    /// The action that puts bits, right-aligned, into a slice, which lies within its field.
    package static func load(_ bits: UInt128, into slice: FieldSlice) -> Action {
        if let entry = LongMatchEntry(slice, bits: bits) { return .setLongField(entry) }
        var entry = MatchEntry(slice.field, value: bits << UInt128(slice.offset), mask: slice.mask)
        entry.isPartial = slice.field.isVariableLength && entry.namesWholeBytes
        return .setField(entry)
    }

    private func writeLoad(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var action = self
        // 1.0 has no action of its own for this.
        if case .setNetworkTTL(let ttl) = self { action = .setField(.ipTTL, value: UInt128(ttl), mask: 0xff) }
        guard case .setField(let entry) = action, let slice = FieldSlice(entry.field, mask: entry.mask) else { return }
        var number = UInt64(truncatingIfNeeded: entry.value >> UInt128(slice.offset))
        var range = slice.range
        if entry.field == .inPort, entry.isExact {
            let port = PortNumber(rawValue: UInt32(truncatingIfNeeded: entry.value))
            guard let narrow = port.rawValue16 else { throw .inexpressible(.port(port)) }
            (number, range) = (UInt64(narrow), 15)
        }
        try wire.constant("range", range)
        try wire.shortField(entry.field)
        try wire.constant("value", number)
    }

    /// reg_load2: an OXM entry, which may have a mask in any version.
    ///
    /// It follows the subtype at once, at a place that is no multiple of four (Open vSwitch, NXAST_REG_LOAD2).
    mutating func describeLoad2(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        if try self.describeLongField(to: &wire, anyMask: true) { return }
        var entry = MatchEntry(.register0, value: 0, mask: MatchField.register0.allOnes)
        if case .setField(let field) = self { entry = field }
        try wire.maskedField(&entry)
        self = .setField(entry)
    }

    /// output_reg, whose field has a header of four bytes, and output_reg2, where it may be an experimenter's.
    mutating func describeOutputField(
        _ type: NiciraActionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var slice = FieldSlice(.register0, offset: 0, bitCount: 32)
        var maximumLength: UInt16 = 0
        if case .outputField(let value, let length) = self { (slice, maximumLength) = (value, length) }
        var range = slice.range
        try wire.field("range", &range)
        if type == .outputRegister {
            try wire.shortField(&slice.field)
            try wire.field("maximumLength", &maximumLength)
            try wire.reserved(6)
        } else {
            try wire.field("maximumLength", &maximumLength)
            try wire.field("source", &slice.field)
            try wire.reserved(6, after: slice.field)
        }
        slice = FieldSlice(slice.field, range: range)
        try slice.check(isDestination: false, wire)
        self = .outputField(slice, maximumLength: maximumLength)
    }

    mutating func describeStack(
        _ type: NiciraActionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var slice = FieldSlice(.register0, offset: 0, bitCount: 32)
        switch self {
        case .pushStack(let value), .popStack(let value): slice = value
        default: break
        }
        try wire.field("offset", &slice.offset)
        try wire.field("field", &slice.field)
        try wire.field("bitCount", &slice.bitCount)
        try wire.reserved(6, after: slice.field)
        try slice.check(isDestination: type == .stackPop, wire)
        self = type == .stackPop ? .popStack(slice) : .pushStack(slice)
    }

    mutating func describeCheckPacketLarger(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var length: UInt16 = 0
        var slice = FieldSlice(.register0, offset: 0, bitCount: 1)
        if case .checkPacketLarger(let value, let result) = self { (length, slice) = (value, result) }
        try wire.field("length", &length)
        try wire.field("offset", &slice.offset)
        try wire.field("result", &slice.field)
        try wire.reserved(6, after: slice.field)
        slice.bitCount = 1
        try slice.check(isDestination: true, wire)
        self = .checkPacketLarger(length: length, result: slice)
    }

    mutating func describeDeleteField(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var field = MatchField.register0
        if case .deleteField(let value) = self { field = value }
        try wire.field("field", &field)
        try wire.reserved(10, after: field)
        self = .deleteField(field)
    }
}
