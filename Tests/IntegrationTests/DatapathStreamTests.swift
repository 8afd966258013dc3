import Support
import Testing

@Suite("Streams through a datapath, and what it must leave to the agent")
struct DatapathStreamTests {
    @Test(
        "TCP streams arrive whole while flows that rewrite them come and go",
        arguments: LabDatapath.here)
    func streams(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            try dut.requireOfctl(.openFlow13, "add-flow", "priority=1,actions=normal")
            let receive = """
                import hashlib, socket
                server = socket.create_server(("", 5000)); print("listening", flush=True)
                for i in range(2):
                    peer = server.accept()[0]; found = hashlib.sha256(); count = 0
                    while data := peer.recv(65536):
                        found.update(data); count += len(data)
                    print("received", count, found.hexdigest(), flush=True)
                print("over", flush=True)
                """
            let send = """
                import hashlib, random, socket
                for i in range(2):
                    data = random.Random(i).randbytes(1 << 20); sent = hashlib.sha256()
                    s = socket.create_connection(("\(lab.hosts[1].address)", 5000), timeout=300)
                    for part in range(8):
                        s.sendall(data); sent.update(data)
                    s.close(); print("sent", 8 << 20, sent.hexdigest(), flush=True)
                print("over", flush=True)
                """
            let receiving = try lab.start(["python3", "-c", receive], in: lab.hosts[1].namespace)
            try receiving.waitForOutput(containing: "listening")
            let sending = try lab.start(["python3", "-c", send], in: lab.hosts[0].namespace)
            var rounds = 0
            while !receiving.output.contains("over"), rounds < 200 {
                rounds += 1
                for flow in [
                    "in_port=1,tcp,actions=dec_ttl,output:2", "in_port=2,tcp,actions=dec_ttl,output:1",
                ] {
                    try dut.requireOfctl(.openFlow13, "add-flow", "priority=7,\(flow)")
                }
                try dut.requireOfctl(.openFlow13, "del-flows", "tcp")
            }
            try receiving.waitForOutput(containing: "over")
            try sending.waitForOutput(containing: "over")
            func sums(_ text: String, _ word: String) -> [Substring] {
                text.split(separator: "\n").filter { $0.hasPrefix(word) }.map { $0.dropFirst(word.count) }
            }
            let sent = sums(sending.output, "sent")
            #expect(sent.count == 2 && sums(receiving.output, "received") == sent)
        }
    }

    /// A flow_mod of 1.3 with these match fields and actions, from match and actions as bytes.
    private static func flowMod(priority: UInt8, match: [UInt8], actions: [UInt8]) -> [UInt8] {
        let matchLength = UInt8(4 + match.count)
        let padding = [UInt8](repeating: 0, count: (8 - Int(matchLength) % 8) % 8)
        let body =
            [UInt8](repeating: 0, count: 16) + [0, 0, 0, 0, 0, 0, 0, priority]
            + [UInt8](repeating: 0xff, count: 12) + [0, 0, 0, 0]
            + [0, 1, 0, matchLength] + match + padding + [0, 4, 0, UInt8(8 + actions.count), 0, 0, 0, 0]
            + actions
        return [4, 14, 0, UInt8(8 + body.count), 0, 0, 0, 1] + body
    }

    @Test(
        "what the kernel can neither do nor see is done by the agent, and marked so",
        arguments: LabDatapath.here)
    func marks(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let controller = try dut.connect()
            _ = try controller.handshake(.openFlow13)
            let output: [UInt8] = [0, 0, 0, 16, 0, 0, 0, 2] + [0xff, 0xff, 0, 0, 0, 0, 0, 0]
            // PUSH_PBB; IPV6_EXTHDR with the bit of hop-by-hop options.
            try controller.send(
                Self.flowMod(
                    priority: 1, match: [0x80, 0, 0, 4, 0, 0, 0, 1],
                    actions: [0, 26, 0, 8, 0x88, 0xe7, 0, 0] + output))
            try controller.send(
                Self.flowMod(
                    priority: 2, match: [0x80, 0, 0x0a, 2, 0x86, 0xdd, 0x80, 0, 0x4e, 2, 0, 0x40],
                    actions: output))
            try controller.awaitBarrier(.openFlow13)
            let (source, destination) = (
                try PacketSocket("eth0", in: lab.hosts[0].namespace),
                try PacketSocket("eth0", in: lab.hosts[1].namespace)
            )
            let plain = TestFrame.experimental(from: 1, to: 2, [1])
            let options: [UInt8] =
                [0x60, 0, 0, 0, 0, 16, 0, 64] + [UInt8](repeating: 1, count: 32) + [17, 0, 1, 4]
            let extended = Array(plain[..<12]) + [0x86, 0xdd] + options + [0, 0, 0, 0, 0, 9, 0, 9, 0, 8, 0, 0]
            for _ in 0..<2 {
                try source.send(plain)
                let tagged = try destination.receive("the tagged packet") { $0[12...13] == [0x88, 0xe7] }
                #expect(Array(tagged[18...]) == plain)
                try source.send(extended)
                _ = try destination.receive("the packet with options") { $0.starts(with: extended) }
            }
            let dump = try dut.sluice("dump-datapath-flows")
            for reason in ["action that the datapath cannot do", "field that the datapath does not know"] {
                #expect(dump.contains("userspace(\(reason))") == (datapath == .kernel), "\(dump)")
            }
        }
    }
}
