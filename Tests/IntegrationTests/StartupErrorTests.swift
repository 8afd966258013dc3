import Foundation
import Support
import Testing

/// Tests of what `sluice run` says when it cannot start: one line per fault on standard error, and an exit code.
@Suite("What stops the switch from starting", .enabled(if: !UserModeLinux.isGuest, "needs no kernel of its own"))
struct StartupErrorTests {
    /// The exit codes of `sluice run --help`.
    private enum Exit {
        static let configuration: Int32 = 2
        static let device: Int32 = 3
        static let permission: Int32 = 4
        static let inUse: Int32 = 5
        static let usage: Int32 = 64
    }

    /// Runs the switch in the lab's namespace until it ends by itself.
    private func start(_ lab: Lab, _ flags: [String], wrappedBy wrapper: [String] = []) throws -> Command {
        try lab.run(wrapper + lab.flags(flags), in: lab.switchNamespace)
    }

    private func expect(
        _ command: Command, exit: Int32, oneLineWith parts: String..., at location: SourceLocation = #_sourceLocation
    ) {
        #expect(command.status == .exited(exit), "\(command.output)", sourceLocation: location)
        let errors = command.lines.filter { $0.hasPrefix("sluice: ") }
        #expect(errors.count == 1, "one line: \(command.output)", sourceLocation: location)
        for part in parts {
            #expect(errors.first?.contains(part) == true, "“\(part)” in: \(command.output)", sourceLocation: location)
        }
    }

    @Test("a device that does not exist is named")
    func missingDevice() async throws {
        try await Lab.with(.embedded) { lab in
            let run = try self.start(lab, ["--port", "eth1=1", "--port", "nosuch0=2"])
            self.expect(run, exit: Exit.device, oneLineWith: "nosuch0")
        }
    }

    @Test("a listening port that is in use is named")
    func addressInUse() async throws {
        try await Lab.with(.embedded) { lab in
            _ = try lab.startSwitch()
            let flags = ["--bridge", "br1", "--datapath", "userspace", "--run-dir", "\(lab.folder)/second"]
            let second = [Repository.sluice, "run"] + flags + ["--listen", "ptcp:6653:127.0.0.1"]
            let run = try lab.run(second, in: lab.switchNamespace)
            self.expect(run, exit: Exit.inUse, oneLineWith: "ptcp:6653:127.0.0.1", "in use")
        }
    }

    @Test("a run directory that another agent uses is named")
    func runDirectoryInUse() async throws {
        try await Lab.with(.embedded) { lab in
            let first = try lab.startSwitch()
            let flags = ["--bridge", "br1", "--datapath", "userspace", "--run-dir", "\(lab.folder)/run"]
            let run = try lab.run([Repository.sluice, "run"] + flags, in: lab.switchNamespace)
            self.expect(run, exit: Exit.inUse, oneLineWith: "\(lab.folder)/run")
            try first.requireOfctl(.openFlow13, "probe")
        }
    }

    @Test("two agents side by side, each with its run directory, do not disturb each other")
    func sideBySide() async throws {
        try await Lab.with(.embedded, hosts: 2) { lab in
            let first = try lab.startSwitch(ports: false)
            let flags = ["--bridge", "br1", "--datapath", "userspace", "--run-dir", "\(lab.folder)/second"]
            let ports = ["--port", "eth1", "--port", "eth2", "--fail-mode", "standalone"]
            let second = try lab.start([Repository.sluice, "run"] + flags + ports, in: lab.switchNamespace)
            try second.waitForOutput(containing: "sluice: ready")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            #expect(try second.stop() == .exited(0))
            try first.requireOfctl(.openFlow13, "probe")
        }
    }

