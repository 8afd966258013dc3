import Datapath
import OpenFlow

// Freezing and thawing: a packet goes through the datapath, or to a controller, and comes back to where it was.
//
// What cannot go on before the packet has been away sets `freezing`; every list of actions and instructions that is
// being carried out then stops and notes what is left of it, innermost first; where the packet or a copy of it ends,
// `finishFreezing()` puts that away under a number.
extension Translator {
    /// Why the packet must go away before it goes on.
    enum FreezeCause {
        /// Headers that are looked at next are not known before the datapath has parsed the packet again.
        case reparse
        /// A bit of the pipeline state depends on the packet's length, which only the datapath knows.
        case packetLength(maximumBytes: UInt16, result: FieldSlice)
        /// A group is to choose by the datapath's hash of the packet.
        case hash(basis: UInt32)
        /// A controller is to see it first.
        case pause(ControllerOutput)
    }

    /// Notes what is left of a list of actions when the packet freezes.
    mutating func leaveBehind(_ rest: ArraySlice<Action>) {
        guard !rest.isEmpty else { return }
        self.frozenSteps.append(.actions(Array(rest), self.context))
    }

    /// Ends the packet's, or the copy's, way for now: what is left is put away.
    mutating func finishFreezing() {
        guard let cause = self.freezing else { return }
        self.freezing = nil
        let steps = self.frozenSteps
        self.frozenSteps = []
        guard self.result.error == nil else { return }
        switch cause {
        case .reparse: self.recirculate(steps)
        case .hash(let basis): self.recirculate(steps, hashBasis: basis)
        case .packetLength(let maximum, let slice): self.fork(steps, maximumBytes: maximum, result: slice)
        case .pause(let output): self.pause(steps, output)
        }
    }

    /// Sends a copy of the packet, as it is now, through the datapath and back, to go on in `table`.
    ///
    /// False, with the drop noted, where that cannot be.
    @discardableResult
    mutating func recirculate(to table: TableID) -> Bool { self.recirculate([.table(table)]) }

    @discardableResult
    private mutating func recirculate(_ steps: [FrozenStep], hashBasis: UInt32? = nil) -> Bool {
        guard self.result.error == nil, let identifier = self.freeze(steps) else { return false }
        self.commit()
        self.hasSent = true
        self.recordRecirculation(identifier)
        if let hashBasis { self.append(.hash(algorithm: .l4, basis: hashBasis)) }
        self.append(.recirculate(identifier))
        self.recorder?.note(.note("recirculated as 0x\(String(identifier, radix: 16))"))
        return true
    }

    private func recordRecirculation(_ identifier: UInt32, lengthMaximum: UInt16? = nil, isLonger: Bool? = nil) {
        guard let recorder = self.recorder else { return }
        var tracking: ConnectionTrackingRequest?
        if case .connectionTracking(let request)? = self.result.actions.last { tracking = request }
        recorder.note(
            TraceRecorder.Recirculation(
                identifier: identifier, key: self.key, actions: self.result.actions,
                hidesHeaders: self.unparsed != .none, tracking: tracking, lengthMaximum: lengthMaximum,
                isLonger: isLonger))
    }

    /// Goes on in one of two ways by the packet's length, with the result in a bit of the pipeline state.
    private mutating func fork(_ steps: [FrozenStep], maximumBytes: UInt16, result slice: FieldSlice) {
        self.commit()
        var branches: [[DatapathAction]] = []
        for bit in [1, 0] as [UInt128] {
            self.write(bit, to: slice)
            guard let identifier = self.freeze(steps) else { return }
            self.recordRecirculation(identifier, lengthMaximum: maximumBytes, isLonger: bit == 1)
            branches.append([.recirculate(identifier)])
        }
        if !self.environment.capabilities.packetLengthCheck { self.result.slowPath.insert(.action) }
        self.hasSent = true
        self.append(.checkPacketLength(maximumBytes: maximumBytes, longer: branches[0], notLonger: branches[1]))
        self.recorder?.note(.note("recirculated by whether it is longer than \(maximumBytes) bytes"))
    }

