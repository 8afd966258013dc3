import NetworkTypes

// An action (1.0 §5.2.4, 1.1 and later §7.2.6): type 16 bits, length 16 bits, which counts everything and
// is a multiple of eight.
extension Action: WireStructure {
    init() { self = .popVLAN }

    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var shape = ActionShape.experimenter
        var code: UInt16 = 0xffff
        if !wire.isReading {
            shape = try self.shape(in: wire.version, transportProtocol: wire.transportProtocol)
            if case .standard(let type) = shape {
                guard let known = ActionType.codes.code(of: type, in: wire.version) else {
                    throw .inexpressible(.action)
                }
                code = known
            }
        }
        var frame = wire.begin(.action)
        try wire.field("type", &code)
        try wire.length(&frame, excluding: 0)
        if wire.isReading {
            guard wire.remaining & 7 == 4 else { throw wire.refusal(.actionBadLength) }
            guard let type = ActionType.codes.meaning(of: code, in: wire.version) else {
                throw wire.refusal(.actionBadType, value: UInt64(code))
            }
            if type != .experimenter { shape = .standard(type) }
        }
        if case .standard(let type) = shape {
            try self.describe(type, to: &wire)
        } else {
            try self.describeExperimenter(shape, to: &wire)
        }
        try wire.end(frame, padding: .counted)
    }

    private mutating func describe(
        _ type: ActionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        switch type {
        case .output: try self.describeOutput(to: &wire)
        case .group:
            var group = GroupID(rawValue: 0)
            if case .group(let value) = self { group = value }
            try wire.field("group", &group)
            guard group.rawValue <= GroupID.maximum.rawValue else {
                throw wire.refusal(.actionBadOutGroup, value: UInt64(group.rawValue))
            }
            self = .group(group)
        case .setQueue:
            var queue = QueueID(rawValue: 0)
            if case .setQueue(let value) = self { queue = value }
            try wire.field("queue", &queue)
            self = .setQueue(queue)
        case .enqueue:
            var (port, queue) = (PortNumber.any, QueueID(rawValue: 0))
            if case .enqueue(let valuePort, let valueQueue) = self { (port, queue) = (valuePort, valueQueue) }
            try wire.narrow("port", &port)
            guard port.isOrdinary || port == .inPort || port == .local else {
                throw wire.refusal(.actionBadOutPort, value: UInt64(port.rawValue))
            }
            try wire.reserved(6)
            try wire.field("queue", &queue)
            self = .enqueue(port, queue)
        case .setField: try self.describeSetField(to: &wire)
        case .copyField: try self.describeCopyField(to: &wire)
        case .meter:
            var meter = MeterID(rawValue: 0)
            if case .meter(let value) = self { meter = value }
            try wire.field("meter", &meter)
            self = .meter(meter)
        case .popVLAN, .decrementMPLSTTL, .decrementNetworkTTL, .copyTTLOut, .copyTTLIn, .popPBB:
            try wire.reserved(4)
            self = Self.plain(type)
        case .pushVLAN, .pushMPLS, .popMPLS, .pushPBB: try self.describeEtherType(type, to: &wire)
        case .setMPLSTTL, .setNetworkTTL: try self.describeTTL(type, to: &wire)
        default: try self.describeFixedSetter(type, to: &wire)
        }
    }

    /// The actions that carry nothing.
    private static func plain(_ type: ActionType) -> Action {
        switch type {
        case .decrementMPLSTTL: .decrementMPLSTTL
        case .decrementNetworkTTL: .decrementNetworkTTL
        case .copyTTLOut: .copyTTLOut
        case .copyTTLIn: .copyTTLIn
        case .popPBB: .popPBB
        default: .popVLAN
        }
    }

    private mutating func describeOutput(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var port = PortNumber.controller
        var maximumLength: UInt16 = 0
        if case .output(let valuePort, let valueLength) = self { (port, maximumLength) = (valuePort, valueLength) }
        try wire.field("port", &port)
        guard port.isOrdinary || port.rawValue >= PortNumber.inPort.rawValue && port != .any else {
            throw wire.refusal(.actionBadOutPort, value: UInt64(port.rawValue))
        }
        try wire.field("maximumLength", &maximumLength)
        if wire.version.portNumbersAre32Bit { try wire.reserved(6) }
        self = .output(port, maximumLength: maximumLength)
    }

    /// SET_FIELD: one OXM entry, padded with zeros to a multiple of eight (1.2 and later).
    private mutating func describeSetField(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        if try self.describeLongField(to: &wire, anyMask: false) { return }
        var entry = MatchEntry(.inPort, value: 0, mask: 0)
        switch self {
        case .setField(let field): entry = field
        case .setVLANID(let vlan): entry = MatchEntry(.vlanID, 0x1000 | vlan)
        case .setVLANPriority(let priority): entry = MatchEntry(.vlanPriority, priority)
        default:
            if let lowered = self.loweredTransport(wire.transportProtocol) { entry = lowered }
        }
        try wire.setField(&entry)
        if wire.isReading { self = .setField(entry) }
    }

    mutating func describeCopyField(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var copy = CopyField(
            bitCount: 1, source: .inPort, sourceOffset: 0, destination: .metadata, destinationOffset: 0)
        if case .copyField(let value) = self { copy = value }
        try wire.field("bitCount", &copy.bitCount)
        try wire.field("sourceOffset", &copy.sourceOffset)
        try wire.field("destinationOffset", &copy.destinationOffset)
        try wire.reserved(2)
        try wire.field("source", &copy.source, names: .version)
        try wire.field("destination", &copy.destination, names: .version)
        try copy.check(wire)
        self = .copyField(copy)
    }

    private mutating func describeEtherType(
        _ type: ActionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var etherType = EtherType.ipv4
        switch self {
        case .pushVLAN(let value), .pushMPLS(let value), .popMPLS(let value), .pushPBB(let value):
            etherType = value
        default: break
        }
        try wire.field("etherType", &etherType)
        try wire.reserved(2)
        let isRight: Bool
        switch type {
        case .pushVLAN: (isRight, self) = (etherType == .vlan || etherType == .serviceVLAN, .pushVLAN(etherType))
        case .pushMPLS: (isRight, self) = (etherType == .mpls || etherType == .mplsMulticast, .pushMPLS(etherType))
        case .pushPBB: (isRight, self) = (etherType == .pbb, .pushPBB(etherType))
        default: (isRight, self) = (true, .popMPLS(etherType))
        }
        guard isRight || !wire.isReading else {
            throw wire.refusal(.actionBadArgument, value: UInt64(etherType.rawValue))
        }
    }

    private mutating func describeTTL(
        _ type: ActionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var ttl: UInt8 = 0
        switch self {
        case .setMPLSTTL(let value), .setNetworkTTL(let value): ttl = value
        default: break
        }
        try wire.field("ttl", &ttl)
        try wire.reserved(3)
        self = type == .setMPLSTTL ? .setMPLSTTL(ttl) : .setNetworkTTL(ttl)
    }

    /// The actions of 1.0 and 1.1 that set one header field each.
    private mutating func describeFixedSetter(
        _ type: ActionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        switch type {
        case .setEthernetSource: try self.describeField(.ethernetSource, bytes: 6, limit: .max, to: &wire)
        case .setEthernetDestination:
            try self.describeField(.ethernetDestination, bytes: 6, limit: .max, to: &wire)
        case .setNetworkSource: try self.describeField(.ipv4Source, bytes: 4, limit: .max, to: &wire)
        case .setNetworkDestination: try self.describeField(.ipv4Destination, bytes: 4, limit: .max, to: &wire)
        case .setNetworkTOS: try self.describeField(.ipDSCP, bytes: 1, shift: 2, limit: 0xfc, to: &wire)
        case .setNetworkECN: try self.describeField(.ipECN, bytes: 1, limit: 3, to: &wire)
        case .setMPLSLabel: try self.describeField(.mplsLabel, bytes: 4, limit: 0xf_ffff, to: &wire)
        case .setMPLSTrafficClass: try self.describeField(.mplsTrafficClass, bytes: 1, limit: 7, to: &wire)
        case .setVLANID:
            var vlan = self.fixedValue
            try wire.scalar("vlan", &vlan, bytes: 2)
            try wire.reserved(2)
            guard vlan < 0x1000 || !wire.isReading else { throw wire.refusal(.actionBadArgument, value: vlan) }
            self =
                wire.version == .v1_0
                ? .setVLANID(UInt16(truncatingIfNeeded: vlan & 0xfff))
                : .setField(.vlanID, value: UInt128(vlan | 0x1000), mask: MatchField.vlanID.allOnes)
        case .setVLANPriority:
            var priority = self.fixedValue
            try wire.scalar("priority", &priority, bytes: 1)
            try wire.reserved(3)
            guard priority < 8 || !wire.isReading else {
                throw wire.refusal(.actionBadArgument, value: priority)
            }
            self =
                wire.version == .v1_0
                ? .setVLANPriority(UInt8(truncatingIfNeeded: priority & 7))
                : .setField(.vlanPriority, value: UInt128(priority), mask: MatchField.vlanPriority.allOnes)
        case .setTransportSource, .setTransportDestination:
            var port = self.fixedValue
            try wire.scalar("port", &port, bytes: 2)
            try wire.reserved(2)
            let number = UInt16(truncatingIfNeeded: port)
            self = type == .setTransportSource ? .setTransportSource(number) : .setTransportDestination(number)
        default: throw wire.refusal(.actionBadType)
        }
    }

    /// The number that a fixed setter carries, as far as it is the field's value.
    private var fixedValue: UInt64 {
        switch self {
        case .setField(let entry): entry.field == .vlanID ? entry.valueLow & 0xfff : entry.valueLow
        case .setVLANID(let vlan): UInt64(vlan)
        case .setVLANPriority(let priority): UInt64(priority)
        case .setTransportSource(let port), .setTransportDestination(let port): UInt64(port)
        default: 0
        }
    }

    private mutating func describeField(
        _ field: MatchField, bytes: Int, shift: UInt64 = 0, limit: UInt64,
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var value = self.fixedValue << shift
        try wire.scalar("value", &value, bytes: bytes)
        try wire.reserved((12 - bytes) % 8)
        guard !wire.isReading || (value <= limit && value & (1 << shift - 1) == 0) else {
            throw wire.refusal(.actionBadArgument, value: value, limit: limit)
        }
        self = .setField(field, value: UInt128(value >> shift), mask: field.allOnes)
    }
}
