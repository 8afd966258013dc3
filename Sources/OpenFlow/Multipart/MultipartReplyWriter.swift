/// Writes a multipart reply entry by entry, beginning a new message before one would grow too long.
///
/// For dumps of any size: append entries as they come, ``take()`` the finished messages as the connection
/// drains, ``finish(more:)`` at the end. An entry is never split. Not shared: one reply, one thread.
public struct MultipartReplyWriter: Sendable {
    /// The most bytes a message of the protocol can have.
    static let messageBytesMaximum = 0xffff

    private var writer: WireWriter
    private let form: Kind.Form
    private let messageNumber: UInt8
    private let transactionID: TransactionID
    private let messageBytesLimit: Int
    /// Bytes before the body.
    private let headerByteCount: Int

    /// Begins a reply to the request with that transaction.
    ///
    /// - Parameters:
    ///   - kind: which reply.
    ///   - version: what the peer speaks.
    ///   - transactionID: the request's.
    ///   - messageBytesLimit: how long a message may become, in bytes; at most 65535.
    /// - Throws: ``Inexpressible/multipart`` if the version has no such reply.
    public init(
        _ kind: Kind, version: OpenFlowVersion, transactionID: TransactionID,
        messageBytesLimit: Int = 0xffff
    ) throws(Inexpressible) {
        guard let messageNumber = MessageType.codes.code(of: .multipartReply, in: version) else {
            throw .multipart
        }
        self.form = try kind.form(in: version)
        self.messageNumber = UInt8(truncatingIfNeeded: messageNumber)
        self.transactionID = transactionID
        self.messageBytesLimit = min(messageBytesLimit, Self.messageBytesMaximum)
        self.headerByteCount = MessageHeader.byteCount + kind.headerByteCount(self.form, version)
        self.writer = WireWriter(appendingTo: [], version: version)
        self.writeHeader()
    }

    private mutating func writeHeader() {
        self.writer.integer(UInt128(self.writer.version.rawValue), bytes: 1)
        self.writer.integer(UInt128(self.messageNumber), bytes: 1)
        self.writer.integer(0, bytes: 2)
        self.writer.integer(UInt128(self.transactionID.rawValue), bytes: 4)
        self.writer.integer(UInt128(self.form.number), bytes: 2)
        self.writer.integer(0, bytes: self.writer.version.multipartHeaderIsPadded ? 6 : 2)
        guard let code = self.form.code else { return }
        self.writer.integer(UInt128(code.experimenter), bytes: 4)
        self.writer.integer(UInt128(code.type), bytes: 4)
        if self.writer.version == .v1_0 { self.writer.integer(0, bytes: 4) }
    }

    /// How many bytes are written, of all messages not yet taken.
    public var byteCount: Int { self.writer.position }

    /// Appends an entry; begins a new message before it if it would not fit.
    ///
    /// Nothing is appended if it throws.
    mutating func append(_ entry: inout some WireStructure) throws(Inexpressible) {
        let before = self.writer.position
        do throws(WireError) {
            try entry.describe(to: &self.writer)
        } catch {
            self.writer.rewind(to: before)
            throw error.inexpressible
        }
        let (length, entryLength) = (self.writer.offset, self.writer.position - before)
        guard length > self.messageBytesLimit, before > self.writer.start + self.headerByteCount else {
            guard length <= Self.messageBytesMaximum else {
                self.writer.rewind(to: before)
                throw .tooLong(length)
            }
            return
        }
        guard entryLength + self.headerByteCount <= Self.messageBytesMaximum else {
            self.writer.rewind(to: before)
            throw .tooLong(entryLength)
        }
        self.close(at: before, more: true)
        // The header goes in before the entry that is already there.
        let header = self.headerByteCount
        self.writer.insert(header, at: before)
        self.copyHeader(from: self.writer.start, to: before)
        self.writer.startMessage(at: before)
    }

    /// Sees to it that an entry of `count` bytes may come next: begins a new message where it would not fit.
    mutating func makeRoom(_ count: Int) throws(Inexpressible) {
        guard self.writer.offset + count > self.messageBytesLimit, self.writer.offset > self.headerByteCount else {
            guard self.writer.offset + count <= Self.messageBytesMaximum else {
                throw .tooLong(self.writer.offset + count)
            }
            return
        }
        guard count + self.headerByteCount <= Self.messageBytesMaximum else { throw .tooLong(count) }
        let end = self.writer.position
        self.close(at: end, more: true)
        self.writer.startMessage(at: end)
        self.writeHeader()
    }

