import Datapath
import NetworkTypes
import OpenFlow

// From the ingress port through the tables: port configuration, lookups, misses, instructions, the action set.
extension Translator {
    /// Takes a packet in by its port and sends it through the tables.
    mutating func receive<View: PipelineView & ~Copyable>(view: borrowing View) {
        self.recorder?.note(.entered(self.inPort, recirculationID: 0))
        guard let port = view.port(self.inPort) else {
            self.result.error = .unknownInPort
            return
        }
        if let tunnel = port.forwarding.tunnel {
            self.unwildcardTunnel()
            if tunnel.settings.packetTypes == .legacyLayer3 { self.addBlankEthernet() }
        }
        guard self.mayReceive(by: port) else { return self.drop(.receptionForbidden) }
        if !self.environment.forwarding.mirrors.isEmpty {
            guard !self.isMirrorOutput(port) else { return self.drop(.mirrorOutput) }
            self.mirrorIngress(from: port, view: view)
        }
        if view.fragmentHandling == .drop, self.key.ipFragment != 0 {
            self.expectedDrop = DropRecord(table: TableID(rawValue: 0), cause: .fragment)
            self.execute(view.hiddenRule(.dropFragments), table: TableID(rawValue: 0), isBuiltIn: true, view: view)
            return
        }
        self.walk(from: TableID(rawValue: 0), view: view)
    }

    /// Whether the port's configuration lets the packet in (1.0 §5.2.1: spanning tree frames have a bit of their own).
    private mutating func mayReceive(by port: SwitchPort) -> Bool {
        let configuration = port.description.configuration
        guard !configuration.contains(.portDown) else { return false }
        let dropsOrdinary = configuration.contains(.noReceive)
        let dropsSpanningTree = configuration.contains(.noReceiveSpanningTree)
        guard dropsOrdinary || dropsSpanningTree else { return true }
        guard dropsOrdinary != dropsSpanningTree else { return false }
        self.unwildcard(.ethernetDestination)
        return (self.key.ethernetDestination == 0x0180_c200_0000) ? !dropsSpanningTree : !dropsOrdinary
    }

    /// Sends the packet through the tables from `table` on.
    mutating func walk<View: PipelineView & ~Copyable>(from table: TableID, view: borrowing View) {
        var next: TableID? = table
        while let table = next, self.isRunning {
            guard self.unparsed == .none else {
                self.freezing = .reparse
                return self.frozenSteps.append(.table(table))
            }
            guard self.countLookup() else { return }
            if let rule = self.lookup(in: table, view: view) {
                next = self.execute(rule, table: table, isBuiltIn: false, view: view)
            } else if let following = view.tableAfterMiss(in: table) {
                self.result.missedTables.append(table)
                self.recorder?.note(.missed(table, .goto(following)))
                next = following
            } else {
                self.result.missedTables.append(table)
                // A packet that misses goes no further: what earlier tables put into the action set is not done.
                self.actionSet.removeAll()
                let miss = self.suppressesMisses(view: view) ? HiddenRule.noPacketIn : view.missRule(of: table)
                self.recorder?.note(.missed(table, miss == .noPacketIn ? .drop : .controllers))
                if miss == .noPacketIn { self.expectedDrop = DropRecord(table: table, cause: .noMatchingRule) }
                self.execute(view.hiddenRule(miss), table: table, isBuiltIn: true, view: view)
                next = nil
            }
        }
    }

    /// Counts a lookup; false once there were too many.
    mutating func countLookup() -> Bool {
        guard self.lookups < self.environment.limits.lookups else {
            self.result.error = .tooManyLookups
            return false
        }
        self.lookups += 1
        return true
    }

    /// The rule that the packet, as it is now, matches.
    mutating func lookup<View: PipelineView & ~Copyable>(in table: TableID, view: borrowing View) -> MatchedRule? {
        var looked = FlowMask()
        let isFirstFragment = self.key.ipFragment == 1 && view.fragmentHandling != .matchFirst
        guard isFirstFragment || self.key.packetType != 0 else {
            let rule = view.lookup(table: table, key: self.key, unwildcarding: &looked)
            self.unwildcard(&looked)
            return rule
        }
        var shown = self.key
        // Flows tell packets without Ethernet by their packet type, which has the EtherType in it.
        if shown.packetType != 0 { shown.etherType = 0 }
        // The first fragment has a transport header, but is matched as if it had none, like the others.
        if isFirstFragment {
            shown.transportSource = 0
            shown.transportDestination = 0
        }
        let rule = view.lookup(table: table, key: shown, unwildcarding: &looked)
        if isFirstFragment {
            looked.transportSource = 0
            looked.transportDestination = 0
        }
        self.unwildcard(&looked)
        return rule
    }

