/// Why a text was not understood: where, what stands there, and what may stand there.
///
/// Thrown by every parser of ovs-ofctl(8)'s syntax in this module.
public struct TextError: Error, Hashable, Sendable {
    /// Where the fault begins: bytes of UTF-8 from the start of the text, counted from 1.
    public let column: Int
    /// What stands there, shortened to 40 bytes; empty at the end of the text.
    public let found: String
    /// What may stand there.
    public let expected: String
}

extension TextError: CustomStringConvertible {
    /// One line for people: column, what was found, what is allowed.
    public var description: String {
        let found = self.found.isEmpty ? "nothing" : "'\(self.found)'"
        return "column \(self.column): \(found) where \(self.expected) is expected"
    }
}
