import Datapath
import OpenFlow
import Testing

@testable import Agent

@Suite("Large flow tables")
struct FlowTableScaleTests {
    private static let count: UInt32 = 20_000

    /// A switch with many flows: even cookies output to port 1, odd ones to port 2.
    private static func filled(_ session: (SwitchHarness) -> ControllerSession) -> (SwitchHarness, ControllerSession) {
        let harness = SwitchHarness()
        let session = session(harness)
        for number in 0..<Self.count {
            harness.send(
                SwitchHarness.flowMod(
                    .add, number, priority: UInt16(100 + number % 3), cookie: UInt64(number), output: 1 + number % 2),
                session)
        }
        return (harness, session)
    }

    private static func aggregate(
        _ harness: SwitchHarness, _ session: ControllerSession,
        _ request: FlowStatisticsRequest = FlowStatisticsRequest()
    ) -> AggregateStatistics? {
        harness.send(.multipartRequest(MultipartRequest(body: .aggregate(request))), session)
        for _ in 0..<100 where session.output.isEmpty { _ = harness.control.runExpiry(now: harness.now) }
        guard let reply = harness.take(session).first, case .multipartReply(let multipart) = reply,
            case .aggregate(let sums) = multipart.body
        else { return nil }
        return sums
    }

    @Test("are emptied at once, and names of their flows mean nothing afterwards")
    func clear() throws {
        let (harness, session) = Self.filled { $0.connect(.v1_3) }
        let old = harness.pipeline.read { $0.select(FlowSelector(), in: .all) }
        #expect(old.count == Int(Self.count))
        let before = harness.pipeline.version
        let delete = SwitchHarness.flowMod(.delete, 0) { ($0.match, $0.tableID) = (.any, .all) }
        #expect(harness.request(delete, session).isEmpty)
        #expect(!session.isBusy)
        #expect(harness.pipeline.version == before + 1)
        #expect(Self.aggregate(harness, session) == AggregateStatistics())
        harness.request(SwitchHarness.flowMod(.add, 1, cookie: 7), session)
        harness.pipeline.read { state in
            for flow in old { state.credit(flow, packets: 1, bytes: 1, at: harness.now) }
        }
        let sums = try #require(Self.aggregate(harness, session))
        #expect(sums == AggregateStatistics(packetCount: 0, byteCount: 0, flowCount: 1))
        #expect(harness.flows(session).map(\.cookie.rawValue) == [7])
    }

    @Test("lose many flows in slices, while others are served")
    func slicedDelete() throws {
        let (harness, session) = Self.filled { $0.connect(.v1_3) }
        let other = harness.connect(.v1_3)
        // Every second flow, by a mask that no index knows.
        harness.send(
            SwitchHarness.flowMod(.delete, 0) {
                ($0.match, $0.tableID) = (.any, .all)
                ($0.cookie, $0.cookieMask) = (Cookie(rawValue: 0), 1)
            }, session)
        #expect(session.isBusy)
        harness.request(SwitchHarness.flowMod(.add, 1, priority: 7, cookie: 1), other)
        var turns = 0
        while session.isBusy, turns < 1_000 {
            #expect(harness.control.runExpiry(now: harness.now) == harness.now || !session.isBusy)
            turns += 1
        }
        #expect(turns > 2)
        let left = harness.pipeline.read { $0.select(FlowSelector(), in: .all) }
        #expect(left.count == Int(Self.count) / 2 + 1)
        let sums = try #require(Self.aggregate(harness, session))
        #expect(sums.flowCount == Self.count / 2 + 1)
    }

    @Test("change many flows in slices, and add none where some were met")
    func slicedModify() throws {
        let (harness, session) = Self.filled { $0.connect(.v1_0) }
        harness.send(
            SwitchHarness.flowMod(.modify, 0, cookie: 5, output: 3) { ($0.match, $0.tableID) = (.any, .all) }, session)
        #expect(session.isBusy)
        for _ in 0..<1_000 where session.isBusy { _ = harness.control.runExpiry(now: harness.now) }
        #expect(!session.isBusy)
        var selector = FlowSelector()
        selector.outPort = PortNumber(rawValue: 3)
        (selector.cookie, selector.cookieMask) = (Cookie(rawValue: 5), .max)
        #expect(harness.pipeline.read { $0.select(selector, in: .all) }.count == Int(Self.count))
        #expect(harness.pipeline.read { $0.flowCount } == Int(Self.count))
    }

    @Test("are summed up with and without filters")
    func sums() throws {
        let (harness, session) = Self.filled { $0.connect(.v1_3) }
        for cookie in 0..<10 as Range<UInt64> { harness.credit(cookie, packets: cookie) }
        #expect(
            Self.aggregate(harness, session)
                == AggregateStatistics(packetCount: 45, byteCount: 4_500, flowCount: Self.count))
        var request = FlowStatisticsRequest()
        request.outPort = PortNumber(rawValue: 2)
        #expect(
            Self.aggregate(harness, session, request)
                == AggregateStatistics(packetCount: 25, byteCount: 2_500, flowCount: Self.count / 2))
        request = FlowStatisticsRequest(cookie: Cookie(rawValue: 9), cookieMask: .max)
        #expect(
            Self.aggregate(harness, session, request)
                == AggregateStatistics(packetCount: 9, byteCount: 900, flowCount: 1))
        // Counters go with their flows: one removed, one replaced in a version that resets.
        harness.request(SwitchHarness.flowMod(.delete, 9) { $0.tableID = .all }, session)
        let old = harness.connect(.v1_0)
        harness.request(SwitchHarness.flowMod(.add, 8, priority: 102, cookie: 8), old)
        #expect(
            Self.aggregate(harness, session)
                == AggregateStatistics(packetCount: 28, byteCount: 2_800, flowCount: Self.count - 1))
    }
}

