import Datapath
import OpenFlow
import Testing

@testable import Agent

func group(_ number: UInt32) -> Action { .group(GroupID(rawValue: number)) }

/// A group_mod of buckets that each output to a port.
func groupMod(
    _ command: GroupMod.Command = .add, _ number: UInt32, _ type: GroupType = .all, _ buckets: [Bucket] = []
) -> Message {
    .groupMod(GroupMod(command: command, type: type, groupID: GroupID(rawValue: number), buckets: buckets))
}
func bucket(
    _ actions: [Action], id: UInt32 = 0, weight: UInt16 = 0, watchPort: PortNumber = .any, watchGroup: GroupID = .any
) -> Bucket {
    Bucket(
        bucketID: BucketID(rawValue: id), weight: weight, watchPort: watchPort, watchGroup: watchGroup,
        actions: actions)
}

@Suite("Groups as controllers change them")
struct SwitchGroupTests {
    private static let withGroups = OpenFlowVersion.allCases.filter { $0 >= .v1_1 }

    private func descriptions(_ harness: SwitchHarness, _ session: ControllerSession) -> [GroupDescription] {
        let request = Message.multipartRequest(MultipartRequest(body: .groupDescription(.all)))
        return harness.request(request, session).flatMap { reply -> [GroupDescription] in
            guard case .multipartReply(let part) = reply, case .groupDescription(let groups) = part.body else {
                return []
            }
            return groups
        }
    }
    private func statistics(_ harness: SwitchHarness, _ session: ControllerSession) -> [GroupStatistics] {
        let request = Message.multipartRequest(MultipartRequest(body: .group(.all)))
        return harness.request(request, session).flatMap { reply -> [GroupStatistics] in
            guard case .multipartReply(let part) = reply, case .group(let groups) = part.body else { return [] }
            return groups
        }
    }

