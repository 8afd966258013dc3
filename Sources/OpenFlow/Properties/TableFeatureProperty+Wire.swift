// A property of TABLE_FEATURES (1.3 §7.3.5.5.2): type, length, then a list; the odd types are about the
// table-miss flow.
extension FeatureID: WireStructure {
    init() { self.init(type: 0) }
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var frame = wire.begin(.property)
        try wire.field("type", &self.type)
        try wire.length(&frame, excluding: 0)
        if self.type == 0xffff {
            try wire.field("experimenter", &self.experimenter)
        }
        // 1.3.0 was unclear on whether the padding of actions belongs here.
        if wire.isReading { try wire.reserved(wire.remaining) }
        try wire.end(frame, padding: .none)
    }
}

extension FeatureField: WireStructure {
    init() { self.init(identifier: .basic(0), hasMask: false, length: 4) }
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.header(&self)
    }
}

extension FeatureField {
    /// The field in a version's numbering, as tables list it.
    public init?(_ field: MatchField, hasMask: Bool, version: OpenFlowVersion) {
        guard let identifier = field.identifier(in: version) else { return nil }
        let extra = identifier.oxmClass == OXMIdentifier.experimenterClass ? 4 : 0
        let length = (hasMask ? 2 : 1) * field.widthBytes + extra
        self.init(identifier: identifier, hasMask: hasMask, length: UInt8(truncatingIfNeeded: length))
    }

    /// The field that is meant, nil if unknown.
    public var field: MatchField? {
        OXMIndex.shared.field(
            oxmClass: self.identifier.oxmClass, number: Int(self.identifier.number),
            experimenter: self.identifier.experimenter)
    }
}

extension TableID: WireStructure {
    init() { self.init(rawValue: 0) }
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("table", &self)
    }
}

extension PortNumber: WireStructure {
    init() { self = .any }
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("port", &self)
    }
}

extension TableFeatureProperty: WireStructure {
    init() { self = .other(Property()) }

    /// The number on the wire.
    private var type: UInt16 {
        switch self {
        case .instructions(_, let miss): miss ? 1 : 0
        case .nextTables(_, let miss): miss ? 3 : 2
        case .writeActions(_, let miss): miss ? 5 : 4
        case .applyActions(_, let miss): miss ? 7 : 6
        case .match: 8
        case .wildcards: 10
        case .writeSetField(_, let miss): miss ? 13 : 12
        case .applySetField(_, let miss): miss ? 15 : 14
        case .synchronizedFrom: 16
        case .writeCopyField(_, let miss): miss ? 19 : 18
        case .applyCopyField(_, let miss): miss ? 21 : 20
        case .packetTypes: 22
        case .other(let property): property.type
        }
    }

    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var type = self.type
        var frame = wire.begin(.property)
        try wire.field("type", &type)
        try wire.length(&frame, excluding: 0)
        let miss = type & 1 == 1
        switch type {
        case 0, 1, 4...7: try self.describeIDs(type, miss: miss, to: &wire)
        case 2, 3:
            var tables: [TableID] = []
            if case .nextTables(let value, _) = self { tables = value }
            try wire.list("tables", &tables)
            self = .nextTables(tables, miss: miss)
        case 8, 10, 12...15: try self.describeFields(type, miss: miss, to: &wire)
        case 16 where wire.version >= .v1_4:
            var tables: [TableID] = []
            if case .synchronizedFrom(let value) = self { tables = value }
            try wire.list("tables", &tables)
            self = .synchronizedFrom(tables)
        case 18...21 where wire.version >= .v1_5: try self.describeFields(type, miss: miss, to: &wire)
        case 22 where wire.version >= .v1_5: try self.describePacketTypes(to: &wire)
        default:
            guard type >= 0xfffe else { throw wire.refusal(.propertyBadType, value: UInt64(type)) }
            var property = Property(type: type)
            if case .other(let value) = self { property.body = value.body }
            try wire.rest("body", &property.body)
            self = .other(property)
        }
        try wire.end(frame, padding: .uncounted)
    }

    private mutating func describeIDs(
        _ type: UInt16, miss: Bool, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var ids: [FeatureID] = []
        switch self {
        case .instructions(let value, _), .writeActions(let value, _), .applyActions(let value, _): ids = value
        default: break
        }
        try wire.list("ids", &ids)
        switch type {
        case 0, 1: self = .instructions(ids, miss: miss)
        case 4, 5: self = .writeActions(ids, miss: miss)
        default: self = .applyActions(ids, miss: miss)
        }
    }

    private mutating func describeFields(
        _ type: UInt16, miss: Bool, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var fields: [FeatureField] = []
        switch self {
        case .match(let value), .wildcards(let value): fields = value
        case .writeSetField(let value, _), .applySetField(let value, _), .writeCopyField(let value, _),
            .applyCopyField(let value, _):
            fields = value
        default: break
        }
        try wire.list("fields", &fields)
        switch type {
        case 8: self = .match(fields)
        case 10: self = .wildcards(fields)
        case 12, 13: self = .writeSetField(fields, miss: miss)
        case 14, 15: self = .applySetField(fields, miss: miss)
        case 18, 19: self = .writeCopyField(fields, miss: miss)
        default: self = .applyCopyField(fields, miss: miss)
        }
    }

    /// Each type is written as the field PACKET_TYPE with its value.
    private mutating func describePacketTypes(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var entries: [MatchEntry] = []
        if case .packetTypes(let types) = self { entries = types.map { MatchEntry(.packetType, $0) } }
        try wire.fieldList(&entries)
        guard entries.allSatisfy({ $0.field == .packetType && $0.isExact }) else {
            throw wire.refusal(.propertyBadValue)
        }
        self = .packetTypes(entries.map { UInt32(truncatingIfNeeded: $0.value) })
    }
}
