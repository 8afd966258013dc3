import Datapath
import Synchronization
import Testing

@Suite("Packets and changes of flows in one request of the kernel")
struct NetlinkBatchTests {
    private static let actions = [DatapathAction.output(PortIndex(rawValue: 2))]
    private static let frame = Frames.ethernet(0x0800, Frames.ipv4(17, Frames.udp(1, 2)))

    private static func execution(_ packet: [UInt8]) -> PacketExecution {
        var key = FlowKey()
        key.inPort = 1
        return PacketExecution(packet: packet, key: key, actions: self.actions)
    }

    @Test("A full batch of upcalls, its packets and its flows take three system calls")
    func systemCalls() throws {
        let (datapath, kernel) = try NetlinkDatapathTests.open(ModelKernel())
        // Opens the socket that the calls below use.
        _ = datapath.apply([.put(NetlinkDatapathTests.flow(1000, []))])
        for _ in 0..<64 {
            kernel.deliver(UpcallBytes.miss(inPort: 4, frame: Self.frame), to: datapath.handlerPortIDs[0])
        }
        let before = kernel.callCount
        var batch: [Upcall] = []
        #expect(try datapath.receiveUpcalls(handler: 0, into: &batch, maximum: 64, timeoutMilliseconds: 1000) == 64)
        let executions = batch.map { PacketExecution(packet: $0.packet, key: $0.key, actions: Self.actions) }
        let puts = (1...64).map { FlowOperation.put(NetlinkDatapathTests.flow(UInt64($0), Self.actions)) }
        let results = datapath.perform(executions, puts)
        #expect(results.executed.count == 64 && results.executed.allSatisfy { $0 == nil })
        #expect(results.applied.count == 64 && results.applied.allSatisfy { $0.code == nil })
        // One for the upcalls, one for the requests, one for the answer.
        #expect(kernel.callCount - before == 3)
    }

    @Test("Packets go before changes of flows, and each has its own result")
    func results() throws {
        let model = ModelKernel()
        let (datapath, kernel) = try NetlinkDatapathTests.open(model)
        #expect(datapath.apply([.put(NetlinkDatapathTests.flow(3, []))]).allSatisfy { $0.code == nil })
        let first = kernel.requests.count
        let probes = model.state.withLock { $0.executed.count }
        let executions = [
            Self.execution(Self.frame), Self.execution([1, 2, 3]), Self.execution([UInt8](repeating: 0, count: 70_000)),
            Self.execution(Self.frame),
        ]
        let many = [DatapathAction](repeating: .output(PortIndex(rawValue: 1)), count: 9000)
        let operations: [FlowOperation] = [
            .put(NetlinkDatapathTests.flow(1)), .put(NetlinkDatapathTests.flow(2, many)),
            .put(NetlinkDatapathTests.flow(3, Self.actions)), .delete(FlowIdentifier(high: 1, low: 9)),
            .delete(FlowIdentifier(high: 1, low: 1)),
        ]
        let results = datapath.perform(executions, operations)
        #expect(results.executed.map { $0?.code } == [nil, .invalid, .noSpace, nil])
        #expect(results.applied.map(\.code) == [nil, .noSpace, nil, .noSuchFlow, nil])
        guard case .done(let counters?) = results.applied[4] else {
            Issue.record("the deleted flow's counters are missing")
            return
        }
        #expect(counters.packets == 3)
        #expect(try datapath.flow(FlowIdentifier(high: 1, low: 3)).actions == Self.actions)
        #expect(model.state.withLock { Array($0.executed[probes...]) } == [Self.frame, Self.frame])
        let families = kernel.requests[first...].map(\.family)
        #expect(families.prefix(3) == [.packet, .packet, .packet])
        #expect(!families.dropFirst(3).contains(.packet))
    }

    @Test("What exceeds one datagram goes in several, in order", arguments: [(300, 300), (0, 300), (300, 0), (0, 0)])
    func several(packets: Int, flows: Int) throws {
        let model = ModelKernel()
        let (datapath, _) = try NetlinkDatapathTests.open(model)
        let probes = model.state.withLock { $0.executed.count }
        let frames = (0..<packets).map { number in
            Frames.ethernet(0x0800, Frames.ipv4(17, Frames.udp(number, 2)))
        }
        let puts = (0..<flows).map { FlowOperation.put(NetlinkDatapathTests.flow(UInt64($0) + 1)) }
        let results = datapath.perform(frames.map(Self.execution), puts)
        #expect(results.executed.count == packets && results.executed.allSatisfy { $0 == nil })
        #expect(results.applied.count == flows && results.applied.allSatisfy { $0.code == nil })
        #expect(model.state.withLock { $0.executed[probes...].elementsEqual(frames) })
        var present = 0
        try datapath.forEachFlow { _ in present += 1 }
        #expect(present == flows)
    }

    @Test("A closed datapath refuses packets and flows alike")
    func closed() throws {
        let (datapath, _) = try NetlinkDatapathTests.open(ModelKernel())
        datapath.close(keep: false)
        let results = datapath.perform([Self.execution(Self.frame)], [.put(NetlinkDatapathTests.flow(1))])
        #expect(results.executed.map { $0?.code } == [.noSuchDatapath])
        #expect(results.applied.map(\.code) == [.noSuchDatapath])
    }

    @Test("A band without a burst may pass at once what its rate allows in a second")
    func burst() throws {
        let (datapath, kernel) = try NetlinkDatapathTests.open(ModelKernel())
        let bands = [
            DatapathMeter.Band(kind: .drop, rate: 7000, burst: 0),
            DatapathMeter.Band(kind: .drop, rate: 9000, burst: 5),
        ]
        try datapath.setMeter(4, DatapathMeter(unit: .packets, bands: bands))
        let request = try #require(kernel.requests.last { $0.family == .meter })
        let bytes = try #require(request.bytes(OpenVSwitch.MeterAttribute.bands))
        var reader = NetlinkReader(bytes.span.bytes)
        var bursts: [UInt32] = []
        while reader.advance() {
            var band = reader.nested
            while band.advance() {
                if band.type == OpenVSwitch.MeterBandAttribute.burst.rawValue { bursts.append(band.uint32()) }
            }
        }
        #expect(bursts == [7000, 5])
    }
}
