/// Which of the forms on the wire an action has in a version.
enum ActionShape: Equatable, Sendable {
    /// One of OpenFlow's own.
    case standard(ActionType)
    /// One of Nicira's.
    case nicira(NiciraActionType)
    /// Another experimenter's, or one of Nicira's that this module does not know.
    case experimenter
}

extension Action {
    /// The form that says this action in a version.
    ///
    /// What a version lacks is said by Nicira's action of the same meaning, where there is one.
    /// - Parameter transportProtocol: the IP protocol of the flow's match, which 1.2 and later need to set ports.
    func shape(in version: OpenFlowVersion, transportProtocol: UInt8?) throws(WireError) -> ActionShape {
        switch self {
        case .output: return .standard(.output)
        case .group: return try Self.shape(.group, .group, version)
        case .setQueue: return try Self.shape(.setQueue, .setQueue, version)
        case .enqueue: return try Self.shape(.enqueue, nil, version)
        case .setField(let entry):
            return Self.setFieldShape(entry, in: version)
        case .setLongField(let entry):
            // As for shorter fields: a mask is OpenFlow's from 1.5 on.
            let isStandard = version >= .v1_5 || version.hasSetField && entry.isExact
            return isStandard ? .standard(.setField) : .nicira(.registerLoad2)
        case .copyField: return try Self.shape(.copyField, .registerMove, version)
        case .pushVLAN: return try Self.shape(.pushVLAN, nil, version)
        case .popVLAN: return .standard(.popVLAN)
        case .setVLANID: return version.hasSetField ? .standard(.setField) : .standard(.setVLANID)
        case .setVLANPriority:
            return version.hasSetField ? .standard(.setField) : .standard(.setVLANPriority)
        case .setTransportSource, .setTransportDestination:
            guard version.hasSetField else {
                if case .setTransportSource = self { return .standard(.setTransportSource) }
                return .standard(.setTransportDestination)
            }
            guard self.loweredTransport(transportProtocol) != nil else { throw .inexpressible(.action) }
            return .standard(.setField)
        case .pushMPLS: return try Self.shape(.pushMPLS, .pushMPLS, version)
        case .popMPLS: return try Self.shape(.popMPLS, .popMPLS, version)
        case .setMPLSTTL: return try Self.shape(.setMPLSTTL, .setMPLSTTL, version)
        case .decrementMPLSTTL: return try Self.shape(.decrementMPLSTTL, .decrementMPLSTTL, version)
        case .setNetworkTTL: return try Self.shape(.setNetworkTTL, .registerLoad, version)
        case .decrementNetworkTTL: return try Self.shape(.decrementNetworkTTL, .decrementTTL, version)
        case .copyTTLOut: return try Self.shape(.copyTTLOut, nil, version)
        case .copyTTLIn: return try Self.shape(.copyTTLIn, nil, version)
        case .pushPBB: return try Self.shape(.pushPBB, nil, version)
        case .popPBB: return try Self.shape(.popPBB, nil, version)
        case .meter: return try Self.shape(.meter, nil, version)
        case .experimenter: return .experimenter
        default: return try self.niciraShape()
        }
    }

    /// The form of the actions that only Nicira has.
    private func niciraShape() throws(WireError) -> ActionShape {
        switch self {
        case .resubmit: return .nicira(.resubmitTable)
        case .resubmitTracked: return .nicira(.resubmitTableTracked)
        case .controller: return .nicira(.controller)
        case .controllerOutput: return .nicira(.controller2)
        case .note: return .nicira(.note)
        case .exit: return .nicira(.exit)
        case .popQueue: return .nicira(.popQueue)
        case .outputField(let slice, _):
            return .nicira(slice.field.shortIdentifier == nil ? .outputRegister2 : .outputRegister)
        case .outputTruncated: return .nicira(.outputTruncated)
        case .conjunction: return .nicira(.conjunction)
        case .learn(let learn): return .nicira(learn.needsSecondForm ? .learn2 : .learn)
        case .connectionTracking: return .nicira(.connectionTracking)
        case .clearConnectionTracking: return .nicira(.clearConnectionTracking)
        case .addressTranslation: return .nicira(.addressTranslation)
        case .multipath: return .nicira(.multipath)
        case .bundle(let bundle): return .nicira(bundle.destination == nil ? .bundle : .bundleLoad)
        case .sample(let sample): return .nicira(sample.form)
        case .clone: return .nicira(.clone)
        case .checkPacketLarger: return .nicira(.checkPacketLarger)
        case .encapsulate: return .nicira(.encapsulate)
        case .decapsulate: return .nicira(.decapsulate)
        case .decrementServiceHeaderTTL: return .nicira(.decrementServiceHeaderTTL)
        case .pushStack: return .nicira(.stackPush)
        case .popStack: return .nicira(.stackPop)
        case .decrementNetworkTTLNotifying: return .nicira(.decrementTTLNotifying)
        case .writeMetadata: return .nicira(.writeMetadata)
        case .deleteField: return .nicira(.deleteField)
        case .finTimeout: return .nicira(.finTimeout)
        default: throw .inexpressible(.action)
        }
    }

