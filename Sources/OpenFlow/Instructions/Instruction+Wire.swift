// An instruction (1.1 §A.2.4, 1.3 and later §7.2.4): type 16 bits, length 16 bits, which counts everything.
extension Instruction: WireStructure {
    init() { self = .clearActions }

    /// Which kind it is.
    var type: InstructionType {
        switch self {
        case .gotoTable: .gotoTable
        case .writeMetadata: .writeMetadata
        case .writeActions: .writeActions
        case .applyActions: .applyActions
        case .clearActions: .clearActions
        case .meter: .meter
        case .statisticsTrigger: .statisticsTrigger
        case .experimenter: .experimenter
        }
    }

    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var type = self.type
        var code: UInt16 = 0
        if !wire.isReading {
            guard let known = InstructionType.codes.code(of: type, in: wire.version) else {
                throw .inexpressible(.instruction)
            }
            code = known
        }
        var frame = wire.begin(.instruction)
        try wire.field("type", &code)
        try wire.length(&frame, excluding: 0)
        if wire.isReading {
            guard let known = InstructionType.codes.meaning(of: code, in: wire.version) else {
                throw wire.refusal(.instructionUnknown, value: UInt64(code))
            }
            guard wire.remaining & 7 == 4 else { throw wire.refusal(.instructionBadLength) }
            type = known
        }
        try self.describe(type, to: &wire)
        try wire.end(frame, padding: .counted)
    }

    private mutating func describe(
        _ type: InstructionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        switch type {
        case .gotoTable:
            var table = TableID(rawValue: 0)
            if case .gotoTable(let value) = self { table = value }
            try wire.field("table", &table)
            try wire.reserved(3)
            self = .gotoTable(table)
        case .writeMetadata:
            var (metadata, mask) = (UInt64(0), UInt64(0))
            if case .writeMetadata(let a, let b) = self { (metadata, mask) = (a, b) }
            try wire.reserved(4)
            try wire.field("metadata", &metadata)
            try wire.field("mask", &mask)
            self = .writeMetadata(value: metadata, mask: mask)
        case .writeActions, .applyActions:
            var actions: [Action] = []
            switch self {
            case .writeActions(let value), .applyActions(let value): actions = value
            default: break
            }
            try wire.reserved(4)
            try wire.actions(&actions)
            self = type == .writeActions ? .writeActions(actions) : .applyActions(actions)
        case .clearActions:
            try wire.reserved(4)
            self = .clearActions
        case .meter:
            var meter = MeterID(rawValue: 0)
            if case .meter(let value) = self { meter = value }
            try wire.field("meter", &meter)
            self = .meter(meter)
        case .statisticsTrigger:
            var trigger = StatisticsTrigger()
            if case .statisticsTrigger(let value) = self { trigger = value }
            try trigger.describe(to: &wire)
            self = .statisticsTrigger(trigger)
        case .experimenter:
            var (experimenter, body) = (UInt32(0), [UInt8]())
            if case .experimenter(let a, let b) = self { (experimenter, body) = (a, b) }
            try wire.field("experimenter", &experimenter)
            try wire.rest("body", &body)
            self = .experimenter(experimenter, body)
        }
    }
}

extension WireReader {
    mutating func actions(_ value: inout [Action]) throws(WireError) {
        value = []
        // Most actions take 16 bytes; one allocation suffices for ordinary lists.
        if self.remaining > 0 { value.reserveCapacity(max(1, min(64, self.remaining / 12))) }
        while self.remaining > 0 {
            var action = Action()
            try action.describe(to: &self)
            if case .addressTranslation = action { throw self.refusal(.actionBadArgument) }
            value.append(action)
        }
    }

    mutating func nestedActions(_ value: inout [Action], inTracker: Bool) throws(WireError) {
        guard self.actionDepth < Action.depthLimit else {
            throw self.refusal(.actionTooMany, limit: UInt64(Action.depthLimit))
        }
        self.actionDepth += 1
        value = []
        while self.remaining > 0 {
            var action = Action()
            try action.describe(to: &self)
            if !inTracker, case .addressTranslation = action { throw self.refusal(.actionBadArgument) }
            value.append(action)
        }
        self.actionDepth -= 1
    }

    mutating func instructions(_ value: inout [Instruction]) throws(WireError) {
        value = []
        guard self.version.hasInstructions else {
            guard self.remaining > 0 else { return }
            var actions: [Action] = []
            try self.actions(&actions)
            value = [.applyActions(actions)]
            return
        }
        var seen: UInt16 = 0
        if self.remaining > 0 { value.reserveCapacity(1) }
        while self.remaining > 0 {
            var instruction = Instruction()
            let start = self.offset
            try instruction.describe(to: &self)
            let bit: UInt16 = 1 << UInt16(instruction.type.rawValue)
            guard seen & bit == 0 || instruction.type == .experimenter else {
                throw .refused(OpenFlowError(.instructionDuplicate, offset: start))
            }
            seen |= bit
            value.append(instruction)
        }
    }

    mutating func maskedField(_ value: inout MatchEntry) throws(WireError) {
        let start = self.offset
        let (entry, _, _) = try self.entry(.setField)
        guard entry.field.isWritable else {
            throw .refused(OpenFlowError(.actionBadSetArgument, offset: start))
        }
        value = entry
    }
}

extension WireWriter {
    mutating func actions(_ value: inout [Action]) throws(WireError) {
        for var action in value { try self.action(&action) }
    }

    private mutating func action(_ action: inout Action) throws(WireError) {
        // What 1.0 says in one action, later versions say in three.
        if self.version != .v1_0, case .enqueue(let port, let queue) = action {
            for var part in [Action.setQueue(queue), .output(port, maximumLength: 0), .popQueue] {
                try part.describe(to: &self)
            }
        } else {
            try action.describe(to: &self)
        }
    }

    mutating func nestedActions(_ value: inout [Action], inTracker: Bool) throws(WireError) {
        try self.actions(&value)
    }

    mutating func instructions(_ value: inout [Instruction]) throws(WireError) {
        guard !self.version.hasInstructions else {
            for var instruction in value { try instruction.describe(to: &self) }
            return
        }
        // 1.0: the list to apply, and, at the end, the next table as Nicira's resubmit.
        for case .applyActions(var actions) in value { try self.actions(&actions) }
        for instruction in value {
            switch instruction {
            case .applyActions: break
            case .gotoTable(let table):
                var resubmit = Action.resubmit(port: nil, table: table)
                try resubmit.describe(to: &self)
            default: throw .inexpressible(.instruction)
            }
        }
    }

    mutating func maskedField(_ value: inout MatchEntry) throws(WireError) {
        guard let name = FieldNames.nicira.identifier(of: value.field, in: self.version) else {
            throw .inexpressible(.matchField(value.field))
        }
        try self.entry(value, named: name)
    }
}
