import Datapath
import NetworkTypes
import Support
import Testing

@Suite(
    "Packets through a real kernel", .serialized,
    .enabled(if: UserModeLinux.isGuest, "KernelGuestTests runs it in the guest"))
struct KernelTrafficTests {
    /// What a list of actions makes of a frame: here, and in the embedded datapath's editor.
    private static func expected(_ frame: [UInt8], _ actions: [DatapathAction]) throws -> [UInt8] {
        var sink = RecordingSink()
        var packet = try PacketBuffer(copying: frame.span.bytes)
        var key = FlowKey(parsing: frame)
        ActionExecutor.execute(actions + [.output(PortIndex(rawValue: 1))], on: &packet, key: &key, into: &sink)
        return try #require(sink.outputs.first?.bytes)
    }

    private static let udp = Frames.ethernet(0x0800, Frames.ipv4(17, Frames.udp(1, 2)))
    private static let tcp = Frames.ethernet(0x0800, Frames.ipv4(6, Frames.tcp(1000, 80, payload: [1, 2, 3])))
    private static let tagged = Frames.ethernet(0x0800, Frames.ipv4(17, Frames.udp(1, 2)), tags: [(0x8100, 5)])
    private static let udp6 = Frames.ethernet(
        0x86dd, Frames.ipv6(17, Frames.udp(5, 6, between: (Frames.longAddressA, Frames.longAddressB))))
    private static let mpls = Frames.ethernet(0x8847, Frames.big32(0x0010_0140) + Frames.ipv4(17, Frames.udp(1, 2)))
    private static let ports = TransportFields(source: 0x1234, destination: 0x5678)
    private static let allPorts = TransportFields(source: .max, destination: .max)

    @Test(
        "The kernel does to a packet what the embedded datapath does",
        arguments: [
            ("push a tag", udp, [.pushVLAN(tpid: 0x8100, tci: 0x1064)]),
            ("push a second tag", tagged, [.pushVLAN(tpid: 0x88a8, tci: 0x3005)]),
            ("pop a tag", tagged, [.popVLAN]),
            ("push a label", udp, [.pushMPLS(labelStackEntry: 0x0001_0140, etherType: 0x8847)]),
            ("pop a label", mpls, [.popMPLS(etherType: 0x0800)]),
            ("rewrite a label", mpls, [.set(.mpls(labelStackEntry: 0x0002_0000, mask: 0xffff_f000))]),
            (
                "rewrite an address", udp,
                [
                    .set(
                        .ethernet(
                            EthernetFields(source: MACAddress(rawValue: 0x0200_0000_0099)),
                            mask: EthernetFields(source: .broadcast)))
                ]
            ),
            (
                "rewrite IPv4", tcp,
                [
                    .set(
                        .ipv4(
                            IPv4Fields(destination: 0x0a00_0063, tos: 0x48, ttl: 9),
                            mask: IPv4Fields(destination: .max, tos: 0xfc, ttl: .max)))
                ]
            ),
            (
                "rewrite IPv6", udp6,
                [
                    .set(
                        .ipv6(
                            IPv6Fields(source: 1 << 120, flowLabel: 0x12345, hopLimit: 7),
                            mask: IPv6Fields(source: .max, flowLabel: 0xfffff, hopLimit: .max)))
                ]
            ),
            ("rewrite TCP ports", tcp, [.set(.tcp(ports, mask: allPorts))]),
            ("rewrite UDP ports", udp, [.set(.udp(ports, mask: allPorts))]),
            ("change a clone", udp, [.clone([.pushVLAN(tpid: 0x8100, tci: 0x1064)])]),
            ("truncate", udp, [.truncate(30)]),
        ] as [(String, [UInt8], [DatapathAction])])
    func actions(name: String, frame: [UInt8], actions: [DatapathAction]) throws {
        let bench = try KernelBench("act", cables: 2)
        var key = FlowKey(parsing: frame)
        key.inPort = bench.ports[0].rawValue
        let output = DatapathAction.output(bench.ports[1])
        let refusal = bench.put(key, .headers, actions + [output])
        #expect(refusal == nil)
        guard refusal == nil else { return }
        try bench.cables[0].send(frame)
        #expect(try bench.cables[1].receive(name) == Self.expected(frame, actions))
        let read = try bench.datapath.flow(FlowIdentifier(high: 7, low: 1))
        #expect(read.actions == actions + [output])
    }

