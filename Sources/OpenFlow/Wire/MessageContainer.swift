/// What a message is part of, which decides what answers a header that cannot be.
enum MessageContainer: Sendable {
    /// BUNDLE_ADD_MESSAGE.
    case bundle
    /// REQUESTFORWARD.
    case forward

    var lengthError: OpenFlowError.Code { self == .bundle ? .bundleMessageBadLength : .requestBadLength }
    var versionError: OpenFlowError.Code { self == .bundle ? .bundleBadVersion : .requestBadVersion }
    var typeError: OpenFlowError.Code { self == .bundle ? .bundleMessageUnsupported : .requestBadType }
}

extension MessageType {
    /// Whether the message can be part of another; what contains messages itself cannot, so that nothing nests deeper.
    fileprivate var mayBeContained: Bool {
        switch self {
        case .hello, .error, .bundleControl, .bundleAdd, .requestForward: false
        default: true
        }
    }
}

extension Message {
    /// Whether the message contains another, or the like, and so cannot be part of one.
    fileprivate var mayBeContained: Bool {
        switch self {
        case .hello, .error, .bundleControl, .bundleAdd, .requestForward, .multipartReply: false
        default: true
        }
    }
}

extension WireReader {
    mutating func message(
        _ value: inout Message, _ transactionID: inout TransactionID?, within container: MessageContainer
    ) throws(WireError) {
        guard !self.isContained else { throw self.refusal(container.typeError) }
        let start = self.offset
        guard let header = self.nextHeader else {
            throw .refused(OpenFlowError(container.lengthError, offset: start, value: UInt64(self.remaining), limit: 8))
        }
        let length = Int(header.length)
        guard length >= MessageHeader.byteCount, length <= self.remaining else {
            throw .refused(
                OpenFlowError(
                    container.lengthError, offset: start + 2, value: UInt64(header.length),
                    limit: UInt64(self.remaining)))
        }
        guard header.version == self.version.rawValue else {
            throw .refused(OpenFlowError(container.versionError, offset: start, value: UInt64(header.version)))
        }
        if container == .bundle, header.transactionID != self.transactionID {
            throw .refused(
                OpenFlowError(
                    .bundleMessageBadTransactionID, offset: start + 4, value: UInt64(header.transactionID.rawValue),
                    limit: UInt64(self.transactionID.rawValue)))
        }
        transactionID = header.transactionID
        guard let type = MessageType.codes.meaning(of: UInt16(header.type), in: self.version), type.mayBeContained
        else {
            throw .refused(OpenFlowError(container.typeError, offset: start + 1, value: UInt64(header.type)))
        }
        value = try self.contained(type, byteCount: length)
    }
}

extension WireWriter {
    mutating func message(
        _ value: inout Message, _ transactionID: inout TransactionID?, within container: MessageContainer
    ) throws(WireError) {
        guard value.mayBeContained else { throw .inexpressible(.message) }
        try self.message(value, transactionID ?? self.transactionID)
    }
}
