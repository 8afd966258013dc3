import Datapath
import NetworkTypes
import OpenFlow
import Testing

@testable import Agent

@Suite("Translation of actions and instructions")
struct TranslatorTests {
    @Test("output to a port is one datapath action, and only what was looked at is in the mask")
    func plainOutput() {
        var fixture = TranslationFixture()
        fixture.pipeline.add([MatchEntry(.ethernetDestination, 0x0200_0000_0002)], actions: [output(2)])
        let result = fixture.translate()
        #expect(result.actions == [out(2)])
        #expect(result.rules == [RuleReference(table: 0, slot: 0, generation: 0)])
        var mask = FlowMask()
        mask.inPort = .max
        mask.recirculationID = .max
        mask.etherType = .max
        mask.ipFragment = 3
        mask.ethernetDestination = .max
        #expect(result.mask == mask)
        #expect(result.slowPath.isEmpty && result.packetIns.isEmpty && result.error == nil)
    }

    @Test("a packet does not leave by the port it came in by unless IN_PORT is named")
    func inPort() {
        var fixture = TranslationFixture()
        fixture.pipeline.add(actions: [output(1), output(2), output(.inPort)])
        #expect(fixture.translate().actions == [out(2), out(1)])
    }

    @Test("ALL and FLOOD go everywhere but the ingress port, by port configuration")
    func floods() {
        var fixture = TranslationFixture()
        fixture.pipeline.addPort(2, [.noFlood])
        fixture.pipeline.addPort(3, [.noForward])
        fixture.pipeline.addPort(PortNumber.local.rawValue)
        fixture.pipeline.add(actions: [output(.all)])
        let local = out(PortNumber.local.rawValue)
        #expect(fixture.translate().actions == [out(2), out(4), local])
        fixture.pipeline.tables[0] = []
        fixture.pipeline.add(actions: [output(.flood)])
        #expect(fixture.translate().actions == [out(4), local])
    }

    @Test("LOCAL is a port; ANY is nothing; TABLE in a flow is nothing and noted")
    func otherReservedPorts() {
        var fixture = TranslationFixture()
        fixture.pipeline.addPort(PortNumber.local.rawValue)
        fixture.pipeline.add(actions: [output(.local), output(.any), output(.table), output(77)])
        let result = fixture.translate()
        #expect(result.actions == [out(PortNumber.local.rawValue)])
        #expect(result.omissions == [.unsupportedAction, .missingPort])
    }

    @Test("port configuration: no-receive, down and no-forward are obeyed")
    func portConfiguration() {
        for (configuration, expected) in [
            (PortConfiguration.noReceive, [DatapathAction]()), (.portDown, []), (.noFlood, [out(2)]),
        ] {
            var fixture = TranslationFixture()
            fixture.pipeline.addPort(1, configuration)
            fixture.pipeline.add(actions: [output(2)])
            #expect(fixture.translate().actions == expected)
        }
        var fixture = TranslationFixture()
        fixture.pipeline.addPort(2, .noForward)
        fixture.pipeline.addPort(3, .portDown)
        fixture.pipeline.add(actions: [output(2), output(3), output(4)])
        #expect(fixture.translate().actions == [out(4)])
        #expect(fixture.translate().omissions == .blockedPort)
    }

    @Test("spanning tree frames have a no-receive bit of their own, and then the destination is looked at")
    func spanningTree() {
        var fixture = TranslationFixture()
        fixture.pipeline.addPort(1, .noReceive)
        fixture.pipeline.add(actions: [output(2)])
        #expect(fixture.translate(TestFrame(destination: 0x0180_c200_0000)).actions == [out(2)])
        let other = fixture.translate()
        #expect(other.actions.isEmpty)
        #expect(other.mask.ethernetDestination == 0xffff_ffff_ffff)
    }

    @Test("an unknown ingress port is an error, not a silent drop")
    func unknownInPort() {
        #expect(TranslationFixture().translate(inPort: 99).error == .unknownInPort)
    }