    @Test("A packet is executed on, with a port and without")
    func execute() throws {
        let bench = try KernelBench("exe", cables: 2)
        for inPort in [bench.ports[0], .none] {
            var key = FlowKey(parsing: Self.udp)
            key.inPort = inPort.rawValue
            let executions = (0..<100).map { _ in
                PacketExecution(
                    packet: Self.udp, key: key,
                    actions: [.pushVLAN(tpid: 0x8100, tci: 0x1007), .output(bench.ports[1])])
            }
            #expect(bench.datapath.execute(executions).allSatisfy { $0 == nil })
            let expected = try Self.expected(Self.udp, [.pushVLAN(tpid: 0x8100, tci: 0x1007)])
            for _ in 0..<100 { #expect(try bench.cables[1].receive() == expected) }
        }
        let counters = try bench.datapath.statistics(of: bench.ports[1])
        #expect(counters.transmittedPackets == 200)
    }

    @Test(
        "A userspace action brings the packet up with its 64 bits, in both ways of dispatch", arguments: [true, false])
    func userspace(perCPU: Bool) throws {
        let bench = try KernelBench("usr", cables: 1) {
            $0.dispatchesPerCPU = perCPU
            $0.handlerCount = 1
        }
        #expect(bench.datapath.capabilities.perCPUDispatch == perCPU)
        var key = FlowKey(parsing: Self.udp)
        key.inPort = bench.ports[0].rawValue
        try bench.cables[0].send(Self.udp)
        #expect(try bench.upcall(from: 0).reason == .miss)
        let userdata: UInt64 = 0xfeed_0000_0000_0001
        #expect(bench.put(key, .headers, [.userspace(userdata: userdata)]) == nil)
        try bench.cables[0].send(Self.udp)
        let upcall = try bench.upcall(from: 0)
        #expect(upcall.reason == .action(userdata: userdata) && upcall.packet == Self.udp && upcall.key == key)
        let execution = PacketExecution(packet: Self.tcp, key: key, actions: [.userspace(userdata: 5)])
        #expect(bench.datapath.execute([execution]) == [nil])
        #expect(try bench.upcall(from: 0).reason == .action(userdata: 5))
    }

    @Test("Recirculated packets meet flows of their recirculation id")
    func recirculation() throws {
        let bench = try KernelBench("rec", cables: 2)
        var key = FlowKey(parsing: Self.udp)
        key.inPort = bench.ports[0].rawValue
        let hash = DatapathAction.hash(algorithm: .l4, basis: 1)
        #expect(bench.put(key, .headers, [hash, .recirculate(5)], number: 1) == nil)
        try bench.cables[0].send(Self.udp)
        let upcall = try bench.upcall(from: 0)
        #expect(upcall.key.recirculationID == 5 && upcall.key.datapathHash != 0)
        key.recirculationID = 5
        #expect(bench.put(key, .headers, [.output(bench.ports[1])], number: 2) == nil)
        try bench.cables[0].send(Self.udp)
        #expect(try bench.cables[1].receive() == Self.udp)
        #expect(try bench.datapath.flow(FlowIdentifier(high: 7, low: 2)).statistics.packets == 1)
    }

    @Test("Upcalls that do not fit are counted, and those that do are whole")
    func overflow() throws {
        let bench = try KernelBench("ovf", cables: 1) { $0.upcallBufferBytes = 4096 }
        for _ in 0..<500 { try bench.cables[0].send(Self.udp) }
        var batch: [Upcall] = []
        let datapath = bench.datapath
        while try datapath.receiveUpcalls(handler: 0, into: &batch, maximum: 64, timeoutMilliseconds: 200) > 0 {}
        while try datapath.receiveUpcalls(handler: 0, into: &batch, maximum: 64, timeoutMilliseconds: 200) > 0 {}
        #expect(batch.allSatisfy { $0.packet == Self.udp })
        #expect(!batch.isEmpty && batch.count + Int(datapath.upcallsLost) == 500)
    }
}
