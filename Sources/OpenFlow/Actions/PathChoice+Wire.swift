// multipath: 32 bytes.
extension Multipath {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.code("hashFields", &self.hashFields, absent: .actionBadArgument)
        try wire.field("basis", &self.basis)
        try wire.reserved(2)
        try wire.code("algorithm", &self.algorithm, absent: .actionBadArgument)
        try wire.field("maximumLink", &self.maximumLink)
        try wire.field("argument", &self.argument)
        try wire.reserved(2)
        var range = self.destination.range
        try wire.field("range", &range)
        try wire.shortField(&self.destination.field)
        self.destination = FieldSlice(self.destination.field, range: range)
        try self.destination.check(isDestination: true, wire)
        let count = self.destination.bitCount
        guard count >= 16 || self.maximumLink >> count == 0 || !wire.isReading else {
            throw wire.refusal(.actionBadArgument, value: UInt64(self.maximumLink), limit: 1 << UInt64(count) - 1)
        }
    }
}

// bundle and bundle_load: 32 bytes, then 16-bit ports and zeros up to a multiple of eight.
extension PortBundle {
    /// The most ports that there may be (BUNDLE_MAX_SLAVES).
    private static let memberLimit = 2048
    /// The only kind of member: NXM_OF_IN_PORT.
    private static let memberKind: UInt32 = 0x0000_0002

    mutating func describe(
        _ type: NiciraActionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.code("algorithm", &self.algorithm, absent: .actionBadArgument)
        try wire.code("hashFields", &self.hashFields, absent: .actionBadArgument)
        try wire.field("basis", &self.basis)
        var kind = Self.memberKind
        try wire.field("memberKind", &kind)
        var count = UInt16(truncatingIfNeeded: self.members.count)
        try wire.field("memberCount", &count)
        try self.describeDestination(type, to: &wire)
        try wire.reserved(4)
        if wire.isReading {
            guard kind == Self.memberKind, Int(count) <= Self.memberLimit else {
                throw wire.refusal(.actionBadArgument, value: UInt64(count), limit: UInt64(Self.memberLimit))
            }
            guard wire.remaining >= 2 * Int(count) else {
                throw wire.refusal(.actionBadLength, value: UInt64(count), limit: UInt64(wire.remaining / 2))
            }
            self.members = Array(repeating: .any, count: Int(count))
        }
        for index in self.members.indices { try wire.narrow("member", &self.members[index]) }
    }

    private mutating func describeDestination(
        _ type: NiciraActionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var slice = self.destination ?? FieldSlice(.register0, offset: 0, bitCount: 32)
        guard type == .bundleLoad else {
            // What bundle itself has here must be zero.
            var (range, name) = (UInt16(0), UInt32(0))
            try wire.field("range", &range)
            try wire.field("destination", &name)
            guard range == 0 && name == 0 || !wire.isReading else { throw wire.refusal(.actionBadArgument) }
            self.destination = nil
            return
        }
        var range = slice.range
        try wire.field("range", &range)
        try wire.shortField(&slice.field)
        slice = FieldSlice(slice.field, range: range)
        try slice.check(isDestination: true, wire)
        guard slice.bitCount >= 16 || !wire.isReading else {
            throw wire.refusal(.actionBadArgument, value: UInt64(slice.bitCount), limit: 16)
        }
        self.destination = slice
    }
}
