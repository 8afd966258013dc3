import Foundation
import Support
import Testing

@Suite("A configuration that is read again while bridges run")
struct ReloadTests {
    /// The agent with a file, which tests write anew.
    private struct Agent {
        let lab: Lab
        let dut: LabSwitch

        init(_ lab: Lab, _ bridges: String) throws {
            self.lab = lab
            let path = try Self.write(bridges, in: lab)
            let process = try lab.start(
                [Repository.sluice, "run", "--config", path, "--run-dir", "\(lab.folder)/run"],
                in: lab.switchNamespace)
            try process.waitForOutput(containing: "sluice: ready")
            self.dut = LabSwitch(process: process, lab: lab)
        }

        @discardableResult
        static func write(_ bridges: String, in lab: Lab) throws -> String {
            // In the order in which people write: the file is there as a whole, or as it was.
            try lab.write("bridges:\n\(bridges)", to: "sluice.yaml")
        }

        /// Writes the file and reloads; returns what the command says.
        func reload(_ bridges: String, _ flags: String...) throws -> Command {
            try Self.write(bridges, in: self.lab)
            return try self.lab.run(
                [Repository.sluice, "reload", "--run-dir", "\(self.lab.folder)/run"] + flags,
                in: self.lab.switchNamespace)
        }

        /// As ``reload(_:_:)``, and these must be the lines that it says.
        func expect(_ lines: [String], from bridges: String, at location: SourceLocation = #_sourceLocation) throws {
            let command = try self.reload(bridges)
            #expect(command.succeeded && command.lines == lines, "\(command.output)", sourceLocation: location)
        }

        /// Whether one ping is answered; what is forbidden is found out by a second without an answer.
        func answers(_ from: Int, _ to: Int) throws -> Bool {
            try self.lab.run(
                ["ping", "-n", "-q", "-c", "1", "-W", "1", self.lab.hosts[to - 1].address],
                in: self.lab.hosts[from - 1].namespace
            ).output.contains(" 1 received")
        }
    }

    /// A bridge of the embedded or the kernel datapath that listens at port 6653 and does not ask for signs of life.
    private static func bridge(
        _ lab: Lab, name: String = "br0", listen: String = "[\"ptcp:6653:127.0.0.1\"]", _ lines: String...
    ) -> String {
        (["- name: \(name)", "  datapath: \(lab.datapath)", "  inactivity-probe: 0", "  listen: \(listen)"]
            + lines.map { "  \($0)" }).map { "  \($0)\n" }.joined()
    }

