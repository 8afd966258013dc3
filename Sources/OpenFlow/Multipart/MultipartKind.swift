extension MultipartReplyWriter {
    /// What is asked or answered, whatever its number in a version.
    public enum Kind: UInt8, CaseIterable, Hashable, Sendable {
        /// Who made the switch.
        case description
        /// Flows.
        case flow
        /// Sums over flows.
        case aggregate
        /// Tables' counters.
        case table
        /// Ports' counters.
        case port
        /// Queues' counters.
        case queue
        /// Groups' counters.
        case group
        /// Groups' buckets.
        case groupDescription
        /// What groups can do.
        case groupFeatures
        /// Meters' counters.
        case meter
        /// Meters' bands.
        case meterConfiguration
        /// What meters can do.
        case meterFeatures
        /// What tables can do.
        case tableFeatures
        /// Ports.
        case portDescription
        /// How tables behave.
        case tableDescription
        /// How queues are configured.
        case queueDescription
        /// Updates of flow monitors.
        case flowMonitor
        /// Flows' counters.
        case flowCounters
        /// The status of controllers.
        case controllerStatus
        /// What bundles can do.
        case bundleFeatures
        /// Flows, in Nicira's form.
        case niciraFlow
        /// Sums over flows, in Nicira's form.
        case niciraAggregate
        /// How the bridge's flow exporter fares.
        case bridgeExport
        /// How the exporters of sampled flows fare.
        case flowExport
        /// An experimenter's reply that this module does not know further.
        case experimenter
    }
}

extension MultipartReplyWriter.Kind {
    /// The versions' own type; nil where it never became one.
    private var type: MultipartType? {
        switch self {
        case .description: .description
        case .flow: .flow
        case .aggregate: .aggregate
        case .table: .table
        case .port: .port
        case .queue: .queue
        case .group: .group
        case .groupDescription: .groupDescription
        case .groupFeatures: .groupFeatures
        case .meter: .meter
        case .meterConfiguration: .meterConfiguration
        case .meterFeatures: .meterFeatures
        case .tableFeatures: .tableFeatures
        case .portDescription: .portDescription
        case .tableDescription: .tableDescription
        case .queueDescription: .queueDescription
        case .flowMonitor: .flowMonitor
        case .flowCounters: .flowStatistics
        case .controllerStatus: .controllerStatus
        case .bundleFeatures: .bundleFeatures
        case .experimenter: .experimenter
        case .niciraFlow, .niciraAggregate, .bridgeExport, .flowExport: nil
        }
    }

    /// The experimenters' type; nil where there is none.
    private var extensionType: ExtensionMultipartType? {
        switch self {
        case .niciraFlow: .flow
        case .niciraAggregate: .aggregate
        case .flowMonitor: .flowMonitor
        case .bridgeExport: .bridgeExport
        case .flowExport: .flowExport
        case .group: .group
        case .groupDescription: .groupDescription
        case .groupFeatures: .groupFeatures
        default: nil
        }
    }

    private init?(_ type: MultipartType) {
        guard let kind = Self.allCases.first(where: { $0.type == type }) else { return nil }
        self = kind
    }

    private init?(_ type: ExtensionMultipartType) {
        guard let kind = Self.allCases.first(where: { $0.extensionType == type }) else { return nil }
        self = kind
    }

    /// How a kind is numbered in a version.
    struct Form: Sendable {
        /// The type.
        var number: UInt16
        /// The experimenter and what it calls its type, where it is an experimenter's.
        var code: ExtensionCodes<ExtensionMultipartType>.Code?
    }

    /// The form that says this kind in a version: its own where it has one, else an experimenter's.
    func form(in version: OpenFlowVersion) throws(Inexpressible) -> Form {
        if let type = self.type, let number = MultipartType.codes.code(of: type, in: version) {
            return Form(number: number)
        }
        guard let type = self.extensionType, let code = ExtensionMultipartType.codes.code(of: type, in: version),
            let number = MultipartType.codes.code(of: .experimenter, in: version)
        else { throw .multipart }
        return Form(number: number, code: code)
    }

    /// The bytes between the message's header and the body.
    func headerByteCount(_ form: Form, _ version: OpenFlowVersion) -> Int {
        (version.multipartHeaderIsPadded ? 8 : 4) + (form.code == nil ? 0 : version == .v1_0 ? 12 : 8)
    }

    /// The kind of a number.
    ///
    /// For an experimenter's that is not known, nothing of what tells it is passed over.
    static func read(from wire: inout WireReader) throws(WireError) -> (kind: Self, more: Bool) {
        let (number, more) = try wire.multipartHeader()
        guard let type = MultipartType.codes.meaning(of: number, in: wire.version), let kind = Self(type) else {
            throw .refused(OpenFlowError(.requestBadMultipart, offset: 8, value: UInt64(number)))
        }
        guard kind == .experimenter, let (experimenter, subtype) = wire.nextWords else { return (kind, more) }
        let code = ExtensionCodes<ExtensionMultipartType>.Code(experimenter: experimenter, type: subtype)
        guard let known = ExtensionMultipartType.codes.meaning(of: code, in: wire.version),
            let kind = Self(known)
        else { return (.experimenter, more) }
        // Nicira's header is padded to 24 bytes in every version.
        try wire.reserved(wire.version == .v1_0 ? 12 : 8)
        return (kind, more)
    }
}

extension WireReader {
    /// The number, flag and padding before a multipart body (1.0 §5.3.5, 1.3 §7.3.5).
    fileprivate mutating func multipartHeader() throws(WireError) -> (number: UInt16, more: Bool) {
        var (number, flags) = (UInt16(0), UInt16(0))
        try self.field("type", &number)
        try self.field("flags", &flags)
        if self.version.multipartHeaderIsPadded { try self.reserved(4) }
        return (number, flags & 1 != 0)
    }

    /// A structure that the body consists of.
    mutating func structure<T: WireStructure>(_: T.Type) throws(WireError) -> T {
        var value = T()
        try value.describe(to: &self)
        return value
    }

    /// A list that the body consists of.
    mutating func structures<T: WireStructure>(_: T.Type) throws(WireError) -> [T] {
        var values: [T] = []
        try self.list("entries", &values)
        return values
    }
}
