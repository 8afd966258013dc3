import Foundation
import Support
import Testing

@Suite("The examples", .enabled(if: !UserModeLinux.isGuest, "they show the embedded datapath"))
struct ExampleTests {
    private func twoHosts(_ lab: Lab, _ flags: [String] = []) throws -> ChildProcess {
        try lab.start(
            ["\(Repository.root)/Examples/two-hosts"] + flags, in: lab.switchNamespace,
            environment: ["SLUICE": Repository.sluice])
    }

    /// What the example may leave behind: its hosts' namespaces, its devices.
    private func expectNothingLeft(_ lab: Lab, of output: String) throws {
        let shown = try #require(output.split(separator: "\n").first { $0.hasPrefix("$ ip netns exec ") })
        let host = try #require(shown.split(separator: " ").dropFirst(4).first)
        #expect(!FileManager.default.fileExists(atPath: "/run/netns/\(host)"))
        let devices = try Command.require(["ip", "-n", lab.switchNamespace.name, "-br", "link"])
        #expect(!devices.contains("sluice-h") && !devices.contains("br0"), "\(devices)")
    }

    @Test("two-hosts shows a ping through the switch and puts everything back")
    func once() async throws {
        try await Lab.with(.embedded, hosts: 0) { lab in
            let example = try self.twoHosts(lab, ["--once"])
            #expect(try example.waitForExit() == .exited(0), "\(example.output)")
            #expect(example.output.contains("3 received"), "\(example.output)")
            #expect(example.output.contains("n_packets="), "\(example.output)")
            try self.expectNothingLeft(lab, of: example.output)
        }
    }

    @Test("two-hosts stays until Ctrl-C or a kill, and then puts everything back", arguments: [SIGINT, SIGTERM])
    func ended(by signal: Int32) async throws {
        try await Lab.with(.embedded, hosts: 0) { lab in
            let example = try self.twoHosts(lab)
            try example.waitForOutput(containing: "Ctrl-C ends everything")
            let show = ["ovs-ofctl", "-O", "OpenFlow13", "show", LabSwitch.address]
            #expect(try lab.run(show, in: lab.switchNamespace).succeeded)
            #expect(try example.stop(signal: signal) == .exited(128 + signal), "\(example.output)")
            try self.expectNothingLeft(lab, of: example.output)
        }
    }
}
