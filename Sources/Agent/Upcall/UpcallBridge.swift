package import Datapath
package import OpenFlow

/// A bridge as handlers and revalidators of its datapath see it; implemented by ``BridgeDatapath``.
///
/// Calls are for batches, so that the bridge's tables are locked once for each.
package protocol UpcallBridge: AnyObject, Sendable {
    /// The bridge's name, for people.
    var name: String { get }
    /// Its name within the service.
    var identifier: BridgeIdentifier { get }
    /// The newest version that the tables were said to have.
    var requestedVersion: UInt64 { get }
    /// Takes what changed up to the version that is returned, for megaflows to be looked at.
    func takeChanges() -> (version: UInt64, changes: TableChanges)
    /// Gives back what was taken, where not all megaflows could be settled.
    func giveBack(_ changes: TableChanges)
    /// The newest version that no cached flow contradicts.
    var finishedVersion: UInt64 { get }
    /// The number of the learning table's state.
    var learningGeneration: UInt64 { get }
    /// How many megaflows it has installed; changed by the service alone.
    var flowCount: FlowCount { get }

    /// Translates packets that came in by ports of the bridge and credits those that missed.
    func translate(_ upcalls: [Upcall], ports: [(index: Int, number: PortNumber)], now: MonotonicTime)
        -> TranslatedBatch
    /// Translates the keys of installed flows again, without side effects.
    func retranslate(_ flows: [(flow: InstalledFlow, inPort: PortNumber)], now: MonotonicTime) -> RetranslatedBatch
    /// Takes a packet of another bridge's translation in by a port, through the tables to its end here; returns the
    /// tables' version.
    ///
    /// Called by a thread that holds the tables of that other bridge, or of this one, for reading.
    func takeIn(_ translator: inout Translator, by port: PortNumber) -> UInt64
    /// The names of the bridge's ports in the datapath.
    var portNames: [PortIndex: String] { get }
    /// What is told of rules, in order, each once; those that are gone or hidden are left out.
    func describe(_ rules: [RuleReference]) -> [RuleDescription]
    /// Credits packets to rules and refreshes what they taught.
    func credit(_ credits: [FlowCredit])
    /// Hands packet-ins to the control loop.
    func deliver(_ events: [PacketInEvent])
    /// Forgets addresses that have not been seen for long.
    func expireLearning(now: MonotonicTime)
    /// Every cached flow agrees with `version` now.
    func finish(version: UInt64)
    /// Translates a packet without side effects and takes down each step; `inPort` is the switch's port number.
    ///
    /// One with a recirculation id goes on from `state`, where it was frozen.
    func trace(key: FlowKey, state: FrozenState?) -> TranslationTrace
}

/// The translations of one batch of packets of one bridge.
package struct TranslatedBatch: Sendable {
    /// The version of the tables.
    package var version: UInt64
    /// The ``DatapathFeatures/generation`` that they follow from.
    package var features: UInt64 = 0
    /// One per packet, in order.
    package var translations: [Translation]
}

/// The new translations of installed flows of one bridge.
package struct RetranslatedBatch: Sendable {
    /// The version of the tables.
    package var version: UInt64
    /// The ``DatapathFeatures/generation`` that they follow from.
    package var features: UInt64 = 0
    /// One per flow, in order.
    package var translations: [Translation]
}

/// Which bridge and which of its ports each port of a datapath is; an immutable snapshot.
package final class PortMap: Sendable {
    /// A port of a bridge.
    package struct Entry: Sendable {
        /// The bridge.
        package let bridge: any UpcallBridge
        /// The switch's number of the port.
        package let number: PortNumber
    }
    /// The entries by port index.
    package let entries: [UInt32: Entry]
    /// Makes a snapshot.
    package init(_ entries: [UInt32: Entry] = [:]) { self.entries = entries }
    /// The port of that index.
    package subscript(_ index: UInt32) -> Entry? { self.entries[index] }
}
