/// A stretch of the text being parsed, which knows its column.
///
/// Parts of one text share its bytes. Nothing is parsed beyond ``nestingMaximum`` parentheses, so that
/// recursion over a text is bounded.
struct TextPart: Sendable {
    /// How deep parentheses may nest.
    static let nestingMaximum = 16

    private let bytes: [UInt8]
    private let range: Range<Int>

    init(_ text: String) {
        self.bytes = Array(text.utf8)
        self.range = 0..<self.bytes.count
    }

    private init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        self.range = range
    }

    /// How many bytes there are.
    var count: Int { self.range.count }
    var isEmpty: Bool { self.range.isEmpty }
    var text: String { String(decoding: self.bytes[self.range], as: UTF8.self) }
    /// The text in small letters, for names whose case does not matter.
    var lowercased: String { self.text.lowercased() }

    subscript(index: Int) -> UInt8? {
        index >= 0 && index < self.count ? self.bytes[self.range.lowerBound + index] : nil
    }

    /// The error that this part is not what is expected.
    func error(_ expected: String) -> TextError {
        let found =
            self.count <= 40 ? self.text : String(decoding: self.bytes[self.range].prefix(37), as: UTF8.self) + "..."
        return TextError(column: self.range.lowerBound + 1, found: found, expected: expected)
    }

    /// The bytes from `start` on, up to `end`; both lie within the part.
    func part(_ start: Int, _ end: Int? = nil) -> TextPart {
        let base = self.range.lowerBound
        return TextPart(self.bytes, base + start..<(end.map { base + $0 } ?? self.range.upperBound))
    }

    /// What follows an item of this part.
    func after(_ item: TextItem) -> TextPart {
        TextPart(self.bytes, min(item.whole.range.upperBound, self.range.upperBound)..<self.range.upperBound)
    }

    func hasPrefix(_ prefix: StaticString) -> Bool {
        guard prefix.utf8CodeUnitCount <= self.count else { return false }
        for index in 0..<prefix.utf8CodeUnitCount where self[index] != prefix.utf8Start[index] { return false }
        return true
    }

    /// Without white space at its ends.
    var trimmed: TextPart {
        var (low, high) = (self.range.lowerBound, self.range.upperBound)
        while low < high, Self.isSpace(self.bytes[low]) { low += 1 }
        while high > low, Self.isSpace(self.bytes[high - 1]) { high -= 1 }
        return TextPart(self.bytes, low..<high)
    }

    /// What stands before and after the first `separator`; nil if it does not occur.
    func split(at separator: StaticString) -> (before: TextPart, after: TextPart)? {
        let length = separator.utf8CodeUnitCount
        guard length > 0, self.count >= length else { return nil }
        var start = 0
        while start + length <= self.count {
            let isHere = (0..<length).allSatisfy { self[start + $0] == separator.utf8Start[$0] }
            if isHere { return (self.part(0, start), self.part(start + length)) }
            // What is in quotes separates nothing.
            start = (self[start] == UInt8(ascii: "\"") ? self.endOfQuotes(from: start) : nil) ?? start + 1
        }
        return nil
    }

    /// The pieces between the bytes `separator`.
    func pieces(between separator: UInt8) -> [TextPart] {
        var pieces: [TextPart] = []
        var start = 0
        var index = 0
        while let byte = self[index] {
            if byte == separator {
                pieces.append(self.part(start, index))
                start = index + 1
            }
            index = (byte == UInt8(ascii: "\"") ? self.endOfQuotes(from: index) : nil) ?? index + 1
        }
        pieces.append(self.part(start))
        return pieces
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
    static func isSeparator(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ",") || Self.isSpace(byte) }
}

/// One of the things that commas or white space set apart: a name alone, `name=value`, `name:value`,
/// `name(value)` or `name(value)->tail`.
struct TextItem: Sendable {
    /// All of it.
    let whole: TextPart
    /// The name.
    let name: TextPart
    /// What follows the name; nil if nothing does.
    let value: TextPart?
    /// Whether the value stands in parentheses, which are not part of it.
    let isParenthesised: Bool
    /// What follows `->` after the parentheses.
    let tail: TextPart?

    var key: String { self.name.text }

    /// The value, which must be there.
    func required(_ expected: String) throws(TextError) -> TextPart {
        guard let value = self.value, !value.isEmpty else {
            throw self.whole.part(self.whole.count).error("\(expected) after '\(self.key)'")
        }
        return value
    }

    /// Checks that nothing follows the name.
    func withoutValue() throws(TextError) {
        if let value = self.value, !value.isEmpty { throw value.error("no value of '\(self.key)'") }
    }
}

extension TextPart {
    /// The items of the part, in order.
    ///
    /// - Throws: if parentheses do not pair or nest too deep, or a value has no name.
    func items() throws(TextError) -> [TextItem] {
        var items: [TextItem] = []
        var index = 0
        while let byte = self[index] {
            if Self.isSeparator(byte) {
                index += 1
                continue
            }
            items.append(try self.item(at: &index))
        }
        return items
    }

