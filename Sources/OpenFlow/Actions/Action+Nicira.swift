import NetworkTypes

// Experimenters' actions: after type and length, the experimenter's number; Nicira's then have a subtype of
// 16 bits.
extension Action {
    mutating func describeExperimenter(
        _ shape: ActionShape, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var experimenter = OXMIdentifier.niciraExperimenter
        var body: [UInt8] = []
        if !wire.isReading, case .experimenter(let number, let bytes) = self { (experimenter, body) = (number, bytes) }
        try wire.field("experimenter", &experimenter)
        var known: NiciraActionType?
        if wire.isReading {
            if experimenter == OXMIdentifier.niciraExperimenter {
                var subtype: UInt16 = 0
                try wire.field("subtype", &subtype)
                known = NiciraActionType(rawValue: subtype)
                if known == nil {
                    try wire.rest("body", &body)
                    body.insert(contentsOf: [UInt8(subtype >> 8), UInt8(subtype & 0xff)], at: 0)
                }
            } else {
                try wire.rest("body", &body)
            }
        } else if case .nicira(let type) = shape {
            known = type
            try wire.constant("subtype", type.rawValue)
        } else {
            try wire.rest("body", &body)
        }
        guard let known else {
            self = .experimenter(experimenter, body)
            return
        }
        try self.describe(known, to: &wire)
    }

    private mutating func describe(
        _ type: NiciraActionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        switch type {
        case .resubmit, .resubmitTable: try self.describeResubmit(type, to: &wire)
        case .controller: try self.describeController(to: &wire)
        case .note:
            var bytes: [UInt8] = []
            if case .note(let value) = self { bytes = value }
            try wire.rest("note", &bytes)
            self = .note(bytes)
        case .exit, .popQueue, .decrementTTL, .decrementMPLSTTL:
            try wire.reserved(6)
            switch type {
            case .exit: self = .exit
            case .popQueue: self = .popQueue
            case .decrementTTL: self = .decrementNetworkTTL
            default: self = .decrementMPLSTTL
            }
        case .setQueue:
            var queue = QueueID(rawValue: 0)
            if case .setQueue(let value) = self { queue = value }
            try wire.reserved(2)
            try wire.field("queue", &queue)
            self = .setQueue(queue)
        case .group:
            var group = GroupID(rawValue: 0)
            if case .group(let value) = self { group = value }
            try wire.reserved(2)
            try wire.field("group", &group)
            self = .group(group)
        case .setTunnel: try self.describeField(.tunnelID, before: 2, bytes: 4, after: 0, to: &wire)
        case .setTunnel64: try self.describeField(.tunnelID, before: 6, bytes: 8, after: 0, to: &wire)
        case .setMPLSLabel: try self.describeField(.mplsLabel, before: 2, bytes: 4, after: 0, to: &wire)
        case .setMPLSTrafficClass:
            try self.describeField(.mplsTrafficClass, before: 0, bytes: 1, after: 5, to: &wire)
        case .setMPLSTTL:
            var ttl: UInt8 = 0
            if case .setMPLSTTL(let value) = self { ttl = value }
            try wire.field("ttl", &ttl)
            try wire.reserved(5)
            self = .setMPLSTTL(ttl)
        case .pushMPLS, .popMPLS: try self.describeMPLS(type, to: &wire)
        case .registerMove: try self.describeMove(to: &wire)
        case .registerLoad: try self.describeLoad(to: &wire)
        case .registerLoad2: try self.describeLoad2(to: &wire)
        case .outputRegister: try self.describeOutputField(to: &wire)
        case .outputTruncated:
            var (port, maximumLength) = (PortNumber.any, UInt32(0))
            if case .outputTruncated(let value, let length) = self { (port, maximumLength) = (value, length) }
            try wire.narrow("port", &port)
            try wire.field("maximumLength", &maximumLength)
            self = .outputTruncated(port, maximumLength: maximumLength)
        case .conjunction:
            var (id, clause, clauseCount) = (UInt32(0), UInt8(0), UInt8(2))
            if case .conjunction(let a, let b, let c) = self { (id, clause, clauseCount) = (a, b, c) }
            try wire.field("clause", &clause)
            try wire.field("clauseCount", &clauseCount)
            try wire.field("id", &id)
            guard !wire.isReading || ((2...64).contains(clauseCount) && clause < clauseCount) else {
                throw wire.refusal(.actionNiciraBadConjunction)
            }
            self = .conjunction(id: id, clause: clause, clauseCount: clauseCount)
        }
    }

