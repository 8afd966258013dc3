/// The extensible list of counters of 1.5, OXS (§7.2.4): two reserved bytes, a length that includes these
/// four bytes and excludes the padding to eight, then fields with a header as in OXM, of class 0x8002.
struct ExtensibleStatistics: WireStructure {
    var durationSeconds: UInt32?
    var durationNanoseconds: UInt32?
    var idleSeconds: UInt32?
    var flowCount: UInt32?
    var packetCount: UInt64?
    var byteCount: UInt64?

    init() {}
    init(
        durationSeconds: UInt32? = nil, durationNanoseconds: UInt32? = nil, idleSeconds: UInt32? = nil,
        flowCount: UInt32? = nil, packetCount: UInt64? = nil, byteCount: UInt64? = nil
    ) {
        self.durationSeconds = durationSeconds
        self.durationNanoseconds = durationNanoseconds
        self.idleSeconds = idleSeconds
        self.flowCount = flowCount
        self.packetCount = packetCount
        self.byteCount = byteCount
    }

    /// The fields by number: duration, idle time, flow count, packet count, byte count.
    private enum Field: UInt32, CaseIterable {
        case duration = 0
        case idle = 1
        case flows = 3
        case packets = 4
        case bytes = 5

        var bytesOnWire: UInt32 { self == .flows ? 4 : 8 }
    }

    private func has(_ field: Field) -> Bool {
        switch field {
        case .duration: self.durationSeconds != nil
        case .idle: self.idleSeconds != nil
        case .flows: self.flowCount != nil
        case .packets: self.packetCount != nil
        case .bytes: self.byteCount != nil
        }
    }

    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var frame = wire.begin(.match)
        try wire.reserved(2)
        try wire.length(&frame, excluding: 0)
        if wire.isReading {
            while wire.remaining > 0 { try self.readField(&wire) }
        } else {
            for field in Field.allCases where self.has(field) {
                try wire.constant("header", 0x8002_0000 | field.rawValue << 9 | field.bytesOnWire)
                try self.describe(field, to: &wire)
            }
        }
        try wire.end(frame, padding: .uncounted)
    }

    private mutating func readField(
        _ wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var header: UInt32 = 0
        try wire.field("header", &header)
        let length = header & 0xff
        guard header >> 16 == 0x8002, let field = Field(rawValue: header >> 9 & 0x7f) else {
            // A counter that nobody here knows is passed over.
            return try wire.reserved(Int(length))
        }
        guard length == field.bytesOnWire else { throw wire.refusal(.matchBadLength, value: UInt64(length)) }
        try self.describe(field, to: &wire)
    }

    private mutating func describe(
        _ field: Field, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        switch field {
        case .duration:
            try Self.optional("durationSeconds", &self.durationSeconds, &wire)
            try Self.optional("durationNanoseconds", &self.durationNanoseconds, &wire)
        case .idle:
            try Self.optional("idleSeconds", &self.idleSeconds, &wire)
            try wire.reserved(4)
        case .flows: try Self.optional("flowCount", &self.flowCount, &wire)
        case .packets: try Self.optional("packetCount", &self.packetCount, &wire)
        case .bytes: try Self.optional("byteCount", &self.byteCount, &wire)
        }
    }

    private static func optional<T: WireInteger>(
        _ name: StaticString, _ value: inout T?, _ wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var raw = value ?? 0
        try raw.visit(name, by: &wire)
        value = raw
    }
}
