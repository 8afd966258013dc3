import OpenFlow

/// FLOW_MODs that came one after the other, by themselves or for one bundle, compiled by the thread that read them.
///
/// Teaching a switch many flows keeps the loop of its bridge busy, for which all its connections wait. What a flow_mod
/// says by itself is therefore worked out before it comes there, by the loop of the socket: which bits of a packet it
/// looks at, and whether its instructions need a second look. The loop of the bridge carries out runs of such messages
/// as one change (``OpenFlowSwitch/handle(_:maximum:from:now:)``). Whatever depends on more than the message (tunnel
/// options, groups, fields to set, other flows) stays a ``Message``.
///
/// 56 bytes for each message and 16 for each word of a match, in two arrays; the messages themselves are those of the
/// read, for errors, and for a switch that wants to look at them after all.
package struct FlowModBurst: Sendable {
    /// Where the messages go.
    enum Destination: Sendable, Hashable {
        /// To the tables, at once.
        case tables
        /// To a bundle, as additions with these flags.
        case bundle(BundleID, BundleFlags)
    }

    /// What a switch needs of one flow_mod.
    struct Entry: Sendable {
        var cookie: Cookie
        /// The words of the match; see ``MatchWords/used``.
        var usedWords: UInt64
        /// Where its words begin in ``FlowModBurst/words``: the mask and the value of each, in order.
        var firstWord: Int32
        /// Where the message begins among the bytes of the read.
        var firstByte: Int32
        var byteCount: UInt16
        var transactionID: TransactionID
        /// Index of the list of instructions; of no meaning for deletions.
        var instructions: UInt16
        var priority: UInt16
        var idleTimeoutSeconds: UInt16
        var hardTimeoutSeconds: UInt16
        var importance: UInt16
        var flags: FlowMod.Flags
        var semantics: FlowMod.Semantics
        /// Add, or one of the strict commands.
        var command: FlowMod.Command
        /// One table, not all.
        var table: TableID
    }

    /// A list of instructions that several messages have.
    struct Instructions: Sendable {
        /// As asked for; plain, see ``InstructionList/isPlain``.
        let asked: [Instruction]
        /// As flows have it, once a switch has accepted it.
        var list: InstructionList?
    }

    /// Where the messages go.
    let destination: Destination
    /// What the connection speaks.
    let version: OpenFlowVersion
    /// See ``DecodingOptions/flowModTableID``.
    let usesTableID: Bool
    /// All that was read at once; the messages are part of it, one after the other.
    private(set) var bytes: [UInt8]
    private(set) var entries: [Entry] = []
    private var words: [UInt64] = []
    var instructions: [Instructions] = []
    /// The message to be handled next; those before it are done.
    var next = 0

    /// Messages of one burst have at most so many different lists, as they come.
    private static let instructionListsMaximum = 256

    private init(_ destination: Destination, version: OpenFlowVersion, usesTableID: Bool, bytes: [UInt8]) {
        self.destination = destination
        self.version = version
        self.usesTableID = usesTableID
        self.bytes = bytes
    }

    /// How many messages it has, handled or not.
    package var count: Int { self.entries.count }

    /// The bytes of some of the messages.
    func byteCount(of messages: Range<Int>) -> Int {
        messages.reduce(0) { $0 &+ Int(self.entries[$1].byteCount) }
    }

    /// The bytes of a message.
    func bytes(of message: Int) -> ArraySlice<UInt8> {
        let entry = self.entries[message]
        return self.bytes[Int(entry.firstByte)..<Int(entry.firstByte) + Int(entry.byteCount)]
    }

    /// The bytes of the flow_mod itself, which is within a message for a bundle (behind the bundle's number and flags,
    /// and an experimenter's header in 1.3).
    func flowModBytes(of message: Int) -> ArraySlice<UInt8> {
        let bytes = self.bytes(of: message)
        guard case .bundle = self.destination else { return bytes }
        return bytes.dropFirst(BundleAdd.messageOffset(in: self.version))
    }

    /// Keeps no more of what was read than the messages, where that is much less.
    ///
    /// For whoever keeps the burst for long.
    mutating func trim() {
        guard let first = self.entries.first, let last = self.entries.last else { return }
        let range = Int(first.firstByte)..<Int(last.firstByte) + Int(last.byteCount)
        guard range.count < self.bytes.count / 2 else { return }
        self.bytes = Array(self.bytes[range])
        for index in self.entries.indices { self.entries[index].firstByte -= Int32(range.lowerBound) }
    }

    /// A message as it came.
    func message(_ message: Int) throws(OpenFlowError) -> (message: Message, header: MessageHeader) {
        let decoded = try MessageCodec.decode(
            Array(self.bytes(of: message)).span.bytes, version: self.version,
            options: self.usesTableID ? .flowModTableID : [])
        return (decoded.message, decoded.header)
    }

    /// The flow_mod of a message.
    func flowMod(_ message: Int) throws(OpenFlowError) -> FlowMod {
        let decoded = try MessageCodec.decode(
            Array(self.flowModBytes(of: message)).span.bytes, version: self.version,
            options: self.usesTableID ? .flowModTableID : [])
        guard case .flowMod(let flowMod) = decoded.message else { throw OpenFlowError(.requestBadType) }
        return flowMod
    }

    /// What an error about a message for a bundle says.
    func request(of message: Int) -> BundledRequest {
        BundledRequest(
            transactionID: self.entries[message].transactionID,
            bytes: Array(self.flowModBytes(of: message).prefix(OpenFlowSwitch.bundledBytesKept)))
    }

    /// Puts a burst together.
    struct Builder: ~Copyable {
        /// The messages so far.
        private(set) var burst: FlowModBurst
        private let match = MatchBuffer()

        /// Begins a burst of about `expected` messages out of `bytes`, all that was read at once.
        init(
            _ destination: Destination, version: OpenFlowVersion, usesTableID: Bool, bytes: [UInt8], expected: Int
        ) {
            self.burst = FlowModBurst(destination, version: version, usesTableID: usesTableID, bytes: bytes)
            self.burst.entries.reserveCapacity(expected)
            self.burst.words.reserveCapacity(12 * expected)
        }

        /// Adds the message in `range` of the bytes, if it says all that must be known of it.
        mutating func append(
            _ flowMod: borrowing FlowMod, _ transactionID: TransactionID, at range: Range<Int>
        ) -> Bool {
            self.burst.append(flowMod, transactionID, at: range, compiledIn: self.match)
        }
    }

    private mutating func append(
        _ flowMod: borrowing FlowMod, _ transactionID: TransactionID, at range: Range<Int>,
        compiledIn match: borrowing MatchBuffer
    ) -> Bool {
        guard flowMod.tableID != .all, flowMod.match.longEntries.isEmpty, self.words.count < Int(Int32.max) / 2 else {
            return false
        }
        switch flowMod.command {
        case .add: guard flowMod.bufferID == .none else { return false }
        case .modifyStrict: guard flowMod.bufferID == .none, flowMod.cookieMask == 0 else { return false }
        case .deleteStrict:
            guard flowMod.cookieMask == 0, flowMod.outPort == .any, flowMod.outGroup == .any else { return false }
        case .modify, .delete: return false
        }
        var list = 0
        if flowMod.command != .deleteStrict {
            guard let found = self.list(of: flowMod.instructions) else { return false }
            list = found
        }
        do throws(OpenFlowError) {
            // Options are the bridge's: a match that names one is not compiled here.
            try match.compile(flowMod.match, options: .empty)
        } catch {
            return false
        }
        match.confineToEthernet()
        self.entries.append(
            Entry(
                cookie: flowMod.cookie, usedWords: match.words.used, firstWord: Int32(self.words.count),
                firstByte: Int32(truncatingIfNeeded: range.lowerBound),
                byteCount: UInt16(truncatingIfNeeded: range.count), transactionID: transactionID,
                instructions: UInt16(list), priority: flowMod.priority,
                idleTimeoutSeconds: flowMod.idleTimeoutSeconds, hardTimeoutSeconds: flowMod.hardTimeoutSeconds,
                importance: flowMod.importance, flags: flowMod.flags, semantics: flowMod.semantics,
                command: flowMod.command, table: flowMod.tableID))
        match.words.forEachUsed { mask, value in
            self.words.append(mask)
            self.words.append(value)
        }
        return true
    }

    /// The index of a list of instructions, mostly that of the message before; nil for a list that is not plain.
    private mutating func list(of instructions: [Instruction]) -> Int? {
        if let last = self.instructions.last, last.asked == instructions { return self.instructions.count - 1 }
        guard self.instructions.count < Self.instructionListsMaximum, instructions.allSatisfy(\.isPlain) else {
            return nil
        }
        self.instructions.append(Instructions(asked: instructions, list: nil))
        return self.instructions.count - 1
    }

    /// Writes the match of a message to `buffer`.
    @inline(__always)
    func write(_ entry: Entry, into buffer: borrowing MatchBuffer) {
        buffer.clear()
        var position = Int(entry.firstWord)
        var rest = entry.usedWords
        while rest != 0 {
            let word = rest.trailingZeroBitCount
            buffer.add(self.words[position], value: self.words[position + 1], word: word)
            position &+= 2
            rest &= rest &- 1
        }
    }
}
