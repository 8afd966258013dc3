extension MatchField {
    /// What is known about one field.
    struct Row: Sendable {
        /// Properties that a field has or lacks.
        struct Traits: OptionSet, Sendable {
            let rawValue: UInt8
            /// A match may leave out bits of the field.
            static let maskable = Traits(rawValue: 1)
            /// Actions may set the field.
            static let writable = Traits(rawValue: 2)
        }

        let field: MatchField
        let name: StaticString
        let bits: UInt8
        let bytes: UInt8
        let traits: Traits
        let prerequisite: MatchPrerequisite
        /// The name in OpenFlow's own classes and the version that brought it.
        let oxm: OXMIdentifier?
        let since: OpenFlowVersion
        /// The name in Nicira's or an experimenter's class; no version restricts those.
        let nicira: OXMIdentifier?

        init(
            _ field: MatchField, _ name: StaticString, bits: UInt8, bytes: UInt8, _ traits: Traits,
            _ prerequisite: MatchPrerequisite, oxm: OXMIdentifier? = nil, since: OpenFlowVersion = .v1_2,
            nicira: OXMIdentifier? = nil
        ) {
            self.field = field
            self.name = name
            self.bits = bits
            self.bytes = bytes
            self.traits = traits
            self.prerequisite = prerequisite
            self.oxm = oxm
            self.since = since
            self.nicira = nicira
        }
    }

    /// This field's row.
    var row: Row { Self.table[Int(self.rawValue)] }

    /// How many bits are significant.
    public var width: Int { Int(self.row.bits) }
    /// How many bytes a value takes in an OXM entry.
    public var widthBytes: Int { Int(self.row.bytes) }
    /// The mask that means an exact match: as many ones as the field is wide.
    public var allOnes: UInt128 { UInt128.max >> UInt128(128 - Int(self.row.bits)) }
    /// Whether a match may leave out bits of the field.
    public var isMaskable: Bool { self.row.traits.contains(.maskable) }
    /// Whether actions may set the field.
    public var isWritable: Bool { self.row.traits.contains(.writable) }
    /// What a match must have said before it may name this field.
    public var prerequisite: MatchPrerequisite { self.row.prerequisite }
    /// The name in text, as in ovs-fields(7).
    public var name: String { "\(self.row.name)" }
    /// The version whose specification brought the field, or nil where only extensions have it.
    public var since: OpenFlowVersion? { self.row.oxm == nil ? nil : self.row.since }

    /// Register `index`, 0…31, of 32 bits; nil beyond.
    public static func register(_ index: Int) -> MatchField? {
        (0..<32).contains(index)
            ? MatchField(rawValue: MatchField.register0.rawValue + UInt8(index)) : nil
    }
}