    @Test(
        "ports and controllers come and go; another controller's session and other ports' traffic go on",
        arguments: LabDatapath.here)
    func portsAndControllers(datapath: LabDatapath) async throws {
        try await Lab.with(datapath, hosts: 3) { lab in
            let listeners = try [7001, 7002, 7003].map { try RawOpenFlowListener(port: $0, in: lab.switchNamespace) }
            let secure = "fail-mode: secure"
            let agent = try Agent(
                lab,
                Self.bridge(
                    lab, secure, "ports: [eth1=1, eth2=2]",
                    "controllers: [\"tcp:127.0.0.1:7001\", \"tcp:127.0.0.1:7002\"]"))
            let staying = try listeners[0].accept()
            let leaving = try listeners[1].accept()
            try staying.handshake(.openFlow13)
            try leaving.handshake(.openFlow13)
            try agent.dut.requireOfctl(.openFlow13, "add-flow", "cookie=0x77,priority=5,actions=normal")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            let stream = try lab.start(
                ["ping", "-n", "-q", "-c", "150", "-i", "0.02", "-W", "20", lab.hosts[1].address],
                in: lab.hosts[0].namespace)

            let file = Self.bridge(
                lab, secure, "ports: [eth1=1, eth2=2, eth3=3]",
                "controllers: [\"tcp:127.0.0.1:7003\", \"tcp:127.0.0.1:7001\"]")
            let lines = [
                "bridge br0: port eth3 added", "bridge br0: controller tcp:127.0.0.1:7002 removed",
                "bridge br0: controller tcp:127.0.0.1:7003 added",
            ]
            let dry = try agent.reload(file, "--dry-run")
            #expect(dry.succeeded && dry.lines == lines, "\(dry.output)")
            #expect(try !agent.dut.requireOfctl(.openFlow13, "dump-ports-desc").contains("eth3"))

            try agent.expect(lines, from: file)
            // OFPT_PORT_STATUS, on the connection that there was before.
            let status = try staying.receive(type: 12)
            #expect(Array(status.body[8..<12]) == [0, 0, 0, 3])
            try staying.proveAlive(.openFlow13)
            _ = try leaving.receiveUntilClosed()
            let coming = try listeners[2].accept()
            try coming.handshake(.openFlow13)
            // Every packet of the stream was answered, before and after.
            _ = try stream.waitForExit()
            #expect(stream.output.contains(" 150 received"), "\(stream.output)")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[2]))
            let flows = try agent.dut.flows(.openFlow13, "cookie=0x77/-1")
            #expect(flows.count == 1 && flows[0].number("n_packets") ?? 0 >= 300, "\(flows)")

            try agent.expect(["nothing changed"], from: file)
            try agent.expect(
                ["bridge br0: port eth2 removed"], from: file.replacingOccurrences(of: "eth2=2, ", with: ""))
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[2]))
            #expect(try !agent.answers(1, 2))
            try staying.proveAlive(.openFlow13)
            let show = try agent.dut.sluice("show")
            #expect(show.contains("controller tcp:127.0.0.1:7001: connected"), "\(show)")
            #expect(!show.contains("7002"), "\(show)")
        }
    }

    @Test(
        "bridges come and go, and take over devices and addresses; the others do not notice",
        arguments: LabDatapath.here)
    func bridges(datapath: LabDatapath) async throws {
        try await Lab.with(datapath, hosts: 3) { lab in
            let first = Self.bridge(lab, "fail-mode: standalone", "ports: [eth1=1, eth2=2]")
            func other(_ name: String) -> String {
                Self.bridge(lab, name: name, listen: "[\"ptcp:6654:127.0.0.1\"]", "ports: [eth3=7]", "datapath-id: b7")
            }
            let agent = try Agent(lab, first + other("br1"))
            let client = try agent.dut.connect()
            try client.handshake(.openFlow13)
            for (name, former) in [("br2", "br1"), ("br1", "br2")] {
                try agent.expect(
                    ["bridge \(former): removed", "bridge \(name): added"], from: first + other(name))
                let links = try lab.run(["ip", "-o", "link"], in: lab.switchNamespace).output
                #expect(links.contains(" \(name): ") && !links.contains(" \(former): "), "\(links)")
                let second = try RawOpenFlowClient(port: 6654, in: lab.switchNamespace)
                let features = try second.handshake(.openFlow13)
                #expect(features.body[7] == 0xb7)
                let show = try agent.dut.sluice("show")
                #expect(show.contains("Bridge \(name)\n") && !show.contains("Bridge \(former)\n"), "\(show)")
            }
            // A device goes from one bridge to another in one step, and traffic with it.
            try agent.expect(
                ["bridge br1: removed", "bridge br0: port eth3 added"],
                from: first.replacingOccurrences(of: "eth2=2]", with: "eth2=2, eth3=3]"))
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[2]))
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            try client.proveAlive(.openFlow13)
        }
    }

    @Test("a file with an error, or with what there is not, changes nothing, and says what is wrong and where")
    func errors() async throws {
        try await Lab.with(LabDatapath.here[0], hosts: 3) { lab in
            let good = Self.bridge(lab, "fail-mode: secure", "ports: [eth1=1, eth2=2]")
            let agent = try Agent(lab, good)
            try agent.dut.requireOfctl(.openFlow13, "add-flow", "actions=normal")
            let client = try agent.dut.connect()
            try client.handshake(.openFlow13)
            let changed = good.replacingOccurrences(of: "eth2=2]", with: "eth3=3]")
            for (text, error) in [
                (changed + "    fail-mod: secure\n", "sluice.yaml:8:5: bridges[0]: unknown key 'fail-mod'"),
                (changed.replacingOccurrences(of: "[eth1=1", with: "[eth1=x"), "'x' is not a port number"),
                (changed.replacingOccurrences(of: "eth3", with: "nosuch0"), "there is no device nosuch0 on this host"),
                (changed + "    controllers: [\"ssl:127.0.0.1\"]\n", "needs TLS"),
                ("  - {name: [\n", "not YAML"),
            ] {
                let command = try agent.reload(text)
                #expect(command.status == .exited(1) && command.output.contains(error), "\(command.output)")
            }
            try agent.dut.process.waitForOutput(containing: "configuration not taken over: ")
            let ports = try agent.dut.requireOfctl(.openFlow13, "dump-ports-desc")
            #expect(ports.contains("2(eth2)") && !ports.contains("eth3"), "\(ports)")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            try client.proveAlive(.openFlow13)
            // What was refused left nothing behind either.
            try agent.expect(["nothing changed"], from: good)
        }
    }

    @Test("what cannot be had is told of and left out, all else is done, and the next reload tries it again")
    func partly() async throws {
        try await Lab.with(LabDatapath.here[0], hosts: 3) { lab in
            let agent = try Agent(lab, Self.bridge(lab, "fail-mode: secure", "ports: [eth1=1]"))
            var stranger: RawOpenFlowListener? = try RawOpenFlowListener(port: 7009, in: lab.switchNamespace)
            #expect(stranger != nil)
            let file = Self.bridge(
                lab, listen: "[\"ptcp:6653:127.0.0.1\", \"ptcp:7009:127.0.0.1\"]", "fail-mode: secure",
                "ports: [eth1=1, eth2=2]")
            let command = try agent.reload(file)
            #expect(command.status == .exited(1), "\(command.output)")
            #expect(command.output.contains("bridge br0: port eth2 added"), "\(command.output)")
            #expect(
                command.output.contains(
                    "not done: bridge br0: cannot listen on ptcp:7009:127.0.0.1: Address already in use"),
                "\(command.output)")
            #expect(try agent.dut.requireOfctl(.openFlow13, "dump-ports-desc").contains("2(eth2)"))
            stranger = nil
            try agent.expect(["bridge br0: listener ptcp:7009:127.0.0.1 added"], from: file)
            try RawOpenFlowClient(port: 7009, in: lab.switchNamespace).handshake(.openFlow10)
        }
    }

    @Test(
        "settings of ports and of the bridge change in place; SIGHUP does as the command", arguments: LabDatapath.here)
    func inPlace(datapath: LabDatapath) async throws {
        try await Lab.with(datapath, hosts: 3) { lab in
            func file(_ vlan: Int, _ more: String) -> String {
                Self.bridge(
                    lab, "ports: [\"eth1=1,tag=10\", \"eth2=2,tag=\(vlan)\", eth3=3]", more)
            }
            let agent = try Agent(lab, file(10, "fail-mode: secure"))
            let client = try agent.dut.connect()
            try client.handshake(.openFlow13)
            #expect(try !agent.answers(1, 2))
            try agent.expect(["bridge br0: changed: fail-mode"], from: file(10, "fail-mode: standalone"))
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            try agent.expect(
                ["bridge br0: port eth2 changed (VLANs)"], from: file(20, "fail-mode: standalone"))
            #expect(try !agent.answers(1, 2))

            // By the signal, and with copies of what hosts 1 and 2 say for host 3.
            let mirror = "mirrors: [\"m,select-src=eth1,output-port=eth3\"]"
            try Agent.write(file(10, mirror), in: lab)
            let ear = try PacketSocket("eth0", in: lab.hosts[2].namespace)
            agent.dut.process.send(signal: SIGHUP)
            try agent.dut.process.waitForOutput(containing: "configuration: bridge br0: changed: mirrors")
            // Answered by the thread that a reload keeps waiting.
            try agent.expect(["nothing changed"], from: file(10, mirror))
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            _ = try ear.receive("a copy of an echo request") { $0.count > 34 && $0[12...13] == [8, 0] && $0[34] == 8 }
            try client.proveAlive(.openFlow13)

            // Another identity is another switch: everybody has to come again.
            try agent.expect(
                ["bridge br0: changed: datapath-id, mirrors, flow-tables"],
                from: file(10, "flow-tables: [\"3,name=third\"]\n    datapath-id: c7"))
            _ = try client.receiveUntilClosed()
            let again = try agent.dut.connect()
            let features = try again.handshake(.openFlow13)
            #expect(features.body[7] == 0xc7)
            #expect(try agent.dut.requireOfctl(speaking: "OpenFlow13", "dump-table-features").contains("\"third\""))
        }
    }

    @Test("a controller with other settings is called anew, one with none is not; logs change their levels and places")
    func connectionSettings() async throws {
        try await Lab.with(LabDatapath.here[0], hosts: 1) { lab in
            let listeners = try [7001, 7002].map { try RawOpenFlowListener(port: $0, in: lab.switchNamespace) }
            func file(_ first: String, _ more: String = "") -> String {
                Self.bridge(
                    lab, "fail-mode: secure", "controllers:", "  - {address: \"tcp:127.0.0.1:7001\"\(first)}",
                    "  - \"tcp:127.0.0.1:7002\"") + more
            }
            let agent = try Agent(lab, file(""))
            let former = try listeners[0].accept()
            let steady = try listeners[1].accept()
            try former.handshake(.openFlow13)
            try steady.handshake(.openFlow13)
            try agent.expect(
                ["bridge br0: controller tcp:127.0.0.1:7001 called anew (protocols)"],
                from: file(", protocols: [OpenFlow10]"))
            _ = try former.receiveUntilClosed()
            let present = try listeners[0].accept()
            try present.handshake(.openFlow10)
            try agent.expect(
                [
                    "log-file: changed", "log-level: changed",
                    "bridge br0: controller tcp:127.0.0.1:7001 changed (log-messages)",
                ],
                from: file(
                    ", protocols: [OpenFlow10], log-messages: BARRIER",
                    "log-level: debug\nlog-file: \(lab.folder)/reload.log\n"))
            try present.send(.init(1, 18, 5))
            _ = try present.receive(type: 19)
            try steady.proveAlive(.openFlow13)
            try eventually("a message of the type asked for in the log file") {
                let text = (try? String(contentsOfFile: "\(lab.folder)/reload.log", encoding: .utf8)) ?? ""
                return text.contains("< tcp:127.0.0.1:7001: OFPT_BARRIER_REQUEST") ? true : nil
            }
            // The recording begins on the open connection.
            try agent.expect(
                [
                    "log-file: changed", "log-level: changed",
                    "bridge br0: controller tcp:127.0.0.1:7001 changed (record, log-messages)",
                ],
                from: file(", protocols: [OpenFlow10], record: \(lab.folder)/said.pcapng"))
            try present.proveAlive(.openFlow10)
            #expect(try agent.dut.sluice("show").contains("recording \(lab.folder)/said.pcapng"))
        }
    }

    @Test("an agent that was started by flags alone has nothing to read")
    func withoutFile() async throws {
        try await Lab.with(LabDatapath.here[0], hosts: 1) { lab in
            let dut = try lab.startSwitch()
            let command = try lab.run(
                [Repository.sluice, "reload", "--run-dir", "\(lab.folder)/run"], in: lab.switchNamespace)
            #expect(command.status == .exited(1), "\(command.output)")
            #expect(command.output.contains("the agent was started without --config"), "\(command.output)")
            // The signal opens the log anew, as ever, and is no error.
            dut.process.send(signal: SIGHUP)
            try dut.process.waitForOutput(containing: "log opened")
            #expect(!dut.process.output.contains("not taken over:") || dut.process.output.contains("--config"))
        }
    }
}
