import Support
import Testing

@Suite("VLAN modes of ports")
struct VLANModeTests {
    @Test(
        "access ports of one VLAN reach each other over a trunk between bridges, others do not",
        arguments: LabDatapath.here)
    func access(datapath: LabDatapath) async throws {
        try await Lab.with(datapath, hosts: 3) { lab in
            _ = try lab.startSwitch(
                "--fail-mode", "standalone", "--port", "eth1=1,tag=10", "--port", "p0=9,peer=p1,trunks=10;20",
                "--bridge", "br1", "--datapath", datapath.rawValue, "--fail-mode", "standalone",
                "--port", "eth2=2,tag=10", "--port", "eth3=3,tag=20", "--port", "p1,peer=p0", ports: false)
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            #expect(try lab.ping(from: lab.hosts[1], to: lab.hosts[0]))
            #expect(try !lab.ping(from: lab.hosts[0], to: lab.hosts[2]))
            #expect(try !lab.ping(from: lab.hosts[1], to: lab.hosts[2]))
        }
    }

    @Test(
        "a native VLAN leaves tagged or untagged, as its port says, and comes in untagged either way",
        arguments: LabDatapath.here)
    func native(datapath: LabDatapath) async throws {
        try await Lab.with(datapath, hosts: 3) { lab in
            let dut = try lab.startSwitch(
                "--fail-mode", "standalone", "--port", "eth1=1,tag=7", "--port",
                "eth2=2,vlan-mode=native-tagged,tag=7", "--port", "eth3=3,vlan-mode=native-untagged,tag=7",
                ports: false)
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[2]))
            // What host 3 asks reaches host 2 with a tag, and host 2 has no device for that VLAN.
            let asked = try lab.run(
                ["ping", "-n", "-q", "-c", "1", "-W", "2", lab.hosts[1].address], in: lab.hosts[2].namespace)
            #expect(asked.output.contains(" 0 received"), "\(asked.output)")
            let flows = try dut.sluice("dump-datapath-flows")
            #expect(flows.contains("push_vlan(tpid=0x8100,vid=7"), "\(flows)")
            let answered = try lab.ping(from: lab.hosts[2], to: lab.hosts[0])
            #expect(answered)
        }
    }

    @Test(
        "a tunnel of VLANs takes customers' tags along behind one of its own, and gives them back",
        arguments: LabDatapath.here)
    func tunnel(datapath: LabDatapath) async throws {
        try await Lab.with(datapath, hosts: 3) { lab in
            let dut = try lab.startSwitch(
                "--fail-mode", "standalone", "--port", "eth1=1,vlan-mode=dot1q-tunnel,tag=100,cvlans=5", "--port",
                "eth2=2,vlan-mode=dot1q-tunnel,tag=100", "--port", "eth3=3,trunks=100", ports: false)
            let sockets = try lab.hosts.map { try PacketSocket("eth0", in: $0.namespace) }
            let plain = TestFrame.experimental(from: 1, to: 2, [1, 2, 3])
            let tagged = Array(plain[..<12]) + [0x81, 0, 0, 5] + plain[12...]
            try sockets[0].send(tagged)
            // A socket does not show the first tag of what it receives: the customer's here, and there the tunnel's.
            let given = try sockets[1].receive("the customer's frame") { $0.starts(with: plain[..<12]) }
            let carried = try sockets[2].receive("the tunnel's frame") { $0.starts(with: plain[..<12]) }
            #expect(given.starts(with: plain) && carried.starts(with: tagged))
            let flows = try dut.sluice("dump-datapath-flows")
            #expect(flows.contains("push_vlan(tpid=0x88a8,vid=100"), "\(flows)")
            // Another customer VLAN is not let in.
            try sockets[0].send(Array(plain[..<12]) + [0x81, 0, 0, 6] + plain[12...])
            try eventually("the drop is counted") {
                try dut.sluice("dump-drops").contains("VLAN not allowed on the ingress port") ? true : nil
            }
        }
    }
}
