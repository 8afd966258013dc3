package import Datapath
package import OpenFlow

/// What translation made of one packet's key: datapath actions and everything that must be known beside them.
package struct Translation: Sendable {
    /// What the datapath is to do, in order; empty drops the packet.
    ///
    /// With a ``slowPath`` reason these are still the true actions of this packet, for the handler to execute; what is
    /// installed in the datapath is ``installableActions``.
    package var actions: [DatapathAction] = []
    /// Which bits of the packet's key the result depends on: any packet that agrees with the key there gets the same.
    package var mask = FlowMask()
    /// The rules that were hit, in order and with repetitions: each is credited with the packet.
    package var rules: [RuleReference] = []
    /// The groups and buckets that handled the packet, in order and with repetitions: each is credited with it.
    package var counters: [TrafficCounter] = []
    /// The tables in which the packet matched nothing, in order.
    package var missedTables: [TableID] = []
    /// Packets to the controllers, in order.
    package var packetIns: [TranslatedPacketIn] = []
    /// Packets to other bridges, in order.
    package var patchOutputs: [PatchOutput] = []
    /// What other bridges did with it that it came into by patch ports, in order.
    package var passages: [BridgePassage] = []
    /// Why packets of this kind cannot be left to the datapath; empty when they can.
    package var slowPath: SlowPathReasons = []
    /// The datapath's meter of packets that need the slow path, where there is one.
    package var slowPathMeter: UInt32?
    /// Why translation gave up; then ``actions`` is empty and nothing is to be installed.
    package var error: TranslationError?
    /// Parts of the actions that were not performed, for counters and traces.
    package var omissions: TranslationOmissions = []
    /// Why the packet, or copies of it that actions were to send, went nowhere; each table and cause once.
    package var drops: [DropRecord] = []
    /// The flows that learn actions make of the packet; later packets of the megaflow teach them again.
    package var learnedFlows: [LearnedFlow] = []
    /// What NORMAL learned, or would have, from the packet; later packets of the megaflow refresh it.
    package var learned: MACLearningUpdate?
    /// The ``MACLearning/generation`` that the result depends on; nil where it does not depend on learning.
    package var learningGeneration: UInt64?

    /// An empty result: drop.
    package init() {}

    /// Leaves out what the packets of the megaflow cannot all be credited to: those that the datapath cannot tell
    /// apart are credited one by one.
    package mutating func leaveUnattributed() {
        guard self.slowPath.contains(.match) else { return }
        self.rules = []
        self.counters = []
        self.missedTables = []
        self.drops = []
        for index in self.passages.indices { self.passages[index].attribution = PassageAttribution() }
    }

    /// What to install for the megaflow: the actions, or a hand-over to the handlers where the slow path is needed.
    package var installableActions: [DatapathAction] {
        guard !self.slowPath.isEmpty else { return self.actions }
        let upcall = DatapathAction.userspace(userdata: UpcallCookie.slowPath(self.slowPath).userdata)
        return self.slowPathMeter.map { [.meter($0), upcall] } ?? [upcall]
    }
}

/// A packet-in as translation raised it; the packet's bytes are made later from the actions before it.
package struct TranslatedPacketIn: Sendable {
    /// How many of ``Translation/actions`` come before it; those of them that rewrite the packet apply to it.
    package var precedingActions: Int
    /// The actions that apply to it where it is raised within a copy that the datapath makes; nil elsewhere.
    package var leadingActions: [DatapathAction]?
    /// Why.
    package var reason: PacketInReason
    /// The table of the rule that raised it.
    package var table: TableID
    /// That rule's cookie; ``Cookie/unset`` where there is none.
    package var cookie: Cookie
    /// How many bytes the action asked for; nil for a built-in table miss, where each connection's setting decides.
    package var maximumLength: UInt16?
    /// The controllers that get it.
    package var controllerID: UInt16
    /// What the action gives the controllers beside the packet.
    package var userData: [UInt8] = []
    /// The meter that limits what the action sends; nil for the controllers' own.
    package var meter: MeterID?
    /// Where the packet is put away until a controller resumes it; nil where it is not.
    package var pausedIdentifier: UInt32?
    /// The switch's port that the packet came in by.
    package var inPort: PortNumber
    /// The other pipeline fields that are not zero at that point.
    package var pipelineFields: Match
    /// The bridge whose controllers get it.
    package var bridge: BridgeIdentifier
}

