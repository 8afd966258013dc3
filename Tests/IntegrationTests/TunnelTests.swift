import Support
import Testing

@Suite(
    "Tunnels of the kernel datapath", .enabled(if: UserModeLinux.isGuest, "KernelDatapathTests runs it in the guest"))
struct TunnelTests {
    /// Host 1 on the first switch; the second switch is in host 2's namespace, with host 2's address on its local port.
    private static func withTunnel(
        _ first: String, _ second: String, flows: [String], _ body: @Sendable (Lab, LabSwitch) throws -> Void
    ) async throws {
        try await Lab.with(.kernel) { lab in
            let (near, far) = (lab.switchNamespace.name, lab.hosts[1].namespace.name)
            // A kernel whose IPv6 is a module may stop for ever where the first tunnel has to load it.
            _ = try Command.run(["modprobe", "ipv6"])
            for command in [
                ["sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"],
                ["ip", "-n", near, "address", "add", "192.0.2.1/24", "dev", "eth2"],
                ["ip", "-n", far, "address", "flush", "dev", "eth0"],
                ["ip", "-n", far, "address", "add", "192.0.2.2/24", "dev", "eth0"],
            ] { try Command.require(command) }
            let dut = try lab.startSwitch("--port", "eth1=1", "--port", "t1=5,\(first),remote=192.0.2.2", ports: false)
            for flow in flows { try dut.requireOfctl(.openFlow13, "add-flow", flow) }
            let other = try lab.start(
                [
                    Repository.sluice, "run", "--bridge", "br1", "--datapath", "kernel", "--fail-mode", "standalone",
                    "--run-dir", "\(lab.folder)/run1", "--port", "t2=5,\(second),remote=192.0.2.1",
                ], in: lab.hosts[1].namespace)
            try other.waitForOutput(containing: "sluice: ready")
            try Command.require(["ip", "-n", far, "address", "add", "10.0.0.2/24", "dev", "br1"])
            try body(lab, dut)
        }
    }

    @Test(
        "packets cross, whatever the protocol",
        arguments: ["type=vxlan,key=7", "type=geneve,key=7", "type=gre,key=7", "type=gre"])
    func fixed(options: String) async throws {
        try await Self.withTunnel(
            options, options, flows: ["in_port=1,actions=output:5", "in_port=5,actions=output:1"]
        ) { lab, dut in
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            let flows = try dut.flows(.openFlow13, "in_port=5")
            #expect(flows.contains { ($0.number("n_packets") ?? 0) > 0 }, "\(flows)")
        }
    }

    @Test("streams cross whole, whatever the protocol", arguments: ["vxlan", "geneve", "gre"])
    func streams(type: String) async throws {
        let options = "type=\(type),key=7"
        try await Self.withTunnel(
            options, options, flows: ["in_port=1,actions=output:5", "in_port=5,actions=output:1"]
        ) { lab, _ in
            // The way of the tunnel takes 1500 bytes, its own headers among them.
            for (namespace, device) in [(lab.hosts[0].namespace, "eth0"), (lab.hosts[1].namespace, "br1")] {
                try Command.require(["ip", "-n", namespace.name, "link", "set", device, "mtu", "1400"])
            }
            let streams = try LabStreams(lab, from: lab.hosts[0], to: lab.hosts[1], count: 2, bytes: 2 << 20)
            let bytes = try streams.finish()
            #expect(bytes.values.allSatisfy { $0 >= 4 << 20 }, "\(bytes)")
        }
    }

    @Test(
        "packets of any type cross where both ends tell them by it, frames too",
        arguments: ["type=gre,packet_type=ptap", "type=vxlan,exts=gpe,key=7,packet_type=ptap", "type=vxlan,exts=gpe"])
    func anyType(options: String) async throws {
        try await Self.withTunnel(
            options, options, flows: ["in_port=1,actions=output:5", "in_port=5,actions=output:1"]
        ) { lab, _ in
            let isReached = try lab.ping(from: lab.hosts[0], to: lab.hosts[1])
            #expect(isReached)
        }
    }