    @Test("without permission the line says what is lacking")
    func noPermission() async throws {
        try await Lab.with(.embedded) { lab in
            // The build may lie where nobody may look; the program is copied to where anybody can start it.
            let program = "\(lab.folder)/sluice"
            // By another process: a file that this one has open for writing could be inherited, and then not be
            // started.
            try Command.require(["cp", Repository.sluice, program])
            try Command.require(["chmod", "755", lab.folder, program])
            let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"]
            let flags = ["--bridge", "br0", "--datapath", "userspace", "--port", "eth1=1"]
            let directory = ["--run-dir", "/tmp/sluice-nobody-\(UInt64.random(in: 0 ... .max))"]
            let run = try lab.run(nobody + [program, "run"] + flags + directory, in: lab.switchNamespace)
            try? FileManager.default.removeItem(atPath: directory[1])
            self.expect(run, exit: Exit.permission, oneLineWith: "permi")
        }
    }

    @Test(
        "a kernel without the openvswitch module is named; 'auto' takes the embedded datapath and says why",
        .enabled(if: !KernelModule.isPresent, "this kernel has the module"))
    func noKernelModule() async throws {
        try await Lab.with(.embedded) { lab in
            let run = try lab.run(
                [
                    Repository.sluice, "run", "--bridge", "br0", "--datapath", "kernel", "--run-dir",
                    "\(lab.folder)/run",
                ],
                in: lab.switchNamespace)
            #expect(run.status != .exited(0))
            #expect(run.lines.filter { $0.hasPrefix("sluice: ") }.count == 1, "\(run.output)")
            #expect(run.output.contains("openvswitch"), "\(run.output)")

            let automatic = try lab.start(
                [Repository.sluice, "run", "--bridge", "br0", "--datapath", "auto", "--run-dir", "\(lab.folder)/auto"],
                in: lab.switchNamespace)
            try automatic.waitForOutput(containing: "sluice: ready")
            #expect(automatic.output.contains("embedded"), "\(automatic.output)")
            #expect(try automatic.stop() == .exited(0))
        }
    }

    /// A configuration file with one thing wrong, and what the line must say.
    struct Fault: Sendable, CustomStringConvertible {
        /// What is wrong.
        let description: String
        /// The file.
        let text: String
        /// What the line must hold: where it is, and what is allowed.
        let parts: [String]
    }

    private static let faults = [
        Fault(
            description: "an unknown key", text: "bridges:\n  - name: br0\n    colour: red\n",
            parts: ["sluice.yaml:3:", "colour", "fail-mode"]),
        Fault(
            description: "a misspelt key at the top", text: "bridge: br0\n",
            parts: ["sluice.yaml:1:", "'bridge'", "bridges"]),
        Fault(
            description: "a list where text belongs", text: "bridges:\n  - name: br0\n    datapath: [kernel]\n",
            parts: ["sluice.yaml:3:", "datapath", "a list"]),
        Fault(
            description: "text where a list belongs", text: "bridges:\n  - name: br0\n    ports: eth1\n",
            parts: ["sluice.yaml:3:", "ports", "expected a list"]),
        Fault(
            description: "a word that is not allowed", text: "bridges:\n  - name: br0\n    fail-mode: maybe\n",
            parts: ["sluice.yaml:3:", "'maybe'", "standalone or secure"]),
        Fault(
            description: "a number out of range", text: "bridges:\n  - name: br0\n    ports: [eth1=70000]\n",
            parts: ["sluice.yaml:3:", "70000", "1 to"]),
        Fault(
            description: "a duration without a unit", text: "bridges:\n  - name: br0\n    max-backoff: 8\n",
            parts: ["sluice.yaml:3:", "max-backoff", "'8'"]),
        Fault(description: "no YAML at all", text: "bridges: [\n", parts: ["sluice.yaml:2:", "not YAML"]),
    ]

