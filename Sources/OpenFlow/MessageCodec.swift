/// What a connection has agreed on beyond the version.
@frozen public struct DecodingOptions: OptionSet, Sendable {
    /// The bits.
    public let rawValue: UInt8
    /// Makes options from their bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// The command of a 1.0 FLOW_MOD carries a table in its upper byte (Nicira's subtype 15).
    public static let flowModTableID = DecodingOptions(rawValue: 1)
}

/// Turns messages into bytes and back.
///
/// Has no state; any thread may call it.
public enum MessageCodec {
    /// Reads one whole message.
    ///
    /// - Parameters:
    ///   - bytes: the message with its header, which says as many bytes as there are.
    ///   - version: what the connection speaks; a HELLO or ERROR may carry another.
    ///   - options: what else the connection has agreed on.
    /// - Returns: header and message. Experimenters' messages that this module does not know come as
    ///   ``Message/experimenter(_:)``, to be answered with their refusal.
    /// - Throws: what to answer: the error of the specification for the first fault in the message, with its offset.
    public static func decode(
        _ bytes: RawSpan, version: OpenFlowVersion, options: DecodingOptions = []
    ) throws(OpenFlowError) -> (header: MessageHeader, message: Message) {
        guard let header = try MessageHeader.parse(bytes), Int(header.length) == bytes.byteCount else {
            throw OpenFlowError(.requestBadLength, offset: 2, value: UInt64(bytes.byteCount))
        }
        let type = MessageType.codes.meaning(of: UInt16(header.type), in: version)
        guard header.version == version.rawValue || type == .hello || type == .error else {
            throw OpenFlowError(.requestBadVersion, offset: 0, value: UInt64(header.version))
        }
        guard let type else { throw OpenFlowError(.requestBadType, offset: 1, value: UInt64(header.type)) }
        var reader = WireReader(
            bytes, from: MessageHeader.byteCount, version: version,
            hasFlowModTableID: options.contains(.flowModTableID))
        do throws(WireError) {
            let message = try Message.read(type, from: &reader)
            guard reader.remaining == 0 else { throw reader.tooShort() }
            return (header, message)
        } catch {
            switch error {
            case .refused(var refusal):
                // Of a message within another, the inner kind says more.
                refusal.message = refusal.message ?? type
                throw refusal
            case .inexpressible: throw OpenFlowError(.requestBadType, offset: 1, value: UInt64(header.type))
            }
        }
    }

    /// Reads one whole message of a connection that sends many; see ``decode(_:version:options:)-(RawSpan,_,_)``.
    ///
    /// - Parameters:
    ///   - bytes: the message, whose header must say as many bytes as there are.
    ///   - version: what the connection speaks.
    ///   - options: what else the connection has agreed on.
    ///   - cache: the connection's own, asked for where it is of use; makes flow_mods with instructions that came
    ///     before quicker to read.
    @inlinable
    public static func decode(
        _ bytes: UnsafeRawBufferPointer, version: OpenFlowVersion, options: DecodingOptions,
        cache: @autoclosure () -> DecodingCache
    ) throws(OpenFlowError) -> Message {
        if let message = self.decodeOrdinary(bytes, version: version, options: options, cache: cache()) {
            return message
        }
        // The span lives no longer than this call, and what the caller gave does.
        return try self.decode(RawSpan(_unsafeBytes: bytes), version: version, options: options).message
    }

    /// Reads a message for which there is a quick way, if it is one that the quick way can go.
    @usableFromInline
    static func decodeOrdinary(
        _ bytes: UnsafeRawBufferPointer, version: OpenFlowVersion, options: DecodingOptions,
        cache: @autoclosure () -> DecodingCache
    ) -> Message? {
        guard bytes.count >= MessageHeader.byteCount, bytes[0] == version.rawValue,
            Int(bytes[2]) << 8 | Int(bytes[3]) == bytes.count
        else { return nil }
        // FLOW_MOD has this number since 1.0; its layout is the same since 1.2 but for flags and importance.
        guard bytes[1] == 14 else { return BundleAdd.readOrdinary(bytes, version: version, cache: cache()) }
        if version == .v1_0, options.isEmpty {
            return FlowMod.readOrdinary10(bytes, cache: cache()).map(Message.flowMod)
        }
        guard version >= .v1_3 else { return nil }
        return FlowMod.readOrdinary(bytes, version: version, cache: cache()).map(Message.flowMod)
    }

