// Flows in a FLOW reply, written quickly: flows that match the same fields differ in numbers only, which are put into a
// copy of the first. `FlowStatisticsEntry.describe(to:)` says what the bytes are; a test compares the two.

/// The numbers of a flow in a FLOW reply; see ``FlowStatisticsEntry``.
public struct FlowEntryNumbers: Sendable {
    /// The table.
    public var tableID: TableID
    /// The age: whole seconds.
    public var durationSeconds: UInt32
    /// The age: nanoseconds beyond the seconds.
    public var durationNanoseconds: UInt32
    /// Seconds since the last packet (1.5).
    public var idleSeconds: UInt32
    /// The priority.
    public var priority: UInt16
    /// The idle timeout in seconds.
    public var idleTimeoutSeconds: UInt16
    /// The hard timeout in seconds.
    public var hardTimeoutSeconds: UInt16
    /// The flags (1.3 and later).
    public var flags: FlowMod.Flags
    /// The importance (1.4 and later).
    public var importance: UInt16
    /// The cookie.
    public var cookie: Cookie
    /// Packets matched.
    public var packetCount: UInt64
    /// Bytes matched.
    public var byteCount: UInt64

    /// Makes a value; see the properties.
    public init(
        tableID: TableID, durationSeconds: UInt32, durationNanoseconds: UInt32, idleSeconds: UInt32, priority: UInt16,
        idleTimeoutSeconds: UInt16, hardTimeoutSeconds: UInt16, flags: FlowMod.Flags, importance: UInt16,
        cookie: Cookie, packetCount: UInt64, byteCount: UInt64
    ) {
        self.tableID = tableID
        self.durationSeconds = durationSeconds
        self.durationNanoseconds = durationNanoseconds
        self.idleSeconds = idleSeconds
        self.priority = priority
        self.idleTimeoutSeconds = idleTimeoutSeconds
        self.hardTimeoutSeconds = hardTimeoutSeconds
        self.flags = flags
        self.importance = importance
        self.cookie = cookie
        self.packetCount = packetCount
        self.byteCount = byteCount
    }
}

/// What the entries of a FLOW reply for flows of one kind have in common: those that match the same fields under
/// the same masks.
public struct FlowEntryForm: Sendable {
    /// Where the value of a match field goes.
    public struct Place: Sendable {
        /// The field.
        public let field: MatchField
        /// Bytes from the start of the entry.
        public let offset: Int
        /// How many bytes, big-endian.
        public let byteCount: Int
    }

    /// Where the values of the match go.
    public let places: [Place]
    /// The entry of the example, without instructions.
    let bytes: [UInt8]
    /// Where the match begins.
    let matchOffset: Int
    /// Where the counters of 1.5 begin: behind the match.
    let statisticsOffset: Int
    private let version: OpenFlowVersion

    /// Makes the form of flows like `example`; nil where some field of its match is not written as a plain number.
    ///
    /// - Throws: what the version cannot say of the example.
    public init?(_ example: FlowStatisticsEntry, version: OpenFlowVersion) throws(Inexpressible) {
        guard example.match.longEntries.isEmpty else { return nil }
        var example = example
        example.instructions = []
        var writer = WireWriter(appendingTo: [], version: version)
        do throws(WireError) {
            try example.describe(to: &writer)
        } catch {
            throw error.inexpressible
        }
        self.bytes = writer.finish()
        self.version = version
        switch version {
        case .v1_0: self.matchOffset = 4
        case .v1_5: self.matchOffset = 24
        default: self.matchOffset = 48
        }
        guard let (places, end) = Self.places(of: example.match, from: self.matchOffset, in: version) else {
            return nil
        }
        self.places = places
        self.statisticsOffset = end
    }

    private static func places(
        of match: Match, from start: Int, in version: OpenFlowVersion
    ) -> (places: [Place], end: Int)? {
        var places: [Place] = []
        guard version >= .v1_2 else {
            guard version == .v1_0 else { return nil }
            for entry in match.entries {
                guard let place = Self.place10(of: entry.field, from: start) else { return nil }
                places.append(place)
            }
            return (places, start + 40)
        }
        var offset = start + 4
        for entry in match.entries {
            guard let name = entry.field.identifier(in: version), name.experimenter == 0,
                case .plain = OXMForm.of(oxmClass: name.oxmClass, number: Int(name.number))
            else { return nil }
            let count = entry.field.widthBytes
            places.append(Place(field: entry.field, offset: offset + 4, byteCount: count))
            offset += 4 + (entry.isExact ? count : 2 * count)
        }
        return (places, start + (offset - start + 7) / 8 * 8)
    }

    /// The fields of the match of 1.0 that it says as they are (1.0 §5.2.3).
    private static func place10(of field: MatchField, from start: Int) -> Place? {
        switch field {
        // The low half of the number: ports above are told apart by the caller.
        case .inPort: Place(field: field, offset: start + 4, byteCount: 2)
        case .ethernetSource: Place(field: field, offset: start + 6, byteCount: 6)
        case .ethernetDestination: Place(field: field, offset: start + 12, byteCount: 6)
        case .etherType: Place(field: field, offset: start + 22, byteCount: 2)
        case .ipProtocol: Place(field: field, offset: start + 25, byteCount: 1)
        case .ipv4Source: Place(field: field, offset: start + 28, byteCount: 4)
        case .ipv4Destination: Place(field: field, offset: start + 32, byteCount: 4)
        case .tcpSource, .udpSource: Place(field: field, offset: start + 36, byteCount: 2)
        case .tcpDestination, .udpDestination: Place(field: field, offset: start + 38, byteCount: 2)
        default: nil
        }
    }