/// An output to a patch port that a handler carries out; the packet's bytes are made later from the actions before it.
package struct PatchOutput: Hashable, Sendable {
    /// How many of ``Translation/actions`` come before it; those of them that rewrite the packet apply to it.
    package var precedingActions: Int
    /// The actions that apply to it where it is within a copy that the datapath makes; nil elsewhere.
    package var leadingActions: [DatapathAction]?
    /// The patch port.
    package var port: PortIndex
    /// How many bytes of the packet are sent at most; nil for all.
    package var maximumLength: UInt32?
}

/// Why packets must be handled by the agent one by one.
///
/// **A protocol that the agent would speak itself** (LACP, BFD, CFM, spanning tree; none is there) gets a reason here,
/// and its test at the beginning of `Translator.receive(view:)`, where port and packet are known and nothing has been
/// done with either: with its reason set and no action, later packets of the kind come to the handlers, too.
package struct SlowPathReasons: OptionSet, Hashable, Sendable {
    /// The bits, as carried in an ``UpcallCookie``.
    package let rawValue: UInt32
    /// Makes a set from its bits.
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    /// A packet-in is raised.
    package static let controller = SlowPathReasons(rawValue: 1 << 0)
    /// An action that the datapath cannot do, such as a rewrite of ARP, ICMP or neighbour discovery in the kernel.
    package static let action = SlowPathReasons(rawValue: 1 << 1)
    /// The packet goes on to another bridge.
    package static let patch = SlowPathReasons(rawValue: 1 << 2)
    /// The tables look at a field that the datapath's keys do not have.
    package static let match = SlowPathReasons(rawValue: 1 << 3)
    /// A meter that the datapath cannot have: one that remarks, or has more bands than the kernel's.
    package static let meter = SlowPathReasons(rawValue: 1 << 4)
}

/// Why a translation was given up.
package enum TranslationError: UInt8, CaseIterable, Hashable, Sendable {
    /// Resubmits and groups are nested deeper than ``TranslationLimits/depth``: probably a loop.
    case depthExceeded
    /// More than ``TranslationLimits/lookups`` lookups of tables and groups for one packet.
    case tooManyLookups
    /// More than ``TranslationLimits/actions`` datapath actions.
    case tooManyActions
    /// The packet came in by a port that the switch does not have.
    case unknownInPort
    /// More VLAN tags than can be kept track of.
    case tooManyVLANTags
}

/// Parts of actions that were passed over although translation went on.
package struct TranslationOmissions: OptionSet, Hashable, Sendable {
    /// The bits.
    package let rawValue: UInt8
    /// Makes a set from its bits.
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Output to a port that does not exist.
    package static let missingPort = TranslationOmissions(rawValue: 1 << 0)
    /// An action or instruction that is not carried out yet.
    package static let unsupportedAction = TranslationOmissions(rawValue: 1 << 1)
    /// A field was to be set that the packet does not have.
    package static let absentField = TranslationOmissions(rawValue: 1 << 2)
    /// Output to a port whose configuration forbids it.
    package static let blockedPort = TranslationOmissions(rawValue: 1 << 3)
}

/// Bounds of one translation.
package struct TranslationLimits: Sendable {
    /// How deep resubmits and groups may nest together.
    package var depth = 64
    /// How many lookups of tables and groups one packet may cause.
    package var lookups = 4096
    /// How many datapath actions one packet may cause.
    package var actions = 4096
    /// How many values a packet's stack holds.
    package var stack = 1024
    /// How many flows one packet may teach.
    package var learnedFlows = 64
    /// The defaults.
    package init() {}
}

/// The 64 bits that a `userspace` action carries: what the handler is to do with the packet.
package enum UpcallCookie: Hashable, Sendable {
    /// Translate it again and execute the result.
    case slowPath(SlowPathReasons)
    /// Give it to whoever collects samples, for the sampling of this number.
    case sample(UInt32)

    private static let slowPathKind: UInt64 = 1
    private static let sampleKind: UInt64 = 2

    /// The bits: kind in the upper 32, reasons in the lower.
    package var userdata: UInt64 {
        switch self {
        case .slowPath(let reasons): Self.slowPathKind << 32 | UInt64(reasons.rawValue)
        case .sample(let identifier): Self.sampleKind << 32 | UInt64(identifier)
        }
    }

    /// Reads the bits; nil when they are not ours.
    package init?(userdata: UInt64) {
        let low = UInt32(truncatingIfNeeded: userdata)
        switch userdata >> 32 {
        case Self.slowPathKind: self = .slowPath(SlowPathReasons(rawValue: low))
        case Self.sampleKind: self = .sample(low)
        default: return nil
        }
    }
}
