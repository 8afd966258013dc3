// sample: 24 bytes; the second and third forms, which differ in the direction alone, 32; the fourth, whose identifiers
// may come from fields, 40.
extension Sample {
    /// The oldest form that can say this.
    var form: NiciraActionType {
        if case .field = self.observationDomain { return .sample4 }
        if case .field = self.observationPoint { return .sample4 }
        if self.direction != .unspecified { return .sample3 }
        return self.samplingPort == .any ? .sample : .sample2
    }

    mutating func describe(
        _ type: NiciraActionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.field("probability", &self.probability)
        guard self.probability != 0 || !wire.isReading else { throw wire.refusal(.actionBadArgument) }
        try wire.field("collectorSet", &self.collectorSet)
        if type == .sample4 {
            try Self.describe(&self.observationDomain, to: &wire)
            try Self.describe(&self.observationPoint, to: &wire)
        } else {
            try Self.describeImmediate(&self.observationDomain, to: &wire)
            try Self.describeImmediate(&self.observationPoint, to: &wire)
        }
        guard type != .sample else { return }
        try wire.narrow("samplingPort", &self.samplingPort)
        guard type != .sample2 else { return try wire.reserved(6) }
        try wire.code("direction", &self.direction, absent: .actionBadArgument)
        try wire.reserved(5)
    }

    private static func describeImmediate(
        _ identifier: inout Identifier, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var number: UInt32 = 0
        if case .immediate(let value) = identifier { number = value }
        try wire.field("identifier", &number)
        identifier = .immediate(number)
    }

    /// A field's name and its bits, or four zeros and the number.
    private static func describe(
        _ identifier: inout Identifier, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        guard wire.isReading else {
            switch identifier {
            case .immediate(let number):
                try wire.constant("source", 0 as UInt32)
                try wire.constant("identifier", number)
            case .field(let slice):
                try wire.shortField(slice.field)
                try wire.constant("range", slice.range)
                try wire.reserved(2)
            }
            return
        }
        var (source, number) = (UInt32(0), UInt32(0))
        try wire.field("source", &source)
        try wire.field("identifier", &number)
        guard source != 0 else {
            identifier = .immediate(number)
            return
        }
        guard
            let field = OXMIndex.shared.field(
                oxmClass: UInt16(truncatingIfNeeded: source >> 16), number: Int(source >> 9 & 0x7f), experimenter: 0)
        else { throw wire.refusal(.actionBadSetType, value: UInt64(source)) }
        let slice = FieldSlice(field, range: UInt16(truncatingIfNeeded: number >> 16))
        try slice.check(isDestination: false, wire)
        guard slice.bitCount <= 32 else {
            throw wire.refusal(.actionBadSetLength, value: UInt64(slice.bitCount), limit: 32)
        }
        identifier = .field(slice)
    }
}
