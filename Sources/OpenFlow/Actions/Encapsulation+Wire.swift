// encap: 16 bytes, then properties: class 16 bits, type 8 bits, length 8 bits, which counts these four bytes, and zeros
// up to a multiple of eight.
extension Encapsulation {
    private static let mplsClass: UInt16 = 1
    private static let serviceHeaderClass: UInt16 = 4
    /// The headers that can be pushed: Ethernet, the network service header and MPLS, unicast and multicast.
    private static let packetTypes: [UInt32] = [0, 0x0001_894f, 0x0001_8847, 0x0001_8848]

    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("headerBytes", &self.headerBytes)
        try wire.field("packetType", &self.packetType)
        guard wire.isReading else {
            for property in self.properties { try Self.write(property, to: &wire) }
            return
        }
        guard Self.packetTypes.contains(self.packetType) else {
            throw wire.refusal(.actionNiciraBadHeaderType, value: UInt64(self.packetType))
        }
        self.properties = []
        while wire.remaining > 0 { self.properties.append(try Self.read(from: &wire)) }
    }

    private static func write(
        _ property: Property, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        switch property {
        case .serviceHeaderMetadataType(let type):
            try Self.header(Self.serviceHeaderClass, 1, length: 5, &wire)
            try wire.constant("metadataType", type)
            try wire.reserved(3)
        case .serviceHeaderContext(let optionClass, let type, let value):
            let padded = (value.count + 7) / 8 * 8
            // The length, with the eight bytes before the value, has eight bits.
            guard padded + 8 < 256 else { throw .inexpressible(.tooLong(padded + 8)) }
            try Self.header(Self.serviceHeaderClass, 2, length: UInt8(padded + 8), &wire)
            try wire.constant("optionClass", optionClass)
            try wire.constant("optionType", type)
            try wire.constant("optionLength", UInt8(value.count))
            var bytes = value
            try wire.rest("value", &bytes)
            try wire.reserved(padded - value.count)
        case .mplsEtherType(let etherType):
            try Self.header(Self.mplsClass, 1, length: 6, &wire)
            try wire.constant("etherType", etherType)
            try wire.reserved(2)
        }
    }

    private static func header(
        _ propertyClass: UInt16, _ type: UInt8, length: UInt8,
        _ wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.constant("class", propertyClass)
        try wire.constant("type", type)
        try wire.constant("length", length)
    }

    private static func read(
        from wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) -> Property {
        var (propertyClass, type, length) = (UInt16(0), UInt8(0), UInt8(0))
        try wire.field("class", &propertyClass)
        try wire.field("type", &type)
        try wire.field("length", &length)
        guard length >= 4, (Int(length) + 7) / 8 * 8 <= wire.remaining + 4 else {
            throw wire.refusal(.actionBadLength, value: UInt64(length), limit: UInt64(wire.remaining + 4))
        }
        switch (propertyClass, type) {
        case (Self.serviceHeaderClass, 1):
            guard (5...8).contains(length) else { throw wire.refusal(.actionNiciraBadEncapDecapProperty) }
            var metadataType: UInt8 = 0
            try wire.field("metadataType", &metadataType)
            try wire.reserved(3)
            return .serviceHeaderMetadataType(metadataType)
        case (Self.serviceHeaderClass, 2): return try Self.readContext(Int(length), from: &wire)
        case (Self.mplsClass, 1):
            guard (6...8).contains(length) else { throw wire.refusal(.actionNiciraBadEncapDecapProperty) }
            var etherType: UInt16 = 0
            try wire.field("etherType", &etherType)
            try wire.reserved(2)
            return .mplsEtherType(etherType)
        default:
            throw wire.refusal(
                .actionNiciraUnknownEncapDecapProperty, value: UInt64(propertyClass) << 8 | UInt64(type))
        }
    }

    private static func readContext(
        _ length: Int, from wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) -> Property {
        var (optionClass, type, count) = (UInt16(0), UInt8(0), UInt8(0))
        guard length >= 8 else { throw wire.refusal(.actionNiciraBadEncapDecapProperty) }
        try wire.field("optionClass", &optionClass)
        try wire.field("optionType", &type)
        try wire.field("optionLength", &count)
        let padded = (Int(count) + 7) / 8 * 8
        guard length == 8 + padded else { throw wire.refusal(.actionNiciraBadEncapDecapProperty) }
        var value = [UInt8](repeating: 0, count: Int(count))
        for index in value.indices { try wire.field("value", &value[index]) }
        try wire.reserved(padded - Int(count))
        return .serviceHeaderContext(optionClass: optionClass, type: type, value: value)
    }
}
