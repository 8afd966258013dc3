import Datapath

/// The commands about connection tracking: limits and time-outs by zone.
///
/// They are of the kernel's network namespace, or of the datapath where that has a tracker of its own: of no bridge.
enum ConnectionTrackingReport {
    /// `ct-get-limits`: those of zones, or all.
    static func limits(_ context: ControlContext, _ arguments: [String]) throws(ControlError) -> String {
        var zones: [UInt16?] = []
        for argument in arguments { zones.append(try Self.zone(argument)) }
        let limits = try Self.asked(context) { service throws(DatapathError) in
            try service.backend.connectionLimits(of: zones)
        }
        return limits.sorted { ($0.zone.map(Int.init) ?? -1) < ($1.zone.map(Int.init) ?? -1) }.map { limit in
            guard let zone = limit.zone else { return "default limit=\(limit.limit)\n" }
            return "zone=\(zone) limit=\(limit.limit) count=\(limit.count)\n"
        }.joined()
    }

    /// `ct-set-limits`: `default=N` and `zone=Z,limit=N`.
    static func setLimits(_ context: ControlContext, _ arguments: [String]) throws(ControlError) -> String {
        var limits: [ConnectionLimit] = []
        for argument in arguments {
            let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            if parts.count == 1 {
                limits.append(ConnectionLimit(zone: nil, limit: try Self.number(argument, "default")))
            } else if parts.count == 2 {
                limits.append(
                    ConnectionLimit(zone: try Self.zone(parts[0]), limit: try Self.number(parts[1], "limit")))
            } else {
                throw ControlError("\(argument): expected default=N or zone=Z,limit=N")
            }
        }
        _ = try Self.asked(context) { service throws(DatapathError) in
            try service.backend.setConnectionLimits(limits)
        }
        return ""
    }

    /// `ct-del-limits`: of zones.
    static func removeLimits(_ context: ControlContext, _ arguments: [String]) throws(ControlError) -> String {
        var zones: [UInt16] = []
        for argument in arguments { zones.append(try Self.zone(argument)) }
        _ = try Self.asked(context) { service throws(DatapathError) in
            try service.backend.removeConnectionLimits(of: zones)
        }
        return ""
    }

    /// `ct-get-timeouts`: those that were set.
    static func timeouts(_ context: ControlContext) throws(ControlError) -> String {
        let policies = try Self.asked(context) { service throws(DatapathError) in service.connectionTimeouts.policies }
        return policies.map { policy in
            let states = ConnectionTimeoutState.allCases.compactMap { state in
                policy.seconds[state].map { "\(state.rawValue)=\($0)" }
            }
            return "zone=\(policy.zone) \(states.joined(separator: " "))\n"
        }.joined()
    }

    /// `ct-set-timeouts`: a zone and seconds by state.
    static func setTimeouts(_ context: ControlContext, _ arguments: [String]) throws(ControlError) -> String {
        var policy = ConnectionTimeoutPolicy(zone: try Self.zone(arguments[0]), seconds: [:])
        for argument in arguments.dropFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let state = ConnectionTimeoutState(rawValue: parts[0]) else {
                let names = ConnectionTimeoutState.allCases.map(\.rawValue).joined(separator: ", ")
                throw ControlError("\(parts[0]): not a state of a connection, which are \(names)")
            }
            policy.seconds[state] = try Self.number(argument, parts[0])
        }
        let set = policy
        _ = try Self.asked(context) { service throws(DatapathError) in try service.setConnectionTimeouts(set) }
        return ""
    }

    /// `ct-del-timeouts`: of a zone.
    static func removeTimeouts(_ context: ControlContext, _ argument: String) throws(ControlError) -> String {
        let zone = try Self.zone(argument)
        let found = try Self.asked(context) { service throws(DatapathError) in
            try service.removeConnectionTimeouts(of: zone)
        }
        guard found else { throw ControlError("zone \(zone) has no time-outs of its own") }
        return ""
    }

    /// Asks the datapath that tracks connections, of which there is one at most.
    private static func asked<Answer>(
        _ context: ControlContext, _ question: (DatapathService) throws(DatapathError) -> Answer
    ) throws(ControlError) -> Answer {
        guard
            let service = context.bridges.map(\.service).first(where: { $0.backend.capabilities.connectionTracking })
        else { throw ControlError("no datapath here tracks connections: that takes the kernel's") }
        do throws(DatapathError) {
            return try question(service)
        } catch {
            throw ControlError("\(error)")
        }
    }

    private static func zone(_ text: String) throws(ControlError) -> UInt16 {
        guard let zone = UInt16(exactly: try Self.number(text, "zone")) else {
            throw ControlError("\(text): a zone is at most 65535")
        }
        return zone
    }

    private static func number(_ text: String, _ name: String) throws(ControlError) -> UInt32 {
        let prefix = "\(name)="
        guard text.hasPrefix(prefix), let number = UInt32(text.dropFirst(prefix.count)) else {
            throw ControlError("\(text): expected \(name)= and a number")
        }
        return number
    }
}
