import Datapath
import NetworkTypes
import OpenFlow
import Testing

@testable import Agent

@Suite("NORMAL beyond learning: mirrors, tunnels of VLANs, static addresses, flooded VLANs")
struct NormalForwardingTests {
    private static let known = MACAddress(rawValue: 0x0200_0000_0002)

    /// Four ports in every VLAN, and the destination of test frames behind port 2.
    private func fixture(_ mirrors: PortMirror...) -> TranslationFixture {
        var fixture = TranslationFixture()
        fixture.forwarding.mirrors = mirrors
        fixture.learning.learn(
            MACLearningUpdate(vlan: 0, address: Self.known, port: PortNumber(rawValue: 2)), now: fixture.now)
        fixture.pipeline.add(actions: [output(.normal)])
        return fixture
    }

    private static func mirror(_ change: (inout PortMirror) -> Void) -> PortMirror {
        var mirror = PortMirror(name: "m", output: .port("p4"))
        change(&mirror)
        return mirror
    }

    @Test("a mirror copies what comes in or goes out of its ports once, cut, and takes in nothing")
    func ports() {
        let source = self.fixture(
            Self.mirror {
                $0.sources = ["p1"]
                $0.snapLengthBytes = 64
            })
        #expect(source.translate().actions == [.truncate(64), out(4), out(2)])
        #expect(source.translate(inPort: 3).actions == [out(2)])
        #expect(source.translate(inPort: 4).drops.map(\.cause) == [.mirrorOutput])
        let destination = self.fixture(
            Self.mirror {
                $0.destinations = ["p2"]
                $0.sources = ["p1"]
            })
        #expect(destination.translate().actions == [out(4), out(2)])
        #expect(destination.translate(inPort: 3).actions == [out(4), out(2)])
        // Floods pass the mirror's port by.
        var flooded = TestFrame()
        flooded.destination = 0x0200_0000_0099
        #expect(destination.translate(flooded).actions == [out(4), out(2), out(3)])
    }

    @Test("a copy is what the packet was where it was made, and no reason to say that the packet was sent")
    func moment() {
        var fixture = self.fixture(Self.mirror { $0.selectsAll = true })
        fixture.pipeline.tables[0] = []
        fixture.pipeline.add(actions: [.pushVLAN(.vlan), output(2)])
        let result = fixture.translate()
        #expect(result.actions == [out(4), .pushVLAN(tpid: 0x8100, tci: 0x1000), out(2)])
        fixture.pipeline.tables[0] = []
        let dropped = fixture.translate()
        #expect(dropped.actions == [out(4)] && dropped.drops.map(\.cause) == [.noMatchingRule])
    }

    @Test("a mirror's filter is a match: what it looks at is all that megaflows get narrower by")
    func filter() throws {
        let fixture = self.fixture(
            try SettingParser.mirror("m,select-src=p1,output-port=p4,filter=udp;tp_dst=2000"))
        let result = fixture.translate()
        #expect(result.actions == [out(4), out(2)])
        #expect(result.mask.transportDestination == .max && result.mask.transportSource == 0)
        var ip = TestFrame.IP()
        ip.destinationPort = 2001
        #expect(fixture.translate(TestFrame(payload: .ipv4(ip))).actions == [out(2)])
        let arp = fixture.translate(TestFrame(payload: .arp(operation: 1, sender: 1, target: 2)))
        #expect(arp.actions == [out(2)])
        // As the packet is where the copy is made: at the port that it leaves by.
        var egress = self.fixture(
            try SettingParser.mirror("m,select-dst=p2,output-port=p4,filter=dl_src=02:00:00:00:00:09"))
        egress.pipeline.tables[0] = []
        egress.pipeline.add(actions: [
            .setField(.ethernetSource, value: 0x0200_0000_0009, mask: MatchField.ethernetSource.allOnes), output(2),
        ])
        #expect(egress.translate().actions.suffix(2) == [out(4), out(2)])
        for text in ["tp_dst=80", "reg0=1", "metadata=5", "nonsense=1", "", "tun_metadata3=1", "ip,nw_src=1.2.3"] {
            #expect(throws: SettingError.self, "\(text)") { try MirrorFilter(text) }
        }
    }