    @Test(
        "packets without an Ethernet header cross between tunnels of layer 3 in VXLAN, and their devices go with them")
    func layer3() async throws {
        let options = "type=vxlan,exts=gpe,key=7,packet_type=legacy_l3"
        let (near, far) = ("02:00:00:00:00:01", "02:00:00:00:00:22")
        try await Self.withTunnel(
            options, options,
            flows: ["in_port=1,ip,actions=output:5", "in_port=5,ip,actions=set_field:\(near)->eth_dst,output:1"]
        ) { lab, dut in
            let switchFar = "unix:\(lab.folder)/run1/br1.mgmt"
            for flow in [
                "priority=9,in_port=5,ip,dl_src=00:00:00:00:00:00,actions=set_field:\(far)->eth_dst,output:LOCAL",
                "priority=9,in_port=LOCAL,ip,actions=output:5",
            ] { try Command.require(["ovs-ofctl", "-O", "OpenFlow13", "add-flow", switchFar, flow]) }
            let inside = lab.hosts[1].namespace.name
            for command in [
                ["ip", "-n", inside, "link", "set", "br1", "address", far],
                ["ip", "-n", inside, "neigh", "replace", "10.0.0.1", "lladdr", near, "dev", "br1"],
                [
                    "ip", "-n", lab.hosts[0].namespace.name, "neigh", "replace", "10.0.0.2", "lladdr", far, "dev",
                    "eth0",
                ],
            ] { try Command.require(command) }
            let isReached = try lab.ping(from: lab.hosts[0], to: lab.hosts[1])
            #expect(isReached)
            let flows = try dut.sluice("dump-datapath-flows")
            #expect(flows.contains("pop_eth") && flows.contains("push_eth"), "\(flows)")
            _ = try dut.process.stop()
            #expect(
                try !Command.run(["ip", "-n", lab.switchNamespace.name, "link", "show", "vxlan_gpe_4790"]).succeeded)
        }
    }

    /// A switch whose port 5 is a tunnel to a GRE device of layer 3, of host 2's, which has host 2's address.
    private static func withDevice(
        _ mode: String, flows: [String], _ body: @Sendable (Lab, LabSwitch) throws -> Void
    ) async throws {
        try await Lab.with(.kernel) { lab in
            let (near, far) = (lab.switchNamespace.name, lab.hosts[1].namespace.name)
            for module in ["ipv6", "ip_gre"] { _ = try Command.run(["modprobe", module]) }
            for command in [
                ["sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"],
                ["ip", "-n", near, "address", "add", "192.0.2.1/24", "dev", "eth2"],
                ["ip", "-n", far, "address", "flush", "dev", "eth0"],
                ["ip", "-n", far, "address", "add", "192.0.2.2/24", "dev", "eth0"],
                [
                    "ip", "-n", far, "link", "add", "tunnel", "type", "gre", "local", "192.0.2.2", "remote",
                    "192.0.2.1", "ttl", "64",
                ],
                ["ip", "-n", far, "link", "set", "tunnel", "up"],
                ["ip", "-n", far, "address", "add", "10.0.0.2/24", "dev", "tunnel"],
                [
                    "ip", "-n", lab.hosts[0].namespace.name, "neigh", "replace", "10.0.0.2", "lladdr",
                    "02:00:00:00:00:99", "dev", "eth0",
                ],
            ] { try Command.require(command) }
            // A tunnel of frames beside it disturbs nobody.
            let dut = try lab.startSwitch(
                "--port", "eth1=1", "--port", "t0=4,type=gre,remote=192.0.2.2", "--port",
                "t1=5,type=gre,packet_type=\(mode),remote=192.0.2.2", ports: false)
            for flow in flows { try dut.requireOfctl(.openFlow13, "add-flow", flow) }
            try body(lab, dut)
        }
    }

    @Test("a GRE device of layer 3 is reached: packets lose their Ethernet headers, and those that come get blank ones")
    func layer3Device() async throws {
        try await Self.withDevice(
            "legacy_l3",
            flows: [
                "in_port=1,ip,actions=output:5",
                "in_port=5,ip,dl_src=00:00:00:00:00:00,actions=set_field:02:00:00:00:00:01->eth_dst,output:1",
            ]
        ) { lab, dut in
            let isReached = try lab.ping(from: lab.hosts[0], to: lab.hosts[1])
            #expect(isReached)
            for host in lab.hosts {
                try Command.require(
                    [
                        "ip", "-n", host.namespace.name, "link", "set", host.number == 1 ? "eth0" : "tunnel", "mtu",
                        "1400",
                    ])
            }
            let streams = try LabStreams(lab, from: lab.hosts[0], to: lab.hosts[1], bytes: 1 << 20)
            try streams.finish()
            let isReturned = try Command.run(
                lab.hosts[1].namespace.command(["ping", "-n", "-q", "-c", "2", "-W", "20", "10.0.0.1"]))
            #expect(isReturned.output.contains(" 2 received"), "\(isReturned.output)")
            _ = try dut.process.stop()
            #expect(try !Command.run(["ip", "-n", lab.switchNamespace.name, "link", "show", "gre_sys_any"]).succeeded)
        }
    }

    @Test("a GRE device of layer 3 is reached by flows that know packet types")
    func packetTypes() async throws {
        try await Self.withDevice(
            "ptap",
            flows: [
                "in_port=1,ip,actions=decap(),output:5",
                "in_port=5,packet_type=(1,0x800),actions=encap(ethernet),set_field:02:00:00:00:00:01->eth_dst,output:1",
            ]
        ) { lab, dut in
            let isReached = try lab.ping(from: lab.hosts[0], to: lab.hosts[1])
            #expect(isReached)
            let flows = try dut.flows(.openFlow13, "in_port=5")
            #expect(flows.contains { $0.has("packet_type=(1,0x800)") && ($0.number("n_packets") ?? 0) > 0 }, "\(flows)")
        }
    }

    @Test("a key that is the flow's is set and matched")
    func flowBased() async throws {
        try await Self.withTunnel(
            "type=vxlan,key=flow", "type=vxlan,key=77",
            flows: [
                "in_port=1,actions=set_field:77->tun_id,output:5",
                "in_port=5,tun_id=77,tun_src=192.0.2.2,actions=output:1",
            ]
        ) { lab, _ in
            let isReached = try lab.ping(from: lab.hosts[0], to: lab.hosts[1])
            #expect(isReached)
        }
    }

    @Test("a group-based policy crosses: set at one end, matched at the other")
    func policy() async throws {
        try await Self.withTunnel(
            "type=vxlan,key=7,exts=gbp", "type=vxlan,key=7,exts=gbp",
            flows: ["in_port=1,actions=set_field:5->tun_gbp_id,output:5", "in_port=5,actions=output:1"]
        ) { lab, _ in
            let far = "unix:\(lab.folder)/run1/br1.mgmt"
            for flow in [
                "priority=100,in_port=5,tun_gbp_id=5,actions=LOCAL", "priority=50,in_port=5,actions=drop",
                "in_port=LOCAL,actions=output:5",
            ] { try Command.require(["ovs-ofctl", "-O", "OpenFlow13", "add-flow", far, flow]) }
            let isReached = try lab.ping(from: lab.hosts[0], to: lab.hosts[1])
            #expect(isReached)
            let flows = try Command.require(["ovs-ofctl", "-O", "OpenFlow13", "dump-flows", far, "in_port=5"])
            #expect(
                flows.split(separator: "\n").contains { $0.contains("tun_gbp_id=") && !$0.contains("n_packets=0,") })
        }
    }

    @Test("packets cross in GRE over IPv6, and its device goes with the last tunnel")
    func greOverIPv6() async throws {
        try await Lab.with(.kernel) { lab in
            let (near, far) = (lab.switchNamespace.name, lab.hosts[1].namespace.name)
            for module in ["ipv6", "ip6_gre"] { _ = try Command.run(["modprobe", module]) }
            for (namespace, device, address) in [(near, "eth2", "2001:db8::1"), (far, "eth0", "2001:db8::2")] {
                for name in ["all", device] {
                    try Command.require(
                        ["ip", "netns", "exec", namespace, "sysctl", "-qw", "net.ipv6.conf.\(name).disable_ipv6=0"])
                }
                try Command.require(["ip", "-n", namespace, "address", "add", "\(address)/64", "dev", device, "nodad"])
            }
            let type = "type=ip6gre,key=7"
            let dut = try lab.startSwitch("--port", "eth1=1", "--port", "t1=5,\(type),remote=2001:db8::2", ports: false)
            for flow in ["in_port=1,actions=output:5", "in_port=5,tun_id=7,actions=output:1"] {
                try dut.requireOfctl(.openFlow13, "add-flow", flow)
            }
            let other = try lab.start(
                [
                    Repository.sluice, "run", "--bridge", "br1", "--datapath", "kernel", "--fail-mode", "standalone",
                    "--run-dir", "\(lab.folder)/run1", "--port", "t2=5,\(type),remote=2001:db8::1",
                ], in: lab.hosts[1].namespace)
            try other.waitForOutput(containing: "sluice: ready")
            try Command.require(["ip", "-n", far, "address", "flush", "dev", "eth0", "scope", "host"])
            try Command.require(["ip", "-n", far, "-4", "address", "flush", "dev", "eth0"])
            try Command.require(["ip", "-n", far, "address", "add", "10.0.0.2/24", "dev", "br1"])
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            let flows = try dut.flows(.openFlow13, "in_port=5")
            #expect(flows.contains { ($0.number("n_packets") ?? 0) > 0 }, "\(flows)")
            #expect(try Command.run(["ip", "-n", far, "link", "show", "ip6gre_sys"]).succeeded)
            _ = try other.stop()
            #expect(try !Command.run(["ip", "-n", far, "link", "show", "ip6gre_sys"]).succeeded)
        }
    }
}
