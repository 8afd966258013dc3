import Foundation
import Support
import Testing

@Suite("Controllers that have names", .enabled(if: !UserModeLinux.isGuest, "no datapath is needed"))
struct NameResolutionTests {
    @Test("while a name server keeps the switch waiting, others are served; then the controller is called")
    func slowNameServer() async throws {
        try await Lab.with(.embedded) { lab in
            let configuration = "\(lab.folder)/resolv.conf"
            try "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n".write(
                toFile: configuration, atomically: true, encoding: .utf8)
            let server = try lab.start(
                ["python3", "\(Repository.root)/Tests/Controllers/slow_name_server.py"], in: lab.switchNamespace)
            try server.waitForOutput(containing: "serving")
            let listener = try RawOpenFlowListener(port: 6633, in: lab.switchNamespace)

            // In a mount namespace of its own, where the name server is ours.
            let script = "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\""
            let flags = lab.flags(
                ["--controller", "tcp:controller.sluice.test:6633", "--fail-mode", "secure"])
            let process = try lab.start(
                ["unshare", "-m", "sh", "-c", script, configuration] + flags, in: lab.switchNamespace)
            try process.waitForOutput(containing: "sluice: ready")
            let dut = LabSwitch(process: process, lab: lab)
            try server.waitForOutput(containing: "asked for controller.sluice.test")

            // The answer is owed from here on, and nobody else waits for it.
            let client = try dut.connect()
            try client.handshake(.openFlow13)
            try client.proveAlive(.openFlow13)
            try client.send(.init(4, 20, 0x2000))
            #expect(try client.receive(type: 21).transactionID == 0x2000)
            let show = try dut.sluice("show")
            #expect(show.contains("controller tcp:controller.sluice.test:6633: not connected"), "\(show)")
            #expect(server.status == nil)

            kill(server.identifier, SIGUSR1)
            let controller = try listener.accept()
            try controller.handshake(.openFlow13)
            try controller.proveAlive(.openFlow13)
        }
    }
}
