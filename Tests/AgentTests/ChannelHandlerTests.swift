import NIOCore
import NIOEmbedded
import OpenFlow
import Testing

@testable import Agent

@Suite("The I/O side of a connection")
struct ChannelHandlerTests {
    @Test("our HELLO goes out at once and unasked")
    func hello() throws {
        let harness = try ChannelHarness(offered: [.v1_0, .v1_3])
        let messages = try harness.messages()
        #expect(messages.map { $0.header.version } == [4])
        #expect(messages.map { $0.message } == [.hello(Hello(versions: [.v1_0, .v1_3]))])
    }

    @Test("a handler added to an open channel says HELLO once")
    func helloOnce() throws {
        let harness = try ChannelHarness()
        harness.channel.pipeline.fireChannelActive()
        #expect(try harness.messages().count == 1)
    }

    // MARK: Cuts

    /// A HELLO, requests, an echo, a message that cannot be decoded, one of another version, and a long one.
    private static func stream() throws -> [UInt8] {
        var bytes = try ChannelHarness.encode(.hello(Hello(versions: [.v1_3])), version: .v1_5, 1)
        bytes += try ChannelHarness.encode(.featuresRequest, 2)
        bytes += try ChannelHarness.encode(.echoRequest(Array(0..<50)), 3)
        bytes += try ChannelHarness.encode(.barrierRequest, 4)
        bytes += [4, 99, 0, 12, 0, 0, 0, 5, 1, 2, 3, 4]
        bytes += try ChannelHarness.encode(.featuresRequest, version: .v1_0, 6)
        bytes += try ChannelHarness.encode(
            .packetOut(PacketOut(actions: [], data: [UInt8](repeating: 7, count: 1500))), 7)
        bytes += try ChannelHarness.encode(.getConfigRequest, 8)
        return bytes
    }

    /// What a stream, cut in pieces, leads to: on the control loop, and back to the peer.
    private static func result(of pieces: [ArraySlice<UInt8>]) throws -> (inputs: [String], output: [UInt8]) {
        let harness = try ChannelHarness()
        for piece in pieces { try harness.receive(Array(piece)) }
        return (harness.link.takeInputs().map { $0.summary }, try harness.output())
    }

