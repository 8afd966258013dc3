import NetworkTypes

// Experimenters' actions: after type and length, the experimenter's number; Nicira's and the ONF's then have a
// subtype of 16 bits.
extension Action {
    mutating func describeExperimenter(
        _ shape: ActionShape, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        guard wire.isReading else { return try self.writeExperimenter(shape, to: &wire) }
        var experimenter: UInt32 = 0
        var subtype: UInt16 = 0
        var body: [UInt8] = []
        try wire.field("experimenter", &experimenter)
        switch experimenter {
        case OXMIdentifier.niciraExperimenter, OXMIdentifier.onfExperimenter:
            try wire.field("subtype", &subtype)
            if experimenter == OXMIdentifier.niciraExperimenter, let known = NiciraActionType(rawValue: subtype) {
                return try self.describe(known, to: &wire)
            }
            if experimenter == OXMIdentifier.onfExperimenter, subtype == NiciraActionType.onfCopyField {
                return try self.describeONFCopyField(to: &wire)
            }
            try wire.rest("body", &body)
            body.insert(contentsOf: [UInt8(subtype >> 8), UInt8(subtype & 0xff)], at: 0)
        default: try wire.rest("body", &body)
        }
        self = .experimenter(experimenter, body)
    }

    private mutating func writeExperimenter(
        _ shape: ActionShape, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        if case .nicira(let type) = shape {
            try wire.constant("experimenter", OXMIdentifier.niciraExperimenter)
            try wire.constant("subtype", type.rawValue)
            return try self.describe(type, to: &wire)
        }
        guard case .experimenter(var experimenter, var body) = self else { return }
        try wire.field("experimenter", &experimenter)
        try wire.rest("body", &body)
    }

    private mutating func describe(
        _ type: NiciraActionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        switch type {
        case .exit, .popQueue, .decrementTTL, .decrementMPLSTTL, .clearConnectionTracking, .decrementServiceHeaderTTL:
            try wire.reserved(6)
            self = Self.plain(type)
        case .setQueue, .group, .note, .setMPLSTTL, .pushMPLS, .popMPLS, .setTunnel, .setTunnel64, .setMPLSLabel,
            .setMPLSTrafficClass:
            try self.describeSetter(type, to: &wire)
        case .resubmit, .resubmitTable, .resubmitTableTracked: try self.describeResubmit(type, to: &wire)
        case .controller: try self.describeController(to: &wire)
        case .outputTruncated: try self.describeOutputTruncated(to: &wire)
        case .conjunction: try self.describeConjunction(to: &wire)
        case .finTimeout: try self.describeFinTimeout(to: &wire)
        case .decrementTTLNotifying: try self.describeDecrementTTLNotifying(to: &wire)
        case .writeMetadata: try self.describeWriteMetadata(to: &wire)
        case .registerMove: try self.describeMove(to: &wire)
        case .registerLoad: try self.describeLoad(to: &wire)
        case .registerLoad2: try self.describeLoad2(to: &wire)
        case .outputRegister, .outputRegister2: try self.describeOutputField(type, to: &wire)
        case .stackPush, .stackPop: try self.describeStack(type, to: &wire)
        case .checkPacketLarger: try self.describeCheckPacketLarger(to: &wire)
        case .deleteField: try self.describeDeleteField(to: &wire)
        default: try self.describeBoxed(type, to: &wire)
        }
    }

    /// The actions with more to say than fits into a few numbers.
    private mutating func describeBoxed(
        _ type: NiciraActionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        switch type {
        case .learn, .learn2:
            var learn = Learn()
            if case .learn(let value) = self { learn = value }
            try learn.describe(type, to: &wire)
            self = .learn(learn)
        case .connectionTracking:
            var tracking = ConnectionTracking()
            if case .connectionTracking(let value) = self { tracking = value }
            try tracking.describe(to: &wire)
            self = .connectionTracking(tracking)
        case .addressTranslation:
            var translation = AddressTranslation()
            if case .addressTranslation(let value) = self { translation = value }
            try translation.describe(to: &wire)
            self = .addressTranslation(translation)
        case .multipath:
            var multipath = Multipath()
            if case .multipath(let value) = self { multipath = value }
            try multipath.describe(to: &wire)
            self = .multipath(multipath)
        case .bundle, .bundleLoad:
            var bundle = PortBundle()
            if case .bundle(let value) = self { bundle = value }
            try bundle.describe(type, to: &wire)
            self = .bundle(bundle)
        case .sample, .sample2, .sample3, .sample4:
            var sample = Sample()
            if case .sample(let value) = self { sample = value }
            try sample.describe(type, to: &wire)
            self = .sample(sample)
        case .controller2:
            var output = ControllerOutput()
            if case .controllerOutput(let value) = self { output = value }
            try output.describe(to: &wire)
            self = output.action
        case .clone:
            var actions: [Action] = []
            if case .clone(let value) = self { actions = value }
            try wire.reserved(6)
            try wire.nestedActions(&actions, inTracker: false)
            self = .clone(actions)
        case .encapsulate:
            var encapsulation = Encapsulation()
            if case .encapsulate(let value) = self { encapsulation = value }
            try encapsulation.describe(to: &wire)
            self = .encapsulate(encapsulation)
        case .decapsulate:
            var packetType: UInt32 = 0
            if case .decapsulate(let value) = self { packetType = value }
            try wire.reserved(2)
            try wire.field("packetType", &packetType)
            self = .decapsulate(packetType: packetType)
        default: throw wire.refusal(.actionBadExperimenterType)
        }
    }
}
