import Support
import Testing

@Suite("NORMAL: its addresses at the control socket, and mirrors")
struct ForwardingDatabaseTests {
    @Test(
        "addresses are shown, entered for good and forgotten; a mirror hears what is said", arguments: LabDatapath.here)
    func addresses(datapath: LabDatapath) async throws {
        try await Lab.with(datapath, hosts: 3) { lab in
            let dut = try lab.startSwitch("--mirror", "spy,select-src=eth1,output-port=eth3")
            try dut.requireOfctl(.openFlow13, "add-flow", "actions=NORMAL")
            func fdb(_ words: String...) throws -> Command {
                let command = [Repository.sluice, "fdb"] + words + ["--run-dir", "\(lab.folder)/run"]
                return try lab.run(command, in: lab.switchNamespace)
            }
            let spy = try PacketSocket("eth0", in: lab.hosts[2].namespace)
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            // The mirror's port takes part in nothing else: what it hears are copies.
            let copy = try spy.receive("the copy of an echo request") { frame in
                frame.count > 34 && frame[12...13] == [0x08, 0x00] && frame[23] == 1
            }
            #expect(copy[11] == 1)
            let shown = try fdb("show", "br0").output
            #expect(shown.contains("    1     0  \(lab.hosts[0].hardwareAddress)"), "\(shown)")
            #expect(shown.contains("    2     0  \(lab.hosts[1].hardwareAddress)"), "\(shown)")
            let added = try fdb("add", "br0", "eth2", "0", "02:00:00:00:00:55")
            #expect(added.status == .exited(0), "\(added.output)")
            #expect(try fdb("show", "br0").output.contains("    2     0  02:00:00:00:00:55  static"))
            #expect(try fdb("add", "br0", "eth9", "0", "02:00:00:00:00:55").status != .exited(0))
            #expect(try fdb("flush", "br0").output.contains("addresses forgotten"))
            #expect(try fdb("show", "br0").output.contains("02:00:00:00:00:55  static"))
            #expect(try fdb("delete", "br0", "0", "02:00:00:00:00:55").status == .exited(0))
            let statistics = try fdb("stats", "br0").output
            #expect(statistics.contains("Current static MAC entries in the table: 0"), "\(statistics)")
        }
    }
}
