import Datapath
import OpenFlow

// Freezing and thawing: a packet goes through the datapath and comes back to another table.
extension Translator {
    /// Sends a copy of the packet, as it is now, through the datapath and back, to go on in `table`.
    ///
    /// False, with the drop noted, where that cannot be.
    @discardableResult
    mutating func recirculate(to table: TableID) -> Bool {
        guard self.result.error == nil else { return false }
        guard self.environment.capabilities.recirculation, let recirculation = self.environment.recirculation,
            self.generation < RecirculationTable.generationsMaximum
        else {
            self.drop(.recirculationUnavailable)
            return false
        }
        // Registers that hold bits of this packet must hold the same ones in every packet of the megaflow.
        let state = FrozenState(
            bridge: self.environment.bridge, inPort: self.inPort, table: table,
            pipelineWords: (2...10).map { self.key.words[$0] }, actionSet: self.actionSet.inOrder, stack: self.stack,
            generation: self.generation + 1)
        guard let identifier = recirculation.identifier(of: state, now: self.now) else {
            self.drop(.recirculationUnavailable)
            return false
        }
        self.commit()
        self.hasSent = true
        self.append(.recirculate(identifier))
        self.recorder?.note(.note("recirculated, to go on in table \(table.rawValue)"))
        return true
    }

    /// Goes on with a packet that comes back from the datapath.
    mutating func thaw<View: PipelineView & ~Copyable>(_ state: FrozenState, view: borrowing View) {
        self.recorder?.note(.entered(state.inPort, recirculationID: self.key.recirculationID))
        self.generation = state.generation
        for (offset, word) in state.pipelineWords.enumerated() where offset <= 8 { self.key.words[2 + offset] = word }
        self.key.inPort = state.inPort.rawValue
        self.stack = state.stack
        for action in state.actionSet { self.actionSet.write(action) }
        self.key.actionSetOutput = (self.actionSet.outputPort ?? .unset).rawValue
        self.walk(from: state.table, view: view)
    }

    /// Drops a packet that comes back to a state that is gone.
    mutating func thawNothing<View: PipelineView & ~Copyable>(view: borrowing View) {
        self.expectedDrop = DropRecord(table: TableID(rawValue: 0), cause: .recirculationLost)
        self.execute(
            view.hiddenRule(.recirculationDrop), table: TableID(rawValue: 0), isBuiltIn: true, view: view)
    }
}
