/// Requests and answers at the control socket, as bytes.
///
/// A request is its words, each followed by a zero byte, and a newline. An answer is `+` or `-` (refused), the length
/// of what follows in decimal digits, a newline, and the text. One of each per connection.
package enum ControlMessage {
    /// The bytes of a request; nil where a word has a zero byte or newline in it.
    package static func request(_ words: [String]) -> [UInt8]? {
        var bytes: [UInt8] = []
        for word in words {
            guard word.utf8.allSatisfy({ $0 != 0 && $0 != 10 }) else { return nil }
            bytes += Array(word.utf8) + [0]
        }
        return bytes + [10]
    }

    /// The words of a request without its newline.
    package static func words(_ request: some Sequence<UInt8>) -> [String] {
        var words: [String] = []
        var word: [UInt8] = []
        for byte in request {
            if byte == 0 {
                words.append(String(decoding: word, as: UTF8.self))
                word.removeAll()
            } else {
                word.append(byte)
            }
        }
        return words
    }

    /// The bytes of an answer.
    package static func answer(_ text: String, isRefusal: Bool) -> [UInt8] {
        var text = Array(text.utf8)
        if text.count > AgentLimits.controlReplyBytesMaximum {
            text.removeSubrange(AgentLimits.controlReplyBytesMaximum...)
            text += Array("\n(cut: the answer is too long)\n".utf8)
        }
        return Array("\(isRefusal ? "-" : "+")\(text.count)\n".utf8) + text
    }

    /// Reads an answer; nil where it is not complete.
    package static func read(answer bytes: [UInt8]) -> (text: String, isRefusal: Bool)? {
        guard let newline = bytes.firstIndex(of: 10), let kind = bytes.first, kind == 0x2b || kind == 0x2d,
            let count = Int(String(decoding: bytes[1..<newline], as: UTF8.self)),
            count == bytes.count - newline - 1
        else { return nil }
        return (String(decoding: bytes[(newline + 1)...], as: UTF8.self), kind == 0x2d)
    }
}