    @Test("a miss leads to the hidden rules; no-packet-in on the port suppresses the packet-in")
    func misses() {
        var fixture = TranslationFixture()
        #expect(fixture.translate().rules == [RuleReference(table: 254, slot: 1, generation: 0)])
        #expect(fixture.translate().packetIns.isEmpty)
        fixture.pipeline.missesGoToControllers = true
        let result = fixture.translate()
        #expect(result.rules == [RuleReference(table: 254, slot: 0, generation: 0)])
        #expect(result.packetIns.count == 1)
        #expect(result.packetIns.first?.reason == .tableMiss)
        #expect(result.packetIns.first?.maximumLength == nil)
        #expect(result.packetIns.first?.cookie == .unset)
        #expect(result.slowPath == .controller)
        #expect(result.installableActions.count == 1 && result.actions.isEmpty)
        fixture.pipeline.addPort(1, .noPacketIn)
        #expect(fixture.translate().packetIns.isEmpty)
    }

    @Test("a table of 1.1 may pass on what it misses; each miss is noted")
    func missContinues() {
        var fixture = TranslationFixture()
        fixture.pipeline.tablesThatContinue = [0]
        fixture.pipeline.add(table: 1, [MatchEntry(.etherType, 0x0800)], actions: [output(2)])
        #expect(fixture.translate().actions == [out(2)])
        #expect(fixture.translate().missedTables.map(\.rawValue) == [0])
        let arp = fixture.translate(TestFrame(payload: .arp(operation: 1, sender: 1, target: 2)))
        #expect(arp.actions.isEmpty && arp.missedTables.map(\.rawValue) == [0, 1])
    }

    @Test("a table-miss flow's packet-in has the reason no match, others' the reason action")
    func packetInReasons() throws {
        var fixture = TranslationFixture()
        fixture.pipeline.add(priority: 0, actions: [.output(.controller, maximumLength: 128)], cookie: 7)
        fixture.pipeline.add(
            [MatchEntry(.etherType, 0x0806)], actions: [.output(.controller, maximumLength: 64)], cookie: 8)
        let miss = try #require(fixture.translate().packetIns.first)
        #expect(miss.reason == .tableMiss && miss.cookie.rawValue == 7 && miss.maximumLength == 128)
        let arp = TestFrame(payload: .arp(operation: 1, sender: 1, target: 2))
        let action = try #require(fixture.translate(arp).packetIns.first)
        #expect(action.reason == .applyAction && action.cookie.rawValue == 8 && action.maximumLength == 64)
    }

    @Test("drop-fragments drops by its hidden rule; whole packets pass")
    func dropFragments() {
        var fixture = TranslationFixture()
        fixture.pipeline.fragmentHandling = .drop
        fixture.pipeline.add(actions: [output(2)])
        let result = fixture.translate(TestFrame(payload: .ipv4(.init(fragment: 1))))
        #expect(result.actions.isEmpty)
        #expect(result.rules == [RuleReference(table: 254, slot: HiddenRule.dropFragments.rawValue32, generation: 0)])
        #expect(result.mask.ipFragment == 3)
        #expect(fixture.translate().actions == [out(2)])
    }

    @Test("a first fragment is matched without ports, unless first fragments are to be matched")
    func firstFragments() {
        var fixture = TranslationFixture()
        fixture.pipeline.add(priority: 1, actions: [output(2)])
        fixture.pipeline.add(
            priority: 5,
            [MatchEntry(.etherType, 0x0800), MatchEntry(.ipProtocol, 17), MatchEntry(.udpDestination, 2000)],
            actions: [output(3)])
        let first = TestFrame(payload: .ipv4(.init(fragment: 1)))
        #expect(fixture.translate(first).actions == [out(2)])
        #expect(fixture.translate().actions == [out(3)])
        fixture.pipeline.fragmentHandling = .matchFirst
        #expect(fixture.translate(first).actions == [out(3)])
    }

