import Datapath
package import OpenFlow

/// Everything of a packet's way through the tables that must survive its way through the datapath, or to a controller
/// and back: what thaws it.
///
/// Header fields are not among it: the datapath has them, as they were when the packet was frozen.
package struct FrozenState: Hashable, Sendable {
    /// The bridge that it is in.
    package var bridge: BridgeIdentifier
    /// The port that it came in by.
    package var inPort: PortNumber
    /// What is left to be done, in order, before the action set.
    var steps: [FrozenStep]
    /// The rule executed last, as whose the action set is performed.
    var lastRule = Translator.RuleContext()
    /// The pipeline's metadata and registers: words 2…10 of the key.
    package var pipelineWords: [UInt64]
    /// The actions in its action set, in the order of execution.
    package var actionSet: [Action]
    /// What actions have pushed onto its stack.
    package var stack: [UInt128]
    /// How often the packet has been frozen, this time included.
    package var generation: Int
    /// Which mirrors have copied it.
    var mirrored: UInt32 = 0
    /// How many times the datapath's hash has chosen a bucket for it.
    var hashChoices = 0
    /// Where it is about to leave, while it is in the egress tables.
    var egress: EgressOutput?
    /// Whether it is with a controller, which alone may thaw it.
    package var isPaused = false
    /// The tunnel that it would leave by: words 22…29 and 47…63 of the key; none where that is the one it came by.
    var tunnelWords: [UInt64] = []
}

/// One thing that is left to be done with a frozen packet.
enum FrozenStep: Hashable, Sendable {
    /// It goes on in a table.
    case table(TableID)
    /// The rest of a rule's, a bucket's or a packet-out's actions.
    case actions([Action], Translator.RuleContext)
    /// The rest of a rule's instructions.
    case instructions([Instruction], Translator.RuleContext)
}
