import Datapath
import NetworkTypes
import Testing

@Suite("Executing datapath actions")
struct ActionExecutorTests {
    private static let frame = Frames.ethernet(0x0800, Frames.ipv4(17, Frames.udp(1, 2)))
    private static let tagged = Frames.ethernet(0x0800, Frames.ipv4(17, Frames.udp(1, 2)), tags: [(0x8100, 5)])
    private static func port(_ number: UInt32) -> DatapathAction { .output(PortIndex(rawValue: number)) }
    private static let tag = DatapathAction.pushVLAN(tpid: 0x8100, tci: 0x1005)

    private static func run(
        _ actions: [DatapathAction], random: UInt32 = 0, program: [UInt32: [DatapathAction]] = [:]
    ) throws -> RecordingSink {
        var sink = RecordingSink()
        sink.random = random
        sink.program = program
        var packet = try PacketBuffer(copying: Self.frame.span.bytes)
        var key = FlowKey(parsing: Self.frame)
        key.inPort = 3
        ActionExecutor.execute(actions, on: &packet, key: &key, into: &sink)
        return sink
    }

    @Test("Outputs see the packet as it is at that moment; the empty list drops")
    func order() throws {
        let sink = try Self.run([Self.port(1), Self.tag, Self.port(2), .popVLAN, Self.port(3)])
        #expect(
            sink.outputs == [
                .init(port: 1, bytes: Self.frame), .init(port: 2, bytes: Self.tagged),
                .init(port: 3, bytes: Self.frame),
            ])
        let nothing = try Self.run([])
        #expect(nothing.outputs.isEmpty && nothing.discarded.isEmpty)
    }

    @Test("A clone's changes do not reach the original, nested or not")
    func clone() throws {
        let sink = try Self.run([
            .clone([Self.tag, Self.port(1), .clone([.popVLAN, Self.port(2)]), Self.port(3)]), Self.port(4),
        ])
        #expect(
            sink.outputs == [
                .init(port: 1, bytes: Self.tagged), .init(port: 2, bytes: Self.frame),
                .init(port: 3, bytes: Self.tagged), .init(port: 4, bytes: Self.frame),
            ])
    }

    @Test("A sample is taken with its probability", arguments: [(UInt32(99), true), (100, false), (.max, false)])
    func sample(random: UInt32, isTaken: Bool) throws {
        let sink = try Self.run([.sample(probability: 100, [Self.port(1)]), Self.port(2)], random: random)
        #expect(sink.outputs.map(\.port) == (isTaken ? [1, 2] : [2]))
        #expect(try Self.run([.sample(probability: .max, [Self.port(1)])], random: .max).outputs.count == 1)
        #expect(try Self.run([.sample(probability: 0, [Self.port(1)])], random: 0).outputs.isEmpty)
    }

    @Test("Truncation holds for the next output only")
    func truncation() throws {
        let sink = try Self.run([.truncate(20), Self.port(1), Self.port(2)])
        #expect(sink.outputs.map(\.bytes.count) == [20, Self.frame.count])
    }

    @Test("What is passed up has the key of the packet as it is then")
    func userspace() throws {
        let sink = try Self.run([Self.tag, .set(.mark(0xff, mask: 0x0f)), .userspace(userdata: 42)])
        let passed = try #require(sink.passed.first)
        #expect(passed.userdata == 42)
        #expect(passed.bytes == Self.tagged)
        #expect(passed.key.vlanTCI == 0x1005)
        #expect(passed.key.packetMark == 0x0f)
        #expect(passed.key.inPort == 3)
    }

    @Test("Recirculation looks the packet up with its new headers and leaves the original alone")
    func recirculation() throws {
        let sink = try Self.run(
            [.hash(algorithm: .l4, basis: 1), Self.tag, .recirculate(9), Self.port(1)],
            program: [9: [.popVLAN, .userspace(userdata: 1), Self.port(2)]])
        #expect(sink.outputs == [.init(port: 2, bytes: Self.frame), .init(port: 1, bytes: Self.tagged)])
        #expect(sink.passed.first?.key.recirculationID == 9)
        #expect(sink.passed.first.map { $0.key.datapathHash != 0 } == true)
    }

    @Test("Endless recirculation and deep nesting end, counted")
    func depth() throws {
        let sink = try Self.run([.recirculate(1)], program: [1: [Self.port(1), .recirculate(1)]])
        #expect(sink.outputs.count == ActionExecutor.depthMaximum)
        #expect(sink.discarded == [.refused(.tooDeep)])
        var nested = [Self.port(1)]
        for _ in 0..<30 { nested = [.clone(nested)] }
        #expect(try Self.run(nested).discarded == [.refused(.tooDeep)])
    }

    @Test("An action that cannot be carried out ends the list; drop and its reason are counted")
    func refusals() throws {
        let tcp = DatapathAction.set(.tcp(TransportFields(source: 1), mask: TransportFields(source: .max)))
        let sink = try Self.run([Self.port(1), tcp, Self.port(2)])
        #expect(sink.outputs.map(\.port) == [1])
        #expect(sink.discarded == [.refused(.headerAbsent)])
        #expect(try Self.run([.drop(reason: 6), Self.port(1)]).discarded == [.explicit(6)])
        #expect(try Self.run([.clearConnectionTracking]).discarded == [.refused(.unsupported)])
    }
}
