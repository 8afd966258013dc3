import Foundation
import Support
import Testing

@Suite("Counters against what hosts have counted")
struct CounterTests {
    private static let packets = 1500
    /// Ethernet, IPv4 and UDP before 100 bytes.
    private static let frameBytes = 14 + 20 + 8 + 100

    @Test(
        "flows, groups, buckets, meters and ports count each packet once, and none ever counts backwards",
        arguments: LabDatapath.here)
    func counts(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let sender = lab.hosts[0]
            let receiver = lab.hosts[1]
            try dut.requireOfctl(.openFlow13, "add-meter", "meter=1,pktps,stats,band=type=drop,rate=10000000")
            try dut.requireOfctl(.openFlow13, "add-group", "group_id=7,type=all,bucket=output:2")
            try dut.requireOfctl(.openFlow13, "add-flow", "priority=9,in_port=1,udp,actions=meter:1,goto_table:1")
            try dut.requireOfctl(.openFlow13, "add-flow", "table=1,udp,actions=group:7")
            for (host, peer) in [(sender, receiver), (receiver, sender)] {
                try Command.require(
                    [
                        "ip", "-n", host.namespace.name, "neigh", "replace", peer.address, "lladdr",
                        peer.hardwareAddress, "dev", "eth0",
                    ])
            }
            let send = """
                import socket, time
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(("\(receiver.address)", 5000))
                for i in range(\(Self.packets)):
                    s.send(bytes(100)); time.sleep(0.0005)
                """
            func received() throws -> UInt64 {
                let path = "/sys/class/net/eth0/statistics/rx_packets"
                let text = try lab.run(["cat", path], in: receiver.namespace).output
                return try #require(UInt64(text.filter(\.isNumber)), "\(text)")
            }
            let before = try received()
            let port = try Self.transmitted(dut)
            let sending = try lab.start(["python3", "-c", send], in: sender.namespace)
            var last = try Self.read(dut)
            while sending.status == nil {
                let now = try Self.read(dut)
                for (name, value) in now { #expect(value >= last[name] ?? 0, "\(name) was \(last[name] ?? 0)") }
                last = now
            }
            let (packets, bytes) = (UInt64(Self.packets), UInt64(Self.packets * Self.frameBytes))
            let expected: [String: UInt64] = [
                "flow 0": packets, "flow 0 bytes": bytes, "flow 1": packets, "flow 1 bytes": bytes,
                "group": packets, "group bytes": bytes, "bucket": packets, "bucket bytes": bytes, "meter": packets,
                "meter bytes": bytes,
            ]
            // The last are still on their way when the sender has ended.
            try eventually("counters of \(Self.packets) packets") {
                let now = try Self.read(dut)
                for (name, value) in now { #expect(value <= expected[name] ?? 0, "\(name): twice?") }
                return now == expected ? true : nil
            }
            let arrived = try received() - before
            #expect(arrived == packets, "the receiver's device has counted \(arrived)")
            let after = try Self.transmitted(dut)
            #expect(after.packets - port.packets == packets && after.bytes - port.bytes == bytes)
        }
    }

    /// Everything that counts the packets, by name.
    private static func read(_ dut: LabSwitch) throws -> [String: UInt64] {
        var result: [String: UInt64] = [:]
        for flow in try dut.flows(.openFlow13) {
            let name = flow.has("table=1") ? "flow 1" : "flow 0"
            result[name] = flow.number("n_packets")
            result["\(name) bytes"] = flow.number("n_bytes")
        }
        func numbers(_ text: String, _ name: String) -> [UInt64] {
            text.components(separatedBy: "\(name)").dropFirst().compactMap { part in
                UInt64(part.prefix { $0.isNumber })
            }
        }
        let group = try dut.requireOfctl(.openFlow13, "dump-group-stats")
        let (packets, bytes) = (numbers(group, "packet_count="), numbers(group, "byte_count="))
        (result["group"], result["bucket"]) = (packets.first, packets.last)
        (result["group bytes"], result["bucket bytes"]) = (bytes.first, bytes.last)
        let meter = try dut.requireOfctl(.openFlow13, "meter-stats", "meter=1")
        result["meter"] = numbers(meter, "packet_in_count:").first
        result["meter bytes"] = numbers(meter, "byte_in_count:").first
        return result
    }

    /// What port 2 has sent.
    private static func transmitted(_ dut: LabSwitch) throws -> (packets: UInt64, bytes: UInt64) {
        let text = try dut.requireOfctl(.openFlow13, "dump-ports", "2")
        let line = try #require(text.split(separator: "\n").first { $0.contains("tx pkts=") })
        func number(_ name: String) throws -> UInt64 {
            let rest = try #require(line.range(of: name)).upperBound
            return try #require(UInt64(line[rest...].prefix { $0.isNumber }))
        }
        return (try number("pkts="), try number("bytes="))
    }
}
