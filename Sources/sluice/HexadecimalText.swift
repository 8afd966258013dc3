/// Bytes written in hexadecimal: two digits each, with white space, colons, dots and dashes between as one likes; lines
/// that begin with `#` are comments, and `0x` before digits is passed over.
enum HexadecimalText {
    /// Whether input looks like it: nothing but what the type's description allows.
    static func isText(_ bytes: [UInt8]) -> Bool {
        let sample = bytes.prefix(4096)
        return !sample.isEmpty && sample.allSatisfy { (32...126).contains($0) || (9...13).contains($0) }
    }

    /// The bytes.
    ///
    /// - Parameter name: where the text comes from, for the error.
    static func bytes(_ text: [UInt8], name: String) throws(InputFile.Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var high: UInt8?
        var (line, column, isComment) = (1, 0, false)
        for (index, byte) in text.enumerated() {
            column += 1
            if byte == UInt8(ascii: "\n") {
                (line, column, isComment) = (line + 1, 0, false)
                continue
            }
            if column == 1, byte == UInt8(ascii: "#") { isComment = true }
            if isComment || Self.isSpacing(byte) { continue }
            if byte == UInt8(ascii: "x") || byte == UInt8(ascii: "X"), high == 0, text[index - 1] == UInt8(ascii: "0") {
                high = nil
                continue
            }
            guard let digit = Self.digit(byte) else {
                let place = "\(name), line \(line), column \(column)"
                throw InputFile.Failure(
                    description: "\(place): '\(String(decoding: [byte], as: UTF8.self))' is no hexadecimal digit")
            }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        guard high == nil else {
            throw InputFile.Failure(description: "\(name): the last byte has one hexadecimal digit")
        }
        return bytes
    }

    private static func isSpacing(_ byte: UInt8) -> Bool {
        byte == 32 || (9...13).contains(byte)
            || [UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "-")].contains(byte)
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
