import Support
import Testing

@Suite("ovs-ofctl in every version over every transport", .enabled(if: !UserModeLinux.isGuest, "no datapath is needed"))
struct OfctlTransportTests {
    @Test(
        "is answered, and changes what it is to change",
        arguments: ["OpenFlow10", "OpenFlow11", "OpenFlow12", "OpenFlow13", "OpenFlow14", "OpenFlow15"])
    func transports(version: String) async throws {
        try TestCertificates.prepare()
        try await Lab.with(.embedded) { lab in
            let dut = try lab.startSwitch(
                [
                    "--listen", "pssl:6654:127.0.0.1", "--listen", "punix:\(lab.folder)/own.sock", "--protocols",
                    "OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15",
                ] + TestCertificates.flags("switch-ecdsa", caFlag: "--ca-certificate"))
            let identity = TestCertificates.flags("controller-rsa", caFlag: "--ca-cert")
            let addresses = [
                LabSwitch.address, "ssl:127.0.0.1:6654", "unix:\(lab.folder)/own.sock",
                "unix:\(lab.folder)/run/br0.mgmt",
            ]
            for (index, address) in addresses.enumerated() {
                func ofctl(_ command: String, _ arguments: String...) throws -> String {
                    try Command.require(
                        lab.switchNamespace.command(
                            ["ovs-ofctl", "-t", "60", "-O", version] + identity + [command, address] + arguments))
                }
                #expect(try ofctl("show").contains("dpid:00000000000000a1"))
                _ = try ofctl("add-flow", "cookie=\(index + 1),in_port=\(index + 1),actions=output:2")
                #expect(try ofctl("dump-flows").contains("cookie=0x\(index + 1)"))
                #expect(try ofctl("dump-ports").contains("3 ports"))
            }
            #expect(dut.process.status == nil)
        }
    }

    @Test("IPv6 does as well: who comes in, over TCP and TLS, and who is called")
    func ipv6() async throws {
        try TestCertificates.prepare()
        try await Lab.with(.embedded) { lab in
            try Command.require(
                lab.switchNamespace.command([
                    "sh", "-ec",
                    "echo 0 >/proc/sys/net/ipv6/conf/lo/disable_ipv6; ip address replace ::1/128 dev lo",
                ]))
            let controller = try lab.startOSKen(
                "\(Repository.root)/Tests/Controllers/learning_switch.py", port: 6633,
                flags: ["--ofp-listen-host", "::1"], environment: ["OPENFLOW_VERSION": "1.3"])
            let dut = try lab.startSwitch(
                [
                    "--listen", "ptcp:6660:[::1]", "--listen", "pssl:6661:[::1]", "--controller", "tcp:[::1]:6633",
                    "--max-backoff", "1s",
                ] + TestCertificates.flags("switch-ecdsa", caFlag: "--ca-certificate"))
            try controller.waitForOutput(containing: "learning: switch 00000000000000a1 is here")
            for address in ["tcp:[::1]:6660", "ssl:[::1]:6661"] {
                let show =
                    ["ovs-ofctl", "-t", "60", "-O", "OpenFlow13"]
                    + TestCertificates.flags("controller-rsa", caFlag: "--ca-cert") + ["show", address]
                #expect(try Command.require(lab.switchNamespace.command(show)).contains("dpid:00000000000000a1"))
            }
            #expect(try dut.sluice("show").contains("controller tcp:[::1]:6633: connected"))
        }
    }
}