    /// The rule that the packet matches with its connection's original addresses and ports in place of its own.
    private mutating func lookupTracked<View: PipelineView & ~Copyable>(
        in table: TableID, view: borrowing View
    ) -> MatchedRule? {
        guard self.has(.connection) else { return self.lookup(in: table, view: view) }
        self.unwildcard(.connectionProtocol)
        guard self.key.connectionProtocol != 0 else { return self.lookup(in: table, view: view) }
        let pairs: [(header: FlowField, original: FlowField)] =
            [
                (.ipProtocol, .connectionProtocol), (.transportSource, .connectionTransportSource),
                (.transportDestination, .connectionTransportDestination),
            ]
            + (self.key.etherType == 0x0800
                ? [(.ipv4Source, .connectionIPv4Source), (.ipv4Destination, .connectionIPv4Destination)]
                : [(.ipv6Source, .connectionIPv6Source), (.ipv6Destination, .connectionIPv6Destination)])
        var swapped = self.key
        for pair in pairs { swapped[pair.header] = self.key[pair.original] }
        if swapped.packetType != 0 { swapped.etherType = 0 }
        var looked = FlowMask()
        let rule = view.lookup(table: table, key: swapped, unwildcarding: &looked)
        for pair in pairs {
            looked[pair.original] |= looked[pair.header]
            looked[pair.header] = 0
        }
        self.unwildcard(&looked)
        return rule
    }

    /// Whether the ingress port's configuration forbids packet-ins for packets that miss (OFPPC_NO_PACKET_IN).
    func suppressesMisses<View: PipelineView & ~Copyable>(view: borrowing View) -> Bool {
        view.port(self.inPort)?.description.configuration.contains(.noPacketIn) ?? false
    }

    /// Carries out a rule's instructions; returns the table to go to.
    @discardableResult
    mutating func execute<View: PipelineView & ~Copyable>(
        _ rule: MatchedRule, table: TableID, isBuiltIn: Bool, view: borrowing View
    ) -> TableID? {
        self.result.rules.append(rule.reference)
        if let recorder = self.recorder, !isBuiltIn { recorder.note(.matched(table, view.describe(rule.reference))) }
        let outer = self.context
        self.context = RuleContext(
            table: table, cookie: isBuiltIn ? .unset : rule.cookie, isTableMiss: isBuiltIn || rule.isTableMiss,
            isBuiltIn: isBuiltIn, reason: .applyAction)
        defer {
            self.lastRule = self.context
            self.context = outer
        }
        return self.carryOut(rule.instructions.instructions[...], view: view)
    }

    /// Carries out instructions as those of the rule in ``context``; returns the table to go to.
    mutating func carryOut<View: PipelineView & ~Copyable>(
        _ instructions: ArraySlice<Instruction>, view: borrowing View
    ) -> TableID? {
        var next: TableID?
        for (index, instruction) in zip(instructions.indices, instructions) {
            guard self.isRunning else { return nil }
            switch instruction {
            case .applyActions(let actions):
                self.perform(actions, view: view)
            case .clearActions:
                self.actionSet.removeAll()
                self.key.actionSetOutput = PortNumber.unset.rawValue
            case .writeActions(let actions):
                self.write(actions)
            case .writeMetadata(let value, let mask):
                let before = self.key
                self.key.metadata = self.key.metadata & ~mask | value & mask
                self.recorder?.noteChanges(from: before, to: self.key)
            case .gotoTable(let table):
                next = table
            case .meter(let meter):
                self.performMeter(meter, view: view)
            // Counters are compared where they come together.
            case .statisticsTrigger: break
            case .experimenter:
                self.omit(.unsupportedAction)
            }
            guard self.freezing != nil else { continue }
            let rest = instructions[(index + 1)...]
            if !rest.isEmpty { self.frozenSteps.append(.instructions(Array(rest), self.context)) }
        }
        return self.isRunning ? next : nil
    }

    private mutating func write(_ actions: [Action]) {
        for action in actions where !self.actionSet.write(action) {
            self.omit(.unsupportedAction)
        }
        self.key.actionSetOutput = (self.actionSet.outputPort ?? .unset).rawValue
    }

    /// Performs the action set at the end of the pipeline, also where an exit action ended it.
    mutating func performActionSet<View: PipelineView & ~Copyable>(view: borrowing View) {
        guard self.result.error == nil, self.freezing == nil, !self.actionSet.isEmpty else { return }
        let actions = self.actionSet.inOrder
        let outer = self.context
        self.actionSet.removeAll()
        self.hasExited = false
        self.context = self.lastRule
        self.context.isTableMiss = false
        self.context.reason = .actionSet
        self.perform(actions, view: view)
        self.context = outer
    }

    /// Nicira's resubmit: looks the packet up in another table, or as if it came by another port, and comes back.
    mutating func resubmit<View: PipelineView & ~Copyable>(
        port: PortNumber?, table: TableID?, isTracked: Bool = false, view: borrowing View
    ) {
        guard self.depth < self.environment.limits.depth else {
            self.result.error = .depthExceeded
            return
        }
        guard self.countLookup() else { return }
        self.depth += 1
        self.recorder?.depth = self.depth
        defer {
            self.depth -= 1
            self.recorder?.depth = self.depth
        }
        let table = table ?? self.context.table
        let trueInPort = self.key.inPort
        if let port, port != .inPort { self.key.inPort = port.rawValue }
        let rule = isTracked ? self.lookupTracked(in: table, view: view) : self.lookup(in: table, view: view)
        self.key.inPort = trueInPort
        guard let rule else {
            self.recorder?.note(.note("table=\(table.rawValue): no rule matches"))
            return
        }
        if let next = self.execute(rule, table: table, isBuiltIn: false, view: view) {
            self.walk(from: next, view: view)
        }
    }
}
