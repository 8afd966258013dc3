import Datapath
import OpenFlow
import Testing

@testable import Agent

@Suite("Flow monitors")
struct SwitchMonitorTests {
    private static let everything: FlowMonitorFlags = [.initial, .add, .removed, .modify, .instructions]

    private func monitor(
        _ number: UInt32 = 1, _ flags: FlowMonitorFlags = Self.everything,
        _ change: (inout FlowMonitorRequest) -> Void = { _ in }
    ) -> Message {
        var request = FlowMonitorRequest(monitorID: FlowMonitorID(rawValue: number), flags: flags)
        change(&request)
        return .multipartRequest(MultipartRequest(body: .flowMonitor([request])))
    }

    /// The updates among messages, pauses included, in words.
    private func updates(_ messages: [Message]) -> [String] {
        messages.flatMap { message -> [String] in
            switch message {
            case .multipartReply(let part):
                guard case .flowMonitor(let updates) = part.body else { return ["\(part)"] }
                return updates.map { update in
                    switch update {
                    case .full(let flow):
                        "\(flow.event) \(flow.cookie.rawValue)" + (flow.instructions.isEmpty ? "" : " with actions")
                            + (flow.event == .removed ? " \(flow.reason)" : "")
                    case .abbreviated(let transaction): "own \(transaction.rawValue)"
                    case .paused: "paused"
                    case .resumed: "resumed"
                    }
                }
            case .flowMonitorPaused: return ["paused"]
            case .flowMonitorResumed: return ["resumed"]
            default: return ["\(message)"]
            }
        }
    }