    private mutating func describeResubmit(
        _ type: NiciraActionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var port = PortNumber.inPort
        var table = TableID.all
        if case .resubmit(let valuePort, let valueTable) = self {
            (port, table) = (valuePort ?? .inPort, valueTable ?? .all)
        }
        try wire.narrow("port", &port)
        try wire.field("table", &table)
        try wire.reserved(3)
        // The first form has no table: the byte is padding.
        if type == .resubmit { table = .all }
        self = .resubmit(port: port == .inPort ? nil : port, table: table == .all ? nil : table)
    }

    private mutating func describeController(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var (maximumLength, controllerID, reason) = (UInt16.max, UInt16(0), PacketInReason.applyAction)
        if case .controller(let a, let b, let c) = self { (maximumLength, controllerID, reason) = (a, b, c) }
        try wire.field("maximumLength", &maximumLength)
        try wire.field("controllerID", &controllerID)
        try wire.code("reason", &reason, absent: .requestNiciraBadReason)
        try wire.reserved(1)
        self = .controller(maximumLength: maximumLength, controllerID: controllerID, reason: reason)
    }

    private mutating func describeField(
        _ field: MatchField, before: Int, bytes: Int, after: Int,
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var value: UInt64 = 0
        if case .setField(_, let number, _) = self { value = UInt64(truncatingIfNeeded: number) }
        try wire.reserved(before)
        try wire.scalar("value", &value, bytes: bytes)
        try wire.reserved(after)
        guard UInt128(value) <= field.allOnes else { throw wire.refusal(.actionBadArgument, value: value) }
        self = .setField(field, value: UInt128(value), mask: field.allOnes)
    }

    private mutating func describeMPLS(
        _ type: NiciraActionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var etherType: UInt16 = 0
        switch self {
        case .pushMPLS(let value), .popMPLS(let value): etherType = value.rawValue
        default: break
        }
        try wire.field("etherType", &etherType)
        try wire.reserved(4)
        if type == .popMPLS {
            self = .popMPLS(.init(rawValue: etherType))
            return
        }
        self = .pushMPLS(.init(rawValue: etherType))
        guard etherType == 0x8847 || etherType == 0x8848 || !wire.isReading else {
            throw wire.refusal(.actionBadArgument, value: UInt64(etherType))
        }
    }

    private mutating func describeMove(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var copy = CopyField(
            bitCount: 1, source: .inPort, sourceOffset: 0, destination: .register0, destinationOffset: 0)
        if case .copyField(let value) = self { copy = value }
        try wire.field("bitCount", &copy.bitCount)
        try wire.field("sourceOffset", &copy.sourceOffset)
        try wire.field("destinationOffset", &copy.destinationOffset)
        try wire.field("source", &copy.source)
        try wire.field("destination", &copy.destination)
        try copy.check(&wire)
        self = .copyField(copy)
    }

    /// reg_load: at most 64 bits into a slice; only read, since reg_load2 says the same for every width.
    private mutating func describeLoad(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var (range, field, value) = (UInt16(0), MatchField.register0, UInt64(0))
        try wire.field("range", &range)
        try wire.field("destination", &field)
        try wire.field("value", &value)
        let (offset, count) = (Int(range >> 6), Int(range & 0x3f) + 1)
        guard field.isWritable, offset + count <= field.width,
            count == 64 || value >> UInt64(count) == 0
        else { throw wire.refusal(.actionBadArgument, value: value) }
        let mask = (UInt128.max >> UInt128(128 - count)) << UInt128(offset)
        self = .setField(field, value: UInt128(value) << UInt128(offset), mask: mask)
    }

    /// reg_load2: an OXM entry, which may have a mask in any version.
    ///
    /// It follows the subtype at once, at a place
    /// that is no multiple of four (Open vSwitch, NXAST_REG_LOAD2).
    private mutating func describeLoad2(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var entry = MatchEntry(.register0, value: 0, mask: MatchField.register0.allOnes)
        if case .setField(let field, let value, let mask) = self {
            entry = MatchEntry(field, value: value, mask: mask)
        }
        try wire.maskedField(&entry)
        self = .setField(entry.field, value: entry.value, mask: entry.mask)
    }

    private mutating func describeOutputField(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var slice = FieldSlice(.register0, offset: 0, bitCount: 32)
        var maximumLength: UInt16 = 0
        if case .outputField(let value, let length) = self { (slice, maximumLength) = (value, length) }
        var range = slice.offset << 6 | (slice.bitCount &- 1) & 0x3f
        try wire.field("range", &range)
        try wire.field("source", &slice.field)
        try wire.field("maximumLength", &maximumLength)
        try wire.reserved(6)
        (slice.offset, slice.bitCount) = (range >> 6, range & 0x3f + 1)
        guard Int(slice.offset) + Int(slice.bitCount) <= slice.field.width || !wire.isReading else {
            throw wire.refusal(.actionBadArgument, value: UInt64(range))
        }
        self = .outputField(slice, maximumLength: maximumLength)
    }
}
