/// What happens to a packet that matches a flow (1.1 §A.2.4, 1.5 §7.2.4); 1.0 action lists are
/// ``applyActions(_:)``.
public enum Instruction: Hashable, Sendable {
    /// Continues in a later table.
    case gotoTable(TableID)
    /// Sets the bits of the pipeline metadata where the mask has a one.
    case writeMetadata(value: UInt64, mask: UInt64)
    /// Adds actions to the action set.
    case writeActions([Action])
    /// Performs the actions at once, in order.
    case applyActions([Action])
    /// Empties the action set.
    case clearActions
    /// Passes the packet through a meter (1.3 and 1.4; in 1.5 it is an action).
    case meter(MeterID)
    /// Reports the flow's counters when one crosses a threshold (1.5).
    indirect case statisticsTrigger(StatisticsTrigger)
    /// An experimenter's instruction: its number and what follows it, kept byte for byte.
    case experimenter(UInt32, [UInt8])
}

extension Instruction {
    /// Why a switch that knows no experimenter's instructions refuses this one; nil if it is not one.
    public var experimenterRefusal: OpenFlowError.Code? {
        guard case .experimenter(let experimenter, _) = self else { return nil }
        let isKnown =
            experimenter == OXMIdentifier.niciraExperimenter || experimenter == OXMIdentifier.onfExperimenter
        return isKnown ? .instructionBadExperimenterType : .instructionBadExperimenter
    }
}