    /// Reads one whole message from an array; see ``decode(_:version:options:)-(RawSpan,_,_)``.
    public static func decode(
        _ bytes: [UInt8], version: OpenFlowVersion, options: DecodingOptions = []
    ) throws(OpenFlowError) -> (header: MessageHeader, message: Message) {
        try self.decode(bytes.span.bytes, version: version, options: options)
    }

    /// Appends one message to `bytes`; a multipart reply that is too long becomes several messages.
    ///
    /// Nothing is appended if it throws.
    /// - Throws: what the version has no words for.
    public static func encode(
        _ message: Message, version: OpenFlowVersion, transactionID: TransactionID, into bytes: inout [UInt8]
    ) throws(Inexpressible) {
        let message = message.raised(to: version)
        if case .multipartReply(let reply) = message {
            return try self.encode(reply, version: version, transactionID: transactionID, into: &bytes)
        }
        let before = bytes.count
        var writer = WireWriter(appendingTo: bytes, version: version)
        // The array is given up here, so that the writer is its only owner.
        bytes = []
        do throws(WireError) {
            try writer.message(message, transactionID)
            bytes = writer.finish()
        } catch {
            writer.rewind(to: before)
            bytes = writer.finish()
            throw error.inexpressible
        }
    }

    private static func encode(
        _ reply: MultipartReply, version: OpenFlowVersion, transactionID: TransactionID,
        into bytes: inout [UInt8]
    ) throws(Inexpressible) {
        var writer = try MultipartReplyWriter(
            reply.body.kind, version: version, transactionID: transactionID)
        try writer.append(reply.body)
        bytes += writer.finish(more: reply.more)
    }

    /// The bytes of one message; see ``encode(_:version:transactionID:into:)``.
    public static func encode(
        _ message: Message, version: OpenFlowVersion, transactionID: TransactionID
    ) throws(Inexpressible) -> [UInt8] {
        var bytes: [UInt8] = []
        try self.encode(message, version: version, transactionID: transactionID, into: &bytes)
        return bytes
    }

    /// The bytes of the ERROR that refuses `request`, with as much of it as fits.
    ///
    /// Every version can say every error here: what it lacks is said as the nearest that it has, in the
    /// same group or as BAD_REQUEST.
    /// - Parameters:
    ///   - code: what is wrong.
    ///   - request: the refused message as it came, whole or as much as is at hand.
    ///   - version: what the peer speaks.
    ///   - transactionID: the request's.
    ///   - bytes: where the message is appended.
    public static func encodeError(
        _ code: OpenFlowError.Code, refusing request: RawSpan, version: OpenFlowVersion,
        transactionID: TransactionID, into bytes: inout [UInt8]
    ) {
        let count = min(request.byteCount, ErrorMessage.dataBytesMaximum)
        let data = count == 0 ? [] : request.extracting(0..<count).withUnsafeBytes { Array($0) }
        let expressible = code.expressible(in: version)
        let message = Message.error(ErrorMessage(error: .known(expressible), data: data))
        do throws(Inexpressible) {
            try self.encode(message, version: version, transactionID: transactionID, into: &bytes)
        } catch {
            // Not reached: `expressible` has a form in every version and the data fits.
            assertionFailure("\(expressible) has no form in \(version)")
        }
    }
}

extension WireError {
    /// A refusal cannot come out of writing; it would be a structure describing itself wrongly.
    var inexpressible: Inexpressible {
        switch self {
        case .inexpressible(let what): what
        case .refused(let refusal): .error(refusal.code)
        }
    }
}
