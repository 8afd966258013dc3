// The fixed part is 32 bytes, 40 in the second form; then the bit for the result, if there is one; then the
// specifications, and zeros up to a multiple of eight.
extension Learn {
    /// The bits of a specification's header: how many bits, what becomes of them, where they come from.
    private enum Header {
        static let bitCount: UInt16 = 0x07ff
        static let load: UInt16 = 1 << 11
        static let output: UInt16 = 2 << 11
        static let immediate: UInt16 = 1 << 13
    }

    /// Whether only the second form can say this.
    var needsSecondForm: Bool { self.limit != 0 || self.flags.contains(.writeResult) }

    mutating func describe(
        _ type: NiciraActionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.field("idleTimeoutSeconds", &self.idleTimeoutSeconds)
        try wire.field("hardTimeoutSeconds", &self.hardTimeoutSeconds)
        try wire.field("priority", &self.priority)
        try wire.field("cookie", &self.cookie)
        var flags = self.flags.rawValue
        try wire.field("flags", &flags)
        self.flags = Flags(rawValue: flags)
        let known: Flags =
            type == .learn2
            ? [.sendFlowRemoved, .deleteLearned, .writeResult]
            : [
                .sendFlowRemoved, .deleteLearned,
            ]
        guard self.flags.isSubset(of: known) else { throw wire.refusal(.actionBadArgument, value: UInt64(flags)) }
        try wire.field("table", &self.table)
        try wire.reserved(1)
        try wire.field("finIdleTimeoutSeconds", &self.finIdleTimeoutSeconds)
        try wire.field("finHardTimeoutSeconds", &self.finHardTimeoutSeconds)
        guard self.table != .all || !wire.isReading else { throw wire.refusal(.actionBadArgument) }
        if type == .learn2 { try self.describeResult(to: &wire) }
        if wire.isReading {
            try self.readSpecifications(from: &wire)
        } else {
            for specification in self.specifications { try Self.write(specification, to: &wire) }
        }
    }

    private mutating func describeResult(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var slice = self.result ?? FieldSlice(.register0, offset: 0, bitCount: 1)
        try wire.field("limit", &self.limit)
        try wire.field("resultOffset", &slice.offset)
        try wire.zeros(2, refusing: .actionNiciraMustBeZero)
        guard self.flags.contains(.writeResult) else {
            guard slice.offset == 0 || !wire.isReading else { throw wire.refusal(.actionBadArgument) }
            self.result = nil
            return
        }
        try wire.field("result", &slice.field)
        slice.bitCount = 1
        try slice.check(isDestination: true, wire)
        self.result = slice
    }

    private mutating func readSpecifications(
        from wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        self.specifications = []
        while wire.remaining >= 2 {
            var header: UInt16 = 0
            try wire.field("header", &header)
            guard header != 0 else {
                var padding: [UInt8] = []
                try wire.rest("padding", &padding)
                guard padding.count < 8, padding.allSatisfy({ $0 == 0 }) else {
                    throw wire.refusal(.actionBadArgument)
                }
                return
            }
            self.specifications.append(try Self.read(header, from: &wire))
        }
    }

    private static func read(
        _ header: UInt16, from wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) -> Specification {
        let count = header & Header.bitCount
        let isImmediate = header & Header.immediate != 0
        let kind = header & (Header.load | Header.output)
        // More bits than any field has are refused; an immediate value has nothing to output to.
        guard header >> 14 == 0, (1...UInt16(8 * LongMatchEntry.byteCountMaximum)).contains(count),
            kind != Header.load | Header.output,
            !(isImmediate && kind == Header.output)
        else { throw wire.refusal(.actionBadArgument, value: UInt64(header)) }
        let source: Source
        if isImmediate, count > 128 {
            source = .longImmediate(try Self.readLongImmediate(count, from: &wire))
        } else if isImmediate {
            var value: UInt128 = 0
            for _ in 0..<(Int(count) + 15) / 16 {
                var part: UInt16 = 0
                try wire.field("immediate", &part)
                value = value << 16 | UInt128(part)
            }
            guard count == 128 || value >> UInt128(count) == 0 else { throw wire.refusal(.actionBadArgument) }
            source = .immediate(value)
        } else {
            let slice = try Self.readSlice(count, isDestination: false, from: &wire)
            source = .field(slice.field, offset: slice.offset)
        }
        guard kind != Header.output else {
            return Specification(bitCount: count, source: source, destination: .output)
        }
        let slice = try Self.readSlice(count, isDestination: kind == Header.load, from: &wire)
        return Specification(
            bitCount: count, source: source,
            destination: kind == Header.load
                ? .load(slice.field, offset: slice.offset) : .match(slice.field, offset: slice.offset))
    }

    /// Bits in whole words of 16, of which the first may begin with zeros.
    private static func readLongImmediate(
        _ bitCount: UInt16, from wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<(Int(bitCount) + 15) / 16 {
            var part: UInt16 = 0
            try wire.field("immediate", &part)
            bytes += [UInt8(truncatingIfNeeded: part >> 8), UInt8(truncatingIfNeeded: part)]
        }
        let excess = 8 * bytes.count - Int(bitCount)
        if excess >= 8, bytes.removeFirst() != 0 { throw wire.refusal(.actionBadArgument) }
        guard bytes.first.map({ $0 >> UInt8(8 - excess % 8) == 0 || excess % 8 == 0 }) ?? false else {
            throw wire.refusal(.actionBadArgument)
        }
        return bytes
    }

    private static func readSlice(
        _ bitCount: UInt16, isDestination: Bool, from wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) -> FieldSlice {
        var slice = FieldSlice(.register0, offset: 0, bitCount: bitCount)
        try wire.shortField(&slice.field)
        try wire.field("offset", &slice.offset)
        try slice.check(isDestination: isDestination, wire)
        return slice
    }

    private static func write(
        _ specification: Specification, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var header = specification.bitCount & Header.bitCount
        switch specification.source {
        case .field: break
        case .immediate, .longImmediate: header |= Header.immediate
        }
        switch specification.destination {
        case .match: break
        case .load: header |= Header.load
        case .output: header |= Header.output
        }
        try wire.field("header", &header)
        switch specification.source {
        case .field(let field, let offset):
            try wire.shortField(field)
            try wire.constant("offset", offset)
        case .immediate(let value):
            for index in (0..<(Int(specification.bitCount) + 15) / 16).reversed() {
                try wire.constant("immediate", UInt16(truncatingIfNeeded: value >> UInt128(16 * index)))
            }
        case .longImmediate(let bytes):
            var words = [UInt8](repeating: 0, count: bytes.count % 2) + bytes
            try wire.rest("immediate", &words)
        }
        switch specification.destination {
        case .match(let field, let offset), .load(let field, let offset):
            try wire.shortField(field)
            try wire.constant("offset", offset)
        case .output: break
        }
    }
}
