import NetworkTypes

// Nicira's actions that carry nothing, or a few numbers.
extension Action {
    /// The actions that carry nothing.
    static func plain(_ type: NiciraActionType) -> Action {
        switch type {
        case .exit: .exit
        case .popQueue: .popQueue
        case .decrementTTL: .decrementNetworkTTL
        case .clearConnectionTracking: .clearConnectionTracking
        case .decrementServiceHeaderTTL: .decrementServiceHeaderTTL
        default: .decrementMPLSTTL
        }
    }

    /// The actions that 1.1 and later have of their own, for 1.0; tunnel keys and notes.
    mutating func describeSetter(
        _ type: NiciraActionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        switch type {
        case .note:
            var bytes: [UInt8] = []
            if case .note(let value) = self { bytes = value }
            try wire.rest("note", &bytes)
            self = .note(bytes)
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
            guard group.rawValue <= GroupID.maximum.rawValue else {
                throw wire.refusal(.actionBadOutGroup, value: UInt64(group.rawValue))
            }
            self = .group(group)
        case .setMPLSTTL:
            var ttl: UInt8 = 0
            if case .setMPLSTTL(let value) = self { ttl = value }
            try wire.field("ttl", &ttl)
            try wire.reserved(5)
            self = .setMPLSTTL(ttl)
        case .pushMPLS, .popMPLS: try self.describeMPLS(type, to: &wire)
        case .setTunnel: try self.describeValue(.tunnelID, before: 2, bytes: 4, after: 0, to: &wire)
        case .setTunnel64: try self.describeValue(.tunnelID, before: 6, bytes: 8, after: 0, to: &wire)
        case .setMPLSLabel: try self.describeValue(.mplsLabel, before: 2, bytes: 4, after: 0, to: &wire)
        default: try self.describeValue(.mplsTrafficClass, before: 0, bytes: 1, after: 5, to: &wire)
        }
    }

    private mutating func describeValue(
        _ field: MatchField, before: Int, bytes: Int, after: Int,
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var value: UInt64 = 0
        if case .setField(let entry) = self { value = entry.valueLow }
        try wire.reserved(before)
        try wire.scalar("value", &value, bytes: bytes)
        try wire.reserved(after)
        guard UInt128(value) <= field.allOnes else { throw wire.refusal(.actionBadArgument, value: value) }
        self = .setField(field, value: UInt128(value), mask: field.allOnes)
    }

    private mutating func describeMPLS(
        _ type: NiciraActionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var etherType = EtherType.ipv4
        switch self {
        case .pushMPLS(let value), .popMPLS(let value): etherType = value
        default: break
        }
        try wire.field("etherType", &etherType)
        try wire.reserved(4)
        if type == .popMPLS {
            self = .popMPLS(etherType)
            return
        }
        self = .pushMPLS(etherType)
        guard etherType == .mpls || etherType == .mplsMulticast || !wire.isReading else {
            throw wire.refusal(.actionBadArgument, value: UInt64(etherType.rawValue))
        }
    }

    mutating func describeResubmit(
        _ type: NiciraActionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var port = PortNumber.inPort
        var table = TableID.all
        switch self {
        case .resubmit(let valuePort, let valueTable), .resubmitTracked(let valuePort, let valueTable):
            (port, table) = (valuePort ?? .inPort, valueTable ?? .all)
        default: break
        }
        try wire.narrow("port", &port)
        try wire.field("table", &table)
        try wire.reserved(3)
        // The first form has no table: the byte is padding.
        if type == .resubmit { table = .all }
        let givenPort = port == .inPort ? nil : port
        let givenTable = table == .all ? nil : table
        self =
            type == .resubmitTableTracked
            ? .resubmitTracked(port: givenPort, table: givenTable) : .resubmit(port: givenPort, table: givenTable)
    }

    mutating func describeController(
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

    mutating func describeOutputTruncated(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var (port, maximumLength) = (PortNumber.any, UInt32(0))
        if case .outputTruncated(let value, let length) = self { (port, maximumLength) = (value, length) }
        try wire.narrow("port", &port)
        try wire.field("maximumLength", &maximumLength)
        self = .outputTruncated(port, maximumLength: maximumLength)
    }

    mutating func describeConjunction(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
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

    mutating func describeFinTimeout(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var (idle, hard) = (UInt16(0), UInt16(0))
        if case .finTimeout(let a, let b) = self { (idle, hard) = (a, b) }
        try wire.field("idleSeconds", &idle)
        try wire.field("hardSeconds", &hard)
        try wire.reserved(2)
        self = .finTimeout(idleSeconds: idle, hardSeconds: hard)
    }

    mutating func describeDecrementTTLNotifying(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var controllers: [UInt16] = []
        if case .decrementNetworkTTLNotifying(let value) = self { controllers = value }
        var count = UInt16(truncatingIfNeeded: controllers.count)
        try wire.field("count", &count)
        try wire.reserved(4)
        if wire.isReading {
            guard wire.remaining >= 2 * Int(count) else {
                throw wire.refusal(.actionBadLength, value: UInt64(count), limit: UInt64(wire.remaining / 2))
            }
            controllers = Array(repeating: 0, count: Int(count))
        }
        for index in controllers.indices { try wire.field("controllerID", &controllers[index]) }
        self = .decrementNetworkTTLNotifying(controllers)
    }

    mutating func describeWriteMetadata(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var (value, mask) = (UInt64(0), UInt64(0))
        if case .writeMetadata(let a, let b) = self { (value, mask) = (a, b) }
        try wire.reserved(6)
        try wire.field("metadata", &value)
        try wire.field("mask", &mask)
        self = .writeMetadata(value: value, mask: mask)
    }
}