    @Test("goto, metadata and registers lead through tables and leave no trace in the mask")
    func metadata() {
        var fixture = TranslationFixture()
        fixture.pipeline.add(instructions: [
            .applyActions([.setField(.register0, value: 5, mask: 0xffff_ffff)]),
            .writeMetadata(value: 0xab, mask: 0xff), .gotoTable(TableID(rawValue: 3)),
        ])
        fixture.pipeline.add(
            table: 3, [MatchEntry(.metadata, value: 0xab, mask: 0xff), MatchEntry(.register0, 5)], actions: [output(2)])
        let result = fixture.translate()
        #expect(result.actions == [out(2)])
        #expect(result.rules.map(\.table) == [0, 3])
        #expect(result.mask.metadata == 0 && result.mask.words[3] == 0)
    }

    @Test("the action set is performed last, in the order of the specification, one action of each kind")
    func actionSet() {
        var fixture = TranslationFixture()
        fixture.pipeline.add(instructions: [
            .writeActions([
                output(2), .setField(.ethernetSource, value: 0x0200_0000_00aa, mask: MatchField.ethernetSource.allOnes),
                .pushVLAN(.vlan),
            ]),
            .gotoTable(TableID(rawValue: 1)),
        ])
        fixture.pipeline.add(
            table: 1,
            instructions: [
                .applyActions([output(4)]),
                .writeActions([output(3), .setField(.vlanID, value: 0x100a, mask: 0x1fff)]),
            ])
        #expect(
            fixture.translate().actions == [
                out(4), .pushVLAN(tpid: 0x8100, tci: 0x100a),
                .set(
                    .ethernet(
                        EthernetFields(source: MACAddress(rawValue: 0x0200_0000_00aa)),
                        mask: EthernetFields(source: .broadcast))),
                out(3),
            ])
        fixture.pipeline.tables[1] = []
        fixture.pipeline.add(table: 1, instructions: [.clearActions])
        #expect(fixture.translate().actions.isEmpty)
    }

    @Test("an output in the action set to the controller has its own reason and the last rule's cookie")
    func actionSetPacketIn() throws {
        var fixture = TranslationFixture()
        fixture.pipeline.add(
            instructions: [.writeActions([output(.controller)]), .gotoTable(TableID(rawValue: 2))], cookie: 1)
        fixture.pipeline.add(table: 2, instructions: [], cookie: 9)
        let event = try #require(fixture.translate().packetIns.first)
        #expect(event.reason == .actionSet && event.table.rawValue == 2 && event.cookie.rawValue == 9)
    }

    @Test("resubmit comes back, sees another port for the lookup alone, and loops end with a cause")
    func resubmit() {
        var fixture = TranslationFixture()
        fixture.pipeline.add(
            [MatchEntry(.inPort, 1)],
            actions: [
                .resubmit(port: PortNumber(rawValue: 3), table: TableID(rawValue: 1)), output(2),
            ])
        fixture.pipeline.add(table: 1, [MatchEntry(.inPort, 3)], actions: [output(3), output(1)])
        #expect(fixture.translate().actions == [out(3), out(2)])
        #expect(fixture.translate().rules.map(\.table) == [0, 1])

        fixture.pipeline.tables = [:]
        fixture.pipeline.add(actions: [output(2), .resubmit(port: nil, table: TableID(rawValue: 0))])
        let loop = fixture.translate()
        #expect(loop.error == .depthExceeded)
        #expect(loop.actions.isEmpty)

        fixture.pipeline.tables = [:]
        fixture.limits.lookups = 50
        fixture.pipeline.add(actions: Array(repeating: .resubmit(port: nil, table: TableID(rawValue: 1)), count: 100))
        fixture.pipeline.add(table: 1, actions: [])
        #expect(fixture.translate().error == .tooManyLookups)

        fixture.pipeline.tables = [:]
        fixture.limits.actions = 10
        fixture.pipeline.add(actions: Array(repeating: output(2), count: 11))
        #expect(fixture.translate().error == .tooManyActions)
    }

    @Test("exit ends the pipeline but not the action set")
    func exit() {
        var fixture = TranslationFixture()
        fixture.pipeline.add(instructions: [
            .applyActions([output(2), .exit, output(3)]), .writeActions([output(4)]), .gotoTable(TableID(rawValue: 1)),
        ])
        #expect(fixture.translate().actions == [out(2)])
        fixture.pipeline.tables[0] = []
        fixture.pipeline.add(instructions: [.writeActions([output(4)]), .gotoTable(TableID(rawValue: 1))])
        fixture.pipeline.add(table: 1, actions: [.exit])
        #expect(fixture.translate().actions == [out(4)])
    }

    @Test("queues set the priority; enqueue does so for one output alone")
    func queues() {
        var fixture = TranslationFixture()
        fixture.pipeline.add(actions: [.setQueue(QueueID(rawValue: 4)), output(2), .popQueue, output(3)])
        #expect(
            fixture.translate().actions == [
                .set(.priority(0x1_0005)), out(2), .set(.priority(0)), out(3),
            ])
        fixture.pipeline.tables[0] = []
        fixture.pipeline.add(actions: [.enqueue(PortNumber(rawValue: 2), QueueID(rawValue: 1)), output(3)])
        let result = fixture.translate()
        #expect(result.actions == [.set(.priority(0x1_0002)), out(2), .set(.priority(0)), out(3)])
        #expect(result.mask.priority == .max)
    }

    @Test("a packet-out performs its list; TABLE runs the pipeline with misses and action set")
    func packetOut() {
        var fixture = TranslationFixture()
        fixture.pipeline.missesGoToControllers = true
        fixture.pipeline.add([MatchEntry(.inPort, 1)], instructions: [.writeActions([output(2)])])
        #expect(fixture.translate(entry: .packetOut([output(.table), output(3)])).actions == [out(2), out(3)])
        let controller = fixture.translate(
            inPort: PortNumber.controller.rawValue, entry: .packetOut([output(.table), output(1), output(.controller)]))
        #expect(controller.actions == [out(1)])
        #expect(controller.packetIns.map(\.reason) == [.tableMiss, .packetOut])
        #expect(controller.packetIns.map(\.precedingActions) == [0, 1])
    }

    @Test("what is not carried out is noted")
    func unsupported() {
        var fixture = TranslationFixture()
        fixture.pipeline.add(instructions: [
            .meter(MeterID(rawValue: 1)), .applyActions([output(2)]),
        ])
        let result = fixture.translate()
        #expect(result.actions == [out(2)])
        #expect(result.omissions == .unsupportedAction)
    }

    @Test("truncated output cuts in the datapath, or on the slow path where that cannot")
    func truncated() {
        var fixture = TranslationFixture()
        fixture.pipeline.add(actions: [.outputTruncated(PortNumber(rawValue: 2), maximumLength: 60)])
        #expect(fixture.translate().actions == [.truncate(60), out(2)])
        #expect(fixture.translate().slowPath.isEmpty)
        fixture.capabilities.truncation = false
        #expect(fixture.translate().slowPath == .action)
    }

    @Test("output to the port that a field holds")
    func outputField() {
        var fixture = TranslationFixture()
        fixture.pipeline.add(actions: [
            .setField(.register0, value: 3, mask: 0xffff_ffff),
            .outputField(FieldSlice(.register0, offset: 0, bitCount: 16), maximumLength: 0),
        ])
        #expect(fixture.translate().actions == [out(3)])
    }

    @Test("cookies of userspace actions survive, strangers' are refused")
    func cookies() {
        let cookie = UpcallCookie.slowPath([.controller, .action])
        #expect(UpcallCookie(userdata: cookie.userdata) == cookie)
        #expect(UpcallCookie(userdata: 0) == nil)
        #expect(UpcallCookie(userdata: .max) == nil)
    }
}

extension HiddenRule {
    var rawValue32: UInt32 { UInt32(self.rawValue) }
}
