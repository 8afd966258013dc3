import Datapath
import NetworkTypes
import Testing

/// What every ``DatapathBackend`` does, written once.
///
/// Each function takes a fresh ``BackendFixture`` and checks one promise.
///
/// The caller provides a backend without flows and two ports with a wire at each. Frames that the checks send
/// have locally administered addresses 02:00:00:00:00:0a and :0b; frames of others (a host's own chatter)
/// must not reach the wires.
enum BackendContract {
    /// A backend and two of its ports.
    struct Fixture {
        var backend: any DatapathBackend
        var left: DatapathPort
        var right: DatapathPort
        var leftWire: any Wire
        var rightWire: any Wire
    }

    /// Every check, by name, for parametrised tests.
    static let checks: [(name: String, run: @Sendable (Fixture) throws -> Void)] = [
        ("ports", ports), ("flow table", flowTable), ("forwarding", forwarding), ("misses", misses),
        ("userspace action", userspaceAction), ("execute", execute), ("VLAN", vlan), ("rewrites", rewrites),
        ("recirculation", recirculation), ("clone and sample", cloneAndSample), ("truncation", truncation),
        ("flush", flush), ("wake", wake), ("packet length", packetLength), ("labels", labels), ("samples", samples),
        ("service headers", serviceHeaders), ("packets without Ethernet", withoutEthernet),
    ]

    static let frame = Frames.ethernet(0x0800, Frames.ipv4(17, Frames.udp(1000, 2000, payload: Array(0..<40))))

    /// Matches all frames from `port` (and a recirculation id).
    static func flow(
        from port: DatapathPort, recirculation: UInt32 = 0, _ actions: [DatapathAction]
    ) -> DatapathFlow {
        var key = FlowKey()
        var mask = FlowMask()
        key.inPort = port.index.rawValue
        mask.inPort = .max
        key.recirculationID = recirculation
        mask.recirculationID = .max
        // The kernel wants the EtherType of a flow that has IP fields or rewrites IP.
        key.etherType = 0x0800
        mask.etherType = .max
        key.ipProtocol = 17
        mask.ipProtocol = .max
        return DatapathFlow(
            identifier: FlowIdentifier(key: key, mask: mask), key: key, mask: mask, actions: actions)
    }

    static func put(_ flow: DatapathFlow, _ fixture: Fixture) {
        let result = fixture.backend.apply([.put(flow)])
        guard result.count == 1, case .done = result[0] else {
            Issue.record("put: \(result)")
            return
        }
    }

    /// The next upcall for our frame, from any handler; others (chatter) are passed over.
    static func upcall(_ fixture: Fixture, withoutEthernet: Bool = false) throws -> Upcall? {
        let deadline = MonotonicClock.nowNanoseconds() + 60_000_000_000
        while MonotonicClock.nowNanoseconds() < deadline {
            for handler in 0..<fixture.backend.handlerCount {
                var batch: [Upcall] = []
                _ = try fixture.backend.receiveUpcalls(
                    handler: handler, into: &batch, maximum: 1, timeoutMilliseconds: 20)
                if withoutEthernet {
                    if let first = batch.first, first.key.packetType != 0 { return first }
                    continue
                }
                if let first = batch.first, first.packet.count >= 14, first.packet[6..<12].elementsEqual(Frames.hostA) {
                    return first
                }
            }
        }
        Issue.record("no upcall within 60 s")
        return nil
    }

