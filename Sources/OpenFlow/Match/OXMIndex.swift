/// Finds the field that an OXM header names, in flat arrays made once from ``MatchField/table``.
struct OXMIndex: Sendable {
    static let shared = OXMIndex()

    private var basic = [UInt8](repeating: .max, count: 128)
    private var nicira0 = [UInt8](repeating: .max, count: 128)
    private var nicira1 = [UInt8](repeating: .max, count: 128)
    private var registers = [UInt8](repeating: .max, count: 128)
    private var others: [OXMIdentifier: UInt8] = [:]

    private init() {
        for row in MatchField.table {
            if let name = row.oxm { self.add(name, row.field) }
            if let name = row.nicira { self.add(name, row.field) }
        }
        for (name, field) in MatchField.aliases { self.add(name, field) }
    }

    private mutating func add(_ name: OXMIdentifier, _ field: MatchField) {
        let number = Int(name.number)
        switch name.oxmClass {
        case 0x8000: self.basic[number] = field.rawValue
        case 0x0000: self.nicira0[number] = field.rawValue
        case 0x0001: self.nicira1[number] = field.rawValue
        case 0x8001: self.registers[number] = field.rawValue
        default: self.others[name] = field.rawValue
        }
    }

    /// The field of a name, nil where there is none.
    func field(oxmClass: UInt16, number: Int, experimenter: UInt32) -> MatchField? {
        let raw: UInt8
        switch oxmClass {
        case 0x8000: raw = self.basic[number & 0x7f]
        case 0x0000: raw = self.nicira0[number & 0x7f]
        case 0x0001: raw = self.nicira1[number & 0x7f]
        case 0x8001: raw = self.registers[number & 0x7f]
        default:
            let name = OXMIdentifier(
                oxmClass: oxmClass, number: UInt8(number & 0x7f), experimenter: experimenter)
            raw = self.others[name] ?? .max
        }
        return MatchField(rawValue: raw)
    }
}

extension MatchField {
    /// Names beyond the two of the table: ONF's experimenter forms, and NXM fields that say part of another field.
    static let aliases: [(OXMIdentifier, MatchField)] = [
        (.onf(42), .tcpFlags), (.onf(43), .actionSetOutput), (.nicira0(5), .ipDSCP),
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
    func bytes(_ field: MatchField) -> Int {
        if case .narrowPort = self { return 2 }
        return field.widthBytes
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
