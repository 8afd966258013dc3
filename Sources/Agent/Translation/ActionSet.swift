package import OpenFlow

/// The action set that a packet carries through the tables (1.1 §4.7 · 1.3 §5.10 · 1.5 §5.6).
///
/// Holds at most one action of each kind, and one set-field per field; ``inOrder`` gives them in the order of the
/// specification, whatever the order they were written in.
package struct ActionSet: Sendable {
    /// A place in the order of execution.
    private enum Rank: Int {
        case copyTTLIn, popVLAN, popMPLS, popPBB, decapsulate, encapsulate, pushMPLS, pushPBB, pushVLAN, copyTTLOut,
            decrementMPLSTTL, decrementNetworkTTL, decrementServiceHeaderTTL, set, meter, queue, group, output
    }

    private var actions: [(rank: Rank, action: Action)] = []

    /// An empty set.
    package init() {}

    /// Whether there is nothing to do.
    package var isEmpty: Bool { self.actions.isEmpty }

    /// The port that the set outputs to; nil where it does not, or where a group takes precedence.
    package var outputPort: PortNumber? {
        for entry in self.actions {
            if case .output(let port, _) = entry.action { return port }
        }
        return nil
    }

    /// Removes every action.
    package mutating func removeAll() { self.actions.removeAll(keepingCapacity: true) }

    /// Adds an action in place of one of the same kind.
    ///
    /// Returns false for an action that may not be in a set.
    @discardableResult
    package mutating func write(_ action: Action) -> Bool {
        guard let rank = Self.rank(of: action) else { return false }
        for index in self.actions.indices {
            let present = self.actions[index]
            guard present.rank == rank else { continue }
            if rank == .set {
                guard Self.setsSameField(present.action, action) else { continue }
                self.actions[index].action = Self.merge(present.action, action)
            } else {
                self.actions[index].action = action
            }
            return true
        }
        self.actions.append((rank, action))
        return true
    }

    /// The actions in the order of execution; with a group there is no output.
    package var inOrder: [Action] {
        let hasGroup = self.actions.contains { $0.rank == .group }
        return self.actions
            .filter { !(hasGroup && $0.rank == .output) }
            .enumerated()
            .sorted { ($0.element.rank.rawValue, $0.offset) < ($1.element.rank.rawValue, $1.offset) }
            .map { $0.element.action }
    }

    private static func rank(of action: Action) -> Rank? {
        switch action {
        case .copyTTLIn: .copyTTLIn
        case .popVLAN: .popVLAN
        case .popMPLS: .popMPLS
        case .popPBB: .popPBB
        case .decapsulate: .decapsulate
        case .encapsulate: .encapsulate
        case .decrementServiceHeaderTTL: .decrementServiceHeaderTTL
        case .pushMPLS: .pushMPLS
        case .pushPBB: .pushPBB
        case .pushVLAN: .pushVLAN
        case .copyTTLOut: .copyTTLOut
        case .decrementMPLSTTL: .decrementMPLSTTL
        case .decrementNetworkTTL: .decrementNetworkTTL
        case .setField, .copyField, .setVLANID, .setVLANPriority, .setTransportSource, .setTransportDestination,
            .setMPLSTTL, .setNetworkTTL:
            .set
        case .meter: .meter
        case .setQueue: .queue
        case .group: .group
        case .output: .output
        default: nil
        }
    }

    private static func setsSameField(_ left: Action, _ right: Action) -> Bool {
        switch (left, right) {
        case (.setField(let first), .setField(let second)): first.field == second.field
        case (.copyField(let first), .copyField(let second)):
            first.destination == second.destination && first.destinationOffset == second.destinationOffset
        case (.setVLANID, .setVLANID), (.setVLANPriority, .setVLANPriority),
            (.setTransportSource, .setTransportSource),
            (.setTransportDestination, .setTransportDestination), (.setMPLSTTL, .setMPLSTTL),
            (.setNetworkTTL, .setNetworkTTL):
            true
        default: false
        }
    }

    /// The later of two set-fields, with the bits that it leaves alone from the earlier one.
    private static func merge(_ earlier: Action, _ later: Action) -> Action {
        guard case .setField(let old) = earlier, case .setField(let new) = later else { return later }
        return .setField(
            new.field, value: old.value & ~new.mask | new.value & new.mask, mask: old.mask | new.mask)
    }
}
