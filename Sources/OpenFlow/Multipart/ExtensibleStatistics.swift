/// The extensible list of counters of 1.5, OXS (§7.2.4); as thresholds of STAT_TRIGGER, what is nil is no threshold.
///
/// On the wire two reserved bytes, a length that includes these four bytes and excludes the padding to eight, then
/// fields
/// with a header as in OXM, of class 0x8002.
public struct ExtensibleStatistics: Hashable, Sendable {
    /// A counter that this module does not know, kept byte for byte.
    public struct Unknown: Hashable, Sendable {
        /// Class, number and length as in the header of an OXM field.
        public var header: UInt32
        /// What follows, experimenter included.
        public var body: [UInt8]
    }
    /// The age: whole seconds.
    public var durationSeconds: UInt32?
    /// The age: nanoseconds beyond the seconds; written only beside the seconds.
    public var durationNanoseconds: UInt32?
    /// Whole seconds since the last packet.
    public var idleSeconds: UInt32?
    /// Nanoseconds beyond ``idleSeconds``; written only beside them.
    public var idleNanoseconds: UInt32?
    /// How many flows.
    public var flowCount: UInt32?
    /// Packets matched.
    public var packetCount: UInt64?
    /// Bytes matched.
    public var byteCount: UInt64?
    /// Any other counters; written after the ones above.
    public var others: [Unknown] = []

    /// Makes a list that says nothing.
    public init() {}

    /// Makes a list; what is nil is left out.
    public init(
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
}

extension ExtensibleStatistics: WireStructure {
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
            // What was there before is no counter that came.
            self = ExtensibleStatistics()
            while wire.remaining > 0 { try self.readField(&wire) }
        } else {
            for field in Field.allCases where self.has(field) {
                try wire.constant("header", 0x8002_0000 | field.rawValue << 9 | field.bytesOnWire)
                try self.describe(field, to: &wire)
            }
            for var other in self.others {
                try wire.constant("header", other.header)
                try wire.rest("body", &other.body)
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
            var body: [UInt8] = []
            for _ in 0..<length {
                var octet: UInt8 = 0
                try wire.field("body", &octet)
                body.append(octet)
            }
            return self.others.append(Unknown(header: header, body: body))
        }
        guard length == field.bytesOnWire else { throw wire.refusal(.matchBadLength, value: UInt64(length)) }
        guard !self.has(field) else { throw wire.refusal(.matchDuplicateField, value: UInt64(field.rawValue)) }
        try self.describe(field, to: &wire)
    }

    private mutating func describe(
        _ field: Field, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        switch field {
        case .duration:
            try wire.optional("durationSeconds", &self.durationSeconds)
            try wire.optional("durationNanoseconds", &self.durationNanoseconds)
        case .idle:
            try wire.optional("idleSeconds", &self.idleSeconds)
            try wire.optional("idleNanoseconds", &self.idleNanoseconds)
        case .flows: try wire.optional("flowCount", &self.flowCount)
        case .packets: try wire.optional("packetCount", &self.packetCount)
        case .bytes: try wire.optional("byteCount", &self.byteCount)
        }
    }
}
