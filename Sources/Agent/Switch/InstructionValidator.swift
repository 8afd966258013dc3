import Datapath
import NetworkTypes
import OpenFlow

/// Checks the instructions and actions of a flow, and puts instructions into the order in which they are carried out.
///
/// What a translation could not carry out is refused here with the specification's own error, so that a flow that was
/// accepted does what it says (1.1 §5.9 and §5.12, 1.3 §5.9, §5.12 and §7.4.4).
enum InstructionValidator {
    /// The instructions of a flow in the order of the specification.
    ///
    /// - Parameters:
    ///   - facts: What the flow's packets look like: actions must suit it, from 1.1 on.
    ///   - table: The flow's table: gotos must go up from there.
    /// - Throws: the first fault.
    static func validate(
        _ instructions: [Instruction], facts: PacketFacts, table: TableID, tableCount: Int, version: OpenFlowVersion
    ) throws(OpenFlowError) -> [Instruction] {
        var last = -1
        var isOrdered = true
        var seen = 0
        for instruction in instructions {
            let order = instruction.order
            guard seen & 1 << order == 0 else { throw OpenFlowError(.instructionDuplicate) }
            seen |= 1 << order
            isOrdered = isOrdered && order > last
            last = order
            switch instruction {
            case .gotoTable(let target):
                guard target.rawValue > table.rawValue, Int(target.rawValue) < tableCount else {
                    throw OpenFlowError(.instructionBadTableID, value: UInt64(target.rawValue))
                }
            case .applyActions(let actions), .writeActions(let actions):
                try self.validate(actions, facts: facts, version: version, isPacketOut: false)
            case .statisticsTrigger(let trigger): try trigger.validate()
            case .experimenter(let number, _):
                throw OpenFlowError(
                    instruction.experimenterRefusal ?? .instructionBadExperimenter, value: UInt64(number))
            // Whether the meter is there is for the switch to say.
            case .meter, .writeMetadata, .clearActions: break
            }
        }
        try self.validateConjunctions(instructions)
        return isOrdered ? instructions : instructions.sorted { $0.order < $1.order }
    }

    /// Checks the actions of a packet-out.
    static func validate(packetOut actions: [Action], version: OpenFlowVersion) throws(OpenFlowError) {
        // What the packet looks like is not known: every prerequisite may be met.
        try self.validate(
            actions, facts: PacketFacts(FlowKey(), FlowMask()), version: .v1_0, isPacketOut: true)
    }

    /// Checks the actions of a group's bucket, to which any packet may come.
    static func validate(bucket actions: [Action], version: OpenFlowVersion) throws(OpenFlowError) {
        try self.validate(
            actions, facts: PacketFacts(FlowKey(), FlowMask()), version: .v1_0, isPacketOut: false)
    }

    static func validate(
        _ actions: [Action], facts: PacketFacts, version: OpenFlowVersion, isPacketOut: Bool
    ) throws(OpenFlowError) {
        var packet = PacketShape(facts: facts, isChecked: version >= .v1_1)
        for action in actions {
            switch action {
            case .output(let port, maximumLength: _), .enqueue(let port, _),
                .outputTruncated(let port, maximumLength: _):
                try self.validate(port, isPacketOut: isPacketOut)
            case .setField(let entry):
                try self.validate(entry.field, packet)
                try self.validate(serviceHeader: entry)
            case .setLongField(let entry): try self.validate(entry.field, packet)
            case .copyField(let copy):
                try self.validate(copy.destination, packet)
                try self.validate(source: copy.source, packet)
            case .outputField(let slice, maximumLength: _): try self.validate(source: slice.field, packet)
            // Whether a group or meter is there is for the switch to say.
            case .group(let group):
                guard group.rawValue <= GroupID.maximum.rawValue else {
                    throw OpenFlowError(.actionBadOutGroup, value: UInt64(group.rawValue))
                }
            case .meter: break
            case .pushVLAN(let type):
                guard type == .vlan || type == .serviceVLAN else {
                    throw OpenFlowError(.actionBadArgument, value: UInt64(type.rawValue))
                }
                packet.hasTag()
            case .popVLAN: packet.losesTag()
            case .setVLANID, .setVLANPriority:
                try packet.require(.vlan)
                packet.hasTag()
            case .setTransportSource, .setTransportDestination: try packet.require(.tcp, or: .udp, .sctp)
            case .setNetworkTTL, .decrementNetworkTTL: try packet.require(.ip)
            case .pushMPLS(let type), .popMPLS(let type), .pushPBB(let type):
                try packet.pushOrPop(action, type.rawValue)
            case .setMPLSTTL, .decrementMPLSTTL, .copyTTLOut, .copyTTLIn: try packet.require(.mpls)
            case .popPBB: try packet.popServiceTag()
            case .encapsulate(let header):
                try self.validate(header)
                packet.encapsulate(header.packetType)
            case .decapsulate(let type):
                guard type == Encapsulation.nextProtocolType || type == 0 || type >> 16 == 1 else {
                    throw OpenFlowError(.actionNiciraBadHeaderType, value: UInt64(type))
                }
                packet.decapsulate()
            case .decrementServiceHeaderTTL: try packet.require(.serviceHeader)
            case .resubmitTracked, .learn, .connectionTracking, .clearConnectionTracking, .addressTranslation,
                .multipath, .bundle, .sample, .clone, .checkPacketLarger, .controllerOutput, .pushStack, .popStack,
                .decrementNetworkTTLNotifying, .writeMetadata, .deleteField, .finTimeout:
                try self.validate(extension: action, facts: packet.facts, version: version)
            case .experimenter(let number, _):
                let isKnown = number == 0x2320 || number == 0x4f4e_4600
                throw OpenFlowError(
                    isKnown ? .actionBadExperimenterType : .actionBadExperimenter, value: UInt64(number))
            case .resubmit, .controller, .note, .exit, .popQueue, .setQueue, .conjunction: break
            }
        }
    }

