import Foundation
import Support
import Testing

@Suite("Queues of ports, as tc sees them")
struct QueueTests {
    /// How many packets a class of the device's discipline has sent, as `tc -s class show` says.
    private static func sent(_ classID: String, _ device: String, _ lab: Lab) throws(LabError) -> UInt64? {
        let shown = try Command.require(lab.switchNamespace.command(["tc", "-s", "class", "show", "dev", device]))
        guard let start = shown.range(of: "class htb \(classID) "),
            let sent = shown[start.upperBound...].range(of: "Sent ")
        else { return nil }
        let words = shown[sent.upperBound...].split(separator: " ")
        return words.count > 2 ? UInt64(words[2]) : nil
    }

    @Test(
        "a port's queues have the rates of the configuration, and take the packets that flows send to them",
        arguments: LabDatapath.here)
    func queues(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch(
                "--protocols", "OpenFlow10,OpenFlow13,OpenFlow14", "--port", "eth1=1", "--port",
                "eth2=2,queues=1:1000:2000;2:500000:1000000", ports: false)
            let classes = try lab.run(["tc", "class", "show", "dev", "eth2"], in: lab.switchNamespace).output
            #expect(classes.contains("class htb 1:2 parent 1:fffe"), "\(classes)")
            #expect(classes.contains("rate 1Mbit ceil 2Mbit"), "\(classes)")
            #expect(classes.contains("rate 500Mbit ceil 1Gbit"), "\(classes)")

            try dut.requireOfctl(.openFlow13, "add-flow", "dl_dst=02:00:00:00:00:11,actions=set_queue:1,output:2")
            try dut.requireOfctl(.openFlow10, "add-flow", "dl_dst=02:00:00:00:00:12,actions=enqueue:2:2,output:2")
            try dut.requireOfctl(
                .openFlow13, "add-flow", "dl_dst=02:00:00:00:00:13,actions=set_queue:2,pop_queue,output:2")
            let before = try (Self.sent("1:1", "eth2", lab) ?? 0)
            let first = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            for (destination, count) in [(0x11, 3), (0x12, 5), (0x13, 2)] {
                for _ in 0..<count { try first.send(TestFrame.experimental(from: 1, to: destination, [])) }
            }
            // Those of the second flow leave twice: once in the queue, once without.
            try eventually("three packets in the first queue, five in the second, the others in none") {
                let counts = try (Self.sent("1:2", "eth2", lab), Self.sent("1:3", "eth2", lab))
                let others = try Self.sent("1:1", "eth2", lab) ?? 0
                return counts == (3, 5) && others >= before + 7 ? true : nil
            }
            let statistics = try dut.requireOfctl(.openFlow13, "queue-stats", "2")
            #expect(statistics.contains("queue 1: bytes="), "\(statistics)")
            #expect(statistics.contains("pkts=3, errors=0") && statistics.contains("pkts=5, errors=0"), "\(statistics)")
            let one = try dut.requireOfctl(.openFlow10, "queue-stats", "2", "2")
            #expect(one.contains("pkts=5") && !one.contains("pkts=3"), "\(one)")
            for version in ["OpenFlow10", "OpenFlow13", "OpenFlow14"] {
                let configuration = try dut.requireOfctl(speaking: version, "queue-get-config", "2")
                #expect(configuration.contains("queue 1") && configuration.contains("queue 2"), "\(configuration)")
            }
            let refusal = try dut.ofctl(.openFlow13, "queue-stats", "2", "7")
            #expect(refusal.output.contains("BAD_QUEUE"), "\(refusal)")

            try dut.process.stop()
            let left = try lab.run(["tc", "class", "show", "dev", "eth2"], in: lab.switchNamespace).output
            #expect(!left.contains("htb"), "the device is left as it was: \(left)")
        }
    }
}
