import NetworkTypes
package import OpenFlow

/// The answers to the `fdb-` commands: the addresses that NORMAL knows, and changes of them.
enum ForwardingDatabaseReport {
    /// Every address with its VLAN, its port and how long ago it was seen.
    static func show(_ bridge: ControlContext.Bridge) -> String {
        let learning = bridge.datapath.learning
        let now = SystemClock.now()
        var text = " port  VLAN  MAC                Age\n"
        for update in learning.fixedContents { text += Self.line(update, "static") }
        for entry in learning.contents {
            text += Self.line(entry.update, "\(now.since(entry.lastSeen).components.seconds)")
        }
        return text
    }

    private static func line(_ update: MACLearningUpdate, _ age: String) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.utf8.count)) + text
        }
        let port = update.port == .local ? "LOCAL" : "\(update.port.rawValue)"
        return "\(padded(port, 5))  \(padded("\(update.vlan)", 4))  \(update.address)  \(padded(age, 4))\n"
    }

    /// How many addresses there are, and what has happened to them.
    static func statistics(_ bridge: ControlContext.Bridge) -> String {
        let learning = bridge.datapath.learning
        let counters = learning.counters
        return """
            Statistics for bridge "\(bridge.name)":
              Current/maximum MAC entries in the table: \(learning.contents.count)/\(learning.limit)
              Current static MAC entries in the table: \(learning.fixedContents.count)
              Total number of learned MAC entries: \(counters.learned)
              Total number of expired MAC entries: \(counters.expired)
              Total number of evicted MAC entries: \(counters.evicted)
              Total number of port moved MAC entries: \(counters.moved)
              Total number of flushed MAC entries: \(counters.flushed)

            """
    }

    /// Forgets the addresses learned, all or those behind a port.
    static func flush(_ bridge: ControlContext.Bridge, port: String?) throws(ControlError) -> String {
        let number = try port.map { (text) throws(ControlError) in try Self.port(text, of: bridge) }
        let count = bridge.datapath.learning.flush(port: number)
        bridge.service.noteLearning()
        return "\(count) addresses forgotten\n"
    }

    /// Enters an address for good: `PORT VLAN ADDRESS`.
    static func add(_ bridge: ControlContext.Bridge, _ words: [String]) throws(ControlError) -> String {
        let update = MACLearningUpdate(
            vlan: try Self.vlan(words[1]), address: try Self.address(words[2]),
            port: try Self.port(words[0], of: bridge))
        guard bridge.datapath.learning.fix(update) else {
            throw ControlError("\(words[2]): it is that of a group, or there are too many static addresses")
        }
        bridge.service.noteLearning()
        return ""
    }

    /// Removes an address that was entered for good: `VLAN ADDRESS`.
    static func remove(_ bridge: ControlContext.Bridge, _ words: [String]) throws(ControlError) -> String {
        guard bridge.datapath.learning.unfix(try Self.address(words[1]), vlan: try Self.vlan(words[0])) else {
            throw ControlError("\(words[1]): there is no such static address in VLAN \(words[0])")
        }
        bridge.service.noteLearning()
        return ""
    }

    private static func vlan(_ text: String) throws(ControlError) -> UInt16 {
        guard let vlan = UInt16(text), vlan < 4096 else {
            throw ControlError("\(text) is not a VLAN: expected 0 to 4095")
        }
        return vlan
    }

    private static func address(_ text: String) throws(ControlError) -> MACAddress {
        guard let address = MACAddress(text) else { throw ControlError("\(text) is not an Ethernet address") }
        return address
    }

    /// A port by its name or number.
    private static func port(_ text: String, of bridge: ControlContext.Bridge) throws(ControlError) -> PortNumber {
        let ports = bridge.datapath.portNumbers
        if let number = ports[text] { return number }
        guard let number = UInt32(text), ports.values.contains(PortNumber(rawValue: number)) else {
            throw ControlError("bridge \(bridge.name) has no port \(text)")
        }
        return PortNumber(rawValue: number)
    }
}

extension BridgeDatapath where View: ~Copyable {
    /// The numbers of the bridge's ports by their names.
    package var portNumbers: [String: PortNumber] {
        var numbers: [String: PortNumber] = [:]
        self.readTables { view in
            for port in view.portsInOrder { numbers[port.description.name] = port.number }
        }
        return numbers
    }
}