@Suite("A dump of flows")
struct FlowDumpFormTests {
    /// Matches of many kinds, so that several fields share places and masks.
    private static func match(_ generator: inout SeededGenerator) -> Match {
        var entries: [MatchEntry] = []
        func chance() -> Bool { Bool.random(using: &generator) }
        if chance() { entries.append(MatchEntry(.inPort, UInt32.random(in: 1...3, using: &generator))) }
        if chance() { entries.append(MatchEntry(.ethernetSource, UInt64.random(in: 0..<1 << 48, using: &generator))) }
        if chance() {
            entries.append(MatchEntry(.vlanID, 0x1000 | UInt16.random(in: 0..<0x1000, using: &generator)))
            if chance() { entries.append(MatchEntry(.vlanPriority, UInt8.random(in: 0..<8, using: &generator))) }
        }
        switch Int.random(in: 0..<4, using: &generator) {
        case 0:
            entries.append(MatchEntry(.etherType, 0x0800))
            let mask = UInt128(0xffff_ffff << UInt32.random(in: 0..<20, using: &generator))
            let address = UInt128(UInt32.random(in: .min ... .max, using: &generator)) & mask & 0xffff_ffff
            entries.append(MatchEntry(.ipv4Source, value: address, mask: mask & 0xffff_ffff))
            if chance() { entries.append(MatchEntry(.ipDSCP, UInt8.random(in: 0..<64, using: &generator))) }
            let isUDP = chance()
            entries.append(MatchEntry(.ipProtocol, isUDP ? 17 : 6))
            entries.append(
                MatchEntry(isUDP ? .udpSource : .tcpSource, UInt16.random(in: .min ... .max, using: &generator)))
        case 1:
            entries.append(MatchEntry(.etherType, 0x0806))
            entries.append(
                MatchEntry(.arpSourceProtocolAddress, UInt32.random(in: .min ... .max, using: &generator)))
        case 2:
            entries.append(MatchEntry(.etherType, 0x86dd))
            let high = UInt128(UInt64.random(in: .min ... .max, using: &generator)) << 64
            entries.append(MatchEntry(.ipv6Destination, value: high, mask: UInt128(UInt64.max) << 64))
        default: break
        }
        return Match(entries)
    }

    @Test(
        "says of every flow what its statistics are", arguments: OpenFlowVersion.allCases, 1...4)
    func agree(version: OpenFlowVersion, seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed))
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        for number in 0..<400 as Range<UInt64> {
            let match = Self.match(&generator)
            harness.send(
                SwitchHarness.flowMod(.add, 0, cookie: number) {
                    $0.match = match
                    $0.priority = UInt16.random(in: 1...5, using: &generator)
                    $0.instructions =
                        number % 7 == 0
                        ? []
                        : [.applyActions([.output(PortNumber(rawValue: UInt32(1 + number % 3)), maximumLength: 0)])]
                }, session)
        }
        #expect(harness.take(session).isEmpty)
        for cookie in 0..<400 as Range<UInt64> { harness.credit(cookie, packets: cookie) }
        harness.now = .seconds(107.5)
        let asking = harness.connect(version)
        let dumped = Dictionary(grouping: harness.flows(asking), by: \.cookie.rawValue)
        let present = harness.pipeline.read { $0.select(FlowSelector(), in: .all) }
        var count = 0
        for flow in present {
            guard let statistics = harness.pipeline.read({ $0.statistics(of: flow, at: harness.now) }) else { continue }
            var reply = try MultipartReplyWriter(.flow, version: version, transactionID: .unsolicited)
            // What the version cannot say is left out of the dump.
            guard (try? reply.append(statistics)) != nil else { continue }
            count += 1
            let (_, message) = try MessageCodec.decode(reply.finish(), version: version)
            guard case .multipartReply(let multipart) = message, case .flow(let entries) = multipart.body else {
                Issue.record("\(message)")
                continue
            }
            #expect(dumped[statistics.cookie.rawValue] == entries, "seed \(seed)")
        }
        #expect(dumped.count == count)
    }
}

@Suite("What a match says of its packets")
struct PacketFactsTests {
    private static func mask(_ field: FlowField) -> FlowMask {
        var mask = FlowMask()
        mask[field] = UInt128.max >> UInt128(128 - field.layout.width)
        return mask
    }

    @Test("is read from the places where keys have the fields")
    func places() {
        var key = FlowKey()
        (key.etherType, key.ipProtocol, key.transportSource) = (0x86dd, 58, 135)
        #expect(PacketFacts(key, Self.mask(.etherType)).etherType == 0x86dd)
        #expect(PacketFacts(key, Self.mask(.ipProtocol)).ipProtocol == 58)
        #expect(PacketFacts(key, Self.mask(.transportSource)).icmpType == 135)
        let nothing = PacketFacts(key, FlowMask())
        #expect(nothing.etherType == -1 && nothing.ipProtocol == -1 && nothing.icmpType == -1)
        #expect(!nothing.isTagged && !nothing.hasInPort && nothing.isEthernet && !nothing.isTracked)
        key.vlanTCI = 0x1000
        #expect(PacketFacts(key, Self.mask(.vlanTCI)).isTagged)
        #expect(PacketFacts(key, Self.mask(.inPort)).hasInPort)
        key.packetType = 0x1_0800
        #expect(!PacketFacts(key, Self.mask(.packetType)).isEthernet)
        key.connectionState = 0x20
        #expect(PacketFacts(key, Self.mask(.connectionState)).isTracked)
    }
}
