package import Datapath
package import OpenFlow

/// What translation needs of a bridge beside its tables; the same for every packet.
package struct TranslationEnvironment: Sendable {
    /// What the datapath can do.
    package var capabilities: DatapathCapabilities
    /// Where NORMAL learns and looks up addresses.
    package var learning: MACLearning
    /// Bounds of one translation.
    package var limits: TranslationLimits
    /// The bridge.
    package var bridge: BridgeIdentifier
    /// Where packets on their way through the datapath are remembered; nil where they cannot be.
    package var recirculation: RecirculationTable?
    /// Where what samples are for is remembered; nil where nothing is sampled.
    package var samplings: IdentifierTable<PacketSampling>?
    /// Finds where patch ports lead; nil where nothing is known of other bridges.
    package var patchPeers: (any PatchPeers)?
    /// The zones of connection tracking with time-outs of their own; nil for none.
    package var connectionTimeouts: ConnectionTimeoutZones?
    /// What the bridge does with packets beyond what its tables say.
    package var forwarding = BridgeForwarding()
    /// Makes an environment.
    package init(
        capabilities: DatapathCapabilities, learning: MACLearning, limits: TranslationLimits = TranslationLimits(),
        bridge: BridgeIdentifier = BridgeIdentifier(rawValue: 0), recirculation: RecirculationTable? = nil,
        samplings: IdentifierTable<PacketSampling>? = nil
    ) {
        self.samplings = samplings
        self.bridge = bridge
        self.recirculation = recirculation
        self.capabilities = capabilities
        self.learning = learning
        self.limits = limits
    }
}

/// Where translation begins.
package enum TranslationEntry: Sendable {
    /// Table 0: a packet that came in by a port.
    case pipeline
    /// A list of actions: a packet-out.
    case packetOut([Action])
    /// Where the packet was frozen: one that comes back from the datapath; nil where that is no longer known.
    case thawed(FrozenState?)
    /// Where it was paused: one that a controller gives back, with the metadata and registers of the key.
    case resumed(FrozenState)
}

