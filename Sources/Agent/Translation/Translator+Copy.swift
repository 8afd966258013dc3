import Datapath
import OpenFlow

// Copies of the packet: what is done to one must not show in what comes after it.
extension Translator {
    /// What a copy must not change for what comes after it.
    struct PacketCopyState {
        let key: FlowKey
        let constant: FlowMask
        let pending: FlowMask
        let tags: VLANStack
        let actionSet: ActionSet
        let stack: [UInt128]
        let hasExited: Bool
        let labels: LabelStack
        let unparsed: UnparsedHeaders
        let isMetered: Bool
        let hasOwnTunnel: Bool
        let newHeader: NewHeader
        let hasPushedHeader: Bool
        // What the datapath has at this point, for copies that it makes itself.
        let committedTags: VLANStack
        let rewritten: FlowMask
        let rewrittenKey: FlowKey
        let committedLabels: LabelStack
        let committedType: UInt16
        // How much there was already when the copy was made.
        let actionCount: Int
        let packetInCount: Int
        let patchOutputCount: Int

        /// The packet as it is.
        init(_ translator: borrowing Translator) {
            self.actionCount = translator.result.actions.count
            self.packetInCount = translator.result.packetIns.count
            self.patchOutputCount = translator.result.patchOutputs.count
            self.key = translator.key
            self.constant = translator.constant
            self.pending = translator.pending
            self.tags = translator.tags
            self.actionSet = translator.actionSet
            self.stack = translator.stack
            self.hasExited = translator.hasExited
            self.labels = translator.labels
            self.unparsed = translator.unparsed
            self.isMetered = translator.isMetered
            self.hasOwnTunnel = translator.hasOwnTunnel
            self.newHeader = translator.newHeader
            self.hasPushedHeader = translator.hasPushedHeader
            self.committedLabels = translator.committedLabels
            self.committedType = translator.committedType
            self.committedTags = translator.committedTags
            self.rewritten = translator.rewritten
            self.rewrittenKey = translator.rewrittenKey
        }
    }

    /// What is done with a copy.
    enum CopyPurpose {
        /// Actions of a bucket, or of a clone.
        case actions([Action])
        /// It passes the egress tables.
        case egress(EgressOutput, TableID)
    }

    /// Performs actions on a copy of the packet and of its pipeline state; afterwards only what was sent is left of it.
    ///
    /// - Parameter hasOwnActionSet: Whether the copy begins with an empty action set.
    mutating func performOnCopy<View: PipelineView & ~Copyable>(
        _ actions: [Action], hasOwnActionSet: Bool, view: borrowing View
    ) {
        self.performOnCopy(.actions(actions), hasOwnActionSet: hasOwnActionSet, view: view)
    }

    /// See the same with actions.
    mutating func performOnCopy<View: PipelineView & ~Copyable>(
        _ purpose: CopyPurpose, hasOwnActionSet: Bool, view: borrowing View
    ) {
        let before = PacketCopyState(self)
        if hasOwnActionSet { self.actionSet.removeAll() }
        switch purpose {
        case .actions(let actions):
            self.perform(actions, view: view)
            // The copy ends here: should it go on elsewhere, then without the action set, which is not its own.
            if self.freezing != nil { self.actionSet.removeAll() }
        case .egress(let output, let table): self.passEgress(output, from: table, view: view)
        }
        self.finishFreezing()
        self.endCopy(before)
    }

    /// Goes on with the packet as it was before a copy of it went its way.
    mutating func endCopy(_ before: PacketCopyState) {
        let first = before.actionCount
        self.restore(before)
        // Meters, labels and the connection tracker end or change the packet in a way that cannot be taken back: the
        // datapath makes a copy of its own.
        guard self.result.actions.count > first, self.result.actions[first...].contains(where: \.isIrreversible) else {
            return
        }
        let nested = Array(self.result.actions[first...])
        let outer = Array(self.result.actions[..<first])
        for index in before.packetInCount..<self.result.packetIns.count
        where self.result.packetIns[index].leadingActions == nil {
            let count = self.result.packetIns[index].precedingActions - first
            self.result.packetIns[index].leadingActions = outer + nested[..<count]
        }
        for index in before.patchOutputCount..<self.result.patchOutputs.count
        where self.result.patchOutputs[index].leadingActions == nil {
            let count = self.result.patchOutputs[index].precedingActions - first
            self.result.patchOutputs[index].leadingActions = outer + nested[..<count]
        }
        self.result.actions.removeSubrange(first...)
        self.append(
            self.environment.capabilities.clone ? .clone(nested) : .sample(probability: .max, nested))
        self.pending = before.pending
        self.committedTags = before.committedTags
        self.committedLabels = before.committedLabels
        self.committedType = before.committedType
        self.rewritten = before.rewritten
        self.rewrittenKey = before.rewrittenKey
    }

    /// Makes the packet what it was: what the datapath has been told to rewrite since is pending again, and only sent
    /// if the packet goes on.
    private mutating func restore(_ state: PacketCopyState) {
        self.key = state.key
        self.constant = state.constant
        self.tags = state.tags
        self.actionSet = state.actionSet
        self.stack = state.stack
        self.hasExited = state.hasExited
        self.labels = state.labels
        self.unparsed = state.unparsed
        self.isMetered = state.isMetered
        self.hasOwnTunnel = state.hasOwnTunnel
        self.newHeader = state.newHeader
        self.hasPushedHeader = state.hasPushedHeader
        for word in 0..<FlowKey.wordCount {
            let known = self.constant.words[word] | self.result.mask.words[word]
            let rewritten = self.rewritten.words[word]
            let differs = ~known | (self.rewrittenKey.words[word] ^ self.key.words[word])
            self.pending.words[word] = state.pending.words[word] & ~rewritten | rewritten & differs
        }
    }
}

extension DatapathAction {
    /// Whether what comes after it in a list may find no packet, or another connection.
    fileprivate var isIrreversible: Bool {
        switch self {
        case .meter, .connectionTracking, .clearConnectionTracking, .pushMPLS, .popMPLS, .edit, .set(.tunnel),
            .pushEthernet, .popEthernet, .pushServiceHeader, .popServiceHeader, .encapsulateMPLS:
            true
        default: false
        }
    }
}
