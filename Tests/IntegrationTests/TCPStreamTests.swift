import Foundation
import Support
import Testing

/// Streams of TCP whose contents are compared; those through tunnels, address translation and an agent that is killed
/// are with `TunnelTests`, `ConnectionTrackingTests` and `RestartTests`.
@Suite("Streams of TCP between hosts")
struct TCPStreamTests {
    /// Two bridges, a host on each as port 1 and 2, and cables between them as ports 3 and 4 of both.
    private struct Bridges: Sendable {
        let lab: Lab
        let near: LabSwitch

        /// Makes `cables` cables and starts the switch, with these words about the ports after their names.
        init(_ lab: Lab, cables: Int, failMode: String, hosts: String = "", trunks: String = "") throws {
            self.lab = lab
            let namespace = lab.switchNamespace.name
            var flags: [[String]] = [["--fail-mode", failMode], ["--fail-mode", failMode]]
            for (index, flag) in ["eth1=1\(hosts)", "eth2=2\(hosts)"].enumerated() {
                flags[index] += ["--port", flag]
            }
            for number in 3..<(3 + cables) {
                try Command.require(
                    [
                        "ip", "-n", namespace, "link", "add", "near\(number)", "type", "veth", "peer", "name",
                        "far\(number)",
                    ])
                for (index, name) in ["near\(number)", "far\(number)"].enumerated() {
                    try Command.require(["ip", "-n", namespace, "link", "set", name, "up"])
                    flags[index] += ["--port", "\(name)=\(number)\(trunks)"]
                }
            }
            let second = ["--bridge", "br1", "--datapath", lab.datapath.rawValue]
            self.near = try lab.startSwitch(flags[0] + second + flags[1], ports: false)
        }

        /// Runs `ovs-ofctl COMMAND` with the second bridge, and returns the output.
        @discardableResult
        func far(_ command: String, _ arguments: String...) throws(LabError) -> String {
            try Command.require(
                ["ovs-ofctl", "-t", "60", "-O", "OpenFlow13", command, "unix:\(self.lab.folder)/run/br1.mgmt"]
                    + arguments)
        }

        /// Gives both bridges a group 7, and flows: TCP from the host by that group, other packets by the first cable,
        /// everything from a cable to the host.
        func join(by group: String) throws(LabError) {
            try self.near.requireOfctl(.openFlow13, "add-group", "group_id=7,\(group)")
            try self.far("add-group", "group_id=7,\(group)")
            for number in [3, 4] {
                try self.near.requireOfctl(.openFlow13, "add-flow", "in_port=\(number),tcp,actions=output:1")
                try self.far("add-flow", "in_port=\(number),tcp,actions=output:2")
            }
            try self.near.requireOfctl(.openFlow13, "add-flow", "in_port=1,tcp,actions=group:7")
            try self.far("add-flow", "in_port=2,tcp,actions=group:7")
            for host in self.lab.hosts {
                let peer = self.lab.hosts[host.number == 1 ? 1 : 0]
                try Command.require(
                    [
                        "ip", "-n", host.namespace.name, "neigh", "replace", peer.address, "lladdr",
                        peer.hardwareAddress, "dev", "eth0",
                    ])
            }
        }
    }

    @Test("they arrive whole where addresses are learned", arguments: LabDatapath.here)
    func learning(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            _ = try lab.startSwitch("--fail-mode", "standalone")
            let streams = try LabStreams(lab, from: lab.hosts[0], to: lab.hosts[1], count: 2, bytes: 2 << 20)
            let bytes = try streams.finish()
            #expect(bytes.values.allSatisfy { $0 >= 4 << 20 }, "\(bytes)")
        }
    }

    @Test("they arrive whole from an access port over a tagged trunk to an access port", arguments: LabDatapath.here)
    func tags(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let bridges = try Bridges(
                lab, cables: 1, failMode: "standalone", hosts: ",tag=10", trunks: ",trunks=10;20")
            let streams = try LabStreams(lab, from: lab.hosts[0], to: lab.hosts[1], untilFinished: true)
            try streams.waitForProgress()
            let flows = try bridges.near.sluice("dump-datapath-flows")
            #expect(flows.contains("push_vlan(tpid=0x8100,vid=10") && flows.contains("pop_vlan"), "\(flows)")
            try streams.finish()
        }
    }

    @Test(
        "a select group spreads them over its buckets, each stays whole, and all counters tell the same",
        arguments: LabDatapath.here)
    func select(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let bridges = try Bridges(lab, cables: 2, failMode: "secure")
            try bridges.join(by: "type=select,bucket=weight:1,output:3,bucket=weight:1,output:4")
            // That all take one bucket happens once in half a million times.
            let streams = try LabStreams(lab, from: lab.hosts[0], to: lab.hosts[1], count: 20, bytes: 64 << 10)
            let bytes = try streams.finish()
            #expect(bytes.values.allSatisfy { $0 >= 20 * 64 << 10 }, "\(bytes)")
            for isNear in [true, false] {
                func stats(_ command: String, _ filter: String, atNear: Bool) throws -> String {
                    try atNear
                        ? bridges.near.requireOfctl(.openFlow13, command, filter) : bridges.far(command, filter)
                }
                try eventually("group, buckets, flows and the other bridge's flows to have counted the same") {
                    () -> Bool? in
                    let group = try stats("dump-group-stats", "group_id=7", atNear: isNear)
                    func counts(_ name: String) -> [UInt64] {
                        group.components(separatedBy: name).dropFirst().compactMap { UInt64($0.prefix { $0.isNumber }) }
                    }
                    let sent = try stats("dump-flows", "in_port=\(isNear ? 1 : 2),tcp", atNear: isNear)
                    let arrived = try [3, 4].map { try stats("dump-flows", "in_port=\($0),tcp", atNear: !isNear) }
                    for (member, flow) in [("packet_count=", "n_packets"), ("byte_count=", "n_bytes")] {
                        let counted = counts(member)
                        guard counted.count == 3, counted[1] > 0, counted[2] > 0,
                            counted[0] == counted[1] + counted[2],
                            Self.number(flow, in: sent) == counted[0],
                            arrived.map({ Self.number(flow, in: $0) }) == Array(counted[1...])
                        else { return nil }
                    }
                    return true
                }
            }
        }
    }

    /// A counter of the one flow that ovs-ofctl has printed.
    private static func number(_ name: String, in text: String) -> UInt64? {
        text.split(separator: "\n").compactMap { DumpedFlow(String($0)) }.first?.number(name)
    }

    @Test(
        "one goes on over the next bucket of a failover group when its port goes down, and back",
        arguments: LabDatapath.here)
    func failover(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let bridges = try Bridges(lab, cables: 2, failMode: "secure")
            try bridges.join(by: "type=ff,bucket=watch_port:3,output:3,bucket=watch_port:4,output:4")
            let streams = try LabStreams(lab, from: lab.hosts[0], to: lab.hosts[1], untilFinished: true)
            try streams.waitForProgress(256 << 10)
            for (device, state) in [
                ("near3", "down"), ("near3", "up"), ("far4", "down"), ("far4", "up"), ("far3", "down"),
            ] {
                try Command.require(["ip", "-n", lab.switchNamespace.name, "link", "set", device, state])
                try streams.waitForProgress(256 << 10)
            }
            try streams.finish()
            try eventually("both buckets to have counted") {
                let group = try bridges.near.requireOfctl(.openFlow13, "dump-group-stats", "group_id=7")
                return group.contains("packet_count=0,") ? nil : true
            }
        }
    }
}