    @Test(
        "tell what is there at first, what comes, changes and goes, and why, in every version",
        arguments: OpenFlowVersion.allCases)
    func life(version: OpenFlowVersion) {
        let harness = SwitchHarness()
        let watcher = harness.connect(version)
        let worker = harness.connect(.v1_3)
        harness.request(SwitchHarness.flowMod(.add, 1, cookie: 1), worker)
        let first = version >= .v1_4 ? "initial 1 with actions" : "added 1 with actions"
        #expect(self.updates(harness.request(self.monitor(), watcher)) == [first])
        harness.request(SwitchHarness.flowMod(.add, 2, cookie: 2) { $0.hardTimeoutSeconds = 5 }, worker)
        harness.request(SwitchHarness.flowMod(.modify, 1, output: 3), worker)
        // Nothing but the start of its hard timeout.
        harness.request(SwitchHarness.flowMod(.modify, 1, output: 3), worker)
        harness.request(SwitchHarness.flowMod(.delete, 1), worker)
        #expect(
            self.updates(harness.take(watcher)) == [
                "added 2 with actions", "modified 1 with actions", "removed 1 with actions delete",
            ])
        harness.now = harness.now + .seconds(6)
        _ = harness.control.runExpiry(now: harness.now)
        #expect(self.updates(harness.take(watcher)) == ["removed 2 with actions hardTimeout"])
        let cancel: Message =
            version >= .v1_4
            ? self.monitor(1, []) { $0.command = .delete } : .flowMonitorCancel(FlowMonitorID(rawValue: 1))
        harness.request(cancel, watcher)
        #expect(!harness.control.hasMonitors)
        #expect(harness.error(cancel, watcher) == .flowMonitorUnknownMonitor)
        harness.request(SwitchHarness.flowMod(.add, 3), worker)
        #expect(harness.take(watcher).isEmpty)
    }

    @Test("what a controller changes itself is told by its transaction, or in full where it wants that")
    func ownChanges() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_4)
        let other = harness.connect(.v1_4)
        harness.request(self.monitor(1, [.add]), session)
        let own = self.updates(harness.request(SwitchHarness.flowMod(.add, 1, cookie: 1), session))
        #expect(own.count == 1 && own[0].hasPrefix("own "))
        harness.request(self.monitor(2, [.add, .noAbbreviation]), session)
        #expect(self.updates(harness.request(SwitchHarness.flowMod(.add, 2, cookie: 2), session)) == ["added 2"])
        harness.request(self.monitor(1, [.add, .onlyOwn, .noAbbreviation]), other)
        harness.request(SwitchHarness.flowMod(.add, 3, cookie: 3), session)
        #expect(harness.take(other).isEmpty)
        #expect(self.updates(harness.request(SwitchHarness.flowMod(.add, 4, cookie: 4), other)) == ["added 4"])
    }

    @Test("watch only the table, match, port and group that they name, before a change or after it")
    func filters() {
        let harness = SwitchHarness()
        let watcher = harness.connect(.v1_5)
        let worker = harness.connect(.v1_3)
        harness.request(
            self.monitor(1, [.add, .modify, .removed]) { $0.outPort = PortNumber(rawValue: 2) }, watcher)
        harness.request(
            self.monitor(2, [.add]) {
                $0.tableID = TableID(rawValue: 7)
                $0.match = Match([MatchEntry(.etherType, 0x0800)])
            }, watcher)
        harness.request(SwitchHarness.flowMod(.add, 1, cookie: 1, output: 1), worker)
        harness.request(SwitchHarness.flowMod(.add, 2, cookie: 2, output: 2), worker)
        // It leaves the port that is watched: told for the last time.
        harness.request(SwitchHarness.flowMod(.modify, 2, output: 1), worker)
        harness.request(SwitchHarness.flowMod(.modify, 2, output: 3), worker)
        harness.request(SwitchHarness.flowMod(.add, 3, cookie: 3) { $0.tableID = TableID(rawValue: 7) }, worker)
        harness.request(
            SwitchHarness.flowMod(.add, 4, cookie: 4) {
                $0.tableID = TableID(rawValue: 7)
                $0.match = .any
            }, worker)
        harness.request(SwitchHarness.flowMod(.delete, 0) { $0.match = .any }, worker)
        #expect(self.updates(harness.take(watcher)) == ["added 2", "modified 2", "added 3"])
    }

    @Test("a bundle's flows are told as it leaves them")
    func bundles() {
        let harness = SwitchHarness()
        let watcher = harness.connect(.v1_4)
        let worker = harness.connect(.v1_4)
        harness.request(SwitchHarness.flowMod(.add, 1, cookie: 1), worker)
        harness.request(self.monitor(1, [.add, .modify, .removed]), watcher)
        func control(_ kind: BundleControl.Kind) -> Message {
            .bundleControl(BundleControl(bundleID: BundleID(rawValue: 1), kind: kind, flags: .atomic))
        }
        harness.request(control(.openRequest), worker)
        for message in [
            SwitchHarness.flowMod(.add, 2, cookie: 2), SwitchHarness.flowMod(.delete, 2),
            SwitchHarness.flowMod(.add, 3, cookie: 3), SwitchHarness.flowMod(.delete, 1),
        ] {
            harness.request(
                .bundleAdd(BundleAdd(bundleID: BundleID(rawValue: 1), flags: .atomic, message: message)), worker)
        }
        #expect(harness.take(watcher).isEmpty)
        harness.request(control(.commitRequest), worker)
        #expect(self.updates(harness.take(watcher)) == ["added 3", "removed 1 delete"])
    }

    @Test(
        "pause while the peer does not read, and then tell what has changed since",
        arguments: [OpenFlowVersion.v1_0, .v1_3, .v1_4])
    func pauses(version: OpenFlowVersion) {
        let harness = SwitchHarness { $0.outputBytesForMonitors = 2_000 }
        let watcher = harness.connect(version)
        let worker = harness.connect(.v1_3)
        harness.request(SwitchHarness.flowMod(.add, 1, cookie: 1), worker)
        harness.request(SwitchHarness.flowMod(.add, 2, cookie: 2), worker)
        harness.request(self.monitor(1, [.add, .modify, .removed]), watcher)
        watcher.bytesInFlight = 2_000
        harness.request(SwitchHarness.flowMod(.add, 3, cookie: 3), worker)
        harness.request(SwitchHarness.flowMod(.delete, 1), worker)
        harness.request(SwitchHarness.flowMod(.modify, 2, output: 3), worker)
        harness.request(SwitchHarness.flowMod(.modify, 3, output: 3), worker)
        // It came and went meanwhile: nobody's business.
        harness.request(SwitchHarness.flowMod(.add, 4, cookie: 4), worker)
        harness.request(SwitchHarness.flowMod(.delete, 4), worker)
        #expect(self.updates(harness.take(watcher)) == ["paused"])
        #expect(watcher.isPaused && harness.control.counters.monitorPauses == 1)
        harness.control.resume(watcher, now: harness.now)
        #expect(harness.take(watcher).isEmpty)
        watcher.bytesInFlight = 0
        harness.control.resume(watcher, now: harness.now)
        let told = self.updates(harness.take(watcher))
        #expect(told.first == "removed 1 delete" && told.last == "resumed")
        #expect(told.dropFirst().dropLast().sorted() == ["added 3", "modified 2"])
        #expect(!watcher.isPaused)
        harness.request(SwitchHarness.flowMod(.add, 5, cookie: 5), worker)
        #expect(self.updates(harness.take(watcher)) == ["added 5"])
    }

    @Test("faulty requests are refused by the book, and nothing of them is done")
    func refusals() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_4)
        #expect(harness.error(self.monitor(1) { $0.command = .modify }, session) == .flowMonitorUnknownMonitor)
        #expect(
            harness.error(self.monitor(1) { $0.tableID = TableID(rawValue: 254) }, session) == .flowMonitorBadTableID)
        #expect(
            harness.error(self.monitor(1) { $0.outGroup = GroupID(rawValue: 0xffff_fff0) }, session)
                == .flowMonitorBadOut)
        let both = Message.multipartRequest(
            MultipartRequest(
                body: .flowMonitor([
                    FlowMonitorRequest(monitorID: FlowMonitorID(rawValue: 1), flags: .add),
                    FlowMonitorRequest(monitorID: FlowMonitorID(rawValue: 1), flags: .add),
                ])))
        #expect(harness.error(both, session) == .flowMonitorExists)
        #expect(!harness.control.hasMonitors)
        #expect(harness.request(self.monitor(), session).count == 1)
        #expect(harness.error(self.monitor(), session) == .flowMonitorExists)
        harness.control.sessionClosed(session)
        #expect(!harness.control.hasMonitors)
    }

    @Test("what can be kept while updates are paused is bounded")
    func bounds() {
        var monitors = FlowMonitors()
        monitors.pause()
        var refused = 0
        for number in 0..<UInt32(FlowMonitors.waitingMaximum) {
            let reference = RuleReference(table: 0, slot: number, generation: 1)
            if !monitors.keep(.added, of: reference, nil) { refused += 1 }
        }
        #expect(refused == 0)
        let isKept = monitors.keep(.added, of: RuleReference(table: 1, slot: 0, generation: 1), nil)
        #expect(!isKept)
    }

    @Test("the audit log has a line for each change: what, by whom, which version")
    func audit() {
        let reference = RuleReference(table: 0, slot: 0, generation: 0)
        let events: [PipelineEvent] = [
            .flowAdded(reference, replaced: false), .flowAdded(reference, replaced: false),
            .flowRemoved(reference, .delete, nil), .groupAdded(GroupID(rawValue: 3)),
            .meterRemoved(MeterID(rawValue: 4)),
        ]
        #expect(
            PipelineEvent.summary(of: events) == "2 flows added, 1 flow removed, group 3 added, meter 4 removed")
    }
}
