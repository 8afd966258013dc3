import Foundation

/// The switch in a lab: a running `sluice`, and how to reach it.
package struct LabSwitch: Sendable {
    /// The running program.
    package let process: ChildProcess
    /// The lab it stands in.
    package let lab: Lab
    /// A switch that a test started itself, listening on port 6653 of 127.0.0.1.
    package init(process: ChildProcess, lab: Lab) {
        self.process = process
        self.lab = lab
    }

    /// Where it listens, for ovs-ofctl.
    package static let address = "tcp:127.0.0.1:6653"

    /// Runs `ovs-ofctl -O version command address arguments`, and returns how it went.
    ///
    /// `command` may begin with options.
    package func ofctl(
        _ version: LabProtocol, _ command: String, _ arguments: String...
    ) throws(LabError) -> Command {
        try self.lab.run(self.ofctlArguments(version, command, arguments), in: self.lab.switchNamespace)
    }

    /// As ``ofctl(_:_:_:)``, but it must succeed; returns the output.
    @discardableResult
    package func requireOfctl(
        _ version: LabProtocol, _ command: String, _ arguments: String...
    ) throws(LabError) -> String {
        let line = self.ofctlArguments(version, command, arguments)
        return try Command.require(self.lab.switchNamespace.command(line))
    }

    /// As ``ofctl(_:_:_:)``, in any version, spelled as ovs-ofctl does (`OpenFlow15`).
    package func ofctl(speaking version: String, _ command: String, _ arguments: String...) throws(LabError) -> Command
    {
        try self.lab.run(self.ofctlArguments(version, command, arguments), in: self.lab.switchNamespace)
    }

    /// As ``requireOfctl(_:_:_:)``, in any version, spelled as ovs-ofctl does (`OpenFlow15`).
    @discardableResult
    package func requireOfctl(
        speaking version: String, _ command: String, _ arguments: String...
    ) throws(LabError) -> String {
        let line = self.ofctlArguments(version, command, arguments)
        return try Command.require(self.lab.switchNamespace.command(line))
    }

    /// Starts `ovs-ofctl monitor`, which prints what the switch sends unasked, and waits until the switch knows it.
    ///
    /// ovs-ofctl first asks for Nicira's packet-in messages and takes the standard ones where the switch declines;
    /// `standardPacketIn` makes it take those at once; `flows` are those that it watches, as its `watch:` has them.
    package func startMonitor(
        _ version: LabProtocol, missSendLength: Int = 65534, standardPacketIn: Bool = false,
        watching flows: String? = nil, _ more: String...
    ) throws -> ChildProcess {
        let control = "\(self.lab.folder)/monitor-\(UInt64.random(in: 0 ... .max)).ctl"
        let arguments =
            ["ovs-ofctl", "-O", version.rawValue, "--unixctl=\(control)"]
            + (standardPacketIn ? ["-P", "standard"] : []) + ["monitor", Self.address, "\(missSendLength)"]
            + (flows.map { ["watch:\($0)"] } ?? []) + more
        let monitor = try self.lab.start(arguments, in: self.lab.switchNamespace)
        try eventually("the control socket of ovs-ofctl monitor") {
            guard monitor.status == nil else { throw LabError.other("the monitor ended: \(monitor.output)") }
            return FileManager.default.fileExists(atPath: control) ? true : nil
        }
        // It answers when the switch has answered a barrier that followed all that the monitor asked for.
        try Command.require(["ovs-appctl", "-t", control, "ofctl/barrier"])
        return monitor
    }

    /// The flows as `ovs-ofctl dump-flows` prints them: one a line, without the heading.
    package func flows(_ version: LabProtocol, _ filter: String...) throws(LabError) -> [DumpedFlow] {
        try Command.require(self.lab.switchNamespace.command(self.ofctlArguments(version, "dump-flows", filter)))
            .split(separator: "\n").compactMap { DumpedFlow(String($0)) }
    }

    /// What `ovs-ofctl dump-ports-desc` says of the port of host `number`: its configuration, state and speed.
    package func portDescription(_ version: LabProtocol, _ number: Int) throws(LabError) -> String {
        let all = try self.requireOfctl(version, "dump-ports-desc")
        guard let start = all.range(of: " \(number)(eth\(number)):") else {
            throw .other("port \(number) is not in the description:\n\(all)")
        }
        // The lines of one port are those up to the next that is less indented.
        let lines = all[start.upperBound...].split(separator: "\n")
        return lines.enumerated().prefix { $0.offset == 0 || $0.element.hasPrefix("     ") }
            .map { String($0.element) }.joined(separator: "\n")
    }

    /// Asks the running switch by one of the program's other commands, such as `show`, and returns the answer.
    package func sluice(_ command: String, _ arguments: String...) throws(LabError) -> String {
        let line = [Repository.sluice, command] + arguments + ["--run-dir", "\(self.lab.folder)/run"]
        return try Command.require(self.lab.switchNamespace.command(line))
    }

    /// Opens a connection of bytes to the switch.
    package func connect() throws -> RawOpenFlowClient {
        try RawOpenFlowClient(port: 6653, in: self.lab.switchNamespace)
    }

    private func ofctlArguments(_ version: LabProtocol, _ command: String, _ arguments: [String]) -> [String] {
        self.ofctlArguments(version.rawValue, command, arguments)
    }

    private func ofctlArguments(_ version: String, _ command: String, _ arguments: [String]) -> [String] {
        ["ovs-ofctl", "-t", "60", "-O", version] + command.split(separator: " ").map(String.init) + [
            Self.address
        ]
            + arguments
    }
}