    private static func shape(
        _ standard: ActionType, _ nicira: NiciraActionType?, _ version: OpenFlowVersion
    ) throws(WireError) -> ActionShape {
        if ActionType.codes.code(of: standard, in: version) != nil { return .standard(standard) }
        guard let nicira else { throw .inexpressible(.action) }
        return .nicira(nicira)
    }

    /// 1.0 and 1.1 have an action for some fields; 1.2 to 1.4 set whole fields only.
    private static func setFieldShape(
        _ entry: MatchEntry, in version: OpenFlowVersion
    ) -> ActionShape {
        let (field, value, mask) = (entry.field, entry.value, entry.mask)
        let isExact = field.isVariableLength ? entry.isWholeOption : mask == field.allOnes
        if version.hasSetField, isExact || version >= .v1_5 { return .standard(.setField) }
        // Older peers know the load of a slice only.
        let load: ActionShape =
            field.shortIdentifier != nil && FieldSlice(field, mask: mask) != nil && !(field.isVariableLength && isExact)
            ? .nicira(.registerLoad) : .nicira(.registerLoad2)
        guard !version.hasSetField else { return load }
        let type: ActionType? =
            switch field {
            case .ethernetSource: .setEthernetSource
            case .ethernetDestination: .setEthernetDestination
            case .ipv4Source: .setNetworkSource
            case .ipv4Destination: .setNetworkDestination
            case .ipDSCP: .setNetworkTOS
            case .ipECN: .setNetworkECN
            // In 1.1 these two set the tag that is there; in 1.0 they would push one.
            case .vlanID where version == .v1_1 && value & 0x1000 != 0: .setVLANID
            case .vlanPriority where version == .v1_1: .setVLANPriority
            case .mplsLabel: .setMPLSLabel
            case .mplsTrafficClass: .setMPLSTrafficClass
            default: nil
            }
        if isExact, let type, ActionType.codes.code(of: type, in: version) != nil { return .standard(type) }
        switch field {
        case .mplsLabel where isExact: return .nicira(.setMPLSLabel)
        case .mplsTrafficClass where isExact: return .nicira(.setMPLSTrafficClass)
        case .tunnelID where isExact: return .nicira(value >> 32 == 0 ? .setTunnel : .setTunnel64)
        default: return load
        }
    }

    /// The transport setters of 1.0 and 1.1 as a field of the protocol given.
    func loweredTransport(_ transportProtocol: UInt8?) -> MatchEntry? {
        guard let transportProtocol, let fields = TransportFields(transportProtocol, isIPv4: true),
            fields.source != .icmpv4Type
        else { return nil }
        switch self {
        case .setTransportSource(let port): return MatchEntry(fields.source, port)
        case .setTransportDestination(let port): return MatchEntry(fields.destination, port)
        default: return nil
        }
    }

    /// Why a switch that knows no experimenter's actions refuses this one; nil if it is not one.
    public var experimenterRefusal: OpenFlowError.Code? {
        guard case .experimenter(let experimenter, _) = self else { return nil }
        return experimenter == OXMIdentifier.niciraExperimenter
            ? .actionBadExperimenterType : .actionBadExperimenter
    }
}
