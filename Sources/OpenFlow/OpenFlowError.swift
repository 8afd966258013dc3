/// A refusal in the protocol's own vocabulary, with what the numbers on the wire cannot say, for logs.
///
/// Thrown by the decoder and by whoever handles a request; becomes an ``ErrorMessage``. Two errors are
/// equal if their codes are.
public struct OpenFlowError: Error, Sendable {
    /// Which error.
    public let code: Code
    /// Where in the message the fault lies, in bytes from its header; nil if nowhere in particular.
    public var offset: UInt32?
    /// The value that was refused, where one was.
    public var value: UInt64?
    /// The bound that the value broke, where there is one.
    public var limit: UInt64?

    /// The field that was refused or missing, where one was.
    public var field: StaticString?
    /// The kind of message, where one was being read.
    var message: MessageType?
    /// The part of the message, where one was being read.
    var context: WireContext?

    /// Makes an error.
    public init(
        _ code: Code, offset: Int? = nil, value: UInt64? = nil, limit: UInt64? = nil, field: StaticString? = nil
    ) {
        self.code = code
        self.offset = offset.map { UInt32(clamping: $0) }
        self.value = value
        self.limit = limit
        self.field = field
    }

    /// Where the fault lies, from the message inwards, such as `flowMod.action.type`; empty where nothing is known.
    public var path: String {
        var parts: [String] = []
        if let message = self.message { parts.append("\(message)") }
        if let context = self.context, context != .message { parts.append("\(context)") }
        if let field = self.field { parts.append("\(field)") }
        return parts.joined(separator: ".")
    }
}

extension OpenFlowError: Hashable, CustomStringConvertible {
    /// Whether the codes are equal.
    public static func == (left: OpenFlowError, right: OpenFlowError) -> Bool { left.code == right.code }
    /// Hashes the code alone.
    public func hash(into hasher: inout Hasher) { hasher.combine(self.code) }

    /// The specification's name of the error and what else is known.
    public var description: String {
        var text = self.code.constant
        let path = self.path
        if !path.isEmpty { text += " in \(path)" }
        if let offset = self.offset { text += " at byte \(offset)" }
        if let value = self.value { text += ", value \(value)" }
        if let limit = self.limit { text += ", limit \(limit)" }
        return text
    }
}

extension OpenFlowError {
    /// How one error is written in a range of versions.
    struct Form: Sendable {
        /// Which of the four ways.
        enum Kind: Hashable, Sendable {
            /// Type and code of the specification.
            case standard
            /// Type 0xffff with the ONF's experimenter number (1.2 and later).
            case onf
            /// Type 0xffff with Nicira's experimenter number (1.2 and later).
            case nicira
            /// Nicira's envelope for 1.0 and 1.1, with a type and a code of its own.
            case envelope
        }
        let kind: Kind
        let versions: ClosedRange<OpenFlowVersion>
        let type: UInt16
        let code: UInt16

        static func standard(_ versions: ClosedRange<OpenFlowVersion>, _ type: UInt16, _ code: UInt16) -> Form {
            Form(kind: .standard, versions: versions, type: type, code: code)
        }
        static func envelope(_ versions: ClosedRange<OpenFlowVersion>, _ type: UInt16, _ code: UInt16) -> Form {
            Form(kind: .envelope, versions: versions, type: type, code: code)
        }
        static func onf(_ versions: ClosedRange<OpenFlowVersion>, _ code: UInt16) -> Form {
            Form(kind: .onf, versions: versions, type: 0xffff, code: code)
        }
        static func nicira(_ versions: ClosedRange<OpenFlowVersion>, _ code: UInt16) -> Form {
            Form(kind: .nicira, versions: versions, type: 0xffff, code: code)
        }
    }

    /// What is known about one error.
    struct Row: Sendable {
        let error: Code
        let constant: StaticString
        let forms: [Form]
        init(_ error: Code, _ constant: StaticString, _ forms: [Form]) {
            self.error = error
            self.constant = constant
            self.forms = forms
        }
    }
}

extension OpenFlowError.Code {
    var row: OpenFlowError.Row { OpenFlowError.table[Int(self.rawValue)] }
    /// The name of the constant in the specifications (or in Nicira's headers).
    public var constant: String { "\(self.row.constant)" }
    /// How the error is written in a version; nil where the version has no such error.
    func form(in version: OpenFlowVersion) -> OpenFlowError.Form? {
        self.row.forms.first { $0.versions.contains(version) }
    }

    /// This error, or the nearest that a version can say.
    func expressible(in version: OpenFlowVersion) -> OpenFlowError.Code {
        if self.form(in: version) != nil { return self }
        if let substitute = self.substitute, substitute.form(in: version) != nil { return substitute }
        return .requestBadType
    }

    /// What to say where the version lacks the error: the same fault in more general words.
    private var substitute: OpenFlowError.Code? {
        switch self {
        case .requestBadPacket, .requestPipelineFieldsOnly, .requestUnknown: .requestBadLength
        case .requestMultipartBufferOverflow, .requestMultipartRequestTimeout,
            .requestMultipartReplyTimeout, .requestMultipartBadSchedule:
            .requestBadMultipart
        case .actionUnsupportedOrder, .actionBadTag, .actionBadSetMask, .actionBadMeter,
            .actionNiciraBadHeaderType, .actionNiciraUnknownEncapDecapProperty,
            .actionNiciraBadEncapDecapProperty:
            .actionBadArgument
        case .instructionUnknown, .instructionBadTableID, .instructionUnsupportedMetadata,
            .instructionUnsupportedMetadataMask, .instructionBadExperimenter,
            .instructionBadExperimenterType, .instructionBadLength, .instructionNotPermitted,
            .instructionDuplicate:
            .instructionUnsupported
        case .matchBadType, .matchBadLength, .matchBadTag, .matchBadDatalinkAddressMask,
            .matchBadNetworkAddressMask, .matchNotPermitted:
            .requestBadLength
        case .flowModUnknown, .flowModBadTableID, .flowModBadTimeout, .flowModCannotSync,
            .flowModBadPriority, .flowModIsSync, .flowModUnsupported:
            .flowModNotPermitted
        case .groupModUnknownBucket, .groupModBucketExists: .groupModBadBucket
        case .groupModChainedGroup, .groupModBadType, .groupModBadCommand, .groupModBadBucket,
            .groupModBadWatch, .groupModNotPermitted:
            .groupModInvalidGroup
        case .portModBadConfig, .portModBadAdvertise, .portModNotPermitted: .portModBadPort
        case .roleRequestStale, .roleRequestUnsupported, .roleRequestIDUnsupported, .roleRequestIDInUse:
            .roleRequestBadRole
        case .switchConfigNotPermitted, .tableModNotPermitted, .bundleNotPermitted: .requestNotPermitted
        default: nil
        }
    }
}
