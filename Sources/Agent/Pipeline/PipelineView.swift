package import Datapath
package import OpenFlow

/// What translation may ask of a switch's state: one consistent version of tables and ports.
///
/// Implemented by ``PipelineState`` (held under a read lock for a batch of packets) and by simple stand-ins in
/// tests. Nothing here changes state; counters are credited through
/// ``PipelineView/credit(_:packets:bytes:at:tcpFlags:)``,
/// which is atomic.
package protocol PipelineView: ~Copyable {
    /// The number of the state's version; grows with every committed change that packets could notice.
    var version: UInt64 { get }

    /// The rule with the highest priority in `table` that `key` matches, or nil.
    ///
    /// Adds to `mask` every bit that the lookup looked at: any packet that agrees with `key` on the
    /// resulting mask gets the same answer. In `key`, `inPort` is the switch's port number.
    func lookup(table: TableID, key: borrowing FlowKey, unwildcarding mask: inout FlowMask) -> MatchedRule?

    /// The ordinary rule of the hidden table that stands for a built-in decision.
    func hiddenRule(_ rule: HiddenRule) -> MatchedRule

    /// Which hidden rule a miss in `table` leads to: ``HiddenRule/tableMiss`` where some controller wants packet-ins
    /// of misses (OpenFlow 1.0–1.2), else ``HiddenRule/noPacketIn``.
    func missRule(of table: TableID) -> HiddenRule

    /// The table that a packet continues in after it missed in `table`; nil, the rule, where it ends there.
    ///
    /// Only 1.1 and 1.2 know such a treatment (OFPTC_TABLE_MISS_CONTINUE).
    func tableAfterMiss(in table: TableID) -> TableID?

    /// The port of that number, or nil.
    func port(_ number: PortNumber) -> SwitchPort?

    /// The group of that number, or nil.
    func group(_ identifier: GroupID) -> SwitchGroup?

    /// The meter of that number, or nil.
    func meter(_ identifier: MeterID) -> SwitchMeter?

    /// All ports in order of their numbers.
    var portsInOrder: [SwitchPort] { get }

    /// The first of the tables that packets pass for each port that they leave by (1.5 §5.1.2); nil for none.
    var firstEgressTable: TableID? { get }

    /// How IP fragments are treated (OFPC_FRAG_*).
    var fragmentHandling: FragmentHandling { get }

    /// The tunnel options that rules can name.
    var tunnelOptions: TunnelOptionTable { get }

    /// Adds to a rule's counters and last use; any thread that holds the view; a stale reference is ignored.
    func credit(_ rule: RuleReference, packets: UInt64, bytes: UInt64, at time: MonotonicTime)

    /// What traces and dumps of datapath flows tell of a rule; nil when it is gone, or hidden.
    func describe(_ rule: RuleReference) -> RuleDescription?

    /// Whether a learn action may add that flow, of whose cookie its table may have `limit`, or refresh it.
    func mayLearn(_ flowMod: FlowMod, limit: UInt32) -> Bool

    /// The shorter timeouts that a rule asks for once its connection ends; nil where it asks for none, or is gone.
    func finTimeout(of rule: RuleReference) -> FinTimeout?

    /// Counts packets that matched no rule of `table`, for the table's statistics; any thread that holds the view.
    func creditMiss(in table: TableID, packets: UInt64)
}

extension PipelineView where Self: ~Copyable {
    /// None: for stand-ins without egress tables.
    package var firstEgressTable: TableID? { nil }

    /// No options: for stand-ins that know none.
    package var tunnelOptions: TunnelOptionTable { .empty }

    /// No table: for views whose misses all end there.
    package func tableAfterMiss(in table: TableID) -> TableID? { nil }

    /// Nothing: for stand-ins without traces.
    package func describe(_ rule: RuleReference) -> RuleDescription? { nil }

    /// No group: for stand-ins that have none.
    package func group(_ identifier: GroupID) -> SwitchGroup? { nil }

    /// No meter: for stand-ins that have none.
    package func meter(_ identifier: MeterID) -> SwitchMeter? { nil }

    /// Yes: for stand-ins that no flow is added to.
    package func mayLearn(_ flowMod: FlowMod, limit: UInt32) -> Bool { true }

    /// None: for stand-ins without timeouts.
    package func finTimeout(of rule: RuleReference) -> FinTimeout? { nil }

    /// Counts nothing: for stand-ins that keep no statistics of tables.
    package func creditMiss(in table: TableID, packets: UInt64) {}
}

/// The rules of the hidden table (254), which controllers neither see nor change.
package enum HiddenRule: Int, CaseIterable, Sendable {
    /// Sends the packet to the controllers: reason no match.
    case tableMiss
    /// Drops a packet that missed and that no controller wants to see.
    case noPacketIn
    /// Drops IP fragments while fragment handling is `drop`.
    case dropFragments
    /// Drops a recirculated packet whose frozen state is gone.
    case recirculationDrop
}

/// IP fragment handling of a switch (`enum ofp_config_flags`).
package enum FragmentHandling: UInt16, Sendable {
    /// No special handling: fragments are matched with transport ports of zero.
    case normal = 0
    /// Fragments are dropped.
    case drop = 1
    /// Fragments are reassembled; not offered.
    case reassemble = 2
    /// The first fragment is matched with its transport ports (Nicira extension).
    case matchFirst = 3
}