    /// Writes a flow's numbers into its entry.
    func write(_ numbers: FlowEntryNumbers, into entry: UnsafeMutableRawPointer) {
        switch self.version {
        case .v1_0:
            entry.put(numbers.tableID.rawValue, at: 2)
            entry.put(numbers.durationSeconds, at: 44)
            entry.put(numbers.durationNanoseconds, at: 48)
            entry.put(numbers.priority, at: 52)
            entry.put(numbers.idleTimeoutSeconds, at: 54)
            entry.put(numbers.hardTimeoutSeconds, at: 56)
            entry.put(numbers.cookie.rawValue, at: 64)
            entry.put(numbers.packetCount, at: 72)
            entry.put(numbers.byteCount, at: 80)
        case .v1_5:
            entry.put(numbers.tableID.rawValue, at: 4)
            entry.put(numbers.priority, at: 6)
            entry.put(numbers.idleTimeoutSeconds, at: 8)
            entry.put(numbers.hardTimeoutSeconds, at: 10)
            entry.put(numbers.flags.rawValue, at: 12)
            entry.put(numbers.importance, at: 14)
            entry.put(numbers.cookie.rawValue, at: 16)
            entry.put(numbers.durationSeconds, at: self.statisticsOffset + 8)
            entry.put(numbers.durationNanoseconds, at: self.statisticsOffset + 12)
            entry.put(numbers.idleSeconds, at: self.statisticsOffset + 20)
            entry.put(numbers.packetCount, at: self.statisticsOffset + 32)
            entry.put(numbers.byteCount, at: self.statisticsOffset + 44)
        default:
            entry.put(numbers.tableID.rawValue, at: 2)
            entry.put(numbers.durationSeconds, at: 4)
            entry.put(numbers.durationNanoseconds, at: 8)
            entry.put(numbers.priority, at: 12)
            entry.put(numbers.idleTimeoutSeconds, at: 14)
            entry.put(numbers.hardTimeoutSeconds, at: 16)
            if self.version >= .v1_3 { entry.put(numbers.flags.rawValue, at: 18) }
            if self.version >= .v1_4 { entry.put(numbers.importance, at: 20) }
            entry.put(numbers.cookie.rawValue, at: 24)
            entry.put(numbers.packetCount, at: 32)
            entry.put(numbers.byteCount, at: 40)
        }
    }
}

extension UnsafeMutableRawPointer {
    @inline(__always)
    fileprivate func put<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number, at offset: Int) {
        self.storeBytes(of: number.bigEndian, toByteOffset: offset, as: Number.self)
    }
}

extension MultipartReplyWriter {
    /// Appends a flow of the kind of `form`.
    ///
    /// Nothing is appended if it throws, which is where the entry is longer than a message may be.
    /// - Parameters:
    ///   - form: the bytes that flows of its kind share.
    ///   - numbers: what else is the flow's own.
    ///   - instructions: its instructions, in the reply's version.
    ///   - writeMatch: writes the values of the match into the entry, at the form's places.
    public mutating func append(
        _ form: FlowEntryForm, _ numbers: FlowEntryNumbers, instructions: InstructionBytes,
        _ writeMatch: (UnsafeMutableRawPointer) -> Void
    ) throws(Inexpressible) {
        let count = form.bytes.count + instructions.bytes.count
        try self.makeRoom(count)
        self.withEntry(of: count) { entry in
            form.bytes.withUnsafeBytes {
                if let base = $0.baseAddress { entry.copyMemory(from: base, byteCount: $0.count) }
            }
            form.write(numbers, into: entry)
            writeMatch(entry)
            entry.put(UInt16(truncatingIfNeeded: count), at: 0)
            instructions.bytes.withUnsafeBytes {
                guard let base = $0.baseAddress else { return }
                (entry + form.bytes.count).copyMemory(from: base, byteCount: $0.count)
            }
        }
    }
}

/// Instructions as a version writes them at the end of a flow's entry.
public struct InstructionBytes: Sendable {
    let bytes: [UInt8]

    /// Writes instructions down.
    ///
    /// - Parameters:
    ///   - instructions: what to write.
    ///   - version: whose form they get.
    ///   - ipProtocol: the protocol that the flow's match names, if it does: setters of 1.0 are lowered by it.
    /// - Throws: what the version cannot say of them.
    public init(_ instructions: [Instruction], version: OpenFlowVersion, ipProtocol: UInt8?) throws(Inexpressible) {
        var writer = WireWriter(appendingTo: [], version: version)
        writer.transportProtocol = ipProtocol
        var instructions = instructions
        do throws(WireError) {
            try writer.instructions(&instructions)
        } catch {
            throw error.inexpressible
        }
        self.bytes = writer.finish()
    }
}
