import Datapath
import OpenFlow

// Nicira's actions: which can be carried out, and with what arguments.
extension InstructionValidator {
    /// Checks one; `facts` are what is known of the packets that come to it.
    static func validate(
        extension action: Action, facts: PacketFacts, version: OpenFlowVersion
    ) throws(OpenFlowError) {
        switch action {
        case .clone(let actions):
            try self.validate(actions, facts: facts, version: version, isPacketOut: false)
        case .connectionTracking(let tracking): try self.validate(tracking)
        case .learn(let learn): try self.validate(learn)
        case .deleteField(let field):
            guard field.isVariableLength else { throw OpenFlowError(.actionBadSetType, value: UInt64(field.rawValue)) }
        case .pushStack(let slice): try self.validate(slice, isWritten: false)
        case .popStack(let slice): try self.validate(slice, isWritten: true)
        case .multipath(let multipath): try self.validate(multipath.destination, isWritten: true)
        case .bundle(let bundle):
            if let destination = bundle.destination { try self.validate(destination, isWritten: true) }
        case .checkPacketLarger(_, let result):
            // The packet goes on with the bit in its pipeline state; headers are not decided by its length.
            try self.validate(result, isWritten: true)
            guard result.bitCount == 1, result.field.pipelineLayout != nil,
                (2...10).contains(
                    result.field.flowLayout?.word ?? 0)
            else { throw OpenFlowError(.actionBadSetArgument) }
        // Whether an output's meter is there is for the switch to say.
        case .resubmitTracked, .clearConnectionTracking, .sample, .decrementNetworkTTLNotifying, .writeMetadata,
            .finTimeout, .controllerOutput:
            break
        default: throw OpenFlowError(.actionBadExperimenterType)
        }
    }

    /// Checks that conjunction actions are alone, notes aside, and where they are carried out at once: what else a flow
    /// did would never be done (ovs-fields(7), "Conjunctive match fields").
    static func validateConjunctions(_ instructions: [Instruction]) throws(OpenFlowError) {
        var hasConjunction = false
        var hasOther = false
        for instruction in instructions {
            switch instruction {
            case .applyActions(let actions):
                for action in actions {
                    switch action {
                    case .conjunction: hasConjunction = true
                    case .note: break
                    default: hasOther = true
                    }
                }
            case .writeActions(let actions):
                for case .conjunction in actions { throw OpenFlowError(.actionBadType) }
                hasOther = true
            default: hasOther = true
            }
        }
        guard !hasConjunction || !hasOther else { throw OpenFlowError(.actionNiciraBadConjunction) }
    }

    /// Checks what a header that is pushed is to have.
    static func validate(_ header: Encapsulation) throws(OpenFlowError) {
        var metadataType: UInt8?
        for property in header.properties {
            switch property {
            case .serviceHeaderMetadataType(let type):
                guard header.packetType == 0x1_894f, type == 1 || type == 2, metadataType == nil else {
                    throw OpenFlowError(.actionNiciraBadEncapDecapProperty, value: UInt64(type))
                }
                metadataType = type
            case .serviceHeaderContext(_, _, let value):
                guard header.packetType == 0x1_894f, value.count < 128 else {
                    throw OpenFlowError(.actionNiciraBadEncapDecapProperty, value: UInt64(value.count))
                }
            case .mplsEtherType(let type):
                guard header.packetType == 0x1_0000 | UInt32(type) else {
                    throw OpenFlowError(.actionNiciraBadEncapDecapProperty, value: UInt64(type))
                }
            }
        }
        let hasContexts = header.properties.contains { if case .serviceHeaderContext = $0 { true } else { false } }
        let contextBytes = header.serviceContextHeaders?.count ?? 0
        // Context headers are metadata type 2's alone.
        guard !hasContexts || metadataType == 2, contextBytes <= ServiceHeader.contextHeaderBytesMaximum else {
            throw OpenFlowError(
                .actionNiciraBadEncapDecapProperty, value: UInt64(contextBytes),
                limit: UInt64(ServiceHeader.contextHeaderBytesMaximum))
        }
    }

    /// Checks that a value has no more bits than the network service header has room for (RFC 8300 §2.2).
    static func validate(serviceHeader entry: MatchEntry) throws(OpenFlowError) {
        let maximum: UInt128
        switch entry.field {
        case .serviceHeaderFlags: maximum = 0x03
        case .serviceHeaderTTL: maximum = 0x3f
        default: return
        }
        guard entry.value & entry.mask <= maximum else {
            throw OpenFlowError(.actionBadSetArgument, value: UInt64(truncatingIfNeeded: entry.value))
        }
    }

    private static func validate(_ tracking: ConnectionTracking) throws(OpenFlowError) {
        guard tracking.helperPort == 0 || tracking.helperPort == 21 || tracking.helperPort == 69 else {
            throw OpenFlowError(.actionBadArgument, value: UInt64(tracking.helperPort))
        }
        if case .field(let slice) = tracking.zone { try self.validate(slice, isWritten: false) }
        for action in tracking.actions {
            switch action {
            case .addressTranslation: continue
            case .setField(let entry) where entry.field == .connectionMark || entry.field == .connectionLabel: break
            case .copyField(let copy) where copy.destination == .connectionMark || copy.destination == .connectionLabel:
                break
            default: throw OpenFlowError(.actionBadArgument)
            }
            guard tracking.flags.contains(.commit) else { throw OpenFlowError(.actionBadArgument) }
        }
    }

    private static func validate(_ learn: Learn) throws(OpenFlowError) {
        if learn.flags.contains(.writeResult), let slice = learn.result {
            try self.validate(slice, isWritten: true)
        }
        for part in learn.specifications {
            if case .field(let field, let offset) = part.source {
                try self.validate(FieldSlice(field, offset: offset, bitCount: part.bitCount), isWritten: false)
            }
            switch part.destination {
            case .match(let field, let offset):
                try self.validate(FieldSlice(field, offset: offset, bitCount: part.bitCount), isWritten: false)
            case .load(let field, let offset):
                try self.validate(FieldSlice(field, offset: offset, bitCount: part.bitCount), isWritten: true)
            case .output: break
            }
        }
    }

    private static func validate(_ slice: FieldSlice, isWritten: Bool) throws(OpenFlowError) {
        guard slice.bitCount > 0, Int(slice.offset) + Int(slice.bitCount) <= slice.field.sliceWidth else {
            throw OpenFlowError(.actionBadSetLength, value: UInt64(slice.bitCount))
        }
        guard slice.field.isInKeys, !isWritten || (slice.field.isWritable && slice.field != .inPort) else {
            throw OpenFlowError(.actionBadSetType, value: UInt64(slice.field.rawValue))
        }
    }
}
