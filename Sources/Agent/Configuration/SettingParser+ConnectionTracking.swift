package import Datapath

/// What is set of connection tracking: of the kernel's network namespace, of no bridge.
package struct ConnectionTrackingSettings: Hashable, Sendable {
    /// How many connections zones hold; nil leaves the limits as they are.
    package var limits: [ConnectionLimit]?
    /// How long connections live without packets, by zone; nil leaves the time-outs as they are.
    package var timeouts: [ConnectionTimeoutPolicy]?

    /// Makes settings that say nothing.
    package init() {}

    /// These settings, and those of `other` where these say nothing.
    func over(_ other: ConnectionTrackingSettings) -> ConnectionTrackingSettings {
        var result = self
        result.limits = self.limits ?? other.limits
        result.timeouts = self.timeouts ?? other.timeouts
        return result
    }
}

// Limits and time-outs of tracked connections, as `sluice ct` has them, with commas between.
extension SettingParser {
    /// `default=N` and `zone=Z,limit=N`; each zone once.
    static func connectionLimits(_ text: String) throws(SettingError) -> [ConnectionLimit] {
        var limits: [ConnectionLimit] = []
        var zone: UInt16?
        for (name, value) in try Self.words(text) {
            switch name {
            case "zone" where zone == nil: zone = try Self.zone(value)
            case "limit" where zone != nil, "default" where zone == nil:
                limits.append(
                    ConnectionLimit(zone: zone, limit: UInt32(try Self.integer(value, in: 0...0x7fff_ffff))))
                zone = nil
            default: throw SettingError("'\(name)=\(value)' is not expected here: expected default=N or zone=Z,limit=N")
            }
        }
        guard zone == nil else { throw SettingError("a zone has no limit: expected zone=Z,limit=N") }
        guard Set(limits.map(\.zone)).count == limits.count else { throw SettingError("a zone is given twice") }
        return limits
    }

    /// `zone=Z,STATE=SECONDS...`, for one zone after the other; each zone and state once.
    static func connectionTimeouts(_ text: String) throws(SettingError) -> [ConnectionTimeoutPolicy] {
        var policies: [ConnectionTimeoutPolicy] = []
        for (name, value) in try Self.words(text) {
            guard name != "zone" else {
                policies.append(ConnectionTimeoutPolicy(zone: try Self.zone(value), seconds: [:]))
                continue
            }
            guard let state = ConnectionTimeoutState(rawValue: name) else {
                throw SettingError(
                    "'\(name)' is not a state of a connection: expected "
                        + Self.list(ConnectionTimeoutState.allCases.map(\.rawValue)))
            }
            guard let last = policies.indices.last, policies[last].seconds[state] == nil else {
                throw SettingError("'\(name)' is given twice, or before its zone: expected zone=Z,\(name)=SECONDS")
            }
            policies[last].seconds[state] = UInt32(try Self.integer(value, in: 1...0x7fff_ffff))
        }
        guard policies.allSatisfy({ !$0.seconds.isEmpty }), Set(policies.map(\.zone)).count == policies.count else {
            throw SettingError("a zone has no time-out, or is given twice")
        }
        return policies
    }

    private static func words(_ text: String) throws(SettingError) -> [(name: String, value: String)] {
        var words: [(name: String, value: String)] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let equals = part.firstIndex(of: "=") else { throw SettingError("'\(part)' is not NAME=VALUE") }
            words.append((String(part[..<equals]), String(part[part.index(after: equals)...])))
        }
        return words
    }

    private static func zone(_ text: String) throws(SettingError) -> UInt16 {
        UInt16(try Self.integer(text, in: 0...65535))
    }
}
