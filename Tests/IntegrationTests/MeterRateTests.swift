import Support
import Testing

@Suite("Rates of meters")
struct MeterRateTests {
    /// A meter, and what may be measured of it: packets, or the bits of what arrived with their Ethernet headers.
    struct Case: Sendable, CustomStringConvertible {
        /// As ovs-ofctl has it: unit, rate and size of the bucket.
        let unit: String, rate: Int, burst: Int
        /// How much one packet of `payload` bytes counts, in the meter's unit.
        let payload: Int, amount: Double
        var description: String { "\(self.rate) \(self.unit)" }
    }

    static let cases = [
        Case(unit: "pktps", rate: 100, burst: 50, payload: 100, amount: 1),
        Case(unit: "kbps", rate: 800, burst: 400, payload: 958, amount: 8),
    ]

    @Test("a meter lets its rate pass, in packets or in bits, within a tenth", arguments: LabDatapath.here, Self.cases)
    func rate(datapath: LabDatapath, case meter: Case) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let (sender, receiver) = (lab.hosts[0], lab.hosts[1])
            try dut.requireOfctl(
                .openFlow13, "add-meter",
                "meter=1,\(meter.unit),burst,stats,band=type=drop,rate=\(meter.rate),burst_size=\(meter.burst)")
            try dut.requireOfctl(.openFlow13, "add-flow", "in_port=1,udp,actions=meter:1,output:2")
            try Command.require(
                [
                    "ip", "-n", sender.namespace.name, "neigh", "replace", receiver.address, "lladdr",
                    receiver.hardwareAddress, "dev", "eth0",
                ])
            // Tells how much came in each of several stretches of two seconds by its own clock, after the
            // bucket has been emptied.
            let receive = """
                import socket, time
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", 5000))
                print("listening", flush=True)
                s.recv(2000); start = time.monotonic()
                while time.monotonic() < start + 2: s.recv(2000)
                for i in range(8):
                    n = 0; start = time.monotonic()
                    while time.monotonic() < start + 2: n += len(s.recv(2000)) == \(meter.payload)
                    print("rate", n * \(meter.amount) / (time.monotonic() - start), flush=True)
                print("over", flush=True)
                """
            let send = """
                import socket, time
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(("\(receiver.address)", 5000))
                while True:
                    s.send(bytes(\(meter.payload))); time.sleep(0.001)
                """
            let receiving = try lab.start(["python3", "-c", receive], in: receiver.namespace)
            try receiving.waitForOutput(containing: "listening")
            let sending = try lab.start(["python3", "-c", send], in: sender.namespace)
            try receiving.waitForOutput(containing: "over")
            _ = try sending.stop()
            let rates = receiving.output.split(separator: "\n").compactMap { line in
                line.hasPrefix("rate ") ? Double(line.dropFirst(5)) : nil
            }
            // A machine that stands still for a moment spoils a stretch, but not all of them; more than the rate, and
            // what the bucket holds, passes in none.
            let (rate, burst) = (Double(meter.rate), Double(meter.burst))
            #expect(rates.contains { (rate * 0.9...rate * 1.1).contains($0) }, "\(rates)")
            #expect(rates.allSatisfy { $0 <= rate * 1.1 + (rate + burst) / 2 }, "\(rates)")
        }
    }
}
