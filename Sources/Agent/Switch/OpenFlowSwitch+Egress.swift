import OpenFlow

// Egress tables (1.5 §5.1.2 and §7.3.5.18): from the first one on, tables are for packets that leave by a port.
extension OpenFlowSwitch {
    /// Bits of a table's features: it can take packets that come in, those that leave, and is the first of these.
    private static let ingressBit: UInt32 = 1
    private static let egressBit: UInt32 = 2
    private static let firstEgressBit: UInt32 = 16

    /// What TABLE_FEATURES of 1.5 says of a table's place: both where no table is for packets that leave, but for the
    /// first table, into which packets come.
    func placeBits(of table: TableID) -> UInt32 {
        guard let first = self.firstEgressTable else {
            return table.rawValue == 0 ? Self.ingressBit : Self.ingressBit | Self.egressBit
        }
        if table.rawValue < first.rawValue { return Self.ingressBit }
        return table == first ? Self.egressBit | Self.firstEgressBit : Self.egressBit
    }

    /// The tables that a goto from `table` may name end before this one.
    func endOfTables(from table: TableID) -> Int {
        guard let first = self.firstEgressTable, table.rawValue < first.rawValue else { return self.tableCount }
        return Int(first.rawValue)
    }

    /// Which table is the first for packets that leave, after `request`.
    ///
    /// Where all tables are said, none is unless one is marked; else the mark moves, or goes where its table is said
    /// without it. A table whose bits are all zero says nothing of its place.
    func firstEgressTable(
        after request: [TableFeatures], _ command: TableFeatures.Command
    ) throws(OpenFlowError) -> TableID? {
        func refusal(_ features: TableFeatures) -> OpenFlowError {
            OpenFlowError(.tableFeaturesBadFeatures, value: UInt64(features.features))
        }
        var first = command == .replace ? nil : self.firstEgressTable
        var marked: TableID?
        for features in request {
            guard features.features & ~(Self.ingressBit | Self.egressBit | Self.firstEgressBit) == 0 else {
                throw refusal(features)
            }
            guard features.features & Self.firstEgressBit != 0 else {
                if features.tableID == first, features.features != 0 { first = nil }
                continue
            }
            guard marked == nil, features.tableID.rawValue > 0, features.features & Self.egressBit != 0 else {
                throw refusal(features)
            }
            marked = features.tableID
        }
        first = marked ?? first
        for features in request where features.features != 0 {
            let isEgress = first.map { features.tableID.rawValue >= $0.rawValue } ?? false
            guard features.features & (isEgress ? Self.egressBit : Self.ingressBit) != 0 else {
                throw refusal(features)
            }
        }
        return first
    }

    /// Refuses another first table while flows are in tables whose place would change, or lead there.
    func checkPlaces(_ first: TableID?, _ state: borrowing PipelineState) throws(OpenFlowError) {
        guard first != self.firstEgressTable else { return }
        let lowest = min(first?.rawValue ?? .max, self.firstEgressTable?.rawValue ?? .max)
        for identifier in state.visibleTables(.all) {
            guard let table = state.existingTable(identifier) else { continue }
            guard identifier.rawValue < lowest || table.pointee.flowCount == 0 else {
                throw OpenFlowError(.tableFeaturesNotPermitted, value: UInt64(identifier.rawValue))
            }
            guard let first else { continue }
            var leadsThere = false
            table.pointee.forEachInstructionList { slot in
                for case .gotoTable(let target) in table.pointee.rules[slot].pointee.instructions.instructions
                where target.rawValue >= first.rawValue {
                    leadsThere = true
                }
            }
            guard !leadsThere else {
                throw OpenFlowError(.tableFeaturesNotPermitted, value: UInt64(identifier.rawValue))
            }
        }
    }

    /// Refuses a flow that leads packets from the tables for those that come in to those for such as leave, or that
    /// writes other ways to leave into their action set.
    func checkEgress(_ instructions: [Instruction], in table: TableID) throws(OpenFlowError) {
        guard let first = self.firstEgressTable else { return }
        for instruction in instructions {
            switch instruction {
            case .gotoTable(let target) where table.rawValue < first.rawValue && target.rawValue >= first.rawValue:
                throw OpenFlowError(.instructionBadTableID, value: UInt64(target.rawValue))
            case .writeActions(let actions) where table.rawValue >= first.rawValue:
                for action in actions {
                    if case .group(let group) = action {
                        throw OpenFlowError(.actionBadOutGroup, value: UInt64(group.rawValue))
                    }
                    if let port = action.outputPort {
                        throw OpenFlowError(.actionBadOutPort, value: UInt64(port.rawValue))
                    }
                }
            default: break
            }
        }
    }
}
