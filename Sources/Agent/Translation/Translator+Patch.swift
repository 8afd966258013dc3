package import Datapath
package import OpenFlow

/// What is credited in a bridge with the packets that came into it by a patch port.
package struct PassageAttribution: Equatable, Sendable {
    /// The rules that were hit, in order and with repetitions.
    package var rules: [RuleReference] = []
    /// The groups and buckets that handled the packet, in order and with repetitions.
    package var counters: [TrafficCounter] = []
    /// The tables in which the packet matched nothing, in order.
    package var missedTables: [TableID] = []
    /// Why it, or copies of it, went nowhere.
    package var drops: [DropRecord] = []
    /// The flows that learn actions make of it.
    package var learnedFlows: [LearnedFlow] = []
    /// What it teaches NORMAL.
    package var learned: MACLearningUpdate?
    /// Nothing.
    package init() {}
}

/// A packet's way through a bridge that it came into by a patch port, within the translation of another bridge.
package struct BridgePassage: Sendable {
    /// The bridge.
    package var bridge: BridgeIdentifier
    /// The patch ports by which it left the one bridge and came into this one.
    package var ports: [PortIndex]
    /// The version of the bridge's tables.
    package var version: UInt64
    /// The ``MACLearning/generation`` that the way depends on; nil where it does not depend on learning.
    package var learningGeneration: UInt64?
    /// What is credited there.
    package var attribution = PassageAttribution()
}

// Patch ports: a packet that leaves one bridge goes on in the tables of another within the same translation, so that
// one megaflow does for both what they say.
extension Translator {
    /// What a bridge has of a translation, and another bridge must not see.
    private struct BridgeSide {
        var environment: TranslationEnvironment
        var context: RuleContext
        var lastRule: RuleContext
        var attribution: PassageAttribution
        var learningGeneration: UInt64?
        var mirrored: UInt32
        var hasSent: Bool
        var expectedDrop: DropRecord?
        var depth: Int
        var egress: EgressOutput?
        var tunnelOptions: TunnelOptionTable
    }

    /// Takes a copy of the packet, as it is now, through a patch port into the bridge that this leads to.
    mutating func pass(through index: PortIndex) {
        guard self.result.error == nil else { return }
        self.hasSent = true
        guard let peer = self.environment.patchPeers?.patchPeer(of: index) else {
            return self.drop(.patchPeerMissing, at: index)
        }
        guard self.patchDepth < AgentLimits.patchDepthMaximum,
            self.patchCrossings < AgentLimits.patchCrossingsMaximum
        else { return self.drop(.tooManyPatchPorts, at: index) }
        self.patchCrossings += 1
        self.result.counters += peer.counters
        let before = PacketCopyState(self)
        let side = self.leaveBridge()
        self.patchDepth += 1
        let first = self.result.passages.count
        self.result.passages.append(
            BridgePassage(bridge: peer.bridge.identifier, ports: peer.indices, version: 0))
        self.recorder?.depth += 1
        let version = peer.bridge.takeIn(&self, by: peer.port)
        self.recorder?.depth = side.depth
        self.patchDepth -= 1
        self.result.passages[first].version = version
        self.result.passages[first].learningGeneration = self.result.learningGeneration
        self.result.passages[first].attribution = self.attribution
        self.enter(side)
        self.endCopy(before)
    }

    private mutating func drop(_ cause: DropCause, at index: PortIndex) {
        if let counter = self.environment.patchPeers?.patchDrops(at: index) { self.result.counters.append(counter) }
        self.drop(cause)
    }

    /// Takes the packet in by a port of another bridge, and through its tables to its end there.
    mutating func arrive<View: PipelineView & ~Copyable>(
        by port: PortNumber, environment: TranslationEnvironment, view: borrowing View
    ) {
        self.environment = environment
        self.tunnelOptions = view.tunnelOptions
        self.key.inPort = port.rawValue
        // Tags that the other bridge set for this output alone are the packet's here.
        self.tags.show(in: &self.key)
        self.stack = []
        self.actionSet.removeAll()
        self.key.actionSetOutput = PortNumber.unset.rawValue
        self.hasExited = false
        self.key.metadata = 0
        self.key.conjunctionID = 0
        for word in 3...10 { self.key.words[word] = 0 }
        self.constant.metadata = .max
        self.constant.conjunctionID = .max
        for word in 3...10 { self.constant.words[word] = .max }
        self.arrive(view: view)
        self.performActionSet(view: view)
        self.finishFreezing()
        self.explainDrop()
    }

    /// Takes in a packet that another bridge has sent: what the connection tracker or a tunnel said of it there is not
    /// known here.
    mutating func arrive<View: PipelineView & ~Copyable>(view: borrowing View) {
        self.key.connectionState = 0
        self.constant.connectionState = .max
        self.key.connectionTransportSource = 0
        self.key.connectionTransportDestination = 0
        self.constant.connectionTransportSource = .max
        self.constant.connectionTransportDestination = .max
        for word in 13...20 {
            self.key.words[word] = 0
            self.constant.words[word] = .max
        }
        self.leaveTunnel()
        self.receive(view: view)
    }

    /// What the bridge that the packet is in is credited with.
    private var attribution: PassageAttribution {
        var attribution = PassageAttribution()
        attribution.rules = self.result.rules
        attribution.counters = self.result.counters
        attribution.missedTables = self.result.missedTables
        attribution.drops = self.result.drops
        attribution.learnedFlows = self.result.learnedFlows
        attribution.learned = self.result.learned
        return attribution
    }

    /// Puts away what the bridge has of the translation.
    private mutating func leaveBridge() -> BridgeSide {
        var side = BridgeSide(
            environment: self.environment, context: self.context, lastRule: self.lastRule,
            attribution: self.attribution, learningGeneration: self.result.learningGeneration,
            mirrored: self.mirrored, hasSent: self.hasSent, expectedDrop: self.expectedDrop, depth: 0,
            egress: self.egress, tunnelOptions: self.tunnelOptions)
        side.depth = self.recorder?.depth ?? 0
        self.credit(with: PassageAttribution())
        self.result.learningGeneration = nil
        self.context = RuleContext()
        self.lastRule = RuleContext()
        self.mirrored = 0
        self.hasSent = false
        self.expectedDrop = nil
        self.egress = nil
        return side
    }

    /// Goes on in the bridge that the packet had left.
    private mutating func enter(_ side: BridgeSide) {
        self.environment = side.environment
        self.context = side.context
        self.lastRule = side.lastRule
        self.credit(with: side.attribution)
        self.result.learningGeneration = side.learningGeneration
        self.mirrored = side.mirrored
        self.hasSent = side.hasSent
        self.expectedDrop = side.expectedDrop
        self.egress = side.egress
        self.tunnelOptions = side.tunnelOptions
    }

    private mutating func credit(with attribution: PassageAttribution) {
        self.result.rules = attribution.rules
        self.result.counters = attribution.counters
        self.result.missedTables = attribution.missedTables
        self.result.drops = attribution.drops
        self.result.learnedFlows = attribution.learnedFlows
        self.result.learned = attribution.learned
    }
}
