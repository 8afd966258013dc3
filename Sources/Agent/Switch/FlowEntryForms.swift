import Datapath
import OpenFlow

/// Writes the flows of a dump: what flows of one kind have in common is made once and copied.
///
/// Flows are of one kind where their masks are equal (they are in one subtable of a classifier) and their values
/// say the same fields: fields of which several lie in one place are told apart by the EtherType, the IP protocol
/// and the VLAN tag. A flow that has no such form is written field by field.
struct FlowEntryForms {
    /// Where one number of a match comes from.
    private struct Source {
        var offset: Int
        var byteCount: Int
        var word: Int
        var shift: UInt64
        var ones: UInt64
    }

    private struct Kind {
        var table: UInt8
        var subtable: UInt32
        var shape: UInt64
        /// Nil for flows that are written field by field.
        var form: FlowEntryForm?
        var sources: [Source] = []
    }

    private static let kindsMaximum = 64
    private let version: OpenFlowVersion
    private var kinds: [Kind] = []
    /// By the low bits of a subtable's number, where its kind was found last.
    private var hints = [Int](repeating: 0, count: 64)
    private var nextReplaced = 0
    private var lastList: InstructionList?
    private var lastProtocol = -1
    private var lastInstructions: InstructionBytes?

    init(version: OpenFlowVersion) { self.version = version }

    /// Forgets which kinds of flows there are: the numbers of subtables may mean others.
    mutating func forgetKinds() { self.kinds.removeAll(keepingCapacity: true) }

    /// Appends the rule in `slot`, which must be in use, to a FLOW reply.
    mutating func append(
        _ slot: UInt32, of table: borrowing FlowTable, to writer: inout MultipartReplyWriter, now: MonotonicTime
    ) throws(Inexpressible) {
        let rule = table.rules[slot]
        guard let entry = rule.pointee.entry, let layout = table.classifier.layout(of: entry) else { return }
        let words = ClassifierEntryHead.words(entry.head)
        let shape = Self.shape(words, layout)
        let place = try self.kind(entry, shape.key, slot, of: table, now: now)
        guard let form = self.kinds[place].form, self.version != .v1_0 || shape.inPort < 0xff00 else {
            return try writer.append(table.statistics(of: slot, at: now))
        }
        let instructions = try self.instructions(rule.pointee.instructions, shape.ipProtocol)
        let numbers = table.numbers(of: slot, at: now)
        let sources = self.kinds[place].sources
        try writer.append(form, numbers, instructions: instructions) { bytes in
            for source in sources {
                let value = words[source.word] >> source.shift & source.ones
                switch source.byteCount {
                case 1:
                    bytes.storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: source.offset, as: UInt8.self)
                case 2:
                    bytes.storeBytes(
                        of: UInt16(truncatingIfNeeded: value).bigEndian, toByteOffset: source.offset, as: UInt16.self)
                case 4:
                    bytes.storeBytes(
                        of: UInt32(truncatingIfNeeded: value).bigEndian, toByteOffset: source.offset, as: UInt32.self)
                case 8: bytes.storeBytes(of: value.bigEndian, toByteOffset: source.offset, as: UInt64.self)
                default:
                    for byte in 0..<source.byteCount {
                        let shift = UInt64(8 * (source.byteCount - 1 - byte))
                        bytes.storeBytes(
                            of: UInt8(truncatingIfNeeded: value >> shift), toByteOffset: source.offset + byte,
                            as: UInt8.self)
                    }
                }
            }
        }
    }

    /// The values that decide which fields a match says, and the two that writing needs besides.
    private static func shape(
        _ words: UnsafePointer<UInt64>, _ layout: ClassifierLayout
    ) -> (key: UInt64, ipProtocol: Int, inPort: UInt64) {
        let etherType = layout.value(30, words) & 0xffff
        let ipProtocol = layout.value(40, words) >> 24 & 0xff
        let isTagged = layout.value(32, words) >> 44 & 1
        let packetType = layout.value(21, words) & 0xffff_ffff
        return (
            etherType | ipProtocol << 16 | isTagged << 24 | packetType << 25, Int(ipProtocol),
            layout.value(0, words) >> 32
        )
    }

    private mutating func kind(
        _ entry: ClassifierEntry, _ shape: UInt64, _ slot: UInt32, of table: borrowing FlowTable, now: MonotonicTime
    ) throws(Inexpressible) -> Int {
        let subtable = entry.head.pointee.subtable
        let identifier = table.identifier.rawValue
        let hint = Int(subtable & 63)
        if self.isKind(self.hints[hint], identifier, subtable, shape) { return self.hints[hint] }
        for place in self.kinds.indices where self.isKind(place, identifier, subtable, shape) {
            self.hints[hint] = place
            return place
        }
        let made = try self.makeKind(entry, shape, slot, of: table, now: now)
        var place = self.kinds.count
        if place < Self.kindsMaximum {
            self.kinds.append(made)
        } else {
            place = self.nextReplaced
            self.nextReplaced = (place + 1) % Self.kindsMaximum
            self.kinds[place] = made
        }
        self.hints[hint] = place
        return place
    }

    @inline(__always)
    private func isKind(_ place: Int, _ table: UInt8, _ subtable: UInt32, _ shape: UInt64) -> Bool {
        place < self.kinds.count && self.kinds[place].subtable == subtable && self.kinds[place].shape == shape
            && self.kinds[place].table == table
    }

    private func makeKind(
        _ entry: ClassifierEntry, _ shape: UInt64, _ slot: UInt32, of table: borrowing FlowTable, now: MonotonicTime
    ) throws(Inexpressible) -> Kind {
        var kind = Kind(table: table.identifier.rawValue, subtable: entry.head.pointee.subtable, shape: shape)
        let example = table.statistics(of: slot, at: now)
        guard let layout = table.classifier.layout(of: entry),
            // The places of tunnel options change, and their values have no width of their own.
            layout.position(of: FlowKey.tunnelOptionIndexWord) == nil,
            let form = try FlowEntryForm(example, version: self.version)
        else { return kind }
        for place in form.places {
            guard let bits = place.field.flowLayout else { return kind }
            let isWide = bits.width == 128
            for part in 0..<(isWide ? 2 : 1) {
                guard let position = layout.position(of: bits.word + part) else {
                    // Nothing of this half is matched: it is zero in every flow of this kind, as in the example.
                    continue
                }
                kind.sources.append(
                    Source(
                        offset: place.offset + 8 * part, byteCount: isWide ? 8 : place.byteCount, word: position,
                        shift: isWide ? 0 : UInt64(bits.shift),
                        ones: isWide ? .max : UInt64.max >> UInt64(64 - bits.width)))
            }
        }
        kind.form = form
        return kind
    }

    private mutating func instructions(
        _ list: InstructionList, _ ipProtocol: Int
    ) throws(Inexpressible) -> InstructionBytes {
        if let last = self.lastInstructions, self.lastList === list, self.lastProtocol == ipProtocol { return last }
        let bytes = try InstructionBytes(
            list.instructions, version: self.version, ipProtocol: ipProtocol == 0 ? nil : UInt8(ipProtocol & 0xff))
        self.lastList = list
        self.lastProtocol = ipProtocol
        self.lastInstructions = bytes
        return bytes
    }
}