    private static func validate(_ port: PortNumber, isPacketOut: Bool) throws(OpenFlowError) {
        switch port {
        case .inPort, .normal, .flood, .all, .controller, .local: return
        case .table where isPacketOut: return
        default:
            // A port that is not there yet may come; numbers that no port can have are refused.
            guard port.isOrdinary, port.rawValue != 0 else {
                throw OpenFlowError(.actionBadOutPort, value: UInt64(port.rawValue))
            }
        }
    }

    private static func validate(_ field: MatchField, _ packet: PacketShape) throws(OpenFlowError) {
        guard field.isWritable, field.isInKeys, field != .inPort else {
            throw OpenFlowError(.actionBadSetType, value: UInt64(field.rawValue))
        }
        try packet.require(field.prerequisite)
    }

    private static func validate(source field: MatchField, _ packet: PacketShape) throws(OpenFlowError) {
        guard field.isInKeys else { throw OpenFlowError(.actionBadSetType, value: UInt64(field.rawValue)) }
        try packet.require(field.prerequisite)
    }
}

/// What is known of the packets that come to an action.
private struct PacketShape {
    var facts: PacketFacts
    /// Whether actions must suit the match; 1.0 leaves unsuitable ones without effect.
    let isChecked: Bool

    mutating func hasTag() { self.facts.isTagged = true }

    mutating func losesTag() { self.facts.isTagged = false }

    /// What packets look like after a label, or a service instance tag, is added or a label removed.
    mutating func pushOrPop(_ action: Action, _ type: UInt16) throws(OpenFlowError) {
        switch action {
        case .pushMPLS:
            guard type == 0x8847 || type == 0x8848 else {
                throw OpenFlowError(.actionBadArgument, value: UInt64(type))
            }
        case .pushPBB:
            guard type == 0x88e7 else { throw OpenFlowError(.actionBadArgument, value: UInt64(type)) }
            self.facts.isTagged = false
        default: try self.require(.mpls)
        }
        self.facts.etherType = Int32(type)
        self.facts.ipProtocol = -1
        self.facts.icmpType = -1
    }

    /// What packets look like after a header is put before them.
    mutating func encapsulate(_ packetType: UInt32) {
        self.facts.isEthernet = packetType == 0
        self.facts.isTagged = false
        guard packetType != 0 else { return }
        self.facts.etherType = Int32(packetType & 0xffff)
        self.facts.ipProtocol = -1
        self.facts.icmpType = -1
    }

    /// What packets look like without the header that they began with: known behind Ethernet alone.
    mutating func decapsulate() {
        self.facts.isTagged = false
        if !self.facts.isEthernet {
            self.facts.etherType = -1
            self.facts.ipProtocol = -1
            self.facts.icmpType = -1
        }
        self.facts.isEthernet = false
    }

    /// The customer's frame comes to light, of which nothing is known.
    mutating func popServiceTag() throws(OpenFlowError) {
        try self.require(.pbb)
        self.facts.etherType = -1
        self.facts.ipProtocol = -1
        self.facts.icmpType = -1
        self.facts.isTagged = false
    }

    /// Throws unless the packets have what one of the prerequisites asks for.
    func require(_ prerequisite: MatchPrerequisite, or others: MatchPrerequisite...) throws(OpenFlowError) {
        guard self.isChecked, prerequisite != .none, !self.facts.satisfy(prerequisite) else { return }
        for other in others where self.facts.satisfy(other) { return }
        throw OpenFlowError(.actionMatchInconsistent)
    }
}

extension Instruction {
    /// Its place in the order of execution (1.3 §5.9): meter, apply, clear, write, metadata, goto.
    fileprivate var order: Int {
        switch self {
        case .meter: 0
        case .applyActions: 1
        case .clearActions: 2
        case .writeActions: 3
        case .writeMetadata: 4
        case .statisticsTrigger: 5
        case .gotoTable: 6
        case .experimenter: 7
        }
    }
}