/// A rule's name: a slot in its table and the slot's generation, so that a name never means a later rule.
package struct RuleReference: Hashable, Sendable, BitwiseCopyable {
    /// The table the rule is in.
    package var table: UInt8
    /// The slot.
    package var slot: UInt32
    /// How often the slot had been given out.
    package var generation: UInt32
    /// Makes a reference.
    package init(table: UInt8, slot: UInt32, generation: UInt32) {
        self.table = table
        self.slot = slot
        self.generation = generation
    }
}

/// What a lookup found: as much of a rule as translation needs.
package struct MatchedRule: Sendable {
    /// The rule's name, for counters.
    package var reference: RuleReference
    /// What to do, shared by all rules with the same instructions.
    package var instructions: InstructionList
    /// The rule's cookie.
    package var cookie: Cookie
    /// Whether it is a table-miss entry (priority 0, matching everything), whose packet-ins have reason no match.
    package var isTableMiss: Bool
    /// Makes a result.
    package init(reference: RuleReference, instructions: InstructionList, cookie: Cookie, isTableMiss: Bool) {
        self.reference = reference
        self.instructions = instructions
        self.cookie = cookie
        self.isTableMiss = isTableMiss
    }
}

/// An immutable list of instructions, shared between rules (interned by ``InstructionInterner``).
package final class InstructionList: Sendable {
    /// The instructions in the order of the specification (meter, apply, clear, write, metadata, goto).
    package let instructions: [Instruction]
    /// The ports that an output, enqueue or controller action names, each once.
    package let outputPorts: [PortNumber]
    /// The groups that a group action names, each once.
    package let groups: [GroupID]
    /// What the conjunction actions say; where there are any, there is nothing else to do.
    let conjunctions: [ConjunctionMembership]
    /// What learn actions with delete_learned teach.
    let lessons: [Lesson]
    /// Whether nothing of the flow, of its table or of the switch can make these instructions wrong: outputs and little
    /// else.
    package let isPlain: Bool
    /// The meters that an instruction or action names, each once.
    package let meters: [MeterID]
    /// A bit for each tunnel option that an action names.
    let tunnelOptionFields: UInt64
    /// When the flow's counters are to be told without being asked for (1.5); nil where they are not.
    let statisticsTrigger: StatisticsTrigger?
    /// The shorter timeouts once the connection ends; nil where nothing asks for that.
    package let finTimeout: (idleSeconds: UInt16, hardSeconds: UInt16)?

    /// Makes a list.
    package init(_ instructions: [Instruction]) {
        self.instructions = instructions
        self.finTimeout = Self.finTimeout(in: instructions)
        var ports: [PortNumber] = []
        var references = ActionReferences()
        references.collect(instructions)
        var conjunctions: [ConjunctionMembership] = []
        var trigger: StatisticsTrigger?
        for instruction in instructions {
            switch instruction {
            case .statisticsTrigger(let value): trigger = value
            case .applyActions(let actions), .writeActions(let actions):
                for action in actions {
                    if let port = action.outputPort, !ports.contains(port) { ports.append(port) }
                    if case .conjunction(let identifier, let clause, let count) = action {
                        conjunctions.append(
                            ConjunctionMembership(identifier: identifier, clause: clause, clauseCount: count))
                    }
                }
            default: break
            }
        }
        self.outputPorts = ports
        self.groups = references.groups
        self.meters = references.meters
        self.tunnelOptionFields = references.tunnelOptionFields
        self.conjunctions = conjunctions
        self.statisticsTrigger = trigger
        self.lessons = Lesson.lessons(of: instructions)
        self.isPlain = instructions.allSatisfy(\.isPlain)
    }

    /// The list without instructions: drop.
    package static let empty = InstructionList([])
}

extension Instruction {
    /// Whether nothing but the version can make it wrong; see ``InstructionList/isPlain``.
    var isPlain: Bool {
        switch self {
        case .applyActions(let actions), .writeActions(let actions): actions.allSatisfy(\.isPlain)
        case .clearActions: true
        default: false
        }
    }
}

extension Action {
    /// Whether the action suits every packet and names nothing that may come and go.
    fileprivate var isPlain: Bool {
        switch self {
        case .output, .outputTruncated, .note, .exit: true
        default: false
        }
    }

    /// The port that the action sends packets out by, for filters by output port; nil for other actions.
    package var outputPort: PortNumber? {
        switch self {
        case .output(let port, maximumLength: _), .enqueue(let port, _): port
        case .outputTruncated(let port, maximumLength: _): port
        case .controller: .controller
        default: nil
        }
    }
}

/// A port of a switch: what packets and controllers see of it.
package struct SwitchPort: Sendable, Hashable {
    /// The OpenFlow number.
    package var number: PortNumber
    /// Its number in the datapath.
    package var index: PortIndex
    /// Everything that a controller is told about it; `description.number` equals `number`.
    package var description: PortDescription
    /// When the switch got it.
    package var added: MonotonicTime
    /// What it does with packets.
    package var forwarding: PortForwarding
    /// Makes a port.
    package init(
        number: PortNumber, index: PortIndex, description: PortDescription, added: MonotonicTime = .zero,
        forwarding: PortForwarding = PortForwarding()
    ) {
        self.forwarding = forwarding
        self.number = number
        self.index = index
        self.description = description
        self.added = added
    }
}