    /// Calls `body` with the next `count` bytes, which it is to write.
    mutating func withEntry(of count: Int, _ body: (UnsafeMutableRawPointer) -> Void) {
        self.writer.withNext(count, body)
    }

    private mutating func copyHeader(from source: Int, to target: Int) {
        for index in 0..<self.headerByteCount {
            self.writer.copyByte(from: source + index, to: target + index)
        }
        self.writer.patch(0, at: target + 2)
        self.writer.patch(0, at: target + 10)
    }

    /// Fills in length and flag of the message that ends at `end`.
    private mutating func close(at end: Int, more: Bool) {
        let start = self.writer.start
        self.writer.patch(UInt16(truncatingIfNeeded: end - start), at: start + 2)
        self.writer.patch(more ? 1 : 0, at: start + 10)
    }

    /// Appends a flow.
    ///
    /// Nothing is appended if it throws: what this version cannot say of the flow.
    public mutating func append(_ entry: FlowStatisticsEntry) throws(Inexpressible) {
        var entry = entry
        try self.append(&entry)
    }

    /// Appends a flow's counters (1.5).
    ///
    /// Nothing is appended if it throws.
    public mutating func append(_ entry: FlowCounters) throws(Inexpressible) {
        var entry = entry
        try self.append(&entry)
    }

    /// Appends a flow in Nicira's form (1.0).
    ///
    /// Nothing is appended if it throws.
    public mutating func append(_ entry: NiciraFlowStatistics) throws(Inexpressible) {
        var entry = entry
        try self.append(&entry)
    }

    /// Appends an update of a flow monitor.
    ///
    /// Nothing is appended if it throws: what this version cannot say of the flow.
    public mutating func append(_ entry: FlowUpdate) throws(Inexpressible) {
        var entry = entry
        try self.append(&entry)
    }

    /// Appends every entry of a body, which must be of the kind that the reply was begun with.
    public mutating func append(_ body: MultipartReply.Body) throws(Inexpressible) {
        switch body {
        case .description(var value): try self.append(&value)
        case .flow(let values): try self.append(all: values)
        case .aggregate(var value): try self.append(&value)
        case .table(let values): try self.append(all: values)
        case .port(let values): try self.append(all: values)
        case .queue(let values): try self.append(all: values)
        case .group(let values): try self.append(all: values)
        case .groupDescription(let values): try self.append(all: values)
        case .groupFeatures(var value): try self.append(&value)
        case .meter(let values): try self.append(all: values)
        case .meterConfiguration(let values): try self.append(all: values)
        case .meterFeatures(var value): try self.append(&value)
        case .tableFeatures(let values): try self.append(all: values)
        case .portDescription(let values): try self.append(all: values)
        case .tableDescription(let values): try self.append(all: values)
        case .queueDescription(let values): try self.append(all: values)
        case .experimenter(var value): try self.append(&value)
        case .flowMonitor(let values): try self.append(all: values)
        case .flowCounters(let values): try self.append(all: values)
        case .controllerStatus(let values): try self.append(all: values)
        case .bundleFeatures(var value): try self.append(&value)
        case .niciraFlow(let values): try self.append(all: values)
        case .niciraAggregate(var value): try self.append(&value)
        case .bridgeExport(let values): try self.append(all: values)
        case .flowExport(let values): try self.append(all: values)
        }
    }

    private mutating func append(all entries: [some WireStructure]) throws(Inexpressible) {
        for var entry in entries { try self.append(&entry) }
    }

    /// The messages that are finished, each saying that more follow; what is not finished stays.
    public mutating func take() -> [UInt8] { self.writer.take(upTo: self.writer.start) }

    /// Ends the reply; the messages not yet taken, the last of which says whether more follow.
    public consuming func finish(more: Bool = false) -> [UInt8] {
        self.close(at: self.writer.position, more: more)
        return self.writer.finish()
    }
}
