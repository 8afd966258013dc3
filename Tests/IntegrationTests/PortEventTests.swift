import Support
import Testing

@Suite("Ports that come and go")
struct PortEventTests {
    @Test(
        "a device that vanishes and returns gives port-status messages, and forwards again",
        arguments: LabDatapath.here, LabProtocol.allCases)
    func removedAndAdded(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            try dut.requireOfctl(version, "add-flow", "in_port=1,actions=output:2")
            try dut.requireOfctl(version, "add-flow", "in_port=2,actions=output:1")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            let monitor = try dut.startMonitor(version)

            try lab.unplug(lab.hosts[1])
            let gone = try monitor.waitForOutput(containing: "DEL:")
            #expect(gone.contains("OFPT_PORT_STATUS"), "\(gone)")
            #expect(gone.contains("2(eth2)"), "\(gone)")
            let show = try dut.requireOfctl(version, "dump-ports-desc")
            #expect(!show.contains("eth2") && show.contains("1(eth1)"), "\(show)")

            try lab.plug(lab.hosts[1])
            let added = try monitor.waitForOutput(containing: "ADD:")
            #expect(added.contains("2(eth2)"), "it keeps its number: \(added)")
            // Deletes nothing; ovs-ofctl ends with the barrier's reply, after which no megaflow is older than the port.
            try dut.requireOfctl(version, "del-flows", "in_port=77")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
        }
    }

    @Test("a local port that somebody deletes is made again, with its address and number", arguments: LabDatapath.here)
    func localPort(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let before = try dut.requireOfctl(.openFlow13, "show")
            let monitor = try dut.startMonitor(.openFlow13)
            switch datapath {
            case .embedded:
                try Command.require(["ip", "-n", lab.switchNamespace.name, "link", "delete", "br0"])
            case .kernel:
                try Command.require(
                    lab.switchNamespace.command(["ovs-dpctl", "del-if", "ovs-system", "br0"]))
            }
            try monitor.waitForOutput(containing: "DEL:")
            try monitor.waitForOutput(containing: "ADD:")
            let after = try dut.requireOfctl(.openFlow13, "show")
            func line(_ text: String) -> Substring? { text.split(separator: "\n").first { $0.contains("LOCAL(br0)") } }
            #expect(line(before) != nil && line(before) == line(after), "\(before)\n\(after)")
        }
    }

    @Test("a cable that is pulled shows as link down", arguments: LabDatapath.here, LabProtocol.allCases)
    func link(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            // The kernel tells of a new cable's carrier up to a second late; pulled before, it would never tell.
            try eventually("the port's link is up") {
                try dut.portDescription(version, 1).contains("LINK_DOWN") ? nil : true
            }
            let monitor = try dut.startMonitor(version)
            try Command.require(["ip", "-n", lab.hosts[0].namespace.name, "link", "set", "eth0", "down"])
            let line = try monitor.waitForOutput(containing: "MOD:")
            #expect(line.contains("OFPT_PORT_STATUS"), "\(line)")
            #expect(line.contains("1(eth1)"), "\(line)")
            try eventually("the port's state says LINK_DOWN") {
                try dut.portDescription(version, 1).contains("LINK_DOWN") ? true : nil
            }
            try Command.require(["ip", "-n", lab.hosts[0].namespace.name, "link", "set", "eth0", "up"])
            try eventually("the port's link is up again") {
                try dut.portDescription(version, 1).contains("LINK_DOWN") ? nil : true
            }
        }
    }

    @Test(
        "a device that is renamed, or moves to another namespace, is gone; back under its name it is the same port",
        arguments: LabDatapath.here)
    func renamedAndMoved(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            try dut.requireOfctl(.openFlow13, "add-flow", "in_port=1,actions=output:2")
            try dut.requireOfctl(.openFlow13, "add-flow", "in_port=2,actions=output:1")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            let (here, away) = (lab.switchNamespace.name, lab.hosts[0].namespace.name)
            func wait(until isThere: Bool) throws {
                try eventually("port eth2 to be \(isThere ? "there" : "gone")") {
                    let ports = try dut.requireOfctl(.openFlow13, "dump-ports-desc")
                    return ports.contains(" 2(eth2)") == isThere ? true : nil
                }
            }
            func set(_ namespace: String, _ words: String...) throws {
                try Command.require(["ip", "-n", namespace, "link", "set", "dev"] + words)
            }
            try set(here, "eth2", "down")
            try set(here, "eth2", "name", "other")
            try wait(until: false)
            try set(here, "other", "name", "eth2")
            try set(here, "eth2", "up")
            try wait(until: true)
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))

            try set(here, "eth2", "netns", away)
            try wait(until: false)
            try set(away, "eth2", "netns", here)
            try set(here, "eth2", "up")
            try wait(until: true)
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
        }
    }
}