/// Turns what the tables say about one packet into datapath actions, and notes what it looked at.
///
/// One value serves one translation and is then spent. **Wildcards.** ``Translation/mask`` collects the bits of the
/// packet's key that decided anything. Bits that the pipeline itself wrote are *constant*: looking at them afterwards
/// tells nothing about the packet and leaves the mask alone. A field set by an action need not be looked
/// at: the rewrite is sent to the datapath whether or not the packet had that value already, so that one megaflow
/// serves them all. **Rewrites** are collected in ``key`` and ``pending`` and sent only when the packet leaves
/// (`Translator+Commit.swift`).
package struct Translator {
    /// The bridge that the packet is in.
    var environment: TranslationEnvironment
    let now: MonotonicTime
    let allowsSideEffects: Bool
    /// What the packet looked like when it came in.
    let original: FlowKey

    /// The result so far.
    var result = Translation()
    /// The packet as it is now; `inPort` is the switch's port number.
    var key: FlowKey
    /// Bits of ``key`` whose value does not depend on the packet, given that it agrees with the mask so far.
    var constant: FlowMask
    /// Header bits of ``key`` that differ, or may, from the packet as the datapath has it at this point.
    var pending = FlowMask()
    /// VLAN tags as they are now, and as the datapath has them at this point.
    var tags: VLANStack
    var committedTags: VLANStack
    /// Header bits that the datapath has been told to rewrite so far, and what it was told last.
    var rewritten = FlowMask()
    var rewrittenKey = FlowKey()
    /// Actions to perform when the pipeline ends.
    var actionSet = ActionSet()
    /// Which rule's actions are being performed.
    var context: RuleContext
    /// The rule executed last, as whose the action set is performed.
    var lastRule = RuleContext()
    var depth = 0
    var lookups = 0
    var hasExited = false
    /// Whether the packet, or a copy of it, was sent anywhere.
    var hasSent = false
    /// What the packet's drop is put down to, should it be sent nowhere.
    var expectedDrop: DropRecord?
    /// What actions have pushed.
    var stack: [UInt128] = []
    /// How often the packet has been through the datapath.
    var generation = 0
    /// Which of the bridge's mirrors have copied the packet, one bit for each.
    var mirrored: UInt32 = 0
    /// How many times the datapath's hash has chosen a bucket: each choice goes by other bits of it.
    var hashChoices = 0
    /// How many patch ports the packet has gone through one after the other, and it and its copies have in all.
    var patchDepth = 0
    var patchCrossings = 0
    /// Where the packet is about to leave, while it is in the egress tables.
    var egress: EgressOutput?
    /// Why the packet must go away before it goes on; then nothing more is done with it here.
    var freezing: FreezeCause?
    /// What is left to be done with it then.
    var frozenSteps: [FrozenStep] = []
    /// MPLS labels as they are now, and as the datapath has them at this point.
    var labels = LabelStack()
    var committedLabels = LabelStack()
    /// The EtherType that the datapath's packet has at this point.
    var committedType: UInt16
    /// Whether the packet has come to a meter since it came from the datapath.
    var isMetered = false
    /// Whether what is behind a meter of the datapath's is left to be done when the packet comes back.
    var goesOnBehindMeters = false
    /// Which headers are not known before the datapath has parsed the packet again.
    var unparsed = UnparsedHeaders.none
    /// A header that is to be pushed and whose fields may be set before it is; they are those of ``key``.
    var newHeader = NewHeader.none
    /// Whether a header was pushed before the one that the packet had: the kernel checks what comes behind in a list of
    /// actions by the headers that were there at its beginning.
    var hasPushedHeader = false
    /// The tunnel options that flows of the bridge can name, and those of the bridge that the packet came into first.
    var tunnelOptions = TunnelOptionTable.empty
    var entryTunnelOptions = TunnelOptionTable.empty
    /// Whether some of the tunnel that ``key`` tells of is not the one that the packet came by.
    var hasOwnTunnel = false
    /// Takes down the steps; nil where nobody wants to know.
    let recorder: TraceRecorder?

    /// The rule being executed, as packet-ins tell it.
    struct RuleContext: Hashable, Sendable {
        var table = TableID(rawValue: 0)
        var cookie = Cookie.unset
        /// Whether packet-ins have the reason ``PacketInReason/tableMiss``.
        var isTableMiss = false
        /// Whether the rule is the hidden one, so that each connection's miss length applies.
        var isBuiltIn = false
        /// The reason of an ordinary output to the controllers.
        var reason = PacketInReason.applyAction
    }

    /// Translates a packet.
    ///
    /// - Parameters:
    ///   - key: the packet's key; `inPort` is the switch's port number, pipeline fields are zero or as a packet-out
    ///     set them.
    ///   - entry: where to begin.
    ///   - view: the tables and ports, one consistent version.
    ///   - environment: the bridge's constants and its learning table.
    ///   - now: for learning.
    ///   - allowsSideEffects: false for a dry run, which learns nothing.
    ///   - recorder: takes down the steps, for traces.
    package static func translate<View: PipelineView & ~Copyable>(
        key: FlowKey, entry: TranslationEntry, view: borrowing View, environment: TranslationEnvironment,
        now: MonotonicTime, allowsSideEffects: Bool, recorder: TraceRecorder? = nil
    ) -> Translation {
        var translator = Translator(
            key: key, environment: environment, now: now, allowsSideEffects: allowsSideEffects, recorder: recorder)
        translator.run(from: entry, view: view)
        if translator.measuresTwice {
            recorder?.removeAll()
            recorder?.note(.note("what is behind a meter is done when the packet comes back from the datapath"))
            translator = Translator(
                key: key, environment: environment, now: now, allowsSideEffects: allowsSideEffects, recorder: recorder)
            translator.goesOnBehindMeters = true
            translator.run(from: entry, view: view)
        }
        return translator.finish()
    }

    /// Translates from the beginning to where the packet ends, or goes away.
    private mutating func run<View: PipelineView & ~Copyable>(from entry: TranslationEntry, view: borrowing View) {
        self.begin()
        self.beginTunnelOptions(view.tunnelOptions)
        switch entry {
        case .pipeline:
            self.receive(view: view)
        case .packetOut(let actions):
            self.context.reason = .packetOut
            self.perform(actions, view: view)
        case .thawed(let state?): self.thaw(state, view: view)
        case .thawed(nil): self.thawNothing(view: view)
        case .resumed(let state): self.resume(state, view: view)
        }
        self.performActionSet(view: view)
        self.finishFreezing()
        self.result.slowPathMeter = view.meter(.slowPath)?.datapathNumber
    }

    // Only sets: several kilobytes would be copied out of an initialiser that goes on with them.
    @inline(__always)
    private init(
        key: FlowKey, environment: TranslationEnvironment, now: MonotonicTime, allowsSideEffects: Bool,
        recorder: TraceRecorder?
    ) {
        self.recorder = recorder
        self.environment = environment
        self.now = now
        self.allowsSideEffects = allowsSideEffects
        self.original = key
        self.key = key
        self.constant = Self.initialConstants(of: key)
        self.committedType = key.etherType
        self.tags = VLANStack(key)
        self.committedTags = VLANStack(key)
        self.context = RuleContext()
    }

    /// Looks at what is looked at of every packet.
    private mutating func begin() {
        let key = self.original
        self.key.actionSetOutput = PortNumber.unset.rawValue
        self.result.mask.inPort = .max
        self.result.mask.recirculationID = .max
        self.result.mask.etherType = .max
        // Fresh from a port all are Ethernet; what comes back may have another type, and all else in common.
        if key.packetType != 0 || key.recirculationID != 0 { self.result.mask.packetType = .max }
        if Self.isIP(key) { self.result.mask.ipFragment = 3 }
        if Self.isMPLS(key.etherType) {
            self.labels = LabelStack(
                outerFirst: [key.mplsLabelStackEntry0, key.mplsLabelStackEntry1, key.mplsLabelStackEntry2],
                depth: self.environment.capabilities.mplsDepth)
            self.committedLabels = self.labels
        }
    }

    /// The bits of the key that are the same for every packet of this in-port, EtherType and fragment kind:
    /// pipeline fields, and the fields of headers that such packets do not have.
    private static func initialConstants(of key: FlowKey) -> FlowMask {
        var constant = FlowMask()
        constant.inPort = .max
        constant.recirculationID = .max
        constant.metadata = .max
        for word in 3...10 { constant.words[word] = .max }
        constant.actionSetOutput = .max
        constant.conjunctionID = .max
        constant.etherType = .max
        constant.packetType = .max
        if key.packetType != 0 {
            for word in 30...32 { constant.words[word] = .max }
        }
        guard Self.isIP(key) else {
            let isService = key.etherType == ServiceHeader.etherType
            for word in (isService ? 38 : 36)...40 { constant.words[word] = .max }
            for word in [43, 44, 45] { constant.words[word] = .max }
            if key.etherType != 0x88e7 { constant.words[46] = .max }
            let hasAddresses = Self.isARP(key)
            for word in [35, 41, 42] where !hasAddresses && !(isService && word == 35) { constant.words[word] = .max }
            return constant
        }
        constant.ipFragment = .max
        if key.etherType == 0x0800 {
            for word in 36...39 { constant.words[word] = .max }
            for word in 41...44 { constant.words[word] = .max }
            constant.ipv6FlowLabel = .max
            constant.words[46] = .max
        } else {
            constant.words[35] = .max
        }
        if key.ipFragment & 2 != 0 {
            for word in [41, 42, 43, 44, 45] { constant.words[word] = .max }
        }
        return constant
    }

    @inline(__always)
    static func isIP(_ key: FlowKey) -> Bool { key.etherType == 0x0800 || key.etherType == 0x86dd }
    @inline(__always)
    static func isARP(_ key: FlowKey) -> Bool { key.etherType == 0x0806 || key.etherType == 0x8035 }

    /// The port the packet came in by.
    var inPort: PortNumber { PortNumber(rawValue: self.key.inPort) }

    /// Whether anything is left to do.
    var isRunning: Bool { !self.hasExited && self.result.error == nil && self.freezing == nil }

    /// Notes that the result depends on `looked` bits of the packet as it is now.
    mutating func unwildcard(_ looked: UnsafePointer<FlowMask>) {
        for word in 0..<FlowKey.wordCount {
            self.result.mask.words[word] |= looked.pointee.words[word] & ~self.constant.words[word]
        }
    }

    /// Notes that the result depends on `bits` of one word of the packet as it is now.
    mutating func unwildcard(word: Int, bits: UInt64) {
        self.result.mask.words[word] |= bits & ~self.constant.words[word]
    }

    /// Notes that the result depends on a whole field.
    mutating func unwildcard(_ field: FlowField) {
        let layout = field.layout
        guard layout.width != 128 else {
            self.unwildcard(word: layout.word, bits: .max)
            self.unwildcard(word: layout.word + 1, bits: .max)
            return
        }
        let ones = layout.width == 64 ? UInt64.max : (1 << UInt64(layout.width)) &- 1
        self.unwildcard(word: layout.word, bits: ones << UInt64(layout.shift))
    }

    /// Appends a datapath action, within the limit.
    mutating func append(_ action: DatapathAction) {
        guard self.result.error == nil else { return }
        guard self.result.actions.count < self.environment.limits.actions else {
            self.result.error = .tooManyActions
            return
        }
        self.result.actions.append(action)
    }

    /// Ends the translation and gives its result away.
    ///
    /// Mutating, as a consuming method had the whole translator copied first.
    private mutating func finish() -> Translation {
        self.explainDrop()
        self.endTunnelOptions()
        if self.result.error != nil {
            self.result.actions = []
            self.result.packetIns = []
            self.result.patchOutputs = []
            self.result.slowPath = []
            self.result.passages = []
        }
        if !self.environment.capabilities.connectionTracking {
            // No packet has such fields, so nothing depends on them.
            self.result.mask.connectionState = 0
            for word in 13...20 { self.result.mask.words[word] = 0 }
            self.result.mask.connectionTransportSource = 0
            self.result.mask.connectionTransportDestination = 0
        }
        if self.result.mask.words[46] != 0, !self.environment.capabilities.softwareHeaders {
            self.result.mask.words[46] = 0
            if self.result.error == nil { self.result.slowPath.insert(.match) }
        }
        self.finishServiceHeader()
        // Datapaths know a tag only whole: whether it is there and its type belong to every key that has one.
        if self.original.vlanTPID != 0 {
            self.result.mask.vlanTPID = .max
            self.result.mask.vlanTCI |= 0x1000
        }
        if self.original.innerVLANTPID != 0 {
            self.result.mask.innerVLANTPID = .max
            self.result.mask.innerVLANTCI |= 0x1000
        }
        if self.result.mask.vlanTCI != 0 { self.result.mask.vlanTCI |= 0x1000 }
        var result = Translation()
        swap(&result, &self.result)
        return result
    }
}
