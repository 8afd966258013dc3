import NetworkTypes

// ct: 24 bytes, then actions.
extension ConnectionTracking {
    private static let noTable: UInt8 = 255

    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var flags = self.flags.rawValue
        try wire.field("flags", &flags)
        self.flags = Flags(rawValue: flags)
        guard !self.flags.contains(.force) || self.flags.contains(.commit) || !wire.isReading else {
            throw wire.refusal(.actionBadArgument, value: UInt64(flags))
        }
        if wire.isReading { try self.readZone(from: &wire) } else { try self.writeZone(to: &wire) }
        var table = self.recirculationTable?.rawValue ?? Self.noTable
        try wire.field("recirculationTable", &table)
        self.recirculationTable = table == Self.noTable ? nil : TableID(rawValue: table)
        try wire.reserved(3)
        try wire.field("helperPort", &self.helperPort)
        try wire.nestedActions(&self.actions, inTracker: true)
        guard wire.isReading else { return }
        for action in self.actions {
            if let code = self.refusal(of: action) { throw wire.refusal(code) }
        }
    }

    /// The zone's source: zero for a number, else a field's name; then the number, or the bits of the field.
    private mutating func readZone(
        from wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var (source, number) = (UInt32(0), UInt16(0))
        try wire.field("zoneSource", &source)
        try wire.field("zone", &number)
        guard source != 0 else {
            self.zone = .immediate(number)
            return
        }
        guard
            let field = OXMIndex.shared.field(
                oxmClass: UInt16(truncatingIfNeeded: source >> 16), number: Int(source >> 9 & 0x7f), experimenter: 0)
        else { throw wire.refusal(.actionBadSetType, value: UInt64(source)) }
        let slice = FieldSlice(field, range: number)
        try slice.check(isDestination: false, wire)
        guard slice.bitCount == 16 else {
            throw wire.refusal(.actionBadSetLength, value: UInt64(slice.bitCount), limit: 16)
        }
        self.zone = .field(slice)
    }

    private func writeZone(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        switch self.zone {
        case .immediate(let number):
            try wire.constant("zoneSource", 0 as UInt32)
            try wire.constant("zone", number)
        case .field(let slice):
            try wire.shortField(slice.field)
            try wire.constant("zone", slice.range)
        }
    }

    /// Why the tracker cannot perform an action; nil if it can.
    private func refusal(of action: Action) -> OpenFlowError.Code? {
        switch action {
        case .addressTranslation(let translation):
            // Without a commit only the connection's own translation can be applied.
            let isPlain = translation.flags.isEmpty && translation.addresses == .unchanged
            return isPlain || self.flags.contains(.commit) ? nil : .actionBadArgument
        case .setField(let entry) where entry.field == .connectionMark || entry.field == .connectionLabel:
            return self.flags.contains(.commit) ? nil : .actionBadArgument
        case .copyField(let copy) where copy.destination == .connectionMark || copy.destination == .connectionLabel:
            return self.flags.contains(.commit) ? nil : .actionBadArgument
        default: return .actionBadArgument
        }
    }
}

// nat: 16 bytes, then those of addresses and ports that the second word names, and zeros up to a multiple of eight.
extension AddressTranslation {
    /// Which of the bounds follow.
    private enum Present {
        static let ipv4First: UInt16 = 1
        static let ipv4Last: UInt16 = 2
        static let ipv6First: UInt16 = 4
        static let ipv6Last: UInt16 = 8
        static let portFirst: UInt16 = 16
        static let portLast: UInt16 = 32
    }

    private var present: UInt16 {
        var present: UInt16 = 0
        switch self.addresses {
        case .unchanged: return 0
        case .ipv4(_, let last): present = Present.ipv4First | (last == nil ? 0 : Present.ipv4Last)
        case .ipv6(_, let last): present = Present.ipv6First | (last == nil ? 0 : Present.ipv6Last)
        }
        guard let ports = self.ports else { return present }
        return present | Present.portFirst | (ports.last == nil ? 0 : Present.portLast)
    }

    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.reserved(2)
        var (flags, present) = (self.flags.rawValue, self.present)
        try wire.field("flags", &flags)
        try wire.field("present", &present)
        self.flags = Flags(rawValue: flags)
        if wire.isReading { try self.check(present, wire) }
        try self.describeAddresses(present, to: &wire)
        try self.describePorts(present, to: &wire)
        guard self.isOrdered || !wire.isReading else { throw wire.refusal(.actionBadArgument) }
    }

    private func check(
        _ present: UInt16, _ wire: borrowing some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        let flags = self.flags
        let isKnown = flags.isSubset(of: .all) && present & ~0x3f == 0
        let isSingle =
            !flags.isSuperset(of: [.source, .destination]) && !flags.isSuperset(of: [.portHash, .portRandom])
        let hasFirst =
            (present & Present.ipv4Last == 0 || present & Present.ipv4First != 0)
            && (present & Present.ipv6Last == 0 || present & Present.ipv6First != 0)
            && (present & Present.portLast == 0 || present & Present.portFirst != 0)
        let (isIPv4, isIPv6) = (present & Present.ipv4First != 0, present & Present.ipv6First != 0)
        // Ports come with addresses only, as Open vSwitch has it.
        let isOneFamily = !(isIPv4 && isIPv6) && (isIPv4 || isIPv6 || present & Present.portFirst == 0)
        guard isKnown, isSingle, hasFirst, isOneFamily else {
            throw wire.refusal(.actionBadArgument, value: UInt64(flags.rawValue) << 16 | UInt64(present))
        }
    }

    private mutating func describeAddresses(
        _ present: UInt16, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        if present & Present.ipv4First != 0 {
            var (first, last) = (IPv4Address(rawValue: 0), IPv4Address(rawValue: 0))
            if case .ipv4(let a, let b) = self.addresses { (first, last) = (a, b ?? a) }
            try wire.field("first", &first)
            let hasLast = present & Present.ipv4Last != 0
            if hasLast { try wire.field("last", &last) }
            self.addresses = .ipv4(first, last: hasLast ? last : nil)
        } else if present & Present.ipv6First != 0 {
            var (first, last) = (IPv6Address(rawValue: 0), IPv6Address(rawValue: 0))
            if case .ipv6(let a, let b) = self.addresses { (first, last) = (a, b ?? a) }
            try wire.field("first", &first)
            let hasLast = present & Present.ipv6Last != 0
            if hasLast { try wire.field("last", &last) }
            self.addresses = .ipv6(first, last: hasLast ? last : nil)
        } else {
            self.addresses = .unchanged
        }
    }

    private mutating func describePorts(
        _ present: UInt16, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        guard present & Present.portFirst != 0 else {
            self.ports = nil
            return
        }
        var first = self.ports?.first ?? 0
        var last = self.ports?.last ?? 0
        try wire.field("firstPort", &first)
        let hasLast = present & Present.portLast != 0
        if hasLast { try wire.field("lastPort", &last) }
        self.ports = Ports(first, last: hasLast ? last : nil)
    }

    /// Whether no bound is zero and none is below the first.
    private var isOrdered: Bool {
        switch self.addresses {
        case .unchanged: break
        case .ipv4(let first, let last):
            guard first.rawValue != 0, (last ?? first).rawValue >= first.rawValue else { return false }
        case .ipv6(let first, let last):
            guard first.rawValue != 0, (last ?? first).rawValue >= first.rawValue else { return false }
        }
        guard let ports = self.ports else { return true }
        return ports.first != 0 && ports.last ?? ports.first >= ports.first
    }
}
