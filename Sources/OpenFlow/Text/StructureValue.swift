/// What a structure consists of, for people and for tools that do not know the protocol: names and values.
///
/// Made from any structure of this module, in the newest version's terms; rendered as JSON or as text. Made by
/// reflection, so that it knows every structure there is: for diagnostics, never on a hot path.
public enum StructureValue: Hashable, Sendable {
    /// Something that is not there.
    case null
    /// Yes or no.
    case flag(Bool)
    /// A number.
    case number(UInt64)
    /// Anything that has a form in text: an address, a name, bytes in hexadecimal.
    case text(String)
    /// Values of one kind.
    case list([StructureValue])
    /// Named values, in the structure's order.
    case object([Member])

    /// A named value.
    public struct Member: Hashable, Sendable {
        /// The name, in lower camel case.
        public var name: String
        /// The value.
        public var value: StructureValue

        /// Makes a member.
        public init(_ name: String, _ value: StructureValue) {
            self.name = name
            self.value = value
        }
    }
}

extension StructureValue {
    /// The value as JSON (RFC 8259), on one line; numbers have up to 64 bits.
    public var json: String {
        var text = ""
        self.appendJSON(to: &text)
        return text
    }

    private func appendJSON(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .flag(let flag): text += flag ? "true" : "false"
        case .number(let number): text += String(number)
        case .text(let string): Self.appendJSON(string, to: &text)
        case .list(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.appendJSON(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                Self.appendJSON(member.name, to: &text)
                text += ":"
                member.value.appendJSON(to: &text)
            }
            text += "}"
        }
    }

    private static func appendJSON(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\u{0}"..<" ", "\u{7f}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    /// The value in one line of text: `name=value name={name=value}`.
    public var text: String {
        switch self {
        case .null: "none"
        case .flag(let flag): flag ? "yes" : "no"
        case .number(let number): String(number)
        case .text(let string): string
        case .list(let values): "[" + values.map(\.nestedText).joined(separator: " ") + "]"
        case .object(let members): members.map { "\($0.name)=\($0.value.nestedText)" }.joined(separator: " ")
        }
    }

    private var nestedText: String {
        if case .object = self { return "{\(self.text)}" }
        return self.text
    }
}