    @Test("a fault in the configuration file gives its file, line, key and what is allowed", arguments: Self.faults)
    func configuration(fault: Fault) async throws {
        try await Lab.with(.embedded, hosts: 1) { lab in
            let file = "\(lab.folder)/sluice.yaml"
            try fault.text.write(toFile: file, atomically: true, encoding: .utf8)
            let run = try lab.run(
                [Repository.sluice, "run", "--config", file, "--run-dir", "\(lab.folder)/run"], in: lab.switchNamespace)
            #expect(run.status == .exited(Exit.configuration), "\(run.output)")
            #expect(run.lines.count == 1, "one line: \(run.output)")
            for part in fault.parts { #expect(run.output.contains(part), "“\(part)” in: \(run.output)") }
        }
    }

    @Test("a configuration file that cannot be read, and flags that do not exist, are named")
    func usage() async throws {
        try await Lab.with(.embedded, hosts: 1) { lab in
            let noFile = try lab.run(
                [Repository.sluice, "run", "--config", "/nonexistent.yaml"], in: lab.switchNamespace)
            self.expect(noFile, exit: Exit.configuration, oneLineWith: "/nonexistent.yaml", "No such file")
            let flag = try self.start(lab, ["--colour", "red"])
            #expect(flag.status == .exited(Exit.usage))
            #expect(flag.output.contains("--colour"))
            let value = try self.start(lab, ["--max-backoff", "soon"])
            self.expect(value, exit: Exit.configuration, oneLineWith: "--max-backoff", "'soon'")
        }
    }
}

@Suite("The switch as a program", .enabled(if: !UserModeLinux.isGuest, "needs no kernel of its own"))
struct ProgramTests {
    @Test("a configuration file says what the flags can", arguments: [SIGTERM, SIGINT])
    func configurationFile(signal: Int32) async throws {
        try await Lab.with(.embedded) { lab in
            let file = "\(lab.folder)/sluice.yaml"
            let text = """
                run-dir: \(lab.folder)/run
                log-file: \(lab.folder)/sluice.log
                log-level: debug
                bridges:
                  - name: br0
                    datapath: userspace
                    datapath-id: 00000000000000f1
                    fail-mode: standalone
                    protocols: [OpenFlow10, OpenFlow13]
                    ports: [eth1=7, {device: eth2, number: 9}]
                    listen: ["ptcp:6653:127.0.0.1"]

                """
            try text.write(toFile: file, atomically: true, encoding: .utf8)
            let process = try lab.start([Repository.sluice, "run", "--config", file], in: lab.switchNamespace)
            let ready = try process.waitForOutput(containing: "sluice: ready")
            #expect(ready.contains("br0"), "\(ready)")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            let dut = LabSwitch(process: process, lab: lab)
            let show = try dut.requireOfctl(.openFlow10, "show")
            for part in ["dpid:00000000000000f1", " 7(eth1): ", " 9(eth2): "] {
                #expect(show.contains(part), "\(show)")
            }

            let client = try dut.connect()
            try client.handshake(.openFlow13)
            #expect(try process.stop(signal: signal) == .exited(0))
            _ = try client.receiveUntilClosed()
            #expect(FileManager.default.fileExists(atPath: "\(lab.folder)/sluice.log"))
            // The ports are left as they were found, the bridge's own device is gone.
            let devices = try Command.require(["ip", "-n", lab.switchNamespace.name, "-br", "link"])
            #expect(devices.contains("eth1") && devices.contains("eth2") && !devices.contains("br0"), "\(devices)")
        }
    }

    @Test("the management socket answers ovs-ofctl")
    func managementSocket() async throws {
        try await Lab.with(.embedded) { lab in
            _ = try lab.startSwitch()
            let show = try Command.require(["ovs-ofctl", "-O", "OpenFlow13", "show", "unix:\(lab.folder)/run/br0.mgmt"])
            #expect(show.contains("dpid:00000000000000a1"), "\(show)")
        }
    }
}

/// Whether this machine's kernel has, or can load, the openvswitch module.
enum KernelModule {
    /// As `modprobe --dry-run` and the loaded modules have it.
    static let isPresent: Bool =
        FileManager.default.fileExists(atPath: "/sys/module/openvswitch")
        || (try? Command.run(["modprobe", "--dry-run", "--quiet", "openvswitch"]))?.succeeded == true
}
