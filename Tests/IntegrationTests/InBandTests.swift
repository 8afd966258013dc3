import Support
import Testing

@Suite("In-band control", .enabled(if: !UserModeLinux.isGuest, "one datapath is enough"))
struct InBandTests {
    @Test(
        "a controller behind the switch's own port is reached, whatever it says, by flows that name their purpose"
    )
    func reached() async throws {
        try await Lab.with(.embedded) { lab in
            let listener = try RawOpenFlowListener(
                port: 6633, address: lab.hosts[0].address, in: lab.hosts[0].namespace)
            let dut = try lab.startSwitch(
                "--controller", "tcp:10.0.0.1:6633", "--in-band", "true", "--max-backoff", "1s", "--protocols",
                "OpenFlow13")
            try Command.require(["ip", "-n", lab.switchNamespace.name, "address", "add", "10.0.0.100/24", "dev", "br0"])
            let controller = try listener.accept()
            try controller.handshake(.openFlow13)
            #expect(try dut.flows(.openFlow13).isEmpty, "controllers do not see them")
            // A controller that would cut itself off: it drops everything, above all that it can say.
            try dut.requireOfctl(.openFlow13, "del-flows")
            try dut.requireOfctl(.openFlow13, "add-flow", "priority=65535,actions=drop")
            try controller.proveAlive(.openFlow13)

            let hidden = try dut.sluice("dump-hidden-flows")
            for purpose in [
                "in-band control: to a controller", "in-band control: from a controller",
                "in-band control: the local port finds its neighbours", "in-band control: DHCP requests",
                "in-band control: others find a controller",
            ] {
                #expect(hidden.contains(purpose), "\(hidden)")
            }
            try eventually("packets in the flow to the controller") {
                let line = try dut.sluice("dump-hidden-flows").split(separator: "\n").first {
                    $0.contains("to a controller")
                }
                return line.map { !$0.contains("n_packets=0,") } == true ? true : nil
            }
            let stranger = try lab.run(
                ["ping", "-n", "-q", "-c", "2", "-i", "0.2", "-W", "1", lab.hosts[1].address],
                in: lab.hosts[0].namespace)
            #expect(stranger.output.contains(" 0 received"), "others are not let through: \(stranger.output)")
        }
    }

    @Test("it is off unless it is asked for, and one controller may be left out")
    func off() async throws {
        try await Lab.with(.embedded) { lab in
            let dut = try lab.startSwitch("--controller", "tcp:10.0.0.1:6633")
            #expect(try dut.sluice("dump-hidden-flows").contains("0 hidden flows"))
            let file = try lab.write(
                """
                bridges:
                  - name: br1
                    datapath: userspace
                    in-band: true
                    controllers:
                      - tcp:192.0.2.1
                      - {address: "tcp:192.0.2.2", in-band: false}
                """, to: "sluice.yaml")
            let other = try lab.start(
                [Repository.sluice, "run", "--config", file, "--run-dir", "\(lab.folder)/other"],
                in: lab.switchNamespace)
            try other.waitForOutput(containing: "sluice: ready")
            let hidden = try Command.require(
                lab.switchNamespace.command(
                    [Repository.sluice, "dump-hidden-flows", "--run-dir", "\(lab.folder)/other"]))
            #expect(hidden.contains("nw_dst=192.0.2.1,tp_dst=6653"), "\(hidden)")
            #expect(!hidden.contains("192.0.2.2"), "\(hidden)")
        }
    }
}
