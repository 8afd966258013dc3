extension LongMatchEntry {
    /// Value and mask in hexadecimal, two digits for each byte, so that the number of bytes is kept.
    var text: String {
        let value = "0x" + self.value.hexadecimal(separator: "")
        return self.isExact ? value : "\(value)/0x\(self.mask.hexadecimal(separator: ""))"
    }
}

extension MatchField {
    /// Reads a value, and a mask, of which one has more than 16 bytes; nil where neither has, or the field is no
    /// option.
    func longValue(from part: TextPart) throws(TextError) -> FieldValue? {
        guard self.isVariableLength else { return nil }
        let (before, after) = part.split(at: "/").map { ($0.0, $0.1 as TextPart?) } ?? (part, nil)
        let (digits, maskDigits) = (before.longDigits, after?.longDigits ?? "")
        let count = (max(digits.utf8.count, maskDigits.utf8.count) + 1) / 2
        guard count > 16 else { return nil }
        guard count <= LongMatchEntry.byteCountMaximum else {
            throw part.error("at most \(LongMatchEntry.byteCountMaximum) bytes")
        }
        let value = try before.bytes(count)
        let mask: [UInt8]? =
            if let after { try after.bytes(count) } else { nil }
        guard let made = FieldValue(self, value: value, mask: mask) else { throw part.error("a tunnel option") }
        return made
    }
}

extension TextPart {
    /// The hexadecimal digits after `0x`; empty where the part does not begin so.
    fileprivate var longDigits: String {
        self.hasPrefix("0x") || self.hasPrefix("0X") ? self.part(2).text : ""
    }

    /// The number that the part is, in as few bytes as hold so many bits; nil where it needs more.
    func longNumber(bitCount: Int) throws(TextError) -> [UInt8]? {
        let count = (bitCount + 7) / 8
        guard (self.longDigits.utf8.count + 1) / 2 <= count else { return nil }
        let bytes = try self.bytes(count)
        let excess = UInt8(8 * count - bitCount)
        return bytes.count == count && (excess == 0 || bytes[0] >> (8 - excess) == 0) ? bytes : nil
    }

    /// The number that the part is, in so many bytes.
    fileprivate func bytes(_ count: Int) throws(TextError) -> [UInt8] {
        let digits = self.longDigits
        guard !digits.isEmpty else {
            // Only the other of value and mask is long.
            let number = try self.integer("a value", atMost: .max)
            return (0..<count).reversed().map { $0 < 16 ? UInt8(truncatingIfNeeded: number >> UInt128(8 * $0)) : 0 }
        }
        let padded = String(repeating: "0", count: max(0, 2 * count - digits.utf8.count)) + digits
        return try TextPart(padded).octets("a value")
    }
}
