package import Datapath
import Synchronization

/// The zones of connection tracking whose connections have time-outs of their own, of one datapath; any thread.
package final class ConnectionTimeoutZones: Sendable {
    private let count = Atomic<Int>(0)
    private let zones = Mutex<[UInt16: ConnectionTimeoutPolicy]>([:])

    /// None.
    package init() {}

    /// Whether the zone is one of them.
    package func contains(_ zone: UInt16) -> Bool {
        self.count.load(ordering: .acquiring) > 0 && self.zones.withLock { $0[zone] != nil }
    }

    /// Their policies, by zone.
    package var policies: [ConnectionTimeoutPolicy] {
        self.zones.withLock { $0.values.sorted { $0.zone < $1.zone } }
    }

    /// Enters or changes a policy.
    func set(_ policy: ConnectionTimeoutPolicy) {
        self.zones.withLock { zones in
            zones[policy.zone] = policy
            self.count.store(zones.count, ordering: .releasing)
        }
    }

    /// Removes a policy; false where there is none.
    func remove(_ zone: UInt16) -> Bool {
        self.zones.withLock { zones in
            defer { self.count.store(zones.count, ordering: .releasing) }
            return zones.removeValue(forKey: zone) != nil
        }
    }
}

// Time-outs of tracked connections by zone: `ct` actions that commit name a policy of the datapath's.
extension DatapathService {
    /// Sets the time-outs of a zone; connections that are committed from now on have them.
    package func setConnectionTimeouts(_ policy: ConnectionTimeoutPolicy) throws(DatapathError) {
        try self.backend.setConnectionTimeouts(policy)
        self.connectionTimeouts.set(policy)
        self.removeCommittingFlows(of: policy.zone)
    }

    /// Gives a zone's connections the datapath's own time-outs; false where they have those.
    package func removeConnectionTimeouts(of zone: UInt16) throws(DatapathError) -> Bool {
        guard self.connectionTimeouts.remove(zone) else { return false }
        self.removeCommittingFlows(of: zone)
        try self.backend.removeConnectionTimeouts(of: zone)
        return true
    }

    /// Makes limits and time-outs those that are configured; what the settings do not speak of stays as it is.
    ///
    /// `unsupported` where they speak of something, and the datapath does not track connections.
    func apply(_ settings: ConnectionTrackingSettings) throws(DatapathError) {
        guard settings.limits != nil || settings.timeouts != nil else { return }
        guard self.backend.capabilities.connectionTracking else {
            throw DatapathError(
                .unsupported, operation: "set limits and time-outs of connections",
                detail: "only the kernel's datapath tracks connections")
        }
        if let limits = settings.limits {
            let wanted = limits.compactMap(\.zone)
            let surplus = try self.backend.connectionLimits(of: []).compactMap(\.zone).filter { !wanted.contains($0) }
            if !surplus.isEmpty { try self.backend.removeConnectionLimits(of: surplus) }
            // Zones without a limit of their own have the default, which is none unless given.
            let hasDefault = limits.contains { $0.zone == nil }
            try self.backend.setConnectionLimits(limits + (hasDefault ? [] : [ConnectionLimit(zone: nil, limit: 0)]))
        }
        for policy in settings.timeouts ?? [] { try self.setConnectionTimeouts(policy) }
    }

    /// Has packets that are committed in the zone translated anew.
    private func removeCommittingFlows(of zone: UInt16) {
        self.epochs.waitForQuiescenceFromOutside()
        self.delete(self.flows.flows { $0.actions.contains { $0.commits(in: zone) } })
    }
}

extension DatapathAction {
    /// Whether it, or one within it, enters connections into the zone.
    fileprivate func commits(in zone: UInt16) -> Bool {
        switch self {
        case .connectionTracking(let request): request.commits && request.zone == zone
        case .clone(let nested), .sample(_, let nested): nested.contains { $0.commits(in: zone) }
        case .checkPacketLength(_, let longer, let notLonger): (longer + notLonger).contains { $0.commits(in: zone) }
        default: false
        }
    }
}
