import Datapath
import NetworkTypes
import OpenFlow
import Synchronization
import Testing

@testable import Agent

@Suite("Bundles: all or nothing")
struct SwitchBundleTests {
    private static let one = BundleID(rawValue: 1)

    private func control(_ kind: BundleControl.Kind, _ flags: BundleFlags = [.atomic, .ordered], id: UInt32 = 1)
        -> Message
    {
        .bundleControl(BundleControl(bundleID: BundleID(rawValue: id), kind: kind, flags: flags))
    }
    private func add(_ message: Message, _ flags: BundleFlags = [.atomic, .ordered], id: UInt32 = 1) -> Message {
        .bundleAdd(BundleAdd(bundleID: BundleID(rawValue: id), flags: flags, message: message))
    }
    private func codes(_ replies: [Message]) -> [OpenFlowError.Code] {
        replies.compactMap { reply in
            if case .error(let error) = reply, case .known(let code) = error.error { return code }
            return nil
        }
    }
    /// What there is, without what time alone changes.
    private func state(_ harness: SwitchHarness, _ session: ControllerSession) -> [String] {
        let flows = harness.flows(session).map {
            "\($0.tableID) \($0.priority) \($0.cookie) \($0.match) \($0.instructions) \($0.packetCount) "
                + "\($0.byteCount) \($0.idleTimeoutSeconds) \($0.durationSeconds) \($0.flags)"
        }
        let others = harness.pipeline.read { state in
            state.groups.inOrder.map { "\($0.groupID) \($0.buckets)" }
                + state.meters.inOrder.map { "\($0.configuration)" }
                + state.portsInOrder.map { "\($0.description.configuration)" }
        }
        return flows.sorted() + others
    }

    @Test(
        "a committed bundle is one version of the tables; messages are applied in order",
        arguments: [OpenFlowVersion.v1_3, .v1_4, .v1_5])
    func commits(version: OpenFlowVersion) {
        let harness = SwitchHarness()
        let session = harness.connect(version)
        let before = harness.pipeline.version
        #expect(harness.request(self.control(.openRequest), session) == [self.control(.openReply)])
        #expect(harness.request(self.add(groupMod(.add, 1, .all, [bucket([output(1)])])), session) == [])
        let flow = SwitchHarness.flowMod(.add, 1, cookie: 1) { $0.instructions = [.applyActions([group(1)])] }
        #expect(harness.request(self.add(flow), session) == [])
        #expect(harness.request(self.add(SwitchHarness.flowMod(.add, 2, cookie: 2)), session) == [])
        #expect(harness.request(self.add(SwitchHarness.flowMod(.deleteStrict, 2)), session) == [])
        #expect(harness.flows(session).isEmpty && harness.pipeline.version == before)
        #expect(harness.request(self.control(.closeRequest), session) == [self.control(.closeReply)])
        #expect(harness.request(self.control(.commitRequest), session) == [self.control(.commitReply)])
        #expect(harness.flows(session).map(\.cookie.rawValue) == [1])
        #expect(harness.pipeline.version == before + 1)
        #expect(harness.datapath.state.withLock { $0.announcedVersion } == before + 1)
        #expect(self.codes(harness.request(self.control(.commitRequest), session)) == [.bundleBadID])
    }

