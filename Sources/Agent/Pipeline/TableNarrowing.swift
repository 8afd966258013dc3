import OpenFlow

/// What the flows of one table may be made of, where a controller has asked for less than the switch can do
/// (TABLE_FEATURES, 1.3 §7.3.5.5, 1.5 §7.3.5.18).
///
/// Says of each kind of property which values are left. What properties do not list (Nicira's actions and fields
/// without an OpenFlow number) is not affected. For table-miss flows the properties of their own count where there are
/// any.
struct TableNarrowing: Equatable, Sendable {
    /// What may be done: all of it nil where nothing is left out.
    struct Abilities: Equatable, Sendable {
        var instructions: Set<UInt16>?
        var nextTables: Set<TableID>?
        var writeActions: Set<UInt16>?
        var applyActions: Set<UInt16>?
        var writeSetFields: Set<MatchField>?
        var applySetFields: Set<MatchField>?
        var writeCopyFields: Set<MatchField>?
        var applyCopyFields: Set<MatchField>?
    }

    /// The properties as the controller gave them, for replies.
    let properties: [TableFeatureProperty]
    /// What ordinary flows may do.
    private(set) var ordinary = Abilities()
    /// What table-miss flows may do.
    private(set) var miss = Abilities()
    /// Fields that may be matched, and whether with masks.
    private var matchable: [MatchField: Bool]?
    /// Fields that may be left out of a match.
    private var omittable: Set<MatchField>?

    /// Makes a narrowing of what `properties` say.
    init(_ properties: [TableFeatureProperty]) {
        self.properties = properties
        for property in properties where !property.isAboutMiss { self.ordinary.take(property) }
        self.miss = self.ordinary
        for property in properties where property.isAboutMiss { self.miss.take(property) }
        for property in properties {
            switch property {
            case .match(let fields):
                let known = fields.compactMap { listed in listed.field.map { ($0, listed.hasMask) } }
                self.matchable = Dictionary(known) { $0 || $1 }
            case .wildcards(let fields): self.omittable = Set(fields.compactMap(\.field))
            default: break
            }
        }
    }

    /// Refuses a flow that is made of more than is left.
    func check(
        _ match: Match, _ instructions: [Instruction], priority: UInt16
    ) throws(OpenFlowError) {
        if let matchable = self.matchable {
            for entry in match.entries where entry.field.openFlowIdentifier(in: .v1_5) != nil {
                guard let hasMask = matchable[entry.field] else { throw OpenFlowError(.matchBadField) }
                guard entry.isExact || hasMask else { throw OpenFlowError(.matchBadMask) }
            }
            if let omittable = self.omittable, priority != 0 || !match.entries.isEmpty {
                let said = Set(match.entries.map(\.field))
                guard matchable.keys.allSatisfy({ said.contains($0) || omittable.contains($0) }) else {
                    throw OpenFlowError(.matchBadWildcards)
                }
            }
        }
        let isMiss = priority == 0 && match.entries.isEmpty
        try (isMiss ? self.miss : self.ordinary).check(instructions)
    }
}

extension TableNarrowing.Abilities {
    fileprivate mutating func take(_ property: TableFeatureProperty) {
        switch property {
        case .instructions(let kinds, _): self.instructions = Set(kinds.map(\.type))
        case .nextTables(let tables, _): self.nextTables = Set(tables)
        case .writeActions(let kinds, _): self.writeActions = Set(kinds.map(\.type))
        case .applyActions(let kinds, _): self.applyActions = Set(kinds.map(\.type))
        case .writeSetField(let fields, _): self.writeSetFields = Set(fields.compactMap(\.field))
        case .applySetField(let fields, _): self.applySetFields = Set(fields.compactMap(\.field))
        case .writeCopyField(let fields, _): self.writeCopyFields = Set(fields.compactMap(\.field))
        case .applyCopyField(let fields, _): self.applyCopyFields = Set(fields.compactMap(\.field))
        default: break
        }
    }

    fileprivate func check(_ instructions: [Instruction]) throws(OpenFlowError) {
        for instruction in instructions {
            if let kinds = self.instructions, let number = instruction.featureNumber,
                !kinds.contains(number)
            {
                throw OpenFlowError(.instructionUnsupported, value: UInt64(number))
            }
            switch instruction {
            case .gotoTable(let table):
                guard self.nextTables?.contains(table) ?? true else {
                    throw OpenFlowError(.instructionBadTableID, value: UInt64(table.rawValue))
                }
            case .writeActions(let actions):
                try Self.check(actions, self.writeActions, self.writeSetFields, self.writeCopyFields)
            case .applyActions(let actions):
                try Self.check(actions, self.applyActions, self.applySetFields, self.applyCopyFields)
            default: break
            }
        }
    }

    private static func check(
        _ actions: [Action], _ kinds: Set<UInt16>?, _ settable: Set<MatchField>?, _ copyable: Set<MatchField>?
    ) throws(OpenFlowError) {
        for action in actions {
            if let kinds, let number = action.featureNumber, !kinds.contains(number) {
                throw OpenFlowError(.actionBadType, value: UInt64(number))
            }
            switch action {
            case .setField(let entry): try Self.check(entry.field, settable)
            case .copyField(let copy):
                try Self.check(copy.source, copyable)
                try Self.check(copy.destination, copyable)
            default: break
            }
        }
    }

    private static func check(_ field: MatchField, _ allowed: Set<MatchField>?) throws(OpenFlowError) {
        guard let allowed, let identifier = field.openFlowIdentifier(in: .v1_5), !allowed.contains(field) else {
            return
        }
        throw OpenFlowError(.actionBadSetType, value: UInt64(identifier.number))
    }
}

extension TableFeatureProperty {
    /// Whether the property is about table-miss flows.
    var isAboutMiss: Bool {
        switch self {
        case .instructions(_, let miss), .nextTables(_, let miss), .writeActions(_, let miss),
            .applyActions(_, let miss), .writeSetField(_, let miss), .applySetField(_, let miss),
            .writeCopyField(_, let miss), .applyCopyField(_, let miss):
            miss
        case .match, .wildcards, .synchronizedFrom, .packetTypes, .other: false
        }
    }
}

extension Instruction {
    /// Its number in TABLE_FEATURES (1.3 §7.2.4); nil for those that no list has.
    fileprivate var featureNumber: UInt16? {
        switch self {
        case .gotoTable: 1
        case .writeMetadata: 2
        case .writeActions: 3
        case .applyActions: 4
        case .clearActions: 5
        case .meter: 6
        case .statisticsTrigger: 7
        case .experimenter: nil
        }
    }
}

extension Action {
    /// Its number in TABLE_FEATURES (1.3 §7.2.5); nil for those that no list has.
    fileprivate var featureNumber: UInt16? {
        switch self {
        case .output: 0
        case .copyTTLOut: 11
        case .copyTTLIn: 12
        case .setMPLSTTL: 15
        case .decrementMPLSTTL: 16
        case .pushVLAN: 17
        case .popVLAN: 18
        case .pushMPLS: 19
        case .popMPLS: 20
        case .setQueue: 21
        case .group: 22
        case .setNetworkTTL: 23
        case .decrementNetworkTTL: 24
        case .setField, .setVLANID, .setVLANPriority, .setTransportSource, .setTransportDestination: 25
        case .pushPBB: 26
        case .popPBB: 27
        case .copyField: 28
        case .meter: 29
        default: nil
        }
    }
}
