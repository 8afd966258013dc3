import Synchronization
import Testing

@testable import Datapath

@Suite("The embedded datapath with socket pairs for wires")
struct UserspaceDatapathTests {
    private static func fixture(limits: UserspaceDatapath.Limits = .init()) throws -> BackendContract.Fixture {
        let datapath = try UserspaceDatapath(handlerCount: 2, limits: limits)
        let left = try SocketWire(name: "left")
        let right = try SocketWire(name: "right")
        return BackendContract.Fixture(
            backend: datapath, left: try datapath.addPort(left.port), right: try datapath.addPort(right.port),
            leftWire: left, rightWire: right)
    }

    @Test("A port whose packets all miss leaves room for the first packets of others")
    func fairness() throws {
        let ring = try UpcallRing(capacity: 64)
        func upcalls(_ port: UInt32, _ count: Int) -> [Upcall] {
            var key = FlowKey()
            key.inPort = port
            return (0..<count).map { _ in Upcall(reason: .miss, key: key, packet: []) }
        }
        var flood = upcalls(1, 500)
        ring.push(&flood)
        #expect(flood.isEmpty && ring.lost == 468)
        var other = upcalls(2, 10)
        ring.push(&other)
        #expect(ring.lost == 468)
        var taken: [Upcall] = []
        #expect(ring.receive(into: &taken, maximum: 20, timeoutMilliseconds: 0) == 20)
        // What was taken makes room again, for both.
        flood = upcalls(1, 500)
        ring.push(&flood)
        var total = 20
        while case let count = ring.receive(into: &taken, maximum: 50, timeoutMilliseconds: 0), count > 0 {
            total += count
        }
        #expect(total + Int(ring.lost) == 1010 && taken.count { $0.key.inPort == 2 } == 10)
        flood = upcalls(1, 500)
        let before = ring.lost
        ring.push(&flood)
        #expect(ring.lost - before == 468)
    }

    @Test("A ring that keeps overflowing gives what is recent, and all of who sends little; a burst that fits is whole")
    func overload() throws {
        let clock = Mutex<UInt64>(1_000_000_000)
        let ring = try UpcallRing(capacity: 256) { clock.withLock { $0 } }
        func push(_ port: UInt32, _ count: Int) {
            var key = FlowKey()
            key.inPort = port
            var batch = (0..<count).map { _ in Upcall(reason: .miss, key: key, packet: []) }
            ring.push(&batch)
        }
        func take(_ maximum: Int) -> [UInt32] {
            var taken: [Upcall] = []
            _ = ring.receive(into: &taken, maximum: maximum, timeoutMilliseconds: 0)
            return taken.map(\.key.inPort)
        }
        push(1, 128)
        clock.withLock { $0 += 5_000_000_000 }
        #expect(take(128).count == 128 && ring.lost == 0, "a burst may wait")
        push(2, 20)
        for _ in 0..<12 {
            push(1, 200)
            clock.withLock { $0 += 1_000_000 }
        }
        let before = ring.lost
        clock.withLock { $0 += 8_000_000 }
        push(1, 10)
        #expect(take(64).count { $0 == 2 } == 20, "who sends little loses nothing")
        #expect(ring.lost > before)
        #expect(take(256).count <= StandingQueue.sparedCount)
    }

    @Test("The contract of backends", arguments: BackendContract.checks.indices)
    func contract(index: Int) throws {
        let fixture = try Self.fixture()
        defer { fixture.backend.close(keep: false) }
        try BackendContract.checks[index].run(fixture)
    }

    @Test("After closing, every call throws noSuchDatapath")
    func closed() throws { BackendContract.closed(try UserspaceDatapath()) }

