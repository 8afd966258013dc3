/// One message as a decoder for people shows it: its bytes, what they mean or why they mean nothing, and whether
/// they are written again as they were.
public struct DecodedMessage: Sendable {
    /// The bytes, from the header on.
    public let bytes: [UInt8]
    /// The header.
    public let header: MessageHeader
    /// The version that the message was read in; nil where this module knows none of that number.
    public let version: OpenFlowVersion?
    /// What it says, or why it cannot be read.
    public let result: Result<Message, OpenFlowError>

    /// Reads a message in the version of its own header.
    ///
    /// A HELLO of a version that is not known is read as one of the newest.
    ///
    /// - Returns: nil if the bytes are not one whole message with its header.
    public init?(_ bytes: [UInt8], options: DecodingOptions = []) {
        guard let header = try? MessageHeader.parse(bytes.span.bytes), Int(header.length) == bytes.count else {
            return nil
        }
        self.bytes = bytes
        self.header = header
        let known = OpenFlowVersion(rawValue: header.version)
        self.version = known ?? (header.type == 0 ? .v1_5 : nil)
        guard let version = self.version else {
            self.result = .failure(OpenFlowError(.requestBadVersion, offset: 0, value: UInt64(header.version)))
            return
        }
        do throws(OpenFlowError) {
            self.result = .success(try MessageCodec.decode(bytes, version: version, options: options).message)
        } catch {
            self.result = .failure(error)
        }
    }

    /// What came of writing the message again.
    public enum RoundTrip: Hashable, Sendable {
        /// The same bytes.
        case same
        /// Other bytes, which first differ at this byte.
        case differs([UInt8], offset: Int)
        /// The version has no words for it.
        case inexpressible(Inexpressible)
    }

    /// Writes the message again in its version; nil if it could not be read.
    public func roundTrip() -> RoundTrip? {
        guard case .success(let message) = self.result, let version = self.version else { return nil }
        do throws(Inexpressible) {
            var again = try MessageCodec.encode(message, version: version, transactionID: self.header.transactionID)
            // A HELLO has its sender's newest version in the header, whichever that is.
            if case .hello = message, !again.isEmpty { again[0] = self.header.version }
            if again == self.bytes { return .same }
            let offset = zip(again, self.bytes).enumerated().first { $0.element.0 != $0.element.1 }?.offset
            return .differs(again, offset: offset ?? min(again.count, self.bytes.count))
        } catch {
            return .inexpressible(error)
        }
    }

    /// The message in the manner of ovs-ofctl ofp-print, or why it cannot be read, with its bytes.
    public var text: String {
        switch self.result {
        case .success(let message):
            return message.text(version: self.version ?? .v1_5, transactionID: self.header.transactionID)
        case .failure(let error):
            let xid = TextPart.hexadecimal(self.header.transactionID.rawValue)
            let bytes = Array(self.bytes.prefix(64)).hexadecimal(separator: "") + (self.bytes.count > 64 ? "..." : "")
            return "version \(self.header.version) type \(self.header.type) (xid=\(xid)): "
                + "cannot be decoded: \(error)\n bytes: \(bytes)"
        }
    }

    /// The message by names: version, type, length, transaction, then `body` or `error`.
    public var structure: StructureValue {
        var members: [StructureValue.Member] = [
            .init("version", self.version.map { .text($0.description) } ?? .number(UInt64(self.header.version))),
            .init("xid", .number(UInt64(self.header.transactionID.rawValue))),
            .init("length", .number(UInt64(self.header.length))),
        ]
        switch self.result {
        case .success(let message):
            members.insert(.init("type", .text(message.name(in: self.version ?? .v1_5))), at: 1)
            if case .object(let payload) = StructureValue(reflecting: message), let body = payload.first?.value {
                members.append(.init("body", body))
            }
        case .failure(let error):
            members.insert(.init("type", .number(UInt64(self.header.type))), at: 1)
            members.append(.init("error", .text(error.description)))
            members.append(.init("bytes", .text(self.bytes.hexadecimal(separator: ""))))
        }
        return .object(members)
    }
}
