extension FieldSlice: CustomStringConvertible {
    /// The name of the field's NXM or OXM form and the bits, of which all are written as none: `NXM_NX_REG0[0..15]`.
    public var description: String {
        let (name, width) = self.named
        if self.offset == 0, Int(self.bitCount) == width { return "\(name)[]" }
        if self.bitCount == 1 { return "\(name)[\(self.offset)]" }
        return "\(name)[\(self.offset)..\(Int(self.offset) + Int(self.bitCount) - 1)]"
    }

    /// The name and how many bits it means; the ingress port has 16 bits by its NXM name and 32 by its OXM name.
    private var named: (name: String, width: Int) {
        if self.field == .inPort {
            return Int(self.offset) + Int(self.bitCount) <= 16 ? ("NXM_OF_IN_PORT", 16) : ("OXM_OF_IN_PORT", 32)
        }
        // The bit that says whether there is a tag is none of the identifier's.
        let isIdentifier = self.field == .vlanID && Int(self.offset) + Int(self.bitCount) <= 12
        return (self.field.wireName ?? self.field.name, isIdentifier ? 12 : self.field.sliceWidth)
    }

    /// Whether it is written as a field without bits.
    var isWhole: Bool { self.offset == 0 && Int(self.bitCount) == self.named.width }
}

extension FieldSlice {
    /// Reads a field's name and, in brackets, its bits: none or all, one, or the first and the last.
    init(part: TextPart) throws(TextError) {
        let part = part.trimmed
        guard let (name, bits) = part.split(at: "[") else {
            let (field, width) = try Self.field(part)
            self.init(field, offset: 0, bitCount: width)
            return
        }
        let (field, width) = try Self.field(name)
        guard bits[bits.count - 1] == UInt8(ascii: "]") else {
            throw part.error("a field with bits, such as reg0[0..15]")
        }
        let range = bits.part(0, bits.count - 1)
        guard !range.isEmpty else {
            self.init(field, offset: 0, bitCount: width)
            return
        }
        let last = UInt128(field == .vlanID ? 12 : width - 1)
        guard let (low, high) = range.split(at: "..") else {
            self.init(field, offset: UInt16(try range.integer("a bit", atMost: last)), bitCount: 1)
            return
        }
        let first = try low.integer("a bit", atMost: last)
        let end = try high.integer("a bit", atMost: last)
        guard first <= end else { throw range.error("the lower bit first") }
        self.init(field, offset: UInt16(first), bitCount: UInt16(end - first + 1))
    }

    private static func field(_ part: TextPart) throws(TextError) -> (field: MatchField, width: UInt16) {
        let name = part.lowercased
        guard let field = MatchField.byName[name] else { throw part.error("a field of ovs-fields(7)") }
        if field == .vlanID { return (field, 12) }
        return (field, name == "in_port" || name == "nxm_of_in_port" ? 16 : UInt16(field.sliceWidth))
    }

    /// All ones in the slice's bits, from bit 0 on.
    var allOnes: UInt128 { self.bitCount >= 128 ? .max : (1 << UInt128(self.bitCount)) - 1 }

    /// The slice written by an action.
    func writable(_ part: TextPart) throws(TextError) -> FieldSlice {
        guard self.field.isWritable else { throw part.error("a field that actions may set") }
        return self
    }
}

extension CopyField {
    var sourceSlice: FieldSlice { FieldSlice(self.source, offset: self.sourceOffset, bitCount: self.bitCount) }
    var destinationSlice: FieldSlice {
        FieldSlice(self.destination, offset: self.destinationOffset, bitCount: self.bitCount)
    }

    /// Reads `source->destination`, of equal width.
    init(part: TextPart) throws(TextError) {
        guard let (before, after) = part.split(at: "->") else { throw part.error("source->destination") }
        let source = try FieldSlice(part: before)
        let destination = try FieldSlice(part: after).writable(after)
        guard source.bitCount == destination.bitCount else {
            throw after.error("\(source.bitCount) bits, as many as the source has,")
        }
        self.init(
            bitCount: source.bitCount, source: source.field, sourceOffset: source.offset,
            destination: destination.field, destinationOffset: destination.offset)
    }
}
