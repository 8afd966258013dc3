/// What is different between two configurations of an agent: what a reload has to do, and nothing beyond that.
///
/// A value without I/O. What both configurations have alike does not occur in it; ``lines`` say it to people.
package struct ConfigurationChange: Hashable, Sendable {
    /// The agent's settings that differ, by the file's keys.
    package var settings: [String]
    /// The bridges that go, in the order of the configuration that was.
    package var removedBridges: [String]
    /// The bridges that come, in the order of the configuration that is to be.
    package var addedBridges: [String]
    /// What is different about those that stay; only bridges with a difference.
    package var changedBridges: [BridgeChange]

    /// Finds out what leads from one configuration to another.
    ///
    /// - Parameters:
    ///   - old: the configuration that was.
    ///   - new: the configuration that is to be.
    ///   - kind: the datapath that a choice comes to on this host, so that `auto` may be told from a change.
    package init(
        from old: AgentConfiguration, to new: AgentConfiguration,
        kind: (DatapathChoice) -> DatapathChoice = { $0 }
    ) {
        self.settings = Self.agentSettings.filter { !$0.isEqual(old, new) }.map(\.name)
        let (before, after) = (Set(old.bridges.map(\.name)), Set(new.bridges.map(\.name)))
        self.removedBridges = old.bridges.map(\.name).filter { !after.contains($0) }
        self.addedBridges = new.bridges.map(\.name).filter { !before.contains($0) }
        var changed: [BridgeChange] = []
        for bridge in new.bridges {
            guard let former = old.bridges.first(where: { $0.name == bridge.name }) else { continue }
            let change = BridgeChange(from: former, to: bridge, kind: kind)
            if !change.isEmpty { changed.append(change) }
        }
        self.changedBridges = changed
    }

    /// Whether both configurations say the same.
    package var isEmpty: Bool {
        self.settings.isEmpty && self.removedBridges.isEmpty && self.addedBridges.isEmpty
            && self.changedBridges.isEmpty
    }

    /// The change in words: one line for each thing that comes, goes or becomes another.
    package var lines: [String] {
        self.settings.map { "\($0): changed" }
            + self.removedBridges.map { "bridge \($0): removed" }
            + self.addedBridges.map { "bridge \($0): added" }
            + self.changedBridges.flatMap(\.lines)
    }

    /// Every setting of the agent itself, by the file's key.
    private static let agentSettings: [ComparedSetting<AgentConfiguration>] = [
        .init("run-dir") { $0.runDirectory },
        .init("log-file") { $0.logFile },
        .init("log-level") { $0.logLevels },
        .init("keep-datapath") { $0.keepDatapath },
        .init("flow-restore-wait") { $0.flowRestoreWait },
        .init("ct-limits") { $0.connectionTracking.limits },
        .init("ct-timeouts") { $0.connectionTracking.timeouts },
        .init("flow-limit") { $0.megaflows.maximum },
        .init("max-idle") { $0.megaflows.idleTimeout },
        .init("max-revalidator") { $0.megaflows.sweepInterval },
        .init("private-key") { $0.tls.privateKey },
        .init("certificate") { $0.tls.certificate },
        .init("ca-certificate") { $0.tls.caCertificate },
        .init("bootstrap-ca-certificate") { $0.tls.bootstrapsAuthority },
        .init("crl") { $0.tls.revocationList },
        .init("tls-min-version") { $0.tls.minimumVersion },
        .init("tls-ciphers") { $0.tls.ciphers },
        .init("tls-cipher-suites") { $0.tls.cipherSuites },
        .init("verify-controller-name") { $0.tls.verifiesName },
    ]
}

/// A setting by its key in the file, and whether two configurations have it alike.
struct ComparedSetting<Subject>: Sendable {
    /// Its key.
    let name: String
    /// Whether two configurations have it alike.
    let isEqual: @Sendable (Subject, Subject) -> Bool

    /// Makes a row of a table of settings.
    init<Value: Equatable & SendableMetatype>(_ name: String, _ value: @escaping @Sendable (Subject) -> Value) {
        self.name = name
        self.isEqual = { value($0) == value($1) }
    }
}
