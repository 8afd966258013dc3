/// Which tunnel option goes into which metadata field (Nicira): Geneve option class and type to `tun_metadata`N.
@frozen public struct TLVMapping: Hashable, Sendable {
    /// The option's class.
    public var optionClass: UInt16
    /// The option's type.
    public var optionType: UInt8
    /// The length of the option's value in bytes: a multiple of four from 4 to 124.
    public var optionLengthBytes: UInt8
    /// The number of the `tun_metadata` field.
    public var fieldIndex: UInt16

    /// Makes a mapping.
    public init(optionClass: UInt16 = 0, optionType: UInt8 = 0, optionLengthBytes: UInt8 = 0, fieldIndex: UInt16 = 0) {
        self.optionClass = optionClass
        self.optionType = optionType
        self.optionLengthBytes = optionLengthBytes
        self.fieldIndex = fieldIndex
    }
}

/// Changes the table of tunnel options (Nicira's subtype 24).
public struct TLVTableMod: Hashable, Sendable {
    /// What to do.
    public enum Command: UInt16, CaseIterable, Hashable, Sendable {
        /// Adds mappings.
        case add = 0
        /// Removes mappings; only the field counts, and what is not mapped is ignored.
        case delete = 1
        /// Removes every mapping.
        case clear = 2
    }
    /// What to do.
    public var command: Command = .add
    /// The mappings.
    public var mappings: [TLVMapping] = []

    /// Makes a value; every property has a default.
    public init(command: Command = .add, mappings: [TLVMapping] = []) {
        self.command = command
        self.mappings = mappings
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// The table of tunnel options (Nicira's subtype 26).
public struct TLVTableReply: Hashable, Sendable {
    /// How many bytes of options there may be.
    public var maximumOptionSpaceBytes: UInt32 = 0
    /// How many mappings there may be.
    public var maximumFields: UInt16 = 0
    /// The mappings.
    public var mappings: [TLVMapping] = []

    /// Makes a value; every property has a default.
    public init(maximumOptionSpaceBytes: UInt32 = 0, maximumFields: UInt16 = 0, mappings: [TLVMapping] = []) {
        self.maximumOptionSpaceBytes = maximumOptionSpaceBytes
        self.maximumFields = maximumFields
        self.mappings = mappings
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension TLVMapping: WireStructure {
    init() { self.init(optionClass: 0, optionType: 0, optionLengthBytes: 0, fieldIndex: 0) }
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("optionClass", &self.optionClass)
        try wire.field("optionType", &self.optionType)
        try wire.field("optionLength", &self.optionLengthBytes)
        try wire.field("fieldIndex", &self.fieldIndex)
        try wire.reserved(2)
    }
}

extension TLVTableMod: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.code("command", &self.command, absent: .tlvTableBadCommand)
        try wire.reserved(6)
        try wire.list("mappings", &self.mappings)
        guard wire.isReading else { return }
        var (fields, options): (Set<UInt16>, Set<UInt32>) = ([], [])
        for mapping in self.mappings {
            guard mapping.fieldIndex < 64 else {
                throw wire.refusal(.tlvTableBadFieldIndex, value: UInt64(mapping.fieldIndex), limit: 63)
            }
            let length = mapping.optionLengthBytes
            guard length % 4 == 0, length <= 124, length > 0 || self.command != .add else {
                throw wire.refusal(.tlvTableBadOptionLength, value: UInt64(length), limit: 124)
            }
            // What is there already only the switch knows; that a message contradicts itself shows here.
            guard self.command == .add else { continue }
            let option = UInt32(mapping.optionClass) << 8 | UInt32(mapping.optionType)
            guard options.insert(option).inserted else {
                throw wire.refusal(.tlvTableDuplicateEntry, value: UInt64(option))
            }
            guard fields.insert(mapping.fieldIndex).inserted else {
                throw wire.refusal(.tlvTableAlreadyMapped, value: UInt64(mapping.fieldIndex))
            }
        }
    }
}

extension TLVTableReply: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("maximumOptionSpace", &self.maximumOptionSpaceBytes)
        try wire.field("maximumFields", &self.maximumFields)
        try wire.reserved(10)
        try wire.list("mappings", &self.mappings)
    }
}