/// The OpenFlow versions that the labs speak, spelled as ovs-ofctl does.
package enum LabProtocol: String, Sendable, CaseIterable, CustomStringConvertible {
    /// OpenFlow 1.0.
    case openFlow10 = "OpenFlow10"
    /// OpenFlow 1.3.
    case openFlow13 = "OpenFlow13"

    /// The number in the header's first octet.
    package var wireVersion: UInt8 { self == .openFlow10 ? 1 : 4 }

    /// The message type of BARRIER_REQUEST; the reply's is one more.
    package var barrierRequest: UInt8 { self == .openFlow10 ? 18 : 20 }

    package var description: String { self.rawValue }
}

/// One flow, from a line of `ovs-ofctl dump-flows`.
package struct DumpedFlow: Sendable, CustomStringConvertible {
    /// The line itself.
    package let description: String

    /// Nil where the line is not a flow.
    package init?(_ line: String) {
        guard line.contains("actions=") else { return nil }
        self.description = line.trimmingCharacters(in: .whitespaces)
    }

    /// What stands after `actions=`.
    package var actions: String {
        self.description.range(of: "actions=").map { String(self.description[$0.upperBound...]) } ?? ""
    }

    /// The number after `name=`, such as `n_packets`; nil where it is not there.
    package func number(_ name: String) -> UInt64? {
        guard let range = self.description.range(of: "\(name)=") else { return nil }
        return UInt64(self.description[range.upperBound...].prefix { $0.isNumber })
    }

    /// Whether the line holds every one of `parts`.
    package func has(_ parts: String...) -> Bool {
        parts.allSatisfy { self.description.contains($0) }
    }
}

extension Lab {
    /// The flags that every lab's switch starts with, without ports.
    package func flags(_ more: [String]) -> [String] {
        [
            Repository.sluice, "run", "--bridge", "br0", "--datapath", self.datapath.rawValue,
            "--datapath-id", "00000000000000a1", "--run-dir", "\(self.folder)/run", "--listen", "ptcp:6653:127.0.0.1",
        ] + more
    }

    /// Starts the switch with a port for each host and `more` flags, and waits until it says that it is ready.
    ///
    /// A fail mode is chosen unless `more` does: secure, so that only what the test installs forwards.
    package func startSwitch(_ more: String..., ports: Bool = true) throws(LabError) -> LabSwitch {
        try self.startSwitch(more, ports: ports)
    }

    /// As above, with the flags in an array.
    package func startSwitch(_ more: [String], ports: Bool = true) throws(LabError) -> LabSwitch {
        var flags = self.flags(more)
        if !more.contains("--fail-mode") { flags += ["--fail-mode", "secure"] }
        if !more.contains("--protocols") { flags += ["--protocols", "OpenFlow10,OpenFlow13"] }
        if ports { flags += self.hosts.flatMap { ["--port", "eth\($0.number)=\($0.number)"] } }
        let process = try self.start(flags, in: self.switchNamespace)
        try process.waitForOutput(containing: "sluice: ready")
        return LabSwitch(process: process, lab: self)
    }

    /// Starts Ryu with `application` in the switch's namespace, listening on `port` of 127.0.0.1.
    ///
    /// It prints `move onto main mode` for each switch that has finished the handshake.
    package func startRyu(_ application: String, port: Int = 6633) throws(LabError) -> ChildProcess {
        let manager = "\(Repository.root)/Tests/Controllers/ryu_manager.py"
        let listen = ["--ofp-listen-host", "127.0.0.1", "--ofp-tcp-listen-port", "\(port)"]
        return try self.start(
            [Repository.python, manager, "--verbose"] + listen + [application], in: self.switchNamespace,
            environment: ["PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore"])
    }
}