    @Test("samples for a set of collectors with a group stay in the kernel, where that can; else the agent gets them")
    func sampleGroups() throws {
        var fixture = TranslationFixture()
        fixture.forwarding.sampleGroups = [5: 77]
        fixture.capabilities.sampleNesting = 3
        fixture.capabilities.packetSampling = true
        var sample = Sample()
        sample.collectorSet = 5
        sample.observationDomain = .immediate(1)
        sample.observationPoint = .immediate(2)
        fixture.pipeline.add(actions: [.sample(sample), output(2)])
        #expect(
            fixture.translate().actions == [
                .sample(probability: .max, [.packetSample(group: 77, cookie: 0x1_0000_0002)]), out(2),
            ])
        fixture.capabilities.packetSampling = false
        #expect(fixture.translate().actions == [out(2)])
        #expect(try SettingParser.sampleGroup("5=77").group == 77)
        for text in ["", "5", "5=", "=7", "5=4294967296", "x=1"] {
            #expect(throws: SettingError.self, "\(text)") { try SettingParser.sampleGroup(text) }
        }
    }

    @Test("a mirror of VLANs looks at the tag; one into a VLAN tags its copies")
    func vlans() {
        var frame = TestFrame()
        frame.tags = [(0x8100, 5)]
        let selecting = self.fixture(
            Self.mirror {
                $0.selectsAll = true
                $0.vlans = [5]
            })
        #expect(selecting.translate(frame).actions.first == out(4))
        #expect(selecting.translate().actions == [out(2)])
        #expect(selecting.translate().mask.vlanTCI == 0x1fff)
        var into = self.fixture(
            Self.mirror {
                $0.sources = ["p1"]
                $0.output = .vlan(9)
            })
        for number in UInt32(2)...4 { into.pipeline.ports[number]?.forwarding.vlans.trunks = number == 3 ? [9] : [0] }
        let tag = DatapathAction.pushVLAN(tpid: 0x8100, tci: 0x1009)
        #expect(into.translate().actions == [tag, out(3), .popVLAN, out(2)])
    }

    @Test("a tunnel of VLANs hides customers' tags behind its own, and shows them again at its other end")
    func tunnel() {
        var fixture = self.fixture()
        fixture.learning.learn(
            MACLearningUpdate(vlan: 100, address: Self.known, port: PortNumber(rawValue: 2)), now: fixture.now)
        fixture.pipeline.ports[1]?.forwarding.vlans.mode = .dot1qTunnel
        fixture.pipeline.ports[1]?.forwarding.vlans.tag = 100
        var frame = TestFrame()
        frame.tags = [(0x8100, 0x2005)]
        #expect(fixture.translate(frame).actions == [.pushVLAN(tpid: 0x88a8, tci: 0x3064), out(2)])
        #expect(fixture.translate().actions == [.pushVLAN(tpid: 0x88a8, tci: 0x1064), out(2)])
        // Back: the service's tag goes, the customer's stays.
        frame.tags = [(0x88a8, 100), (0x8100, 5)]
        frame.destination = 0x0200_0000_0077
        fixture.learning.learn(
            MACLearningUpdate(
                vlan: 100, address: MACAddress(rawValue: 0x0200_0000_0077), port: PortNumber(rawValue: 1)),
            now: fixture.now)
        #expect(fixture.translate(frame, inPort: 3).actions == [.popVLAN, out(1)])
        fixture.pipeline.ports[1]?.forwarding.vlans.customers = [6]
        #expect(fixture.translate(frame, inPort: 3).actions == [])
        frame.tags = [(0x8100, 5)]
        #expect(fixture.translate(frame).drops.map(\.cause) == [.vlanForbidden])
    }

    @Test("in a flooded VLAN nothing is learned and everything goes everywhere")
    func floodVLANs() {
        var fixture = self.fixture()
        fixture.forwarding.floodVLANs = [0]
        let result = fixture.translate()
        #expect(result.actions == [out(2), out(3), out(4)] && result.learned == nil)
    }

    @Test("a static address neither ages nor moves, is kept by a flush, and gives way only to being removed")
    func staticAddresses() {
        let fixture = self.fixture()
        let update = MACLearningUpdate(vlan: 0, address: Self.known, port: PortNumber(rawValue: 3))
        let before = fixture.learning.generation
        #expect(fixture.learning.fix(update) && fixture.learning.generation != before)
        #expect(fixture.translate().actions == [out(3)])
        var moved = update
        moved.port = PortNumber(rawValue: 4)
        #expect(fixture.learning.learn(moved, now: fixture.now + .seconds(5)) == .refreshed)
        fixture.learning.flush()
        fixture.learning.expire(now: fixture.now + .seconds(5000))
        #expect(fixture.translate().actions == [out(3)] && fixture.learning.fixedContents == [update])
        let group = MACLearningUpdate(vlan: 0, address: .broadcast, port: PortNumber(rawValue: 1))
        #expect(!fixture.learning.fix(group))
        #expect(fixture.learning.unfix(Self.known, vlan: 0) && !fixture.learning.unfix(Self.known, vlan: 0))
        #expect(fixture.translate().actions == [out(2), out(3), out(4)])
    }

    @Test("mirrors and VLANs are read from their texts, and what is wrong with them is said")
    func texts() throws {
        let mirror = try SettingParser.mirror("m,select-src=eth1;eth2,select-vlan=3;4,output-port=eth3,snaplen=100")
        #expect(mirror.sources == ["eth1", "eth2"] && mirror.vlans == [3, 4] && mirror.output == .port("eth3"))
        #expect(mirror.snapLengthBytes == 100 && !mirror.selectsAll && mirror.destinations.isEmpty)
        for text in [
            "m", "m,output-port=a", "m,select-all=true", "m,select-all=true,output-port=a,output-vlan=2",
            "m,select-all=true,output-vlan=4095", "m,select-all=true,output-port=a,snaplen=1", "m,select-al=1",
            "m,select-all=true,output-port=a,select-all=true",
        ] { #expect(throws: SettingError.self, "\(text)") { try SettingParser.mirror(text) } }
        #expect(try SettingParser.vlans("1,2,4095") == [1, 2, 4095])
        #expect(throws: SettingError.self) { try SettingParser.vlans("4096") }
        let port = try SettingParser.port("eth1=1,vlan-mode=dot1q-tunnel,tag=7,cvlans=1;2,qinq-ethtype=802.1q")
        #expect(port.vlans.customers == [1, 2] && port.vlans.serviceType == 0x8100 && port.vlans.tag == 7)
        #expect(throws: SettingError.self) { try SettingParser.port("eth1,tag=7,cvlans=1") }
        func build(_ flags: [CommandLineSettings.Flag]) throws -> AgentConfiguration {
            try ConfigurationBuilder.build(file: nil, flags: CommandLineSettings.parse(flags))
        }
        let base = [CommandLineSettings.Flag("bridge", "br0"), .init("port", "eth1"), .init("flood-vlans", "5")]
        let built = try build(base + [.init("mirror", "m,select-all=true,output-port=eth1")])
        #expect(built.bridges.first?.forwarding.mirrors.count == 1)
        #expect(built.bridges.first?.forwarding.floodVLANs == [5])
        #expect(throws: ConfigurationErrors(["--mirror: mirror m: bridge br0 has no port eth9"])) {
            try build(base + [.init("mirror", "m,select-all=true,output-port=eth9")])
        }
    }
}
