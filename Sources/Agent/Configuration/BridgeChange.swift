/// What is different between two configurations of one bridge.
///
/// A value without I/O. Settings that a bridge has for all of its connections occur twice: by their keys, and in what
/// they change for each controller and listener.
package struct BridgeChange: Hashable, Sendable {
    /// What is different about a port that stays.
    package struct Port: Hashable, Sendable {
        /// Its name.
        package var device: String
        /// The options that differ, by their names.
        package var settings: [String]
        /// Whether it is taken out and added again: as another number, patch port or tunnel it is another port.
        package var isReplaced: Bool
    }

    /// What is different about a controller or listener that stays.
    package struct Address: Hashable, Sendable {
        /// Which one.
        package var address: ControllerAddress
        /// The settings that differ, by the file's keys.
        package var settings: [String]
        /// Whether it is a controller that is called anew, because an open connection cannot take the settings over.
        package var isCalledAnew: Bool
    }

    /// The bridge's name.
    package var name: String
    /// Whether the bridge is made anew, without its flows: it is to have another datapath.
    package var isMadeAnew: Bool
    /// The bridge's settings that differ, by the file's keys.
    package var settings: [String]
    /// The ports that go.
    package var removedPorts: [String]
    /// The ports that come.
    package var addedPorts: [String]
    /// Those that stay and differ.
    package var changedPorts: [Port]
    /// The controllers that are called no longer.
    package var removedControllers: [ControllerAddress]
    /// Those that are to be called.
    package var addedControllers: [ControllerAddress]
    /// Those that stay and differ.
    package var changedControllers: [Address]
    /// The listeners that are closed.
    package var removedListeners: [ControllerAddress]
    /// Those that are opened.
    package var addedListeners: [ControllerAddress]
    /// Those that stay and differ.
    package var changedListeners: [Address]

    /// Finds out what leads from one configuration of a bridge to another.
    package init(
        from old: BridgeConfiguration, to new: BridgeConfiguration,
        kind: (DatapathChoice) -> DatapathChoice = { $0 }
    ) {
        self.name = new.name
        self.isMadeAnew = old.datapath != new.datapath && kind(old.datapath) != kind(new.datapath)
        self.settings =
            (self.isMadeAnew ? ["datapath"] : [])
            + Self.bridgeSettings.filter { !$0.isEqual(old, new) }.map(\.name)
            + new.connectionSettings.differences(from: old.connectionSettings)
        let (portsBefore, portsAfter) = (Set(old.ports.map(\.device)), Set(new.ports.map(\.device)))
        self.removedPorts = old.ports.map(\.device).filter { !portsAfter.contains($0) }
        self.addedPorts = new.ports.map(\.device).filter { !portsBefore.contains($0) }
        self.changedPorts = new.ports.compactMap { port in
            guard let former = old.ports.first(where: { $0.device == port.device }) else { return nil }
            return Port(from: former, to: port)
        }
        let controllers = Self.addresses(old, new, .active)
        self.removedControllers = controllers.removed
        self.addedControllers = controllers.added
        self.changedControllers = controllers.changed
        let listeners = Self.addresses(old, new, .passive)
        self.removedListeners = listeners.removed
        self.addedListeners = listeners.added
        self.changedListeners = listeners.changed
    }

    /// The ports that are taken out: those that go, and those that become another.
    package var leavingPorts: Set<String> {
        Set(self.removedPorts + self.changedPorts.filter(\.isReplaced).map(\.device))
    }

    /// The ports that are added: those that come, and those that become another.
    package var enteringPorts: Set<String> {
        Set(self.addedPorts + self.changedPorts.filter(\.isReplaced).map(\.device))
    }

    /// Whether both configurations say the same.
    package var isEmpty: Bool { self.lines.isEmpty }

    /// The change in words: one line for each thing that comes, goes or becomes another.
    package var lines: [String] {
        var lines: [String] = []
        if self.isMadeAnew { lines.append("made anew") }
        if !self.settings.isEmpty { lines.append("changed: \(self.settings.joined(separator: ", "))") }
        lines += self.removedPorts.map { "port \($0) removed" }
        lines += self.addedPorts.map { "port \($0) added" }
        lines += self.changedPorts.map {
            "port \($0.device) \($0.isReplaced ? "replaced" : "changed") (\($0.settings.joined(separator: ", ")))"
        }
        lines += self.removedControllers.map { "controller \($0) removed" }
        lines += self.addedControllers.map { "controller \($0) added" }
        lines += self.changedControllers.map {
            "controller \($0.address) \($0.isCalledAnew ? "called anew" : "changed") "
                + "(\($0.settings.joined(separator: ", ")))"
        }
        lines += self.removedListeners.map { "listener \($0) removed" }
        lines += self.addedListeners.map { "listener \($0) added" }
        lines += self.changedListeners.map {
            "listener \($0.address) changed (\($0.settings.joined(separator: ", ")))"
        }
        return lines.map { "bridge \(self.name): \($0)" }
    }

    /// Every setting of a bridge beside its ports and connections, by the file's key.
    private static let bridgeSettings: [ComparedSetting<BridgeConfiguration>] = [
        .init("datapath-id") { $0.datapathID },
        .init("fail-mode") { $0.failMode },
        .init("protocols") { $0.protocols },
        .init("max-backoff") { $0.maxBackoff },
        .init("inactivity-probe") { $0.inactivityProbe },
        .init("mirrors") { $0.forwarding.mirrors },
        .init("flood-vlans") { $0.forwarding.floodVLANs },
        .init("sample-groups") { $0.forwarding.sampleGroups },
        .init("flow-tables") { $0.flowTables },
        .init("packet-buffers") { $0.packetBuffers },
    ]

    private static func addresses(
        _ old: BridgeConfiguration, _ new: BridgeConfiguration, _ direction: ControllerAddress.Direction
    ) -> (removed: [ControllerAddress], added: [ControllerAddress], changed: [Address]) {
        let (before, after) =
            direction == .active ? (old.controllers, new.controllers) : (old.listeners, new.listeners)
        // Where the run directory is makes no difference to what these are like.
        let (were, are) = (old.connections(runDirectory: ""), new.connections(runDirectory: ""))
        let changed = after.compactMap { address -> Address? in
            guard before.contains(address) else { return nil }
            let settings = are.settings(of: address).differences(from: were.settings(of: address), for: direction)
            // Controllers tell switches apart by their datapath ids.
            let isOther = direction == .active && old.datapathID != new.datapathID
            guard !settings.isEmpty || isOther else { return nil }
            let needsCall = isOther || !ConnectionSettings.areForOpenConnections(settings)
            return Address(
                address: address, settings: (isOther ? ["datapath-id"] : []) + settings,
                isCalledAnew: direction == .active && needsCall)
        }
        return (before.filter { !after.contains($0) }, after.filter { !before.contains($0) }, changed)
    }
}

extension BridgeChange.Port {
    /// What leads from one configuration of a port to another of the same name; nil where they say the same.
    fileprivate init?(from old: BridgeConfiguration.Port, to new: BridgeConfiguration.Port) {
        self.device = new.device
        self.settings = Self.settings.filter { !$0.isEqual(old, new) }.map(\.name)
        // A port that may have any number keeps the one that it has.
        if new.number == nil { self.settings.removeAll { $0 == "number" } }
        self.isReplaced = !Set(self.settings).isDisjoint(with: ["number", "peer", "tunnel"])
        if self.settings.isEmpty { return nil }
    }

    private static let settings: [ComparedSetting<BridgeConfiguration.Port>] = [
        .init("number") { $0.number },
        .init("peer") { $0.peer },
        .init("tunnel") { $0.tunnel },
        .init("VLANs") { $0.vlans },
        .init("queues") { $0.queues },
    ]
}
