import Datapath
import NetworkTypes
import OpenFlow
import Testing

@testable import Agent

@Suite("NORMAL and VLANs")
struct NormalVLANTests {
    private static func vlans(_ mode: PortVLANs.Mode, tag: UInt16 = 0, trunks: Set<UInt16> = []) -> PortVLANs {
        var vlans = PortVLANs()
        vlans.mode = mode
        vlans.tag = tag
        vlans.trunks = trunks
        return vlans
    }

    /// Port 1 as given; 2 access 10, 3 trunk of all, 4 native-untagged 10, 5 native-tagged 10, 6 trunk of 20 alone.
    private func fixture(_ first: PortVLANs) -> TranslationFixture {
        var fixture = TranslationFixture()
        let others: [UInt32: PortVLANs] = [
            1: first, 2: Self.vlans(.access, tag: 10), 3: Self.vlans(.trunk), 4: Self.vlans(.nativeUntagged, tag: 10),
            5: Self.vlans(.nativeTagged, tag: 10), 6: Self.vlans(.trunk, trunks: [20]),
        ]
        for (number, vlans) in others {
            fixture.pipeline.addPort(number)
            fixture.pipeline.ports[number]?.forwarding.vlans = vlans
        }
        fixture.pipeline.add(actions: [.output(.normal, maximumLength: 0)])
        return fixture
    }

    private func frame(_ tags: (UInt16, UInt16)...) -> TestFrame {
        var frame = TestFrame()
        frame.tags = tags.map { (tpid: $0.0, tci: $0.1) }
        return frame
    }

    private let tag10 = DatapathAction.pushVLAN(tpid: 0x8100, tci: 0x100a)

    @Test("from an access port: its VLAN's ports alone, each with the tag that it wants")
    func access() {
        let fixture = self.fixture(Self.vlans(.access, tag: 10))
        let result = fixture.translate(self.frame())
        #expect(result.actions == [out(2), self.tag10, out(3), .popVLAN, out(4), self.tag10, out(5)])
        #expect(result.learned?.vlan == 10)
        #expect(fixture.translate(self.frame((0x8100, 10))).drops.map(\.cause) == [.vlanForbidden])
    }

    @Test("from a trunk: the tag's VLAN, which priority survives; untagged packets are in none")
    func trunk() {
        let fixture = self.fixture(Self.vlans(.trunk))
        let result = fixture.translate(self.frame((0x8100, 0x600a)))
        let again = DatapathAction.pushVLAN(tpid: 0x8100, tci: 0x700a)
        #expect(result.actions == [.popVLAN, out(2), again, out(3), .popVLAN, out(4), again, out(5)])
        #expect(fixture.translate(self.frame()).actions == [out(3), out(4), out(5)])
        #expect(fixture.translate(self.frame((0x8100, 20))).actions == [out(3), out(4), out(5), out(6)])
    }

    @Test("from native ports: untagged packets are in the native VLAN, others as on a trunk")
    func native() {
        for mode in [PortVLANs.Mode.nativeTagged, .nativeUntagged] {
            let fixture = self.fixture(Self.vlans(mode, tag: 10, trunks: [20]))
            #expect(
                fixture.translate(self.frame()).actions
                    == [out(2), self.tag10, out(3), .popVLAN, out(4), self.tag10, out(5)])
            #expect(fixture.translate(self.frame((0x8100, 20))).actions == [out(3), out(4), out(5), out(6)])
            #expect(fixture.translate(self.frame((0x8100, 30))).drops.map(\.cause) == [.vlanForbidden])
        }
    }

    @Test("what is learned holds in its VLAN alone")
    func learned() {
        let fixture = self.fixture(Self.vlans(.access, tag: 10))
        let address = MACAddress(rawValue: TestFrame().destination)
        fixture.learning.learn(
            MACLearningUpdate(vlan: 20, address: address, port: PortNumber(rawValue: 3)), now: fixture.now)
        #expect(fixture.translate(self.frame()).actions.count == 7)
        fixture.learning.learn(
            MACLearningUpdate(vlan: 10, address: address, port: PortNumber(rawValue: 5)), now: fixture.now)
        #expect(fixture.translate(self.frame()).actions == [self.tag10, out(5)])
    }

    @Test("a full learning table forgets the oldest of the port that has most")
    func fairness() {
        var table = MACLearningTable(limit: 10)
        let start = MonotonicTime.seconds(100)
        func learn(_ address: UInt64, _ port: UInt32, at seconds: Int) -> MACLearningTable.Outcome {
            table.learn(
                MACLearningUpdate(
                    vlan: 0, address: MACAddress(rawValue: address), port: PortNumber(rawValue: port)),
                now: start + .seconds(seconds))
        }
        #expect(learn(2, 1, at: 0) == .added && learn(4, 2, at: 1) == .added)
        for number in UInt64(0)..<100 { _ = learn(0x1000 + 2 * number, 3, at: 2 + Int(number) / 10) }
        func port(_ address: UInt64) -> UInt32? {
            table.port(of: MACAddress(rawValue: address), vlan: 0, now: start + .seconds(20))?.rawValue
        }
        #expect(table.count == 10 && port(2) == 1 && port(4) == 2)
        #expect(port(0x1000 + 2 * 99) == 3 && port(0x1000) == nil)
        // Moving and removing keep the ports' lists right.
        #expect(learn(0x1000 + 2 * 99, 1, at: 21) == .moved(from: PortNumber(rawValue: 3)))
        #expect(table.flush(port: PortNumber(rawValue: 3)) == 7 && table.count == 3)
        #expect(table.flush() == 3 && learn(8, 3, at: 22) == .added)
    }
}
