/// Cuts a byte stream into OpenFlow messages by the length in their headers.
///
/// At most one message, 65535 bytes, waits for its end.
package struct MessageSplitter: Sendable {
    /// What the stream held.
    package enum Part: Hashable, Sendable {
        /// One whole message.
        case message([UInt8])
        /// Bytes that belong to no whole message: the rest of one cut off by a gap or by the end, or what does not
        /// look like OpenFlow.
        case stray([UInt8])
    }

    private var buffer: [UInt8] = []
    /// Whether bytes were lost, or were no header, so that the next header has to be found.
    private var isSearching = false

    /// Expects the first byte of a message.
    package init() {}

    /// Takes the next bytes of the stream.
    package mutating func append(_ bytes: [UInt8]) -> [Part] {
        self.buffer += bytes
        var parts: [Part] = []
        var position = 0
        while self.buffer.count - position >= 8 {
            let length = Int(self.buffer[position + 2]) << 8 | Int(self.buffer[position + 3])
            guard self.isPlausible(at: position, length: length) else {
                // Where messages begin is not known any more: a segment's start is the best guess.
                self.isSearching = true
                parts.append(.stray(Array(self.buffer[position...])))
                position = self.buffer.count
                break
            }
            guard self.buffer.count - position >= length else { break }
            self.isSearching = false
            parts.append(.message(Array(self.buffer[position..<position + length])))
            position += length
        }
        self.buffer.removeFirst(position)
        return parts
    }

    /// Bytes are missing here, or the stream ends: what waits has no end.
    package mutating func interrupt() -> [Part] {
        self.isSearching = true
        guard !self.buffer.isEmpty else { return [] }
        defer { self.buffer = [] }
        return [.stray(self.buffer)]
    }

    /// Whether a header may be here; while searching, only what the specifications know.
    private func isPlausible(at position: Int, length: Int) -> Bool {
        guard length >= 8 else { return false }
        guard self.isSearching else { return true }
        return (1...6).contains(self.buffer[position]) && self.buffer[position + 1] <= 35
    }
}
