/// Finds the field that an OXM header names, in one flat array made once from ``MatchField/table``.
struct OXMIndex: Sendable {
    /// A field and what reading it needs, together so that one load gets all.
    struct Slot: Sendable {
        let field: MatchField
        let bits: UInt8
        let bytes: UInt8
        let isMaskable: Bool
        let prerequisite: MatchPrerequisite

        init(_ field: MatchField) {
            let row = field.row
            self.field = field
            self.bits = row.bits
            self.bytes = row.bytes
            self.isMaskable = row.traits.contains(.maskable)
            self.prerequisite = row.prerequisite
        }
        /// As many ones as the field is wide.
        var allOnes: UInt128 { UInt128.max >> UInt128(128 - Int(self.bits)) }
    }

    static let shared = OXMIndex()

    /// The classes without experimenters, 128 numbers each: basic, NXM_OF, NXM_NX, packet registers.
    private var slots = [Slot?](repeating: nil, count: 4 * 128)
    private var others: [OXMIdentifier: Slot] = [:]

    private init() {
        for row in MatchField.table {
            if let name = row.oxm { self.add(name, row.field) }
            if let name = row.nicira { self.add(name, row.field) }
        }
        for (name, field) in MatchField.aliases { self.add(name, field) }
    }

    /// Where the class begins; nil for the others.
    private static func base(_ oxmClass: UInt16) -> Int? {
        switch oxmClass {
        case 0x8000: 0
        case 0x0000: 128
        case 0x0001: 256
        case 0x8001: 384
        default: nil
        }
    }

    private mutating func add(_ name: OXMIdentifier, _ field: MatchField) {
        if let base = Self.base(name.oxmClass) {
            self.slots[base + Int(name.number & 0x7f)] = Slot(field)
        } else {
            self.others[name] = Slot(field)
        }
    }

    /// The field of a name and what reading it needs, nil where there is none.
    func slot(oxmClass: UInt16, number: Int, experimenter: UInt32) -> Slot? {
        if let base = Self.base(oxmClass) { return self.slots[base + (number & 0x7f)] }
        let name = OXMIdentifier(
            oxmClass: oxmClass, number: UInt8(number & 0x7f), experimenter: experimenter)
        return self.others[name]
    }

    /// The field of a name, nil where there is none.
    func field(oxmClass: UInt16, number: Int, experimenter: UInt32) -> MatchField? {
        self.slot(oxmClass: oxmClass, number: number, experimenter: experimenter)?.field
    }
}

extension MatchField {
    /// Names beyond the two of the table: ONF's experimenter forms, and NXM fields that say part of another
    /// field.
    static let aliases: [(OXMIdentifier, MatchField)] = [
        (.onf(42), .tcpFlags), (.onf(43), .actionSetOutput), (.nicira0(5), .ipDSCP),
        (.niciraExperimenter(0), .datapathHash),
    ]

    /// The name to write in a version.
    func identifier(in version: OpenFlowVersion) -> OXMIdentifier? {
        let row = self.row
        if let name = row.oxm, version >= row.since { return name }
        if self == .tcpFlags, version >= .v1_3 { return .onf(42) }
        return row.nicira ?? row.oxm
    }
}

/// How the value in an OXM entry differs from the field's own value.
enum OXMForm: Sendable {
    /// Not at all.
    case plain
    /// A port number in 16 bits (NXM_OF_IN_PORT).
    case narrowPort
    /// The whole type-of-service byte (NXM_OF_IP_TOS) for the DSCP.
    case typeOfService

    /// The form of a name.
    static func of(oxmClass: UInt16, number: Int) -> OXMForm {
        guard oxmClass == 0 else { return .plain }
        switch number {
        case 0: return .narrowPort
        case 5: return .typeOfService
        default: return .plain
        }
    }
    /// How many bytes a value takes.
    func bytes(_ fieldBytes: UInt8) -> Int {
        if case .narrowPort = self { return 2 }
        return Int(fieldBytes)
    }
    /// The field's value from the one on the wire.
    func raise(_ wire: UInt128) -> UInt128 {
        switch self {
        case .plain: wire
        case .narrowPort: UInt128(PortNumber(rawValue16: UInt16(truncatingIfNeeded: wire)).rawValue)
        case .typeOfService: wire >> 2
        }
    }
}
