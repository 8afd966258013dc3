import OpenFlow

/// What every table of this switch can do, in the terms of each version; all tables can do the same.
enum TableAbility {
    /// Fields of OpenFlow's own classes that flows can match.
    ///
    /// - Parameter hasMasks: Whether those that can be masked are marked so. A marked field has the length that it
    ///   has in a match, value and mask (Open vSwitch takes no other), and only the list of matches is marked.
    static func matchFields(in version: OpenFlowVersion, hasMasks: Bool = false) -> [FeatureField] {
        self.fields(in: version, hasMasks: hasMasks) { _ in true }
    }

    /// Fields of OpenFlow's own classes that actions can set.
    static func writableFields(in version: OpenFlowVersion) -> [FeatureField] {
        self.fields(in: version, hasMasks: false) { $0.isWritable && $0 != .inPort }
    }

    private static func fields(
        in version: OpenFlowVersion, hasMasks: Bool, where isWanted: (MatchField) -> Bool
    ) -> [FeatureField] {
        MatchField.allCases.compactMap { field in
            guard field.flowLayout != nil, isWanted(field), field.openFlowIdentifier(in: version) != nil
            else { return nil }
            return FeatureField(field, hasMask: hasMasks && field.isMaskable, version: version)
        }
    }

    /// Instruction types: goto, write-metadata, write, apply, clear, meter, statistics trigger.
    static func instructionTypes(in version: OpenFlowVersion) -> [UInt16] {
        switch version {
        // Meters are an instruction in 1.3 and 1.4 only.
        case .v1_3, .v1_4: [1, 2, 3, 4, 5, 6]
        case .v1_5: [1, 2, 3, 4, 5, 7]
        default: [1, 2, 3, 4, 5]
        }
    }

    /// Action types of 1.1 and later that actions lists may have.
    static func actionTypes(in version: OpenFlowVersion) -> [UInt16] {
        switch version {
        case .v1_0: Array(0...11)
        case .v1_1: Array(0...24)
        case .v1_2: [0, 11, 12] + Array(15...25)
        case .v1_3, .v1_4: [0, 11, 12] + Array(15...27)
        case .v1_5: [0, 11, 12] + Array(15...29)
        }
    }

    /// The abilities that TABLE replies carry up to 1.2.
    static func abilities(in version: OpenFlowVersion) -> TableAbilities {
        var abilities = TableAbilities()
        let actions = self.actionTypes(in: version).reduce(UInt32(0)) { $0 | 1 << UInt32($1) }
        switch version {
        case .v1_0: abilities.wildcards = 0x3f_ffff
        case .v1_1:
            // Without the two of MPLS, which flows can match too: every bit.
            abilities.wildcards = 0x3ff
            abilities.match = 0x3ff
        default:
            for field in self.matchFields(in: version) where field.identifier.oxmClass == 0x8000 {
                abilities.match |= 1 << UInt64(field.identifier.number)
            }
            abilities.wildcards = abilities.match
            for field in self.writableFields(in: version) where field.identifier.oxmClass == 0x8000 {
                abilities.applySetFields |= 1 << UInt64(field.identifier.number)
            }
            abilities.writeSetFields = abilities.applySetFields
            abilities.metadataMatch = .max
            abilities.metadataWrite = .max
        }
        abilities.writeActions = actions
        abilities.applyActions = actions
        abilities.instructions = self.instructionTypes(in: version).reduce(0) { $0 | 1 << UInt32($1) }
        return abilities
    }

    /// The packet types that every table takes: Ethernet, and what packets may begin with after a header was removed or
    /// added: IPv4, IPv6, MPLS, the network service header.
    private static let packetTypes: [UInt32] = [0, 0x1_0800, 0x1_86dd, 0x1_8847, 0x1_8848, 0x1_894f]