    static func ports(_ fixture: Fixture) throws {
        let ports = try fixture.backend.ports()
        #expect(ports.contains(fixture.left) && ports.contains(fixture.right))
        #expect(throws: DatapathError(.noSuchPort, operation: "")) {
            try fixture.backend.statistics(of: PortIndex(rawValue: 4000))
        }
        #expect(throws: DatapathError(.noSuchPort, operation: "")) {
            try fixture.backend.removePort(PortIndex(rawValue: 4000))
        }
        #expect(throws: DatapathError(.noSuchDevice, operation: "")) {
            try fixture.backend.addPort(PortRequest(name: "no-such-dev", kind: .device))
        }
        try fixture.backend.removePort(fixture.right.index)
        #expect(try !fixture.backend.ports().contains(fixture.right))
        #expect(throws: DatapathError(.noSuchPort, operation: "")) {
            try fixture.backend.removePort(fixture.right.index)
        }
    }

    static func flowTable(_ fixture: Fixture) throws {
        var flow = Self.flow(from: fixture.left, [.output(fixture.right.index)])
        #expect(throws: DatapathError(.noSuchFlow, operation: "")) { try fixture.backend.flow(flow.identifier) }
        Self.put(flow, fixture)
        #expect(try fixture.backend.flow(flow.identifier).actions == [.output(fixture.right.index)])
        flow.actions = []
        Self.put(flow, fixture)
        let stored = try fixture.backend.flow(flow.identifier)
        #expect(stored.actions.isEmpty)
        #expect(stored.key == flow.key)
        var seen = 0
        try fixture.backend.forEachFlow { if $0.identifier == flow.identifier { seen += 1 } }
        #expect(seen == 1)
        let results = fixture.backend.apply([.delete(flow.identifier), .delete(flow.identifier)])
        guard results.count == 2, case .done(let statistics) = results[0], case .failed(let error) = results[1]
        else {
            Issue.record("\(results)")
            return
        }
        #expect(statistics?.packets == 0)
        #expect(error == DatapathError(.noSuchFlow, operation: ""))
    }

    static func forwarding(_ fixture: Fixture) throws {
        let there = Self.flow(from: fixture.left, [.output(fixture.right.index)])
        Self.put(there, fixture)
        Self.put(Self.flow(from: fixture.right, [.output(fixture.left.index)]), fixture)
        for _ in 0..<3 {
            try fixture.leftWire.send(Self.frame)
            #expect(fixture.rightWire.receive() == Self.frame)
        }
        try fixture.rightWire.send(Self.frame)
        #expect(fixture.leftWire.receive() == Self.frame)
        let statistics = try fixture.backend.flow(there.identifier).statistics
        #expect(statistics.packets == 3)
        #expect(statistics.bytes == UInt64(3 * Self.frame.count))
        #expect(statistics.lastUsed > 0)
        let right = try fixture.backend.statistics(of: fixture.right.index)
        #expect(right.transmittedPackets >= 3 && right.receivedPackets >= 1)
    }

    static func misses(_ fixture: Fixture) throws {
        try fixture.leftWire.send(Self.frame)
        guard let upcall = try Self.upcall(fixture) else { return }
        #expect(upcall.reason == .miss)
        #expect(upcall.packet == Self.frame)
        var key = FlowKey(parsing: Self.frame)
        key.inPort = fixture.left.index.rawValue
        var got = upcall.key
        // Metadata that one datapath has and the other has not.
        got.datapathHash = 0
        got.packetMark = 0
        got.priority = 0
        #expect(got == key)
    }

    static func userspaceAction(_ fixture: Fixture) throws {
        Self.put(
            Self.flow(from: fixture.left, [.userspace(userdata: 0x1122_3344_5566_7788), .output(fixture.right.index)]),
            fixture)
        try fixture.leftWire.send(Self.frame)
        #expect(fixture.rightWire.receive() == Self.frame)
        let upcall = try Self.upcall(fixture)
        #expect(upcall?.reason == .action(userdata: 0x1122_3344_5566_7788))
        #expect(upcall?.packet == Self.frame)
    }

    static func execute(_ fixture: Fixture) throws {
        var key = FlowKey(parsing: Self.frame)
        key.inPort = fixture.left.index.rawValue
        let actions: [DatapathAction] = [.output(fixture.right.index), .output(fixture.left.index)]
        let results = fixture.backend.execute([
            PacketExecution(packet: Self.frame, key: key, actions: actions),
            PacketExecution(packet: [1, 2, 3], key: key, actions: actions),
            PacketExecution(packet: Self.frame, key: key, actions: []),
        ])
        #expect(results.count == 3)
        #expect(results.first == .some(nil))
        #expect(results.dropFirst().first.map { $0 != nil } == true, "three bytes are not a frame")
        #expect(fixture.rightWire.receive() == Self.frame)
        #expect(fixture.leftWire.receive() == Self.frame)
    }

    static func vlan(_ fixture: Fixture) throws {
        let tagged = Frames.ethernet(
            0x0800, Frames.ipv4(17, Frames.udp(1000, 2000, payload: Array(0..<40))), tags: [(0x8100, 0x6064)])
        Self.put(
            Self.flow(from: fixture.left, [.pushVLAN(tpid: 0x8100, tci: 0x7064), .output(fixture.right.index)]),
            fixture)
        try fixture.leftWire.send(Self.frame)
        #expect(fixture.rightWire.receive() == tagged)
        var pop = Self.flow(from: fixture.right, [.popVLAN, .output(fixture.left.index)])
        pop.key.vlanTPID = 0x8100
        pop.mask.vlanTPID = .max
        pop.key.vlanTCI = 0x7064
        pop.mask.vlanTCI = .max
        pop.identifier = FlowIdentifier(key: pop.key, mask: pop.mask)
        Self.put(pop, fixture)
        try fixture.rightWire.send(tagged)
        #expect(fixture.leftWire.receive() == Self.frame)
    }

    static func rewrites(_ fixture: Fixture) throws {
        let payload = [UInt8](0..<40)
        let address: [UInt8] = [192, 168, 7, 7]
        Self.put(
            Self.flow(
                from: fixture.left,
                [
                    .output(fixture.right.index),
                    .set(
                        .ipv4(
                            IPv4Fields(destination: 0xc0a8_0707, ttl: 9), mask: IPv4Fields(destination: .max, ttl: .max)
                        )),
                    .set(.udp(TransportFields(destination: 7), mask: TransportFields(destination: .max))),
                    .output(fixture.right.index),
                ]), fixture)
        try fixture.leftWire.send(Self.frame)
        #expect(fixture.rightWire.receive() == Self.frame)
        #expect(
            fixture.rightWire.receive()
                == Frames.ethernet(
                    0x0800,
                    Frames.ipv4(
                        17, Frames.udp(1000, 7, payload: payload, between: (Frames.addressA, address)),
                        destination: address, ttl: 9)))
    }

    static func recirculation(_ fixture: Fixture) throws {
        guard fixture.backend.capabilities.recirculation else { return }
        Self.put(Self.flow(from: fixture.left, [.recirculate(7)]), fixture)
        Self.put(Self.flow(from: fixture.left, recirculation: 7, [.output(fixture.right.index)]), fixture)
        try fixture.leftWire.send(Self.frame)
        #expect(fixture.rightWire.receive() == Self.frame)
    }

    static func cloneAndSample(_ fixture: Fixture) throws {
        guard fixture.backend.capabilities.clone, fixture.backend.capabilities.sampleNesting > 0 else { return }
        let tag = DatapathAction.pushVLAN(tpid: 0x8100, tci: 0x1005)
        Self.put(
            Self.flow(
                from: fixture.left,
                [
                    .clone([tag, .output(fixture.right.index)]),
                    .sample(probability: .max, [.output(fixture.right.index)]),
                    .output(fixture.right.index),
                ]), fixture)
        try fixture.leftWire.send(Self.frame)
        let received = [fixture.rightWire.receive(), fixture.rightWire.receive(), fixture.rightWire.receive()]
        #expect(received.map { $0?.count } == [Self.frame.count + 4, Self.frame.count, Self.frame.count])
        #expect(received[2] == Self.frame)
    }

    static func truncation(_ fixture: Fixture) throws {
        guard fixture.backend.capabilities.truncation else { return }
        Self.put(
            Self.flow(from: fixture.left, [.truncate(60), .output(fixture.right.index), .output(fixture.right.index)]),
            fixture)
        try fixture.leftWire.send(Self.frame)
        #expect(fixture.rightWire.receive() == Array(Self.frame.prefix(60)))
        #expect(fixture.rightWire.receive() == Self.frame)
    }

    static func packetLength(_ fixture: Fixture) throws {
        guard fixture.backend.capabilities.packetLengthCheck else { return }
        let length = UInt16(Self.frame.count)
        for (maximum, isLonger) in [(length - 1, true), (length, false)] {
            let tag = DatapathAction.pushVLAN(tpid: 0x8100, tci: 0x1005)
            Self.put(
                Self.flow(
                    from: fixture.left,
                    [
                        .checkPacketLength(
                            maximumBytes: maximum, longer: [.recirculate(5)],
                            notLonger: [tag, .output(fixture.right.index)])
                    ]), fixture)
            Self.put(Self.flow(from: fixture.left, recirculation: 5, [.output(fixture.right.index)]), fixture)
            try fixture.leftWire.send(Self.frame)
            #expect(fixture.rightWire.receive()?.count == Self.frame.count + (isLonger ? 0 : 4))
        }
    }

    static func labels(_ fixture: Fixture) throws {
        guard fixture.backend.capabilities.mplsDepth > 0 else { return }
        Self.put(
            Self.flow(
                from: fixture.left,
                [
                    .pushMPLS(labelStackEntry: 0x0000_5140, etherType: 0x8847),
                    .pushMPLS(labelStackEntry: 0x0000_6040, etherType: 0x8847),
                    .set(.mpls(labelStackEntry: 0x0000_7000, mask: 0xffff_f000)),
                    .output(fixture.right.index), .popMPLS(etherType: 0x8847), .popMPLS(etherType: 0x0800),
                    .output(fixture.right.index),
                ]), fixture)
        try fixture.leftWire.send(Self.frame)
        let labelled = Array(Self.frame[0..<12]) + [0x88, 0x47, 0, 0, 0x70, 0x40, 0, 0, 0x51, 0x40]
        #expect(fixture.rightWire.receive() == labelled + Self.frame[14...])
        #expect(fixture.rightWire.receive() == Self.frame)
    }

    /// A header is pushed before a frame, and popped behind a recirculation, with each of the metadata types.
    static func serviceHeaders(_ fixture: Fixture) throws {
        guard fixture.backend.capabilities.serviceHeaders else { return }
        let addresses = EthernetFields(
            source: MACAddress(rawValue: 0x0200_0000_000a), destination: MACAddress(rawValue: 0x0200_0000_000b))
        for contexts in [nil, [0, 5, 6, 3, 1, 2, 3, 0]] as [[UInt8]?] {
            let fields = ServiceHeaderFields(
                flags: 2, ttl: 9, pathID: 0x123456, index: 7, contexts: contexts == nil ? 0xabcd : 0)
            let header = ServiceHeader(fields, nextProtocol: 3, contextHeaders: contexts)
            Self.put(
                Self.flow(
                    from: fixture.left,
                    [.pushServiceHeader(header), .pushEthernet(addresses), .output(fixture.right.index)]), fixture)
            try fixture.leftWire.send(Self.frame)
            let metadata = contexts ?? [UInt8](repeating: 0, count: 14) + [0xab, 0xcd]
            let bytes = ServiceHeaderTests.header(type: contexts == nil ? 1 : 2, metadata: metadata)
            let framed = Frames.ethernet(0x894f, Array(bytes.prefix(7)) + [7] + bytes.dropFirst(8) + Self.frame)
            #expect(fixture.rightWire.receive() == framed)
            // The way back: the flow knows the metadata type, as those of the agent's do.
            var key = FlowKey(parsing: framed)
            key.inPort = fixture.right.index.rawValue
            var mask = FlowMask()
            mask.inPort = .max
            mask.recirculationID = .max
            mask.etherType = .max
            mask.serviceHeaderMetadataType = .max
            mask.serviceHeaderNextProtocol = .max
            mask.serviceHeaderPathID = 0xff_ff00
            if contexts == nil { mask.serviceHeaderContexts = 0xffff }
            key.formIntersection(mask)
            Self.put(
                DatapathFlow(
                    identifier: FlowIdentifier(key: key, mask: mask), key: key, mask: mask,
                    actions: [.popEthernet, .popServiceHeader, .recirculate(9)]), fixture)
            Self.put(
                Self.flow(from: fixture.right, recirculation: 9, [.output(fixture.left.index)]), fixture)
            try fixture.rightWire.send(framed)
            #expect(fixture.leftWire.receive() == Self.frame)
            let stored = try fixture.backend.flow(FlowIdentifier(key: key, mask: mask))
            #expect(stored.key == key && stored.actions == [.popEthernet, .popServiceHeader, .recirculate(9)])
        }
    }

    /// A packet without an Ethernet header misses, is passed up with its type, and executed as what it is.
    static func withoutEthernet(_ fixture: Fixture) throws {
        guard fixture.backend.capabilities.ethernetRemoval else { return }
        Self.put(Self.flow(from: fixture.left, [.popEthernet, .recirculate(11)]), fixture)
        try fixture.leftWire.send(Self.frame)
        guard let upcall = try Self.upcall(fixture, withoutEthernet: true) else { return }
        #expect(upcall.packet == Array(Self.frame[14...]))
        #expect(upcall.key.packetType == 0x1_0800 && upcall.key.etherType == 0x0800)
        #expect(upcall.key.ethernetSource == 0 && upcall.key.ipv4Source == 0x0a00_0001)
        let addresses = EthernetFields(
            source: MACAddress(rawValue: 0x0200_0000_000a), destination: MACAddress(rawValue: 0x0200_0000_000b))
        let actions: [DatapathAction] = [.pushEthernet(addresses), .output(fixture.right.index)]
        let results = fixture.backend.execute([
            PacketExecution(packet: upcall.packet, key: upcall.key, actions: actions)
        ])
        #expect(results == [nil])
        #expect(fixture.rightWire.receive() == Self.frame)
        // A flow of such packets, and one of Ethernet frames that is equal but for that.
        var flow = Self.flow(from: fixture.left, recirculation: 11, actions)
        flow.key.packetType = 0x1_0800
        flow.mask.packetType = .max
        flow.identifier = FlowIdentifier(key: flow.key, mask: flow.mask)
        Self.put(flow, fixture)
        var framed = Self.flow(from: fixture.left, recirculation: 11, [])
        framed.mask.packetType = .max
        framed.identifier = FlowIdentifier(key: framed.key, mask: framed.mask)
        Self.put(framed, fixture)
        try fixture.leftWire.send(Self.frame)
        #expect(fixture.rightWire.receive() == Self.frame)
        let stored = try fixture.backend.flow(flow.identifier)
        #expect(stored.key == flow.key && stored.actions == actions && stored.statistics.packets == 1)
        // A label before the frame, and away again.
        guard fixture.backend.capabilities.labelBeforeEthernet else { return }
        Self.put(
            Self.flow(
                from: fixture.left,
                [
                    .encapsulateMPLS(labelStackEntry: 0x0001_1140, etherType: 0x8847), .pushEthernet(addresses),
                    .output(fixture.right.index),
                ]), fixture)
        try fixture.leftWire.send(Self.frame)
        #expect(fixture.rightWire.receive() == Frames.ethernet(0x8847, [0, 1, 0x11, 0x40] + Self.frame))
    }

    static func samples(_ fixture: Fixture) throws {
        guard fixture.backend.capabilities.sampleNesting > 0 else { return }
        Self.put(
            Self.flow(
                from: fixture.left,
                [.sample(probability: .max, [.userspace(userdata: 77)]), .output(fixture.right.index)]), fixture)
        try fixture.leftWire.send(Self.frame)
        #expect(fixture.rightWire.receive() == Self.frame)
        let upcall = try Self.upcall(fixture)
        #expect(upcall?.reason == .action(userdata: 77) && upcall?.packet == Self.frame)
    }

    static func flush(_ fixture: Fixture) throws {
        Self.put(Self.flow(from: fixture.left, []), fixture)
        Self.put(Self.flow(from: fixture.right, []), fixture)
        try fixture.backend.flushFlows()
        var count = 0
        try fixture.backend.forEachFlow { _ in count += 1 }
        #expect(count == 0)
        // What was cached for the flow is gone with it.
        try fixture.leftWire.send(Self.frame)
        #expect(try Self.upcall(fixture)?.reason == .miss)
    }

    static func wake(_ fixture: Fixture) throws {
        var batch: [Upcall] = []
        fixture.backend.wakeHandlers()
        _ = try fixture.backend.receiveUpcalls(handler: 0, into: &batch, maximum: 10, timeoutMilliseconds: nil)
        #expect(try fixture.backend.receiveUpcalls(handler: 0, into: &batch, maximum: 10, timeoutMilliseconds: 0) >= 0)
    }

    /// After `close`, every call says so.
    static func closed(_ backend: any DatapathBackend) {
        backend.close(keep: false)
        let gone = DatapathError(.noSuchDatapath, operation: "")
        #expect(throws: gone) { try backend.ports() }
        #expect(throws: gone) { try backend.addPort(PortRequest(name: "x", kind: .internal)) }
        #expect(throws: gone) { try backend.removePort(PortIndex(rawValue: 1)) }
        #expect(throws: gone) { try backend.flushFlows() }
        #expect(throws: gone) {
            var batch: [Upcall] = []
            return try backend.receiveUpcalls(handler: 0, into: &batch, maximum: 1, timeoutMilliseconds: nil)
        }
        #expect(
            backend.execute([PacketExecution(packet: Self.frame, key: FlowKey(), actions: [])]) == [gone])
    }
}
