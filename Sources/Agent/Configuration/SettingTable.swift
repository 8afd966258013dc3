import NetworkTypes
import OpenFlow

/// The settings that are one text each, by name: the same from a flag, from the file's keys, and for one controller or
/// listener.
enum SettingTable {
    /// How the text of a setting becomes part of `Target`.
    struct Row<Target>: Sendable {
        let name: String
        let apply: @Sendable (inout Target, String) throws(SettingError) -> Void

        init(_ name: String, _ apply: @escaping @Sendable (inout Target, String) throws(SettingError) -> Void) {
            self.name = name
            self.apply = apply
        }
    }

    /// Settings of the whole agent.
    static let agent: [Row<PartialConfiguration>] = [
        Row("run-dir") { (target, text) throws(SettingError) in target.runDirectory = try SettingParser.path(text) },
        Row("log-file") { (target, text) throws(SettingError) in target.logFile = try SettingParser.path(text) },
        Row("log-level") { (target, text) throws(SettingError) in
            target.logLevels = try SettingParser.logLevels(text)
        },
        Row("keep-datapath") { (target, text) throws(SettingError) in
            target.keepDatapath = try SettingParser.boolean(text)
        },
        Row("flow-restore-wait") { (target, text) throws(SettingError) in
            target.flowRestoreWait = try SettingParser.duration(
                text, allowing: SettingRanges.flowRestoreWait, orZero: true)
        },
        Row("ct-limits") { (target, text) throws(SettingError) in
            target.connectionTracking.limits = try SettingParser.connectionLimits(text)
        },
        Row("ct-timeouts") { (target, text) throws(SettingError) in
            target.connectionTracking.timeouts = try SettingParser.connectionTimeouts(text)
        },
        Row("flow-limit") { (target, text) throws(SettingError) in
            target.megaflows.maximum = try SettingParser.integer(text, in: SettingRanges.flowLimit)
        },
        Row("max-idle") { (target, text) throws(SettingError) in
            target.megaflows.idleTimeout = try SettingParser.duration(text, allowing: SettingRanges.maxIdle)
        },
        Row("max-revalidator") { (target, text) throws(SettingError) in
            target.megaflows.sweepInterval = try SettingParser.duration(text, allowing: SettingRanges.maxRevalidator)
        },
        Row("private-key") { (target, text) throws(SettingError) in
            target.tls.privateKey = try SettingParser.path(text)
        },
        Row("certificate") { (target, text) throws(SettingError) in
            target.tls.certificate = try SettingParser.path(text)
        },
        Row("ca-certificate") { (target, text) throws(SettingError) in
            target.tls.caCertificate = try SettingParser.path(text)
        },
        Row("bootstrap-ca-certificate") { (target, text) throws(SettingError) in
            target.tls.bootstrapsAuthority = try SettingParser.boolean(text)
        },
        Row("crl") { (target, text) throws(SettingError) in
            target.tls.revocationList = try SettingParser.path(text)
        },
        Row("tls-min-version") { (target, text) throws(SettingError) in
            target.tls.minimumVersion = try SettingParser.choice(text, of: TLSVersion.self)
        },
        Row("tls-ciphers") { (target, text) throws(SettingError) in
            target.tls.ciphers = try SettingParser.word(text)
        },
        Row("tls-cipher-suites") { (target, text) throws(SettingError) in
            target.tls.cipherSuites = try SettingParser.word(text)
        },
        Row("verify-controller-name") { (target, text) throws(SettingError) in
            target.tls.verifiesName = try SettingParser.boolean(text)
        },
    ]

    /// Settings of connections, which a bridge has for all of its controllers and listeners, and each may have of its
    /// own.
    static let connection: [Row<ConnectionSettings>] = [
        Row("max-backoff") { (target, text) throws(SettingError) in
            target.maxBackoff = try SettingParser.duration(text, allowing: SettingRanges.maxBackoff)
        },
        Row("inactivity-probe") { (target, text) throws(SettingError) in
            target.inactivityProbe = try SettingParser.duration(
                text, allowing: SettingRanges.inactivityProbe, orZero: true)
        },
        Row("controller-rate-limit") { (target, text) throws(SettingError) in
            target.packetInRate = try SettingParser.integer(text, in: 0...10_000_000)
        },
        Row("controller-burst-limit") { (target, text) throws(SettingError) in
            target.packetInBurst = try SettingParser.integer(text, in: 1...10_000_000)
        },
        Row("controller-queue-size") { (target, text) throws(SettingError) in
            target.packetInQueueMaximum = try SettingParser.integer(text, in: 1...AgentLimits.packetInQueueMaximum)
        },
        Row("async-messages") { (target, text) throws(SettingError) in
            target.sendsAsynchronousMessages = try SettingParser.boolean(text)
        },
        Row("dscp") { (target, text) throws(SettingError) in
            target.codePoint = UInt8(clamping: try SettingParser.integer(text, in: 0...63))
        },
        Row("keepalive") { (target, text) throws(SettingError) in
            target.keepalive = try SettingParser.duration(text, allowing: SettingRanges.keepalive, orZero: true)
        },
        Row("log-messages") { (target, text) throws(SettingError) in
            guard let selection = MessageSelection(text) else {
                throw SettingError(
                    "'\(text)' is no list of message types: expected such as FLOW_MOD,PACKET_OUT, or all")
            }
            target.loggedMessages = selection
        },
        Row("record") { (target, text) throws(SettingError) in target.recordingPath = try SettingParser.path(text) },
    ]

    /// Further settings of one controller.
    static let controller: [Row<ConnectionSettings>] = [
        Row("local-address") { (target, text) throws(SettingError) in
            target.localAddress = try SettingParser.literalAddress(text)
        },
        Row("server-name") { (target, text) throws(SettingError) in target.serverName = try SettingParser.word(text) },
        Row("auxiliary-connections") { (target, text) throws(SettingError) in
            target.auxiliaryConnections = try SettingParser.integer(
                text, in: 0...AgentLimits.auxiliaryConnectionsMaximum)
        },
        Row("in-band") { (target, text) throws(SettingError) in target.isInBand = try SettingParser.boolean(text) },
    ]

    /// Further settings of one listener.
    static let listener: [Row<ConnectionSettings>] = [
        Row("allow") { (target, text) throws(SettingError) in
            target.allowedPeers = try SettingParser.prefixes(text)
        },
        Row("max-connections") { (target, text) throws(SettingError) in
            target.connectionsMaximum = try SettingParser.integer(
                text, in: 1...AgentLimits.connectionsPerListenerMaximum)
        },
        Row("max-half-open") { (target, text) throws(SettingError) in
            target.halfOpenMaximum = try SettingParser.integer(
                text, in: 1...AgentLimits.connectionsPerListenerMaximum)
        },
    ]

    /// The versions that one controller or listener speaks; a bridge has a setting of its own for this.
    static let protocols = Row<ConnectionSettings>("protocols") { (target, text) throws(SettingError) in
        target.protocols = try SettingParser.protocols(text)
    }

    /// Everything that a mapping of one controller or listener may say beside its address.
    static func address(_ direction: ControllerAddress.Direction) -> [Row<ConnectionSettings>] {
        Self.connection + [Self.protocols] + (direction == .active ? Self.controller : Self.listener)
    }

    /// Applies the row of that name; returns whether there is one.
    static func apply<Target>(
        _ name: String, _ text: String, from rows: [Row<Target>], to target: inout Target
    ) throws(SettingError) -> Bool {
        guard let row = rows.first(where: { $0.name == name }) else { return false }
        try row.apply(&target, text)
        return true
    }
}