    /// What TABLE_FEATURES says of table `number` of `tableCount` (1.3 §7.3.5.5).
    static func features(
        of number: Int, tableCount: Int, maximumEntries: Int, in version: OpenFlowVersion
    ) -> TableFeatures {
        let later = (number + 1..<max(tableCount, number + 1)).map { TableID(rawValue: UInt8($0)) }
        let instructions = self.instructionTypes(in: version).filter { $0 != 1 || !later.isEmpty }.map {
            FeatureID(type: $0)
        }
        let actions = self.actionTypes(in: version).map { FeatureID(type: $0) }
        let writable = self.writableFields(in: version)
        let matchable = self.matchFields(in: version, hasMasks: true)
        // A property for the table-miss flow that is left out says the same as its twin (1.3 §7.3.5.5.2).
        var properties: [TableFeatureProperty] = [
            .instructions(instructions, miss: false), .nextTables(later, miss: false),
            .writeActions(actions, miss: false), .applyActions(actions, miss: false), .match(matchable),
            .wildcards(self.matchFields(in: version)),
            .writeSetField(writable, miss: false), .applySetField(writable, miss: false),
        ]
        if version >= .v1_5 {
            // Fields that are copied from need not be writable, but the lists are of both sides.
            let copyable = self.matchFields(in: version)
            properties += [
                .writeCopyField(copyable, miss: false), .applyCopyField(copyable, miss: false),
                .packetTypes(self.packetTypes),
            ]
        }
        return TableFeatures(
            tableID: TableID(rawValue: UInt8(number)), name: Self.name(of: number), metadataMatch: .max,
            metadataWrite: .max, maximumEntries: UInt32(clamping: maximumEntries), properties: properties)
    }

    /// Refuses properties that name what `full`, all that a table can do, lacks.
    static func check(
        _ properties: [TableFeatureProperty], within full: [TableFeatureProperty]
    ) throws(OpenFlowError) {
        for (place, property) in properties.enumerated() {
            if case .other = property { throw OpenFlowError(.propertyBadExperimenter) }
            guard
                !properties[..<place].contains(where: {
                    $0.isOfKind(property) && $0.isAboutMiss == property.isAboutMiss
                })
            else { throw OpenFlowError(.propertyDuplicateType) }
            // A property for the table-miss flow may say as much as its twin.
            guard let whole = full.first(where: property.isOfKind) else { throw OpenFlowError(.propertyBadType) }
            guard property.isWithin(whole) else { throw OpenFlowError(.propertyBadValue) }
        }
    }

    /// A table's name: the first is `classifier`, as Open vSwitch's users know it.
    static func name(of number: Int) -> String { number == 0 ? "classifier" : "table\(number)" }
}

extension TableFeatureProperty {
    /// Whether both are the same property, that for the table-miss flow and its twin being one.
    func isOfKind(_ other: TableFeatureProperty) -> Bool {
        switch (self, other) {
        case (.instructions, .instructions), (.nextTables, .nextTables), (.writeActions, .writeActions),
            (.applyActions, .applyActions), (.match, .match), (.wildcards, .wildcards),
            (.writeSetField, .writeSetField), (.applySetField, .applySetField),
            (.synchronizedFrom, .synchronizedFrom), (.writeCopyField, .writeCopyField),
            (.applyCopyField, .applyCopyField), (.packetTypes, .packetTypes):
            true
        default: false
        }
    }

    /// Whether every value of this property is one of `whole`, which is of the same kind.
    fileprivate func isWithin(_ whole: TableFeatureProperty) -> Bool {
        switch (self, whole) {
        case (.instructions(let ours, _), .instructions(let all, _)),
            (.writeActions(let ours, _), .writeActions(let all, _)),
            (.applyActions(let ours, _), .applyActions(let all, _)):
            Set(ours).isSubset(of: all)
        case (.nextTables(let ours, _), .nextTables(let all, _)): Set(ours).isSubset(of: all)
        case (.match(let ours), .match(let all)):
            // A field that may be masked may be matched without masks only.
            ours.allSatisfy { field in
                all.contains { $0.identifier == field.identifier && ($0.hasMask || !field.hasMask) }
            }
        case (.wildcards(let ours), .wildcards(let all)),
            (.writeSetField(let ours, _), .writeSetField(let all, _)),
            (.applySetField(let ours, _), .applySetField(let all, _)),
            (.writeCopyField(let ours, _), .writeCopyField(let all, _)),
            (.applyCopyField(let ours, _), .applyCopyField(let all, _)):
            Set(ours.map(\.identifier)).isSubset(of: all.map(\.identifier))
        case (.packetTypes(let ours), .packetTypes(let all)): Set(ours).isSubset(of: all)
        default: false
        }
    }
}
