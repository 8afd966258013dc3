import Support
import Testing

@Suite("Nicira's actions under traffic")
struct ExtensionActionTests {
    @Test("a learning switch made of learn actions: addresses are learned and used", arguments: LabDatapath.here)
    func learn(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            try dut.requireOfctl(
                .openFlow13, "add-flow",
                "table=0,actions=learn(table=1,idle_timeout=60,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],"
                    + "output:NXM_OF_IN_PORT[]),resubmit(,1)")
            try dut.requireOfctl(.openFlow13, "add-flow", "table=1,priority=0,actions=flood")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            try eventually("both hosts are learned") {
                let flows = try dut.flows(.openFlow13, "table=1")
                return lab.hosts.allSatisfy { host in
                    flows.contains { $0.has("dl_dst=\(host.hardwareAddress)", "output:\(host.number)") }
                } ? true : nil
            }
            #expect(try lab.ping(from: lab.hosts[1], to: lab.hosts[0]))
            let counted = try dut.flows(.openFlow13, "table=1")
            #expect(counted.contains { ($0.number("n_packets") ?? 0) > 0 && $0.has("dl_dst=") }, "\(counted)")
        }
    }

    @Test("clones, stacks and registers: what a copy changes stays with it", arguments: LabDatapath.here)
    func clone(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            // The copy would go nowhere useful; the packet itself must arrive as it was.
            try dut.requireOfctl(
                .openFlow13, "add-flow",
                "table=0,ip,actions=clone(mod_dl_dst:02:00:00:00:00:77,mod_nw_ttl:3,output:1,output:2),"
                    + "push:NXM_OF_IN_PORT[],pop:NXM_NX_REG1[0..15],resubmit(,1)")
            try dut.requireOfctl(.openFlow13, "add-flow", "table=0,arp,actions=flood")
            try dut.requireOfctl(.openFlow13, "add-flow", "table=1,reg1=1,actions=output:2")
            try dut.requireOfctl(.openFlow13, "add-flow", "table=1,reg1=2,actions=output:1")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
        }
    }
}