    @Test("Port names and indices are unique; the lowest free index is given")
    func portNumbers() throws {
        let datapath = try UserspaceDatapath()
        defer { datapath.close(keep: false) }
        let wires = try ["a", "b", "c"].map { try SocketWire(name: $0) }
        #expect(try datapath.addPort(wires[0].port).index.rawValue == 1)
        #expect(try datapath.addPort(wires[1].port, index: PortIndex(rawValue: 0)).index.rawValue == 0)
        #expect(throws: DatapathError(.invalid, operation: "")) {
            try datapath.addPort(wires[2].port, index: PortIndex(rawValue: 1))
        }
        #expect(throws: DatapathError(.invalid, operation: "")) {
            try datapath.addPort(wires[2].port, index: PortIndex(rawValue: 70_000))
        }
        let sameName = try SocketWire(name: "a")
        #expect(throws: DatapathError(.exists, operation: "")) { try datapath.addPort(sameName.port) }
        #expect(try datapath.addPort(wires[2].port).index.rawValue == 2)
        try datapath.removePort(PortIndex(rawValue: 1))
        #expect(try datapath.addPort(sameName.port).index.rawValue == 1)
        #expect(try datapath.ports().map(\.name) == ["b", "a", "c"])
    }

    @Test("More flows than the limit are refused, and upcalls beyond theirs are lost and counted")
    func limits() throws {
        var limits = UserspaceDatapath.Limits()
        limits.flows = 1
        limits.upcallsPerHandler = 4
        let fixture = try Self.fixture(limits: limits)
        defer { fixture.backend.close(keep: false) }
        for _ in 0..<20 { try fixture.leftWire.send(BackendContract.frame) }
        // Our marker goes the same way after them: when it is out, they are handled.
        BackendContract.put(BackendContract.flow(from: fixture.right, [.output(fixture.left.index)]), fixture)
        try fixture.rightWire.send(BackendContract.frame)
        #expect(fixture.leftWire.receive() != nil)
        var batch: [Upcall] = []
        var total: UInt64 = 0
        while total + fixture.backend.upcallsLost < 20 {
            for handler in 0..<2 {
                total += UInt64(
                    try fixture.backend.receiveUpcalls(
                        handler: handler, into: &batch, maximum: 3, timeoutMilliseconds: 10))
            }
        }
        #expect(total + fixture.backend.upcallsLost == 20)
        let refused = fixture.backend.apply([.put(BackendContract.flow(from: fixture.left, []))])
        guard case .failed(let error)? = refused.first else {
            Issue.record("\(refused)")
            return
        }
        #expect(error == DatapathError(.noSpace, operation: ""))
    }

    @Test("A flood of many outputs from one packet is sent whole")
    func manyOutputs() throws {
        let fixture = try Self.fixture()
        defer { fixture.backend.close(keep: false) }
        var actions: [DatapathAction] = []
        for tci in 0..<100 {
            actions += [.pushVLAN(tpid: 0x8100, tci: UInt16(tci) | 0x1000), .output(fixture.right.index), .popVLAN]
        }
        BackendContract.put(BackendContract.flow(from: fixture.left, actions), fixture)
        for _ in 0..<3 {
            try fixture.leftWire.send(BackendContract.frame)
            for tci in 0..<100 {
                let frame = fixture.rightWire.receive()
                #expect(frame.map { FlowKey(parsing: $0).vlanTCI } == UInt16(tci) | 0x1000)
            }
        }
    }

    @Test("A segmented frame of a host passes whole to a port, and in pieces with true checksums to a controller")
    func segmentation() throws {
        let fixture = try Self.fixture()
        defer { fixture.backend.close(keep: false) }
        let payload = (0..<3000).map { UInt8(truncatingIfNeeded: $0) }
        let frame = Frames.ethernet(0x0800, Frames.ipv4(6, Frames.tcp(1, 2, flags: 0x18, payload: payload)))
        var offload = PacketOffload()
        offload.needsChecksum = true
        offload.checksumStart = 34
        offload.checksumOffset = 16
        offload.segmentationType = 1
        offload.segmentSize = 1400
        offload.headersLength = 54
        try fixture.leftWire.send(frame, offload: offload)
        var collected: [UInt8] = []
        for index in 0..<3 {
            let upcall = try #require(try BackendContract.upcall(fixture))
            let count = index < 2 ? 1400 : 200
            collected += upcall.packet.dropFirst(54)
            #expect(upcall.packet.count == 54 + count)
            // From scratch: a TCP checksum over everything, its field included, is zero.
            let segment = Array(upcall.packet.dropFirst(34))
            #expect(Frames.transportChecksum(segment, 6, Frames.addressA, Frames.addressB) == 0)
            #expect(Frames.checksum(Array(upcall.packet[14..<34])) == 0)
            #expect(upcall.key.tcpFlags == (index < 2 ? 0x10 : 0x18))
        }
        #expect(collected == payload)
        var flow = BackendContract.flow(from: fixture.left, [.output(fixture.right.index)])
        flow.key.ipProtocol = 6
        flow.identifier = FlowIdentifier(key: flow.key, mask: flow.mask)
        BackendContract.put(flow, fixture)
        try fixture.leftWire.send(frame, offload: offload)
        #expect(fixture.rightWire.receive() == frame)
    }
}