    /// Gives the packet to the controllers, one of which resumes it.
    private mutating func pause(_ steps: [FrozenStep], _ output: ControllerOutput) {
        guard let identifier = self.freeze(steps, isPaused: true) else { return }
        self.raisePacketIn(
            reason: output.reason, maximumLength: .max, controllerID: output.controllerID)
        guard let last = self.result.packetIns.indices.last else { return }
        self.result.packetIns[last].userData = output.userData
        self.result.packetIns[last].meter = output.meter
        self.result.packetIns[last].pausedIdentifier = identifier
    }

    /// Whether the datapath can take the packet, and give it back.
    var canRecirculate: Bool {
        self.environment.capabilities.recirculation && self.environment.recirculation != nil
            && self.generation < RecirculationTable.generationsMaximum
    }

    /// Puts the pipeline state and what is left to be done away; nil, with the drop noted, where that cannot be.
    private mutating func freeze(_ steps: [FrozenStep], isPaused: Bool = false) -> UInt32? {
        guard isPaused || self.environment.capabilities.recirculation,
            let recirculation = self.environment.recirculation,
            self.generation < RecirculationTable.generationsMaximum
        else {
            self.drop(.recirculationUnavailable)
            return nil
        }
        // Registers that hold bits of this packet must hold the same ones in every packet of the megaflow.
        let state = FrozenState(
            bridge: self.environment.bridge, inPort: self.inPort, steps: steps, lastRule: self.lastRule,
            pipelineWords: (2...10).map { self.key.words[$0] }, actionSet: self.actionSet.inOrder, stack: self.stack,
            generation: self.generation + 1, mirrored: self.mirrored,
            hashChoices: self.hashChoices, egress: self.egress, isPaused: isPaused, tunnelWords: self.tunnelToFreeze())
        let linger = isPaused ? AgentLimits.pausedPacketLinger : nil
        guard let identifier = recirculation.identifier(of: state, now: self.now, linger: linger) else {
            self.drop(.recirculationUnavailable)
            return nil
        }
        return identifier
    }

    /// Goes on with a packet that comes back from the datapath.
    mutating func thaw<View: PipelineView & ~Copyable>(_ state: FrozenState, view: borrowing View) {
        self.recorder?.note(.entered(state.inPort, recirculationID: self.key.recirculationID))
        for (offset, word) in state.pipelineWords.enumerated() where offset <= 8 { self.key.words[2 + offset] = word }
        self.thawTunnel(state.tunnelWords)
        self.goOn(state, view: view)
    }

    /// Goes on with a packet that a controller gives back, with the metadata and registers that it gave it.
    mutating func resume<View: PipelineView & ~Copyable>(_ state: FrozenState, view: borrowing View) {
        self.recorder?.note(.entered(state.inPort, recirculationID: 0))
        self.goOn(state, view: view)
    }

    private mutating func goOn<View: PipelineView & ~Copyable>(_ state: FrozenState, view: borrowing View) {
        self.generation = state.generation
        self.mirrored = state.mirrored
        self.hashChoices = state.hashChoices
        self.egress = state.egress
        self.key.inPort = state.inPort.rawValue
        self.stack = state.stack
        for action in state.actionSet { self.actionSet.write(action) }
        self.key.actionSetOutput = (self.actionSet.outputPort ?? .unset).rawValue
        self.lastRule = state.lastRule
        for (index, step) in state.steps.enumerated() {
            guard self.isRunning else { break }
            switch step {
            case .table(let table): self.walk(from: table, view: view)
            case .actions(let actions, let context):
                self.context = context
                self.perform(actions, view: view)
            case .instructions(let instructions, let context):
                self.context = context
                let next = self.carryOut(instructions[...], view: view)
                self.lastRule = context
                if let next { self.walk(from: next, view: view) }
            }
            if self.freezing != nil { self.frozenSteps += state.steps[(index + 1)...] }
        }
    }

    /// Drops a packet that comes back to a state that is gone.
    mutating func thawNothing<View: PipelineView & ~Copyable>(view: borrowing View) {
        self.expectedDrop = DropRecord(table: TableID(rawValue: 0), cause: .recirculationLost)
        self.execute(
            view.hiddenRule(.recirculationDrop), table: TableID(rawValue: 0), isBuiltIn: true, view: view)
    }
}
