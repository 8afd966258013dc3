// A quick way through an ordinary flow_mod. What it cannot read at once, it leaves to `FlowMod.describe(to:)`, which
// gives the same value for the same bytes (a test compares them) and knows every error.

/// What reading an OXM entry of an ordinary match needs.
private struct OrdinaryField {
    /// As many ones as the field is wide.
    var ones: UInt128 = 0
    /// Bytes of the value; 0 where the field is not ordinary.
    var bytes: UInt8 = 0
    var field = MatchField.inPort
    var isMaskable = false
    var prerequisite = MatchPrerequisite.none

    /// Of OpenFlow's basic class, by number.
    static let table: [OrdinaryField] = {
        var table = [OrdinaryField](repeating: OrdinaryField(), count: 128)
        for number in 0..<128 {
            guard let slot = OXMIndex.shared.slot(oxmClass: 0x8000, number: number, experimenter: 0) else { continue }
            table[number] = OrdinaryField(
                ones: slot.allOnes, bytes: slot.bytes, field: slot.field, isMaskable: slot.isMaskable,
                prerequisite: slot.prerequisite)
        }
        return table
    }()
}

extension UnsafeRawBufferPointer {
    /// The big-endian number at an offset, which must leave room for it.
    @inline(__always)
    fileprivate func number<Number: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as _: Number.Type) -> Number {
        Number(bigEndian: self.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }

    /// The big-endian number of 1, 2, 3, 4, 6, 8 or 16 bytes at an offset, which must leave room for it.
    @inline(__always)
    fileprivate func value(_ offset: Int, bytes: Int) -> UInt128 {
        switch bytes {
        case 1: UInt128(self[offset])
        case 2: UInt128(self.number(offset, as: UInt16.self))
        case 4: UInt128(self.number(offset, as: UInt32.self))
        case 6:
            UInt128(
                UInt64(self.number(offset, as: UInt16.self)) << 32 | UInt64(self.number(offset + 2, as: UInt32.self)))
        case 8: UInt128(self.number(offset, as: UInt64.self))
        case 16:
            UInt128(self.number(offset, as: UInt64.self)) << 64 | UInt128(self.number(offset + 8, as: UInt64.self))
        default: UInt128(self[offset]) << 16 | UInt128(self.number(offset + 1, as: UInt16.self))
        }
    }
}

extension FlowMod {
    private static let matchOffset = 48
    /// Where the actions of 1.0 begin.
    private static let actionsOffset10 = 72

    /// The FLOW_MOD in `bytes`, a whole message of 1.3 or later, if all of it is ordinary: the match names fields
    /// of the basic class, each once and after what it presupposes, and nothing is to be refused.
    static func readOrdinary(
        _ bytes: UnsafeRawBufferPointer, version: OpenFlowVersion, cache: DecodingCache
    ) -> FlowMod? {
        guard bytes.count >= Self.matchOffset + 8, let command = Command(rawValue: bytes[25]) else { return nil }
        let flags = bytes.number(44, as: UInt16.self)
        guard flags & ~Flags.known(in: version).rawValue == 0, bytes.number(48, as: UInt16.self) == 1 else {
            return nil
        }
        let matchLength = Int(bytes.number(50, as: UInt16.self))
        let end = Self.matchOffset + matchLength
        let instructionsStart = Self.matchOffset + (matchLength + 7) / 8 * 8
        guard matchLength >= 4, instructionsStart <= bytes.count,
            let match = Self.readOrdinaryMatch(UnsafeRawBufferPointer(rebasing: bytes[Self.matchOffset + 4..<end])),
            let instructions = Self.readOrdinaryInstructions(bytes, from: instructionsStart, version, cache)
        else { return nil }
        return FlowMod(
            cookie: Cookie(rawValue: bytes.number(8, as: UInt64.self)),
            cookieMask: bytes.number(16, as: UInt64.self), tableID: TableID(rawValue: bytes[24]), command: command,
            idleTimeoutSeconds: bytes.number(26, as: UInt16.self),
            hardTimeoutSeconds: bytes.number(28, as: UInt16.self), priority: bytes.number(30, as: UInt16.self),
            bufferID: BufferID(rawValue: bytes.number(32, as: UInt32.self)),
            outPort: PortNumber(rawValue: bytes.number(36, as: UInt32.self)),
            outGroup: GroupID(rawValue: bytes.number(40, as: UInt32.self)), flags: Flags(rawValue: flags),
            importance: version >= .v1_4 ? bytes.number(46, as: UInt16.self) : 0, match: match,
            instructions: instructions)
    }

