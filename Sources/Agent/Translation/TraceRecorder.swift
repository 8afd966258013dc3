package import Datapath
package import OpenFlow

/// A rule as traces and dumps of datapath flows tell it.
package struct RuleDescription: Hashable, Sendable {
    /// Its table.
    package var table: TableID
    /// Its priority.
    package var priority: UInt16
    /// Its cookie.
    package var cookie: Cookie
    /// What it matches.
    package var match: Match
    /// What it does.
    package var instructions: [Instruction]

    /// Makes a description.
    package init(
        table: TableID, priority: UInt16, cookie: Cookie, match: Match, instructions: [Instruction]
    ) {
        self.table = table
        self.priority = priority
        self.cookie = cookie
        self.match = match
        self.instructions = instructions
    }
}

extension RuleDescription: CustomStringConvertible {
    /// In the manner of ovs-ofctl, without the actions.
    package var description: String {
        "table=\(self.table.rawValue), priority=\(self.priority), cookie=\(self.cookie), \(self.match)"
    }
}

/// One step of a translation that is being traced.
package enum TraceStep: Sendable {
    /// The packet came in by a port, or came back from the datapath to go on.
    case entered(PortNumber, recirculationID: UInt32)
    /// A rule of the table matched; nil where it went meanwhile.
    case matched(TableID, RuleDescription?)
    /// No rule of the table matched, and what follows from that.
    case missed(TableID, MissOutcome)
    /// An action is performed.
    case action(Action)
    /// It changed a field.
    case changed(FlowField, from: UInt128, to: UInt128)
    /// The packet was sent to a port of the datapath, or to a patch port.
    case output(SwitchPort)
    /// A packet-in was raised.
    case packetIn(PacketInReason, controllerID: UInt16)
    /// NORMAL learned, or would have learned, an address.
    case learned(MACLearningUpdate)
    /// Part of the actions was passed over.
    case omitted(TranslationOmissions)
    /// The packet, or a copy of it, was dropped.
    case dropped(DropRecord)
    /// Anything else that is worth a line.
    case note(String)

    /// What follows from a miss.
    package enum MissOutcome: Sendable {
        /// The packet is dropped.
        case drop
        /// It goes to the controllers.
        case controllers
        /// It goes on in another table.
        case goto(TableID)
    }
}

/// Takes down the steps of one translation; confined to the thread that translates.
///
/// A translation that is not traced has none, which costs it a comparison with nil per step.
package final class TraceRecorder {
    /// A step and how deeply resubmits were nested.
    package struct Entry: Sendable {
        /// How many resubmits, groups and clones it is within.
        package var depth: Int
        /// The step.
        package var step: TraceStep
    }

    /// The steps so far, in order.
    package private(set) var entries: [Entry] = []
    /// Steps beyond ``stepsMaximum``, which were not taken down.
    package private(set) var omittedCount = 0
    /// How deeply the translation is nested now.
    var depth = 0
    /// The packets that went to patch ports, as they were then.
    private(set) var crossings: [(port: PortIndex, key: FlowKey)] = []

    /// The packets that go through the datapath and come back, in order.
    private(set) var recirculations: [Recirculation] = []

    /// A packet that goes through the datapath and comes back.
    package struct Recirculation: Sendable {
        /// The number under which it is known where it goes on.
        var identifier: UInt32
        /// The packet as it was then; `inPort` is the switch's port number.
        var key: FlowKey
        /// The datapath's actions up to there.
        var actions: [DatapathAction]
        /// Whether it has headers that ``key`` does not show.
        var hidesHeaders: Bool
        /// What the connection tracker was asked; nil where it was not.
        var tracking: ConnectionTrackingRequest?
        /// By which length the packet's way depends, and whether this is the way of longer ones; nil where it does not.
        var lengthMaximum: UInt16?
        /// See ``lengthMaximum``.
        var isLonger: Bool?
    }

    /// How many steps are taken down.
    package static let stepsMaximum = 10_000

    /// Nothing so far.
    package init() {}

    /// Forgets everything: the translation begins anew.
    func removeAll() {
        self.entries = []
        self.crossings = []
        self.recirculations = []
        self.omittedCount = 0
        self.depth = 0
    }

    /// Takes down a step.
    func note(_ step: TraceStep) {
        guard self.entries.count < Self.stepsMaximum else {
            self.omittedCount += 1
            return
        }
        self.entries.append(Entry(depth: self.depth, step: step))
    }

    /// Takes down that the packet goes to another bridge.
    func noteCrossing(_ port: PortIndex, key: FlowKey) {
        guard self.crossings.count < AgentLimits.patchCrossingsMaximum else { return }
        self.crossings.append((port, key))
    }

    /// Takes down that the packet goes through the datapath and comes back.
    func note(_ recirculation: Recirculation) {
        guard self.recirculations.count < AgentLimits.patchCrossingsMaximum else { return }
        self.recirculations.append(recirculation)
    }

    /// Takes down which fields differ.
    func noteChanges(from old: FlowKey, to new: FlowKey) {
        // Options are told by name.
        for field in FlowField.allCases where field != .tunnelOptionLength {
            let (before, after) = (old.value(of: field), new.value(of: field))
            if before != after { self.note(.changed(field, from: before, to: after)) }
        }
    }
}

extension FlowKey {
    /// The field's value; zero where its words are another header's: the network service header has those of IP.
    func value(of field: FlowField) -> UInt128 {
        let isService = self.etherType == ServiceHeader.etherType
        switch field {
        case .serviceHeaderFlags, .serviceHeaderTTL, .serviceHeaderMetadataType, .serviceHeaderNextProtocol,
            .serviceHeaderPathID, .serviceHeaderIndex, .serviceHeaderContext1, .serviceHeaderContext2,
            .serviceHeaderContext3, .serviceHeaderContext4:
            return isService ? self[field] : 0
        case .ipv4Source, .ipv4Destination, .ipv6Source, .ipv6Destination: return isService ? 0 : self[field]
        default: return self[field]
        }
    }
}
