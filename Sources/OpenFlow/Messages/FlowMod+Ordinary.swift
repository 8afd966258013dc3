// A quick way through an ordinary flow_mod. What it cannot read at once, it leaves to `FlowMod.describe(to:)`, which
// gives the same value for the same bytes (a test compares them) and knows every error.

/// What reading an OXM entry of an ordinary match needs.
private struct OrdinaryField {
    /// As many ones as the field is wide.
    var onesHigh: UInt64 = 0
    var onesLow: UInt64 = 0
    /// Bytes of the value; 0 where the field is not ordinary.
    var bytes: UInt8 = 0
    var field = MatchField.inPort
    var isMaskable = false
    var prerequisite = MatchPrerequisite.none

    /// Of OpenFlow's basic class, by number; those from 64 on, which nobody has given out, are not ordinary.
    static let table: [OrdinaryField] = {
        var table = [OrdinaryField](repeating: OrdinaryField(), count: 128)
        for number in 0..<64 {
            guard let slot = OXMIndex.shared.slot(oxmClass: 0x8000, number: number, experimenter: 0),
                slot.bytes <= 8 || slot.bytes == 16
            else { continue }
            table[number] = OrdinaryField(
                onesHigh: UInt64(truncatingIfNeeded: slot.allOnes >> 64),
                onesLow: UInt64(truncatingIfNeeded: slot.allOnes), bytes: slot.bytes, field: slot.field,
                isMaskable: slot.isMaskable, prerequisite: slot.prerequisite)
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

    /// The big-endian number of at most eight bytes before an offset, which must have eight before it.
    @inline(__always)
    fileprivate func short(before end: Int, bytes: Int) -> UInt64 {
        let unused = UInt64(truncatingIfNeeded: 64 &- 8 &* bytes)
        return (self.number(end &- 8, as: UInt64.self) &<< unused) &>> unused
    }
}

extension FlowMod {
    private static let matchOffset = 48
    /// Where the actions of 1.0 begin.
    private static let actionsOffset10 = 72

    /// The FLOW_MOD in `bytes`, a whole message of 1.3 or later, if all of it is ordinary: the match names fields
    /// of the basic class, each once and after what it presupposes, and nothing is to be refused.
    @inline(__always)
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
            let match = Self.readOrdinaryMatch(bytes, from: Self.matchOffset + 4, to: end),
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
    @inline(__always)
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

    /// The match whose entries lie from `start` to `end`, if they are ordinary.
    @inline(__always)
    private static func readOrdinaryMatch(
        _ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int
    ) -> Match? {
        guard start < end else { return Match() }
        // An entry takes five bytes or more.
        let entries = MatchEntryList(capacity: (end &- start) / 5) { target in
            OrdinaryField.table.withUnsafeBufferPointer { fields in
                Self.readOrdinaryEntries(bytes, from: start, to: end, fields, into: target)
            }
        }
        return entries.map { Match($0) }
    }

    /// Reads entries that end at `end` into memory that has room for them, and returns how many.
    ///
    /// Nil where one is not ordinary. There are at least eight bytes before `start`.
    private static func readOrdinaryEntries(
        _ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int, _ fields: UnsafeBufferPointer<OrdinaryField>,
        into target: UnsafeMutablePointer<MatchEntry>
    ) -> Int? {
        var tracker = PrerequisiteTracker()
        var seen: UInt64 = 0
        var count = 0
        var offset = start
        while offset < end {
            guard end &- offset > 4 else { return nil }
            let header = bytes.number(offset, as: UInt32.self)
            // Seven bits, of a table of 128.
            let number = Int(header >> 9 & 0x7f)
            let row = fields[number]
            let (length, hasMask) = (Int(row.bytes), header & 0x100 != 0)
            let valueEnd = offset &+ 4 &+ length
            offset = hasMask ? valueEnd &+ length : valueEnd
            guard header >> 16 == 0x8000, length != 0, Int(header & 0xff) == (hasMask ? 2 &* length : length),
                offset <= end, tracker.admits(row.prerequisite)
            else { return nil }
            var entry = MatchEntry(
                row.field, valueHigh: 0, valueLow: 0, maskHigh: row.onesHigh, maskLow: row.onesLow)
            if length <= 8 {
                entry.valueLow = bytes.short(before: valueEnd, bytes: length)
                if hasMask { entry.maskLow = bytes.short(before: offset, bytes: length) }
            } else {
                entry.valueHigh = bytes.number(valueEnd &- 16, as: UInt64.self)
                entry.valueLow = bytes.number(valueEnd &- 8, as: UInt64.self)
                if hasMask {
                    entry.maskHigh = bytes.number(offset &- 16, as: UInt64.self)
                    entry.maskLow = bytes.number(offset &- 8, as: UInt64.self)
                }
            }
            if hasMask {
                // A mask of zero leaves the entry out; one beyond the field is cut.
                guard row.isMaskable, entry.maskHigh | entry.maskLow != 0,
                    (entry.maskHigh & ~row.onesHigh) | (entry.maskLow & ~row.onesLow) == 0
                else { return nil }
            }
            // Of numbers below 64, as all that are ordinary.
            let bit = UInt64(1) &<< UInt64(truncatingIfNeeded: number)
            guard (entry.valueHigh & ~entry.maskHigh) | (entry.valueLow & ~entry.maskLow) == 0, seen & bit == 0 else {
                return nil
            }
            seen |= bit
            (target + count).initialize(to: entry)
            count &+= 1
            tracker.note(entry)
        }
        return count
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