    @Test("a bundle that fails leaves everything as it was: flows and their counters, groups, meters, ports")
    func rollsBack() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_5)
        harness.request(groupMod(.add, 1, .all, [bucket([output(1)])]), session)
        harness.request(.meterMod(MeterMod(flags: [], bands: [MeterBand(rate: 5)])), session)
        for number in 1...6 as ClosedRange<UInt32> {
            harness.request(
                SwitchHarness.flowMod(.add, number, cookie: UInt64(number)) {
                    $0.idleTimeoutSeconds = UInt16(number)
                    if number == 6 { $0.instructions = [.applyActions([group(1)])] }
                }, session)
            harness.credit(UInt64(number), packets: UInt64(number) * 10)
        }
        harness.now = harness.now + .milliseconds(500)
        let references = harness.pipeline.read { $0.select(FlowSelector(), in: .all) }
        let before = self.state(harness, session)
        let meters = harness.datapath.state.withLock { $0.meters }
        let version = harness.pipeline.version

        harness.request(self.control(.openRequest), session)
        let port = harness.pipeline.read { $0.port(PortNumber(rawValue: 1)) }
        let portMod = PortMod(
            port: PortNumber(rawValue: 1), hardwareAddress: port?.description.hardwareAddress ?? .zero,
            configuration: .portDown, mask: .portDown)
        let messages: [Message] = [
            SwitchHarness.flowMod(.add, 9, cookie: 9),
            SwitchHarness.flowMod(.add, 1, cookie: 77),
            SwitchHarness.flowMod(.modify, 2, output: 3) { $0.flags = .resetCounts },
            SwitchHarness.flowMod(.delete, 3), SwitchHarness.flowMod(.delete, 4),
            SwitchHarness.flowMod(.add, 4, cookie: 44), SwitchHarness.flowMod(.delete, 9),
            groupMod(.modify, 1, .all, []), groupMod(.add, 2, .all, []),
            .groupMod(GroupMod(command: .delete, groupID: .all)),
            .meterMod(MeterMod(command: .modify, flags: [], bands: [MeterBand(rate: 9)])),
            .meterMod(MeterMod(command: .add, flags: [], meterID: MeterID(rawValue: 2), bands: [MeterBand(rate: 9)])),
            .portMod(portMod),
            .packetOut(PacketOut(inPort: .controller, actions: [output(1)], data: [UInt8](repeating: 0, count: 60))),
            SwitchHarness.flowMod(.add, 10) { $0.tableID = .all },
        ]
        for message in messages { #expect(harness.request(self.add(message), session) == []) }
        let replies = harness.request(self.control(.commitRequest), session)
        // The message's own fault, then the bundle's.
        #expect(self.codes(replies) == [.flowModBadTableID, .bundleMessageFailed] && replies.count == 2)
        #expect(self.state(harness, session) == before)
        #expect(harness.pipeline.version == version)
        #expect(harness.datapath.state.withLock { $0.meters } == meters)
        #expect(harness.datapath.state.withLock { $0.packetOuts.isEmpty })
        // The port was not even touched.
        #expect(harness.datapath.state.withLock { $0.administrativeStates.isEmpty })
        // Cached flows still name the rules as before.
        let after = harness.pipeline.read { $0.select(FlowSelector(), in: .all) }
        #expect(Set(after) == Set(references))
        // The switch goes on.
        #expect(harness.request(SwitchHarness.flowMod(.add, 50), session) == [])
    }

    @Test("what a bundle has wrong is refused by the book")
    func refusals() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_4)
        func error(_ message: Message) -> OpenFlowError.Code? { harness.error(message, session) }
        let flow = SwitchHarness.flowMod(.add, 1)
        #expect(error(self.control(.commitRequest)) == .bundleBadID)
        #expect(error(self.control(.closeRequest)) == .bundleBadID)
        #expect(error(self.control(.discardRequest)) == .bundleBadID)
        harness.request(self.control(.openRequest, .ordered), session)
        #expect(error(self.control(.openRequest, .ordered)) == .bundleExists)
        #expect(error(self.add(flow, .atomic)) == .bundleBadFlags)
        #expect(error(self.control(.commitRequest, .atomic)) == .bundleBadFlags)
        harness.request(self.control(.closeRequest, .ordered), session)
        #expect(error(self.control(.closeRequest, .ordered)) == .bundleClosed)
        #expect(error(self.add(flow, .ordered)) == .bundleClosed)
        #expect(harness.request(self.control(.discardRequest, .ordered), session).count == 1)
        #expect(error(self.control(.openReply)) == .bundleBadType)
        for number in 1...64 as ClosedRange<UInt32> {
            #expect(harness.request(self.control(.openRequest, id: number), session).count == 1)
        }
        #expect(error(self.control(.openRequest, id: 65)) == .bundleOutOfBundles)
        // A bundle that nobody opened is opened by its first message.
        harness.request(self.control(.discardRequest, id: 1), session)
        #expect(harness.request(self.add(flow, id: 99), session) == [])
        #expect(harness.request(self.control(.commitRequest, id: 99), session).count == 1)
        #expect(harness.flows(session).count == 1)
    }

    @Test("a commit waits for its time, and can be discarded until then; times too far off are refused (1.5)")
    func schedules() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_5)
        let present = harness.now.nanoseconds / 1_000_000_000
        func commit(at seconds: UInt64, id: UInt32 = 1, _ flags: BundleFlags = [.atomic, .timed]) -> Message {
            .bundleControl(
                BundleControl(
                    bundleID: BundleID(rawValue: id), kind: .commitRequest, flags: flags,
                    time: OpenFlowTime(seconds: seconds, nanoseconds: 500_000_000)))
        }
        func open(_ id: UInt32, _ flow: UInt32) {
            harness.request(self.control(.openRequest, .atomic, id: id), session)
            harness.request(self.add(SwitchHarness.flowMod(.add, flow, cookie: UInt64(flow)), .atomic, id: id), session)
        }
        open(1, 1)
        #expect(harness.error(commit(at: present + 4_000), session) == .bundleScheduleFuture)
        #expect(harness.error(commit(at: present - 3), session) == .bundleSchedulePast)
        #expect(harness.error(commit(at: present + 5, .atomic), session) == .bundleBadFlags)
        #expect(harness.request(commit(at: present + 5), session).isEmpty)
        #expect(harness.error(commit(at: present + 6), session) == .bundleInProgress)
        #expect(harness.error(self.control(.commitRequest, .atomic), session) == .bundleInProgress)
        #expect(harness.error(self.add(SwitchHarness.flowMod(.add, 9), .atomic), session) == .bundleClosed)
        let due = harness.now + .milliseconds(5_500)
        #expect(harness.control.runExpiry(now: harness.now) == due)
        #expect(harness.flows(session).isEmpty)
        harness.now = due
        _ = harness.control.runExpiry(now: due)
        let answer = BundleControl(
            bundleID: BundleID(rawValue: 1), kind: .commitReply, flags: [.atomic, .timed])
        #expect(harness.take(session) == [.bundleControl(answer)])
        #expect(harness.flows(session).map(\.cookie.rawValue) == [1])
        // A little late is at once.
        open(2, 2)
        #expect(harness.request(commit(at: present + 5, id: 2), session).count == 1)
        #expect(harness.flows(session).count == 2)
        open(3, 3)
        harness.request(commit(at: present + 60, id: 3), session)
        #expect(harness.request(self.control(.discardRequest, .atomic, id: 3), session).count == 1)
        harness.now = harness.now + .seconds(100)
        _ = harness.control.runExpiry(now: harness.now)
        #expect(harness.take(session).isEmpty && harness.flows(session).count == 2)
    }

    @Test("bundle features tell how commits can be scheduled, and let a controller set it within bounds (1.5)")
    func features() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_5)
        func ask(_ future: UInt64?) -> [Message] {
            var request = BundleFeaturesRequest()
            if let future {
                request.flags = .setSchedule
                var time = BundleTimeFeatures()
                time.maximumFuture = OpenFlowTime(seconds: future, nanoseconds: 0)
                request.time = time
            }
            return harness.request(.multipartRequest(MultipartRequest(body: .bundleFeatures(request))), session)
        }
        func told(_ replies: [Message]) -> BundleFeatures? {
            guard case .multipartReply(let part)? = replies.first, case .bundleFeatures(let features) = part.body else {
                return nil
            }
            return features
        }
        let first = told(ask(nil))
        #expect(first?.capabilities == [.atomic, .ordered, .timed])
        #expect(first?.time?.maximumFuture.seconds == 3_600 && first?.time?.timestamp.seconds == 100)
        let second = told(ask(60))
        #expect(second?.time?.maximumFuture.seconds == 60 && second?.time?.maximumPast.seconds == 0)
        #expect(self.codes(ask(1_000_000)) == [.requestMultipartBadSchedule])
    }

    @Test("a bundle that lies idle is dropped, and the controller told")
    func idle() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_4)
        harness.request(self.control(.openRequest), session)
        let next = harness.control.runExpiry(now: harness.now)
        #expect(next == harness.now + .seconds(10))
        _ = harness.control.runExpiry(now: next)
        #expect(self.codes(harness.take(session)) == [.bundleTimeout])
        #expect(self.codes(harness.request(self.control(.commitRequest), session)) == [.bundleBadID])
    }

    @Test("messages and bytes of bundles are bounded")
    func limits() {
        var table = BundleTable(limits: BundleTable.Limits(messages: 2, bytes: 1_000))
        let item = BundleTable.Item(
            message: .barrierRequest, request: BundledRequest(transactionID: TransactionID(rawValue: 1), bytes: []))
        func add(_ bytes: Int, _ bundle: UInt32) -> OpenFlowError.Code? {
            do throws(OpenFlowError) {
                try table.add(item, byteCount: bytes, to: BundleID(rawValue: bundle), [], now: .zero)
                return nil
            } catch { return error.code }
        }
        #expect(add(600, 1) == nil)
        #expect(add(600, 2) == .bundleMessageTooMany)
        #expect(add(400, 1) == nil)
        #expect(add(0, 1) == .bundleMessageTooMany)
    }

    @Test("a second addition of one group or meter conflicts with the first, unless it is deleted between")
    func conflicts() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_4)
        func error(_ message: Message) -> OpenFlowError.Code? { harness.error(self.add(message), session) }
        func meterMod(_ command: MeterMod.Command, _ meter: UInt32) -> Message {
            .meterMod(
                MeterMod(
                    command: command, flags: [], meterID: MeterID(rawValue: meter),
                    bands: command == .delete ? [] : [MeterBand(rate: 5)]))
        }
        let group = groupMod(.add, 1, .all, [bucket([output(1)])])
        #expect(error(group) == nil && error(meterMod(.add, 1)) == nil)
        #expect(error(group) == .bundleMessageConflict && error(meterMod(.add, 1)) == .bundleMessageConflict)
        #expect(error(meterMod(.add, 2)) == nil && error(groupMod(.add, 2, .all, [])) == nil)
        #expect(error(meterMod(.delete, 1)) == nil && error(meterMod(.add, 1)) == nil)
        #expect(error(meterMod(.add, 2)) == .bundleMessageConflict)
        #expect(error(groupMod(.delete, 1)) == nil && error(group) == nil)
        // What was refused is no part of the bundle.
        #expect(harness.request(self.control(.commitRequest), session) == [self.control(.commitReply)])
        #expect(harness.pipeline.read { $0.groups.count } == 2)
        #expect(harness.pipeline.read { $0.meters.inOrder.count } == 2)
    }

    @Test("messages that cannot be a part of a bundle are refused, and the bundle stays", arguments: bundlesIn)
    func messages(version: OpenFlowVersion) throws {
        let harness = SwitchHarness()
        let session = harness.connect(version)
        harness.control.sessions[session.identifier]?.bundles = BundleTable(
            limits: BundleTable.Limits(bundles: 2, messages: 3))
        harness.request(self.control(.openRequest), session)
        #expect(harness.error(self.add(.barrierRequest), session) == .bundleMessageUnsupported)
        #expect(harness.error(self.add(.setConfig(SwitchConfig())), session) == .bundleMessageUnsupported)
        let message = self.add(SwitchHarness.flowMod(.add, 1))
        let bytes = try MessageCodec.encode(message, version: version, transactionID: TransactionID(rawValue: 7))
        let inner = version >= .v1_4 ? 16 : 24
        func error(_ change: (inout [UInt8]) -> Void) -> OpenFlowError.Code? {
            var changed = bytes
            change(&changed)
            harness.deliver(changed, session)
            return SwitchHarness.code(of: harness.take(session))
        }
        #expect(error { $0[inner + 7] = 8 } == .bundleMessageBadTransactionID)
        #expect(error { $0[inner + 2] = 0xff } == .bundleMessageBadLength)
        if version >= .v1_4 { #expect(error { $0[inner] = version == .v1_5 ? 5 : 6 } == .bundleBadVersion) }
        for _ in 0..<3 { #expect(error { _ in } == nil) }
        #expect(error { _ in } == .bundleMessageTooMany)
        #expect(harness.request(self.control(.openRequest, id: 2), session).count == 1)
        #expect(harness.error(self.control(.openRequest, id: 3), session) == .bundleOutOfBundles)
        #expect(harness.request(self.control(.commitRequest), session) == [self.control(.commitReply)])
        #expect(harness.flows(session).count == 1)
    }

    private static let bundlesIn: [OpenFlowVersion] = [.v1_3, .v1_4, .v1_5]

    @Test("changes of groups and meters are forwarded to the controllers that want to know, not to the one that asked")
    func forwarding() {
        let harness = SwitchHarness()
        let asking = harness.connect(.v1_4)
        let curious = harness.connect(.v1_4)
        let other = harness.connect(.v1_4)
        curious.asyncConfig[.requestForward, .primary] = 3
        asking.asyncConfig[.requestForward, .primary] = 3
        let request = groupMod(.add, 1, .all, [bucket([output(1)])])
        #expect(harness.request(request, asking) == [])
        let forwarded = harness.take(curious)
        guard forwarded.count == 1, case .requestForward(let forward) = forwarded[0] else {
            Issue.record("\(forwarded)")
            return
        }
        #expect(forward.request == request)
        #expect(harness.take(other) == [])
        // A refused one is not.
        _ = harness.request(request, asking)
        #expect(harness.take(curious) == [])
        harness.request(self.add(.meterMod(MeterMod(flags: [], bands: [MeterBand(rate: 5)]))), asking)
        #expect(harness.take(curious) == [])
        harness.request(self.control(.commitRequest), asking)
        #expect(harness.take(curious).count == 1)
        // What changes nothing is not, alone or in a bundle; nor is what a bundle takes back.
        harness.request(groupMod(.delete, 77), asking)
        #expect(harness.take(curious) == [])
        harness.request(self.add(groupMod(.delete, 77)), asking)
        harness.request(self.control(.commitRequest), asking)
        harness.request(self.add(groupMod(.add, 2, .all, [bucket([output(1)])])), asking)
        harness.request(self.add(request), asking)
        harness.request(self.control(.commitRequest), asking)
        harness.request(SwitchHarness.flowMod(.add, 1), asking)
        #expect(harness.take(curious) == [])
    }
}