    @Test("a stream means the same wherever it is cut")
    func everyCut() throws {
        let stream = try Self.stream()
        let whole = try Self.result(of: [stream[...]])
        #expect(
            whole.inputs == [
                "opened OpenFlow13", "message 5 2 8", "message 20 4 8", "undecodable requestBadType 12",
                "message 13 7 1524", "message 7 8 8",
            ])
        let replies = try ChannelHarness.messages(in: whole.output).dropFirst()
        #expect(replies.map { $0.header.transactionID.rawValue } == [3, 6])
        #expect(replies.first?.message == .echoReply(Array(0..<50)))
        for cut in 1..<stream.count {
            let result = try Self.result(of: [stream[..<cut], stream[cut...]])
            #expect(result.inputs == whole.inputs, "cut at \(cut)")
            #expect(result.output == whole.output, "cut at \(cut)")
        }
    }

    @Test("a stream means the same in pieces of any size", arguments: [1, 2, 3, 7, 8, 9, 64, 1000])
    func pieces(size: Int) throws {
        let stream = try Self.stream()
        let whole = try Self.result(of: [stream[...]])
        let pieces = stride(from: 0, to: stream.count, by: size).map { stream[$0..<min($0 + size, stream.count)] }
        let result = try Self.result(of: pieces)
        #expect(result.inputs == whole.inputs)
        #expect(result.output == whole.output)
    }

    @Test("many messages in one read keep their order")
    func joined() throws {
        let harness = try ChannelHarness()
        try harness.negotiate()
        var bytes: [UInt8] = []
        for number in 0..<5000 { bytes += try ChannelHarness.encode(.barrierRequest, UInt32(number)) }
        try harness.receive(bytes)
        let numbers = harness.link.takeInputs().compactMap { input -> UInt32? in
            if case .message(.barrierRequest, let header, _) = input { return header.transactionID.rawValue }
            return nil
        }
        #expect(numbers == Array(0..<5000))
    }

    // MARK: Bad input

    @Test("a length below eight is refused with the message, and the connection ends", arguments: UInt8(0)..<8)
    func shortLength(length: UInt8) throws {
        let harness = try ChannelHarness()
        try harness.negotiate()
        let bad: [UInt8] = [4, 5, 0, length, 0, 0, 0, 9]
        try harness.receive(try ChannelHarness.encode(.barrierRequest) + bad + ChannelHarness.encode(.barrierRequest))
        let messages = try harness.messages()
        #expect(messages.count == 1)
        #expect(messages.first?.header.transactionID.rawValue == 9)
        guard case .error(let error)? = messages.first?.message else {
            Issue.record("no error")
            return
        }
        #expect(error.error == .known(.requestBadLength))
        #expect(error.data.starts(with: bad))
        #expect(
            harness.link.takeInputs().map { $0.summary }
                == ["message 20 1 8", "closed: message with impossible length \(length)"])
        #expect(!harness.channel.isActive)
    }

    @Test("a message above the limit is refused at its header")
    func longMessage() throws {
        let harness = try ChannelHarness(messageBytesMaximum: 1000)
        try harness.negotiate()
        try harness.receive([4, 2, 0x03, 0xe9, 0, 0, 0, 1])
        #expect(try harness.messages().count == 1)
        #expect(harness.link.takeInputs().map { $0.summary } == ["closed: message with impossible length 1001"])
    }

    @Test("garbage instead of HELLO is refused and the connection ends")
    func garbage() throws {
        let harness = try ChannelHarness()
        _ = try harness.output()
        try harness.receive(Array("GET / HTTP/1.1\r\nHost: switch\r\n\r\n".utf8))
        // "T " reads as a length of 21536 bytes, which nobody waits for.
        let messages = try harness.messages()
        #expect(messages.map { $0.header.type } == [1])
        #expect(harness.link.takeInputs().map { $0.summary } == ["closed: message of type 69 before HELLO"])
        #expect(!harness.channel.isActive)
    }

    @Test("a first header that is no HELLO is refused once it is whole, however long it says it is", arguments: 2...255)
    func firstHeader(type: UInt8) throws {
        let harness = try ChannelHarness()
        _ = try harness.output()
        try harness.receive([4, type, 0xff, 0xf0, 0, 0, 0])
        #expect(harness.channel.isActive)
        try harness.receive([7])
        #expect(!harness.channel.isActive)
        let messages = try harness.messages()
        guard case .error(let error)? = messages.first?.message else {
            Issue.record("no error")
            return
        }
        #expect(error.error == .known(.requestBadType) && messages.first?.header.transactionID.rawValue == 7)
    }

    @Test("a HELLO in pieces is waited for")
    func helloInPieces() throws {
        let harness = try ChannelHarness()
        for byte in try ChannelHarness.encode(.hello(Hello(versions: [.v1_3, .v1_4])), version: .v1_5) {
            #expect(harness.link.takeInputs().isEmpty)
            try harness.receive([byte])
        }
        #expect(harness.link.takeInputs().map { $0.summary } == ["opened OpenFlow14"])
    }

    @Test("a HELLO without a common version is refused with words for both sides")
    func incompatible() throws {
        let harness = try ChannelHarness(offered: [.v1_3])
        _ = try harness.output()
        try harness.receive(try ChannelHarness.encode(.hello(Hello()), version: .v1_0))
        let messages = try harness.messages()
        guard case .error(let error)? = messages.first?.message else {
            Issue.record("no error")
            return
        }
        #expect(error.error == .known(.helloIncompatible))
        #expect(messages.first?.header.version == 1)
        let text = String(decoding: error.data, as: UTF8.self)
        #expect(
            text == "no OpenFlow version in common: this switch speaks OpenFlow13, "
                + "peer offers OpenFlow10 and no version bitmap")
        #expect(harness.link.takeInputs().map { $0.summary } == ["closed: \(text)"])
        #expect(!harness.channel.isActive)
    }

    @Test("a HELLO of a version to come is read for its bitmap")
    func futureHello() throws {
        let harness = try ChannelHarness()
        var bytes = try ChannelHarness.encode(.hello(Hello(versions: [.v1_0, .v1_4])), version: .v1_5)
        bytes[0] = 9
        try harness.receive(bytes)
        #expect(harness.link.takeInputs().map { $0.summary } == ["opened OpenFlow14"])
    }

    @Test("a HELLO with elements that make no sense counts by its header")
    func brokenHello() throws {
        let harness = try ChannelHarness()
        try harness.receive([4, 0, 0, 12, 0, 0, 0, 1, 0, 1, 0, 2])
        #expect(harness.link.takeInputs().map { $0.summary } == ["opened OpenFlow13"])
    }

    @Test("random bytes after HELLO never do more than end the connection")
    func randomBytes() throws {
        for seed in UInt64(1)...200 {
            var state = seed
            func next() -> UInt64 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return state >> 33
            }
            let harness = try ChannelHarness()
            try harness.negotiate()
            for _ in 0..<20 {
                let count = Int(next() % 40)
                var bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
                if count >= 8, next() % 4 != 0 {
                    bytes.replaceSubrange(0..<4, with: [4, bytes[1] % 30, 0, UInt8(count)])
                }
                try harness.receive(bytes)
            }
            #expect(harness.link.takeInputs().count <= 400, "seed \(seed)")
        }
    }

    @Test("Nicira's table id extension holds from the message on that asks for it")
    func flowModTableID() throws {
        let harness = try ChannelHarness()
        try harness.negotiate(.v1_0)
        var flow = try ChannelHarness.encode(.flowMod(FlowMod()), version: .v1_0)
        // The command is at byte 56 of a 1.0 FLOW_MOD; its upper byte becomes a table.
        flow[56] = 3
        let request = try ChannelHarness.encode(.nicira(.setFlowModTableID(true)), version: .v1_0)
        try harness.receive(flow + request + flow)
        let tables = harness.link.takeInputs().map { input -> UInt8? in
            if case .message(.flowMod(let flow), _, _) = input { return flow.tableID.rawValue }
            return nil
        }
        #expect(tables.last == 3)
        #expect(tables.first == 0)
    }

    // MARK: Output and end

    @Test("output of one turn is written in order, then the connection is closed")
    func outputThenClose() throws {
        let harness = try ChannelHarness()
        try harness.negotiate()
        let first = try ChannelHarness.encode(.barrierReply, 1)
        let second = try ChannelHarness.encode(.barrierReply, 2)
        harness.link.send(first)
        harness.link.send(second)
        harness.link.close(.closedBySwitch)
        #expect(harness.link.bytesInFlight == 16)
        harness.loop.run()
        #expect(try harness.output() == first + second)
        #expect(harness.link.bytesInFlight == 0)
        #expect(harness.link.takeInputs().map { $0.summary } == ["closed: closed by the switch"])
        #expect(!harness.channel.isActive)
    }

    @Test("a peer that goes is reported once")
    func peerCloses() throws {
        let harness = try ChannelHarness()
        try harness.negotiate()
        _ = try harness.channel.finish(acceptAlreadyClosed: true)
        #expect(harness.link.takeInputs().map { $0.summary } == ["closed: connection closed by peer"])
    }

    @Test("a silent peer gets an echo request, then the connection ends")
    func inactivity() throws {
        let harness = try ChannelHarness(inactivityProbe: .seconds(5))
        try harness.negotiate()
        harness.advance(.seconds(4))
        #expect(try harness.messages().isEmpty)
        harness.advance(.seconds(1))
        #expect(try harness.messages().map { $0.message } == [.echoRequest([])])
        try harness.receive(try ChannelHarness.encode(.echoReply([])))
        harness.advance(.seconds(5))
        #expect(try harness.messages().map { $0.message } == [.echoRequest([])])
        harness.advance(.seconds(5))
        #expect(harness.link.takeInputs().map { $0.summary } == ["closed: no answer to echo request"])
        #expect(!harness.channel.isActive)
    }

    @Test("a peer that waits for the control loop is not asked for a sign of life")
    func waiting() throws {
        let harness = try ChannelHarness(inactivityProbe: .seconds(5))
        try harness.negotiate()
        try harness.receive(try ChannelHarness.encode(.barrierRequest))
        for _ in 0..<10 { harness.advance(.seconds(5)) }
        #expect(try harness.messages().isEmpty && harness.channel.isActive)
        harness.link.handled(messages: harness.link.takeInputs().count, bytes: 0)
        harness.advance(.seconds(5))
        #expect(try harness.messages().map { $0.message } == [.echoRequest([])])
    }

    @Test("a peer that says no HELLO is let go after ten seconds")
    func halfOpen() throws {
        let harness = try ChannelHarness()
        harness.advance(.seconds(9))
        #expect(harness.channel.isActive)
        harness.advance(.seconds(1))
        #expect(harness.link.takeInputs().map { $0.summary } == ["closed: no HELLO in time"])
        #expect(!harness.channel.isActive)
    }
}