    private func item(at index: inout Int) throws(TextError) -> TextItem {
        let start = index
        while let byte = self[index], !Self.isSeparator(byte), !Self.endsName(byte) { try self.skip(byte, &index) }
        let name = self.part(start, index)
        guard !name.isEmpty else { throw self.part(start).error("a name") }
        switch self[index] {
        case UInt8(ascii: "="), UInt8(ascii: ":"):
            index += 1
            let valueStart = index
            try self.skipValue(&index)
            return self.item(start..<index, name, self.part(valueStart, index))
        case UInt8(ascii: "("):
            let valueStart = index + 1
            try self.skipParentheses(&index)
            let value = self.part(valueStart, index - 1)
            guard self[index] == UInt8(ascii: "-"), self[index + 1] == UInt8(ascii: ">") else {
                guard self[index].map(Self.isSeparator) ?? true else {
                    throw self.part(index).error("a comma")
                }
                return self.item(start..<index, name, value, isParenthesised: true)
            }
            let tailStart = index + 2
            index = tailStart
            try self.skipValue(&index)
            return self.item(start..<index, name, value, isParenthesised: true, tail: self.part(tailStart, index))
        case UInt8(ascii: ")"): throw self.part(index).error("no ')' without its '('")
        default: return self.item(start..<index, name, nil)
        }
    }

    private func item(
        _ range: Range<Int>, _ name: TextPart, _ value: TextPart?, isParenthesised: Bool = false, tail: TextPart? = nil
    ) -> TextItem {
        TextItem(
            whole: self.part(range.lowerBound, range.upperBound), name: name, value: value,
            isParenthesised: isParenthesised, tail: tail)
    }

    private static func endsName(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "=") || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")")
    }

    /// Moves past a value: up to a separator outside parentheses.
    private func skipValue(_ index: inout Int) throws(TextError) {
        while let byte = self[index], !Self.isSeparator(byte) {
            switch byte {
            case UInt8(ascii: "("): try self.skipParentheses(&index)
            case UInt8(ascii: ")"): throw self.part(index).error("no ')' without its '('")
            default: try self.skip(byte, &index)
            }
        }
    }

    /// Moves past a byte, or past all of a name in quotes.
    private func skip(_ byte: UInt8, _ index: inout Int) throws(TextError) {
        guard byte == UInt8(ascii: "\"") else {
            index += 1
            return
        }
        guard let end = self.endOfQuotes(from: index) else { throw self.part(index).error("a closing quote") }
        index = end
    }

    /// Moves past the parenthesis at `index` and the one that closes it.
    private func skipParentheses(_ index: inout Int) throws(TextError) {
        let start = index
        var depth = 0
        while let byte = self[index] {
            try self.skip(byte, &index)
            if byte == UInt8(ascii: "(") {
                depth += 1
                guard depth <= Self.nestingMaximum else {
                    throw self.part(index - 1).error("at most \(Self.nestingMaximum) nested parentheses")
                }
            } else if byte == UInt8(ascii: ")") {
                depth -= 1
                if depth == 0 { return }
            }
        }
        throw self.part(start).error("a ')' for every '('")
    }
}

extension TextPart {
    /// A number, decimal or with `0x` hexadecimal, of at most `maximum`.
    func integer(_ what: String, atMost maximum: UInt128) throws(TextError) -> UInt128 {
        guard let value = self.number, value <= maximum else {
            throw self.error("\(what) from 0 to \(maximum > 0xffff ? Self.hexadecimal(maximum) : String(maximum))")
        }
        return value
    }

    /// A number that fits into `T`.
    func integer<T: FixedWidthInteger & UnsignedInteger>(_ what: String, _: T.Type = T.self) throws(TextError) -> T {
        T(truncatingIfNeeded: try self.integer(what, atMost: UInt128(T.max)))
    }

    /// The number that the part is; nil if it is none.
    var number: UInt128? {
        let isHexadecimal = self.hasPrefix("0x") || self.hasPrefix("0X")
        let digits = isHexadecimal ? self.part(2) : self
        guard (1...40).contains(digits.count) else { return nil }
        // A leading zero means octal to some readers; it is refused rather than guessed at.
        guard isHexadecimal || digits.count == 1 || digits[0] != UInt8(ascii: "0") else { return nil }
        // The standard library's parser would take a sign.
        guard digits[0] != UInt8(ascii: "+"), digits[0] != UInt8(ascii: "-") else { return nil }
        return UInt128(digits.text, radix: isHexadecimal ? 16 : 10)
    }

    /// A number as ovs-ofctl writes it: 0, or hexadecimal.
    static func hexadecimal(_ value: some BinaryInteger) -> String {
        value == 0 ? "0" : "0x" + String(value, radix: 16)
    }

    /// Bytes in hexadecimal, two digits each, with dots where one likes.
    func octets(_ what: String) throws(TextError) -> [UInt8] {
        var octets: [UInt8] = []
        var index = 0
        while let byte = self[index] {
            if byte == UInt8(ascii: ".") {
                index += 1
                continue
            }
            guard let low = self[index + 1], let a = Self.digit(byte), let b = Self.digit(low) else {
                throw self.part(index).error("\(what): two hexadecimal digits a byte")
            }
            octets.append(a << 4 | b)
            index += 2
        }
        return octets
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension PortNumber {
    /// The reserved ports by name in small letters.
    static let named: [String: PortNumber] = [
        "in_port": .inPort, "table": .table, "normal": .normal, "flood": .flood, "all": .all,
        "controller": .controller, "local": .local, "any": .any, "none": .any, "unset": .unset,
    ]
}