    @Test("are added, described, modified and deleted in every version that has them", arguments: withGroups)
    func life(version: OpenFlowVersion) {
        let harness = SwitchHarness()
        let session = harness.connect(version)
        #expect(
            harness.request(groupMod(.add, 7, .all, [bucket([output(1)]), bucket([output(2)], id: 1)]), session) == [])
        #expect(
            harness.request(
                groupMod(.add, 3, .select, [bucket([output(1)], weight: 5), bucket([group(7)], id: 1, weight: 1)]),
                session)
                == [])
        let groups = self.descriptions(harness, session)
        #expect(groups.map(\.groupID.rawValue) == [3, 7])
        #expect(groups[0].type == .select && groups[0].buckets.map(\.weight) == [5, 1])
        #expect(groups[1].buckets.map(\.actions) == [[output(1)], [output(2)]])
        #expect(harness.request(groupMod(.modify, 7, .indirect, [bucket([output(3)])]), session) == [])
        #expect(self.descriptions(harness, session)[1].buckets.map(\.actions) == [[output(3)]])
        #expect(harness.request(groupMod(.delete, 9), session) == [])
        let all = GroupMod(command: .delete, groupID: .all)
        #expect(harness.request(.groupMod(all), session) == [])
        #expect(self.descriptions(harness, session).isEmpty)
    }

    @Test("faulty group_mods are refused by the book and change nothing")
    func refusals() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        func error(_ message: Message) -> OpenFlowError.Code? { harness.error(message, session) }
        #expect(error(groupMod(.add, 1, .all, [bucket([output(1)])])) == nil)
        #expect(error(groupMod(.add, 1, .all, [])) == .groupModGroupExists)
        #expect(error(groupMod(.add, 0xffff_ff01, .all, [])) == .groupModInvalidGroup)
        #expect(error(groupMod(.modify, 2, .all, [])) == .groupModUnknownGroup)
        #expect(error(groupMod(.add, 2, .indirect, [])) == .groupModInvalidGroup)
        #expect(error(groupMod(.add, 2, .all, [bucket([output(1)], weight: 1)])) == .groupModInvalidGroup)
        let watching = bucket([output(1)], watchPort: PortNumber(rawValue: 1))
        #expect(error(groupMod(.add, 2, .all, [watching])) == .groupModWatchUnsupported)
        #expect(error(groupMod(.add, 2, .fastFailover, [bucket([output(1)])])) == .groupModInvalidGroup)
        #expect(
            error(groupMod(.add, 2, .fastFailover, [bucket([], watchPort: .controller)])) == .groupModBadWatch)
        #expect(
            error(groupMod(.add, 2, .fastFailover, [bucket([], watchGroup: GroupID(rawValue: 9))]))
                == .groupModBadWatch)
        #expect(error(groupMod(.add, 2, .all, [bucket([group(9)])])) == .actionBadOutGroup)
        #expect(error(groupMod(.add, 2, .all, [bucket([output(.table)])])) == .actionBadOutPort)
        #expect(self.descriptions(harness, session).map(\.groupID.rawValue) == [1])

        // Flows name groups that are there.
        let flow = SwitchHarness.flowMod(.add, 5) { $0.instructions = [.writeActions([group(2)])] }
        #expect(error(flow) == .actionBadOutGroup)
        let many = (0...GroupTable.bucketsMaximum).map { _ in bucket([]) }
        #expect(harness.pipeline.read { $0.groups.count } == 1)
        var table = GroupTable()
        #expect(throws: OpenFlowError(.groupModOutOfBuckets, limit: UInt64(GroupTable.bucketsMaximum))) {
            _ = try table.apply(GroupMod(buckets: many), version: .v1_3, now: .zero)
        }
        #expect(table.count == 0)
    }

    @Test("chains may not become loops, and what is chained to may not be deleted")
    func chains() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        #expect(harness.error(groupMod(.add, 1, .all, [bucket([group(1)])]), session) == .groupModLoop)
        for (number, next) in [(1, nil), (2, 1), (3, 2)] as [(UInt32, UInt32?)] {
            let actions = next.map { [group($0)] } ?? [output(1)]
            #expect(harness.request(groupMod(.add, number, .indirect, [bucket(actions)]), session) == [])
        }
        #expect(harness.error(groupMod(.modify, 1, .indirect, [bucket([group(3)])]), session) == .groupModLoop)
        #expect(harness.error(groupMod(.delete, 1), session) == .groupModChainedGroup)
        #expect(self.statistics(harness, session).map(\.referenceCount) == [1, 1, 0])
        for number in [3, 2, 1] as [UInt32] { #expect(harness.request(groupMod(.delete, number), session) == []) }
        #expect(self.statistics(harness, session).isEmpty)
    }

    @Test("deleting a group in 1.1, which has no error for that, takes along what hands packets to it, and flows")
    func deletionAlongTheChain() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_1)
        for (number, next) in [(1, nil), (2, 1), (3, 2), (4, nil)] as [(UInt32, UInt32?)] {
            let actions = next.map { [group($0)] } ?? [output(1)]
            #expect(harness.request(groupMod(.add, number, .indirect, [bucket(actions)]), session) == [])
            harness.request(
                SwitchHarness.flowMod(.add, number, cookie: UInt64(number)) {
                    $0.instructions = [.applyActions([group(number)])]
                }, session)
        }
        #expect(harness.request(groupMod(.delete, 2), session) == [])
        #expect(harness.pipeline.read { $0.groups.inOrder.map(\.groupID.rawValue) } == [1, 4])
        #expect(harness.flows(session).map(\.cookie.rawValue).sorted() == [1, 4])
    }

    @Test(
        "a group or meter that very many flows use goes after them, in steps of a thousand", arguments: [true, false])
    func longDeletion(isGroup: Bool) {
        let harness = SwitchHarness()
        let (session, other) = (harness.connect(.v1_4), harness.connect(.v1_4))
        other.asyncConfig[.requestForward, .primary] = 3
        let meter = Message.meterMod(
            MeterMod(command: .add, meterID: MeterID(rawValue: 1), bands: [MeterBand(rate: 5)]))
        harness.request(isGroup ? groupMod(.add, 1, .all, [bucket([output(1)])]) : meter, session)
        func add(_ number: UInt32, _ session: ControllerSession) {
            harness.request(
                SwitchHarness.flowMod(.add, number) {
                    $0.instructions =
                        isGroup
                        ? [.applyActions([group(1)])]
                        : [.meter(MeterID(rawValue: 1)), .applyActions([output(1)])]
                }, session)
        }
        for number in 1...3_000 as ClosedRange<UInt32> { add(number, session) }
        harness.request(SwitchHarness.flowMod(.add, 9_999), session)
        _ = harness.take(other)
        let delete = MeterMod(command: .delete, meterID: MeterID(rawValue: 1))
        #expect(harness.request(isGroup ? groupMod(.delete, 1) : .meterMod(delete), session) == [])
        #expect(session.isBusy && harness.flows(other).count == 3_001 - 1_024)
        // It is there yet: others may still use it, and what they add goes, too.
        add(5_000, other)
        #expect(harness.take(other) == [])
        var turns = 0
        while session.isBusy, turns < 100 {
            turns += 1
            #expect(harness.control.runExpiry(now: harness.now) == harness.now || !session.isBusy)
        }
        #expect(harness.take(other).count == 1, "the other controller is told of it once, when it is done")
        #expect(turns == 3 && harness.flows(other).count == 1)
        #expect(harness.pipeline.read { $0.groups.inOrder.isEmpty && $0.meters.inOrder.isEmpty })
        #expect(harness.take(session) == [])
        add(6_000, session)
        #expect(harness.flows(other).count == 1)
    }

    @Test("deleting a group removes the flows that use it, in any table, and says why")
    func deletion() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        for number in [1, 2] as [UInt32] {
            harness.request(groupMod(.add, number, .all, [bucket([output(number)])]), session)
        }
        harness.request(
            SwitchHarness.flowMod(.add, 1, cookie: 1) {
                $0.instructions = [.writeActions([group(1)])]
                $0.flags = .sendFlowRemoved
            }, session)
        harness.request(
            SwitchHarness.flowMod(.add, 2, cookie: 2) {
                $0.tableID = TableID(rawValue: 4)
                $0.instructions = [.applyActions([group(1), output(1)])]
            }, session)
        harness.request(
            SwitchHarness.flowMod(.add, 3, cookie: 3) { $0.instructions = [.applyActions([group(2)])] }, session)
        harness.request(SwitchHarness.flowMod(.add, 4, cookie: 4), session)
        #expect(self.statistics(harness, session).map(\.referenceCount) == [2, 1])
        let replies = harness.request(groupMod(.delete, 1), session)
        guard replies.count == 1, case .flowRemoved(let removed) = replies[0] else {
            Issue.record("\(replies)")
            return
        }
        #expect(removed.reason == .groupDelete && removed.cookie.rawValue == 1)
        #expect(harness.flows(session).map(\.cookie.rawValue).sorted() == [3, 4])
        harness.request(.groupMod(GroupMod(command: .delete, groupID: .all)), session)
        #expect(harness.flows(session).map(\.cookie.rawValue) == [4])
    }

    @Test("buckets are inserted and removed (1.5); the others and their counters stay")
    func buckets() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_5)
        func change(_ command: GroupMod.Command, _ at: BucketID, _ buckets: [Bucket] = []) -> OpenFlowError.Code? {
            harness.error(
                .groupMod(
                    GroupMod(
                        command: command, type: .all, groupID: GroupID(rawValue: 1), commandBucketID: at,
                        buckets: buckets)), session)
        }
        func identifiers() -> [UInt32] {
            self.descriptions(harness, session).flatMap { $0.buckets.map(\.bucketID.rawValue) }
        }
        harness.request(groupMod(.add, 1, .all, [bucket([output(1)], id: 10), bucket([output(2)], id: 20)]), session)
        harness.pipeline.read { $0.group(GroupID(rawValue: 1))?.members[1].counter.add(packets: 3, bytes: 300) }
        #expect(change(.insertBucket, .first, [bucket([], id: 1)]) == nil)
        #expect(change(.insertBucket, .last, [bucket([], id: 99)]) == nil)
        #expect(change(.insertBucket, BucketID(rawValue: 10), [bucket([], id: 11), bucket([], id: 12)]) == nil)
        #expect(identifiers() == [1, 10, 11, 12, 20, 99])
        #expect(self.statistics(harness, session)[0].buckets.map(\.packetCount) == [0, 0, 0, 0, 3, 0])
        #expect(change(.insertBucket, .last, [bucket([], id: 20)]) == .groupModBucketExists)
        #expect(change(.insertBucket, BucketID(rawValue: 77), [bucket([], id: 5)]) == .groupModUnknownBucket)
        #expect(change(.insertBucket, .last, [bucket([], id: 0xffff_ff01)]) == .groupModBadBucket)
        #expect(change(.removeBucket, BucketID(rawValue: 77)) == .groupModUnknownBucket)
        #expect(change(.removeBucket, .first) == nil)
        #expect(change(.removeBucket, .last) == nil)
        #expect(change(.removeBucket, BucketID(rawValue: 11)) == nil)
        #expect(identifiers() == [10, 12, 20])
        #expect(change(.removeBucket, .all) == nil)
        #expect(identifiers() == [])
        #expect(change(.removeBucket, .last) == .groupModUnknownBucket)
        #expect(
            harness.error(
                .groupMod(GroupMod(command: .removeBucket, groupID: GroupID(rawValue: 2))), session)
                == .groupModUnknownGroup)
    }

    @Test("a modified group keeps its own counters and age; its buckets' begin anew")
    func counters() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        harness.request(groupMod(.add, 1, .all, [bucket([output(1)])]), session)
        harness.pipeline.read { state in
            guard let group = state.group(GroupID(rawValue: 1)) else { return }
            group.counter.add(packets: 2, bytes: 200)
            group.members[0].counter.add(packets: 2, bytes: 200)
        }
        harness.now = harness.now + .seconds(5)
        harness.request(groupMod(.modify, 1, .all, [bucket([output(2)])]), session)
        let statistics = self.statistics(harness, session)
        #expect(statistics.count == 1)
        #expect(statistics[0].packetCount == 2 && statistics[0].byteCount == 200)
        #expect(statistics[0].durationSeconds == 5)
        #expect(statistics[0].buckets == [GroupStatistics.BucketCounter()])
    }

    @Test("the selection method of a select group is obeyed, told again, or refused")
    func selectionMethod() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_5)
        func error(_ type: GroupType, _ method: String, _ fields: [MatchEntry]) -> OpenFlowError.Code? {
            harness.error(
                .groupMod(
                    GroupMod(
                        command: .addOrModify, type: type, groupID: GroupID(rawValue: 1),
                        selectionMethod: GroupSelectionMethod(method: method, parameter: 9, fields: fields))),
                session)
        }
        let fields = [MatchEntry(.ipv4Destination, value: 0xff, mask: MatchField.ipv4Destination.allOnes)]
        #expect(error(.select, "hash", fields) == nil)
        #expect(harness.pipeline.read { $0.group(GroupID(rawValue: 1))?.selection.basis } == 9)
        let told = self.descriptions(harness, session).first?.selectionMethod
        #expect(told?.method == "hash" && told?.parameter == 9 && told?.fields.map(\.value) == [0xff])
        #expect(error(.select, "dp_hash", []) == nil)
        #expect(error(.select, "dp_hash", fields) == .propertyBadValue)
        #expect(error(.select, "dice", []) == .propertyBadValue)
        #expect(error(.all, "hash", []) == .propertyBadValue)
    }

    @Test("features tell what is there")
    func features() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        let replies = harness.request(.multipartRequest(MultipartRequest(body: .groupFeatures)), session)
        guard case .multipartReply(let part)? = replies.first, case .groupFeatures(let features) = part.body else {
            Issue.record("\(replies)")
            return
        }
        #expect(features.types == 15 && features.capabilities == 15)
        #expect(features.maximumGroups == [65_536, 65_536, 65_536, 65_536])
        #expect(features.actions.allSatisfy { $0 & 1 << 22 != 0 && $0 & 1 != 0 })
    }
}
