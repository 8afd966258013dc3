/// Names of single bits, for fields and flags that text writes bit by bit: `+trk-new`, `syn|ack`.
struct BitNames: Sendable {
    /// The names, from bit 0 on.
    let names: [String]
    /// How many bits there are.
    let width: Int

    private func name(_ bit: Int) -> String {
        bit < self.names.count ? self.names[bit] : "[" + String(UInt128(1) << UInt128(bit), radix: 16) + "]"
    }

    /// The bits of an exact value, joined by bars; 0 if there are none.
    func text(_ value: UInt128) -> String {
        let bits = (0..<self.width).filter { value >> UInt128($0) & 1 != 0 }
        return bits.isEmpty ? "0" : bits.map { self.name($0) }.joined(separator: "|")
    }

    /// The bits that count, each with a sign for its value.
    func text(_ value: UInt128, mask: UInt128) -> String {
        (0..<self.width).filter { mask >> UInt128($0) & 1 != 0 }.map { bit in
            (value >> UInt128(bit) & 1 != 0 ? "+" : "-") + self.name(bit)
        }.joined()
    }

    /// Reads what the two functions above write; the mask is nil for an exact value.
    func parse(_ part: TextPart) throws(TextError) -> (value: UInt128, mask: UInt128?) {
        guard part[0] == UInt8(ascii: "+") || part[0] == UInt8(ascii: "-") else {
            var value: UInt128 = 0
            for piece in part.pieces(between: UInt8(ascii: "|")) { value |= try self.bit(piece) }
            return (value, nil)
        }
        var (value, mask) = (UInt128(0), UInt128(0))
        var start = 0
        while let sign = part[start] {
            var end = start + 1
            while let byte = part[end], byte != UInt8(ascii: "+"), byte != UInt8(ascii: "-") { end += 1 }
            let bit = try self.bit(part.part(start + 1, end))
            guard mask & bit == 0 else { throw part.part(start, end).error("each flag once") }
            mask |= bit
            if sign == UInt8(ascii: "+") { value |= bit }
            start = end
        }
        return (value, mask)
    }

    private func bit(_ part: TextPart) throws(TextError) -> UInt128 {
        let text = part.text
        if let index = self.names.firstIndex(of: text) { return 1 << UInt128(index) }
        if text.hasPrefix("["), text.hasSuffix("]"), let value = UInt128(text.dropFirst().dropLast(), radix: 16),
            value.nonzeroBitCount == 1, value.trailingZeroBitCount < self.width
        {
            return value
        }
        throw part.error("one of \(self.names.joined(separator: ", "))")
    }
}
