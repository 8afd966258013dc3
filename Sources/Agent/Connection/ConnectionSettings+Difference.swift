extension ConnectionSettings {
    /// The settings in which these differ from `other`, by the file's keys; of a direction, those that it has alone.
    package func differences(
        from other: ConnectionSettings, for direction: ControllerAddress.Direction? = nil
    ) -> [String] {
        let differing = Self.rows.filter { !$0.isEqual(self, other) }.map(\.name)
        guard let direction else { return differing }
        let names = Set(SettingTable.address(direction).map(\.name))
        return differing.filter { names.contains($0) }
    }

    /// Whether connections that are open take over what changes in all of these settings, by the file's keys.
    ///
    /// The others are for a connection from its beginning on: its socket, its first message, its session.
    package static func areForOpenConnections(_ names: some Sequence<String>) -> Bool {
        names.allSatisfy { ["max-backoff", "log-messages", "record", "in-band"].contains($0) }
    }

    private static let rows: [ComparedSetting<ConnectionSettings>] = [
        .init("max-backoff") { $0.maxBackoff },
        .init("inactivity-probe") { $0.inactivityProbe },
        .init("controller-rate-limit") { $0.packetInRate },
        .init("controller-burst-limit") { $0.packetInBurst },
        .init("controller-queue-size") { $0.packetInQueueMaximum },
        .init("async-messages") { $0.sendsAsynchronousMessages },
        .init("dscp") { $0.codePoint },
        .init("local-address") { $0.localAddress },
        .init("keepalive") { $0.keepalive },
        .init("server-name") { $0.serverName },
        .init("auxiliary-connections") { $0.auxiliaryConnections },
        .init("in-band") { $0.isInBand },
        .init("record") { $0.recordingPath },
        .init("log-messages") { $0.loggedMessages },
        .init("protocols") { $0.protocols },
        .init("allow") { $0.allowedPeers },
        .init("max-connections") { $0.connectionsMaximum },
        .init("max-half-open") { $0.halfOpenMaximum },
    ]
}