    /// The FLOW_MOD of 1.0 in `bytes`, a whole message without a table in its command, if nothing in it is to be
    /// refused and nothing follows but instructions that came before.
    static func readOrdinary10(_ bytes: UnsafeRawBufferPointer, cache: DecodingCache) -> FlowMod? {
        guard bytes.count >= Self.actionsOffset10, let command = Command(rawValue: bytes[57]) else { return nil }
        let flags = bytes.number(70, as: UInt16.self)
        guard flags & ~Flags.known(in: .v1_0).rawValue == 0,
            let instructions = Self.readOrdinaryInstructions(bytes, from: Self.actionsOffset10, .v1_0, cache)
        else { return nil }
        // The span lives no longer than this call, and the message does.
        var reader = WireReader(RawSpan(_unsafeBytes: bytes), from: MessageHeader.byteCount, version: .v1_0)
        var match = Match()
        do throws(WireError) {
            try reader.match10(&match)
        } catch {
            return nil
        }
        return FlowMod(
            cookie: Cookie(rawValue: bytes.number(48, as: UInt64.self)),
            tableID: command == .add ? TableID(rawValue: 0) : .all, command: command,
            idleTimeoutSeconds: bytes.number(58, as: UInt16.self),
            hardTimeoutSeconds: bytes.number(60, as: UInt16.self),
            priority: reader.matchHadNoWildcards ? .max : bytes.number(62, as: UInt16.self),
            bufferID: BufferID(rawValue: bytes.number(64, as: UInt32.self)),
            outPort: PortNumber(rawValue16: bytes.number(68, as: UInt16.self)), flags: Flags(rawValue: flags),
            semantics: [.addResetsCounts, .modifyAddsMissing, .modifySetsCookie], match: match,
            instructions: instructions)
    }

    private static func readOrdinaryMatch(_ bytes: UnsafeRawBufferPointer) -> Match? {
        OrdinaryField.table.withUnsafeBufferPointer { Self.readOrdinaryMatch(bytes, $0) }
    }

    private static func readOrdinaryMatch(
        _ bytes: UnsafeRawBufferPointer, _ fields: UnsafeBufferPointer<OrdinaryField>
    ) -> Match? {
        guard let count = Self.ordinaryEntryCount(bytes, fields) else { return nil }
        guard count > 0 else { return Match() }
        var isOrdinary = true
        let entries = [MatchEntry](unsafeUninitializedCapacity: count) { buffer, written in
            guard let start = buffer.baseAddress else { return }
            var tracker = PrerequisiteTracker()
            var seen: UInt128 = 0
            var offset = 0
            for index in 0..<count {
                let header = bytes.number(offset, as: UInt32.self)
                let number = Int(header >> 9 & 0x7f)
                // Seven bits, of a table of 128.
                let row = fields[number]
                let length = Int(row.bytes)
                let value = bytes.value(offset &+ 4, bytes: length)
                var mask = row.ones
                offset &+= 4 &+ length
                if header & 0x100 != 0 {
                    mask = bytes.value(offset, bytes: length)
                    offset &+= length
                    // A mask of zero leaves the entry out; one beyond the field is cut.
                    isOrdinary = isOrdinary && row.isMaskable && mask != 0 && mask & ~row.ones == 0
                }
                let bit = UInt128(1) &<< UInt128(truncatingIfNeeded: number)
                isOrdinary = isOrdinary && value & ~mask == 0 && seen & bit == 0 && tracker.admits(row.prerequisite)
                guard isOrdinary else { return }
                seen |= bit
                let entry = MatchEntry(row.field, value: value, mask: mask)
                tracker.note(entry)
                (start + index).initialize(to: entry)
                written = index + 1
            }
        }
        return isOrdinary ? Match(entries) : nil
    }

    /// How many entries the match has, or nil where one is not ordinary or does not end where it should.
    private static func ordinaryEntryCount(
        _ bytes: UnsafeRawBufferPointer, _ fields: UnsafeBufferPointer<OrdinaryField>
    ) -> Int? {
        var count = 0
        var offset = 0
        while offset < bytes.count {
            guard offset &+ 4 <= bytes.count else { return nil }
            let header = bytes.number(offset, as: UInt32.self)
            let length = Int(fields[Int(header >> 9 & 0x7f)].bytes)
            let onWire = header & 0x100 == 0 ? length : 2 * length
            guard header >> 16 == 0x8000, length != 0, Int(header & 0xff) == onWire else { return nil }
            offset &+= 4 &+ onWire
            count &+= 1
        }
        return offset == bytes.count ? count : nil
    }

    private static func readOrdinaryInstructions(
        _ message: UnsafeRawBufferPointer, from start: Int, _ version: OpenFlowVersion, _ cache: DecodingCache
    ) -> [Instruction]? {
        guard start < message.count else { return [] }
        let bytes = UnsafeRawBufferPointer(rebasing: message[start...])
        if let known = cache.find(bytes, version) { return known }
        // The span lives no longer than this call, and the message does.
        var reader = WireReader(RawSpan(_unsafeBytes: message), from: start, version: version)
        var instructions: [Instruction] = []
        do throws(WireError) {
            try reader.instructions(&instructions)
        } catch {
            return nil
        }
        guard reader.remaining == 0 else { return nil }
        cache.note(instructions, bytes, version)
        return instructions
    }
}
