import Glibc
import Support
import Testing

@Suite("A learning switch in os-ken", .enabled(if: !UserModeLinux.isGuest, "one datapath is enough"))
struct OSKenTests {
    @Test("hosts reach each other by flows that it makes, in its version", arguments: ["1.0", "1.3", "1.4", "1.5"])
    func learning(version: String) async throws {
        try await Lab.with(.embedded) { lab in
            let application = "\(Repository.root)/Tests/Controllers/learning_switch.py"
            let controller = try lab.startOSKen(
                application, port: 6633, environment: ["OPENFLOW_VERSION": version])
            let protocols = "OpenFlow\(version.replacing(".", with: ""))"
            let dut = try lab.startSwitch("--controller", "tcp:127.0.0.1:6633", "--protocols", protocols)
            try controller.waitForOutput(containing: "learning: switch 00000000000000a1 is here")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            #expect(try lab.ping(from: lab.hosts[1], to: lab.hosts[0]))
            let dump = ["ovs-ofctl", "-t", "60", "-O", protocols, "dump-flows", LabSwitch.address]
            try eventually("a flow to each host") {
                let flows = try Command.require(lab.switchNamespace.command(dump))
                return lab.hosts.allSatisfy { flows.contains("dl_dst=\($0.hardwareAddress)") } ? true : nil
            }
            #expect(!controller.output.contains("Traceback"), "\(controller.output)")
            #expect(!controller.output.contains("learning: error"), "\(controller.output)")
            #expect(dut.process.status == nil)
        }
    }

    @Test("over TLS, with auxiliary connections, and again after the controller was killed")
    func secured() async throws {
        try TestCertificates.prepare()
        try await Lab.with(.embedded) { lab in
            func start() throws -> ChildProcess {
                let identity = [
                    "--ofp-ssl-listen-port", "6655", "--ctl-privkey", TestCertificates.path("controller-rsa.key"),
                    "--ctl-cert", TestCertificates.path("controller-rsa.pem"), "--ca-certs",
                    TestCertificates.path("ca.pem"),
                ]
                let controller = try lab.startOSKen(
                    "\(Repository.root)/Tests/Controllers/learning_switch.py", port: 6633, flags: identity,
                    environment: ["OPENFLOW_VERSION": "1.3"])
                for connection in 0...2 {
                    try controller.waitForOutput(containing: "00000000000000a1 is here, connection \(connection)")
                }
                return controller
            }
            let dut = try lab.startSwitch(
                [
                    "--controller", "ssl:127.0.0.1:6655", "--protocols", "OpenFlow13", "--auxiliary-connections", "2",
                    "--max-backoff", "1s", "--verify-controller-name",
                ] + TestCertificates.flags("switch-ecdsa", caFlag: "--ca-certificate"))
            let first = try start()
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            #expect(try dut.sluice("show").contains("TLSv1.3"))
            try first.stop(signal: SIGKILL)
            let second = try start()
            #expect(try lab.ping(from: lab.hosts[1], to: lab.hosts[0]))
            #expect(!second.output.contains("Traceback"), "\(second.output)")
        }
    }
}
