import Logging
import OpenFlow
import Synchronization

/// Writes messages of chosen types to the log, as `ovs-ofctl` would print them.
///
/// Any thread. At most a few hundred lines a second: beyond that messages are left out, and counted in the next line.
/// Each message is decoded once more, so that this is for looking closely and not for ever.
final class MessageLog: ConversationListener {
    private struct State {
        var peers: [UInt64: String] = [:]
        var tokens = TokenBucket(rate: AgentLimits.loggedMessagesPerSecond, burst: AgentLimits.loggedMessagesPerSecond)
        var omitted: UInt64 = 0
    }

    private let selection: MessageSelection
    private let logger: Logger
    private let clock: @Sendable () -> MonotonicTime
    private let state = Mutex(State())

    init(_ selection: MessageSelection, logger: Logger, clock: @escaping @Sendable () -> MonotonicTime) {
        self.selection = selection
        self.logger = logger
        self.clock = clock
    }

    func opened(_ connection: UInt64, local: String?, remote: String?) {
        self.state.withLock { $0.peers[connection] = remote ?? "unix" }
    }

    func heard(_ bytes: [UInt8], _ direction: ConversationDirection, on connection: UInt64) {
        var start = 0
        while bytes.count - start >= MessageHeader.byteCount {
            let length = Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])
            guard length >= MessageHeader.byteCount, length <= bytes.count - start else { return }
            let message = DecodedMessage(Array(bytes[start..<start + length]))
            start += length
            guard let message, self.selection.contains(message) else { continue }
            self.log(message, direction, connection)
        }
    }

    func closed(_ connection: UInt64) { self.state.withLock { $0.peers[connection] = nil } }

    private func log(_ message: DecodedMessage, _ direction: ConversationDirection, _ connection: UInt64) {
        let now = self.clock()
        let (peer, omitted) = self.state.withLock { state -> (String?, UInt64) in
            guard state.tokens.take(now: now) else {
                state.omitted += 1
                return (nil, 0)
            }
            defer { state.omitted = 0 }
            return (state.peers[connection] ?? "a connection", state.omitted)
        }
        guard let peer else { return }
        let arrow = direction == .received ? "<" : ">"
        let rest = omitted > 0 ? " (\(omitted) messages before it were left out)" : ""
        self.logger.info("#\(connection) \(arrow) \(peer): \(message.text)\(rest)")
    }
}

/// Which types of messages are meant, by the beginnings of their names, such as `FLOW_MOD` or `MULTIPART`.
package struct MessageSelection: Hashable, Sendable {
    private let words: [String]

    /// Takes words with commas between them, or `all` for every type.
    ///
    /// Nil where a word is empty or no word.
    package init?(_ text: String) {
        let words = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.uppercased() }
        let isWord = { (word: String) in
            !word.isEmpty
                && word.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || $0 == 0x5f }
        }
        guard words.allSatisfy(isWord) else { return nil }
        self.words = words.map { $0.hasPrefix("OFPT_") ? String($0.dropFirst(5)) : $0 }
    }

    /// Whether a message is of one of the types; one that cannot be read always is.
    func contains(_ message: DecodedMessage) -> Bool {
        guard case .success(let decoded) = message.result else { return true }
        return self.contains(name: decoded.name)
    }

    /// Whether a name such as `OFPT_FLOW_MOD` or `OFPST_FLOW request` is meant.
    package func contains(name: String) -> Bool {
        var name = name[...]
        var isStatistics = false
        if name.hasPrefix("OFPT_") { name = name.dropFirst(5) }
        if name.hasPrefix("OFPST_") {
            isStatistics = true
            name = name.dropFirst(6)
        }
        return self.words.contains { $0 == "ALL" || name.hasPrefix($0) || isStatistics && $0 == "MULTIPART" }
    }
}
