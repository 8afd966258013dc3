import Datapath
import NetworkTypes
import OpenFlow
import Synchronization
import Testing

@testable import Agent

@Suite("A switch, asked to change flows")
struct SwitchFlowModTests {
    @Test("adds, shows, modifies and deletes flows in every version", arguments: OpenFlowVersion.allCases)
    func roundTrip(version: OpenFlowVersion) {
        let harness = SwitchHarness()
        let session = harness.connect(version)
        #expect(harness.request(SwitchHarness.flowMod(.add, 1, cookie: 7), session).isEmpty)
        #expect(harness.request(SwitchHarness.flowMod(.add, 2, cookie: 8), session).isEmpty)
        harness.now = .seconds(102.5)
        let flows = harness.flows(session).sorted { $0.cookie.rawValue < $1.cookie.rawValue }
        #expect(flows.map(\.cookie.rawValue) == [7, 8])
        #expect(flows.first?.durationSeconds == 2)
        #expect(flows.first?.durationNanoseconds == 500_000_000)
        #expect(flows.first?.priority == 100)
        #expect(
            Set(flows.first?.match.entries ?? []) == [
                MatchEntry(.etherType, 0x0800), MatchEntry(.ipv4Destination, 1),
            ])
        #expect(
            flows.first?.instructions == [
                .applyActions([.output(PortNumber(rawValue: 1), maximumLength: 0)])
            ])
        harness.request(SwitchHarness.flowMod(.modifyStrict, 1, cookie: 0, output: 3), session)
        harness.request(SwitchHarness.flowMod(.deleteStrict, 2), session)
        let left = harness.flows(session)
        #expect(left.map(\.instructions) == [[.applyActions([.output(PortNumber(rawValue: 3), maximumLength: 0)])]])
        // 1.0 sets the cookie with a modification, later versions never.
        #expect(left.first?.cookie.rawValue == (version == .v1_0 ? 0 : 7))
        #expect(
            harness.request(.multipartRequest(MultipartRequest(body: .aggregate(FlowStatisticsRequest()))), session)
                == [.multipartReply(MultipartReply(body: .aggregate(AggregateStatistics(flowCount: 1))))])
    }

    @Test("clears counters of a replaced flow as each version says", arguments: OpenFlowVersion.allCases)
    func replacement(version: OpenFlowVersion) {
        let harness = SwitchHarness()
        let session = harness.connect(version)
        harness.request(SwitchHarness.flowMod(.add, 1, cookie: 7), session)
        harness.credit(7, packets: 5)
        harness.request(SwitchHarness.flowMod(.add, 1, cookie: 7, output: 2), session)
        #expect(harness.flows(session).map(\.packetCount) == [version <= .v1_1 ? 0 : 5])
        guard version >= .v1_2 else { return }
        harness.request(SwitchHarness.flowMod(.modify, 1, cookie: 7, output: 1), session)
        #expect(harness.flows(session).map(\.packetCount) == [5])
        harness.request(SwitchHarness.flowMod(.modify, 1, output: 2) { $0.flags = .resetCounts }, session)
        #expect(harness.flows(session).map(\.packetCount) == [0])
        harness.credit(7, packets: 2)
        harness.request(SwitchHarness.flowMod(.add, 1, cookie: 7) { $0.flags = .resetCounts }, session)
        #expect(harness.flows(session).map(\.packetCount) == [0])
    }

    @Test(
        "adds on a modification that finds nothing only where the version says so",
        arguments: OpenFlowVersion.allCases)
    func modifyAdds(version: OpenFlowVersion) {
        let harness = SwitchHarness()
        let session = harness.connect(version)
        #expect(harness.request(SwitchHarness.flowMod(.modify, 1, cookie: 5), session).isEmpty)
        #expect(harness.flows(session).map(\.cookie.rawValue) == (version <= .v1_1 ? [5] : []))
        guard version == .v1_1 else { return }
        harness.request(SwitchHarness.flowMod(.modify, 2, cookie: 6) { $0.cookieMask = .max }, session)
        #expect(harness.flows(session).count == 1)
    }

    @Test("deletes by cookie, port and match over one table or all", arguments: [OpenFlowVersion.v1_1, .v1_3, .v1_5])
    func deletions(version: OpenFlowVersion) {
        let harness = SwitchHarness()
        let session = harness.connect(version)
        for destination in 1...6 as ClosedRange<UInt32> {
            harness.request(
                SwitchHarness.flowMod(.add, destination, cookie: UInt64(destination % 2), output: destination % 3 + 1) {
                    $0.tableID = TableID(rawValue: UInt8(destination))
                }, session)
        }
        func delete(_ change: (inout FlowMod) -> Void) -> [UInt32] {
            harness.request(
                SwitchHarness.flowMod(.delete, 0) {
                    $0.match = .any
                    $0.tableID = .all
                    change(&$0)
                }, session)
            return harness.flows(session).map { UInt32($0.tableID.rawValue) }.sorted()
        }
        #expect(delete { $0.outPort = PortNumber(rawValue: 1) } == [1, 2, 4, 5])
        #expect(delete { ($0.cookie, $0.cookieMask) = (Cookie(rawValue: 1), .max) } == [2, 4])
        #expect(delete { $0.outGroup = GroupID(rawValue: 1) } == [2, 4])
        #expect(delete { $0.tableID = TableID(rawValue: 2) } == [4])
        #expect(delete { _ in } == [])
    }

    @Test("refuses with the exact error, and the offending message")
    func refusals() {
        let harness = SwitchHarness(maximumEntries: 2)
        let session = harness.connect(.v1_3)
        func error(_ change: (inout FlowMod) -> Void) -> OpenFlowError.Code? {
            harness.error(SwitchHarness.flowMod(.add, 1, change), session)
        }
        #expect(error { $0.bufferID = BufferID(rawValue: 3) } == .requestBufferUnknown)
        #expect(error { $0.tableID = .all } == .flowModBadTableID)
        #expect(error { $0.tableID = TableID(rawValue: 254) } == .flowModBadTableID)
        #expect(error { $0.instructions = [.gotoTable(TableID(rawValue: 0))] } == .instructionBadTableID)
        #expect(error { $0.instructions = [.gotoTable(TableID(rawValue: 254))] } == .instructionBadTableID)
        #expect(error { $0.instructions = [.meter(MeterID(rawValue: 1))] } == .meterModUnknownMeter)
        #expect(error { $0.instructions = [.applyActions([.group(GroupID(rawValue: 1))])] } == .actionBadOutGroup)
        #expect(error { $0.instructions = [.applyActions([.output(.table, maximumLength: 0)])] } == .actionBadOutPort)
        #expect(error { $0.instructions = [.applyActions([.pushPBB(.mpls)])] } == .actionBadArgument)
        #expect(error { $0.instructions = [.applyActions([.pushMPLS(.ipv4)])] } == .actionBadArgument)
        #expect(error { $0.instructions = [.applyActions([.popMPLS(.ipv4)])] } == .actionMatchInconsistent)
        #expect(
            error {
                $0.instructions = [.applyActions([.setField(.tcpSource, value: 5, mask: 0xffff)])]
            } == .actionMatchInconsistent)
        #expect(error { $0.match = Match([MatchEntry(.pbbServiceID, 5)]) } != nil)
        #expect(harness.flows(session).isEmpty)
        // Deletions have no use for a buffer.
        let deletion = SwitchHarness.flowMod(.delete, 1) { $0.bufferID = BufferID(rawValue: 0) }
        #expect(harness.request(deletion, session) == [])

        #expect(error { _ in } == nil)
        var wide = Match([MatchEntry(.etherType, 0x0800)])
        #expect(error { ($0.match, $0.flags) = (wide, .checkOverlap) } == .flowModOverlap)
        wide = .any
        #expect(error { $0.match = wide } == nil)
        #expect(harness.error(SwitchHarness.flowMod(.add, 2), session) == .flowModTableFull)

        let request = SwitchHarness.flowMod(.add, 3)
        harness.send(request, session)
        let replies = harness.takeWithHeaders(session)
        guard replies.count == 1, case .error(let refusal) = replies[0].message else {
            Issue.record("\(replies)")
            return
        }
        let bytes = try? MessageCodec.encode(request, version: .v1_3, transactionID: replies[0].header.transactionID)
        #expect(refusal.data == bytes)
    }

    @Test("refuses an emergency flow of 1.0")
    func emergency() throws {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_0)
        var bytes = try MessageCodec.encode(
            SwitchHarness.flowMod(.add, 1), version: .v1_0, transactionID: TransactionID(rawValue: 9))
        // Flags are in bytes 70 and 71, the idle timeout in 58 and 59.
        bytes[71] |= 4
        harness.deliver(bytes, session)
        #expect(SwitchHarness.code(of: harness.take(session)) == .flowModTableFull)
        bytes[59] = 1
        harness.deliver(bytes, session)
        #expect(SwitchHarness.code(of: harness.take(session)) == .flowModBadEmergencyTimeout)
        #expect(harness.flows(session).isEmpty)
    }

    @Test("puts instructions in their order of execution, and repeats matches as they were said")
    func normalForm() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        let instructions: [Instruction] = [
            .gotoTable(TableID(rawValue: 5)), .writeMetadata(value: 1, mask: 1), .clearActions,
            .applyActions([.output(.controller, maximumLength: 0xffff)]),
        ]
        harness.request(SwitchHarness.flowMod(.add, 1) { $0.instructions = instructions }, session)
        #expect(harness.flows(session).map(\.instructions) == [Array(instructions.reversed())])
    }

    @Test(
        "tells a flow's removal with its final counters and the reason",
        arguments: [OpenFlowVersion.v1_0, .v1_3, .v1_5])
    func flowRemoved(version: OpenFlowVersion) {
        let harness = SwitchHarness()
        let session = harness.connect(version)
        let other = harness.connect(.v1_3)
        harness.request(
            SwitchHarness.flowMod(.add, 1, cookie: 7) {
                $0.flags = .sendFlowRemoved
                $0.hardTimeoutSeconds = 10
                $0.idleTimeoutSeconds = 4
            }, session)
        harness.request(SwitchHarness.flowMod(.add, 2), session)
        harness.datapath.state.withLock { state in
            let pipeline = harness.pipeline
            state.onSynchronise = {
                pipeline.read { tables in
                    var selector = FlowSelector()
                    (selector.cookie, selector.cookieMask) = (Cookie(rawValue: 7), .max)
                    for flow in tables.select(selector, in: .all) {
                        tables.credit(flow, packets: 3, bytes: 300, at: .seconds(101))
                    }
                }
            }
        }
        harness.now = .seconds(103)
        harness.request(SwitchHarness.flowMod(.delete, 0) { ($0.match, $0.tableID) = (.any, .all) }, session)
        let message = harness.take(other)
        guard message.count == 1, case .flowRemoved(let removed) = message[0] else {
            Issue.record("\(message)")
            return
        }
        #expect(removed.cookie.rawValue == 7 && removed.reason == .delete && removed.packetCount == 3)
        #expect(removed.byteCount == 300 && removed.durationSeconds == 3 && removed.hardTimeoutSeconds == 10)
        #expect(harness.flows(session).isEmpty)
    }

    @Test("expires flows when their time is over, and says when to look again")
    func expiry() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        harness.request(SwitchHarness.flowMod(.add, 1) { $0.hardTimeoutSeconds = 3 }, session)
        harness.request(
            SwitchHarness.flowMod(.add, 2, cookie: 2) {
                $0.idleTimeoutSeconds = 2
                $0.flags = .sendFlowRemoved
            }, session)
        #expect(harness.control.runExpiry(now: .seconds(101)) == .seconds(102))
        // The datapath has seen a packet at 101.5 that the table does not know of yet.
        harness.datapath.state.withLock { state in
            let pipeline = harness.pipeline
            state.onSynchronise = {
                pipeline.read { tables in
                    var selector = FlowSelector()
                    (selector.cookie, selector.cookieMask) = (Cookie(rawValue: 2), .max)
                    for flow in tables.select(selector, in: .all) {
                        tables.credit(flow, packets: 0, bytes: 0, at: .seconds(101.5))
                    }
                }
            }
        }
        #expect(harness.control.runExpiry(now: .seconds(102)) == .seconds(103))
        #expect(harness.control.runExpiry(now: .seconds(103)) == .seconds(103.5))
        #expect(harness.flows(session).map(\.cookie.rawValue) == [2])
        #expect(harness.control.runExpiry(now: .seconds(103.5)) == .distantFuture)
        let messages = harness.take(session)
        guard messages.count == 1, case .flowRemoved(let removed) = messages[0] else {
            Issue.record("\(messages)")
            return
        }
        #expect(removed.reason == .idleTimeout)
        #expect(harness.control.counters.expiredFlows == 2)
    }

    @Test("passes every change through one door with who, when and the version")
    func changes() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        var changes: [PipelineChange] = []
        harness.control.changeObserver = { changes.append($0) }
        harness.request(SwitchHarness.flowMod(.add, 1, cookie: 4), session)
        harness.request(SwitchHarness.flowMod(.modify, 1), session)
        harness.request(SwitchHarness.flowMod(.modify, 9), session)
        harness.request(SwitchHarness.flowMod(.delete, 1), session)
        harness.control.removePort(PortNumber(rawValue: 2), now: harness.now)
        #expect(changes.count == 4)
        let first = changes.first?.version ?? 0
        #expect(changes.map(\.version) == Array(first..<first + 4))
        #expect(harness.pipeline.version == changes.last?.version)
        #expect(harness.datapath.state.withLock { $0.announcedVersion } == harness.pipeline.version)
        if case .controller(session: session.identifier, _)? = changes.first?.origin {
        } else {
            Issue.record("\(changes)")
        }
        if case .flowRemoved(_, .delete, let flow)? = changes[2].events.first {
            #expect(flow?.statistics.cookie.rawValue == 4)
        } else {
            Issue.record("\(changes)")
        }
        #expect(changes.last?.origin == .management)
    }
}
