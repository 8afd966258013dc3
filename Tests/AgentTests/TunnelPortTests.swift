import Datapath
import NetworkTypes
import OpenFlow
import Testing

@testable import Agent

@Suite("Tunnels")
struct TunnelPortTests {
    private static let shared = PortIndex(rawValue: 9)
    private static let remote = TunnelAddress(IPv4Address(rawValue: 0xc000_0201))

    private static func endpoint(
        _ remote: TunnelSettings.Choice<TunnelAddress>, key: TunnelSettings.Choice<UInt64>? = nil,
        local: TunnelAddress? = nil
    ) -> TunnelEndpoint {
        TunnelEndpoint(
            settings: TunnelSettings(.vxlan(port: 4789), remote: remote, local: local, key: key), index: Self.shared)
    }

    private static func key(_ source: UInt32, identifier: UInt64) -> FlowKey {
        var key = TestFrame().key(inPort: Self.shared.rawValue)
        key.tunnelIPv4Source = source
        key.tunnelIPv4Destination = 0xc000_0202
        key.tunnelID = identifier
        key.tunnelFlags = 4
        return key
    }

    @Test("a packet is the tunnel's that says most of it")
    func precedence() throws {
        let tunnels = TunnelPorts()
        let exact = try #require(tunnels.add(Self.endpoint(.fixed(Self.remote), key: .fixed(5))))
        let peer = try #require(tunnels.add(Self.endpoint(.fixed(Self.remote), key: .flow)))
        let any = try #require(tunnels.add(Self.endpoint(.flow, key: .flow)))
        let local = try #require(
            tunnels.add(Self.endpoint(.flow, key: .flow, local: TunnelAddress(IPv4Address(rawValue: 0xc000_0202)))))
        #expect(tunnels.add(Self.endpoint(.fixed(Self.remote), key: .fixed(5))) == nil)
        #expect(tunnels.tunnel(for: Self.key(0xc000_0201, identifier: 5)) == exact)
        #expect(tunnels.tunnel(for: Self.key(0xc000_0201, identifier: 6)) == peer)
        #expect(tunnels.tunnel(for: Self.key(0xc000_0209, identifier: 5)) == local)
        #expect(tunnels.remove(local) == nil)
        #expect(tunnels.tunnel(for: Self.key(0xc000_0209, identifier: 5)) == any)
        #expect(tunnels.tunnel(for: TestFrame().key(inPort: 9)) == nil)
        #expect(tunnels.remove(exact) == nil && tunnels.remove(peer) == nil)
        #expect(tunnels.remove(any) == Self.shared && tunnels.remove(any) == nil)
    }

    private static func endpoint(carrying packetTypes: TunnelSettings.PacketTypes, index: UInt32) -> TunnelEndpoint {
        var settings = TunnelSettings(packetTypes == .legacyLayer2 ? .gre : .greAnyType, remote: .fixed(Self.remote))
        settings.packetTypes = packetTypes
        return TunnelEndpoint(settings: settings, index: PortIndex(rawValue: index))
    }

    @Test("a packet is the tunnel's that carries its type, and before that the one's that carries no other")
    func types() throws {
        let tunnels = TunnelPorts()
        func key(_ packetType: UInt32, by index: UInt32) -> FlowKey {
            var key = Self.key(0xc000_0201, identifier: 0)
            key.inPort = index
            key.packetType = packetType
            return key
        }
        let any = try #require(tunnels.add(Self.endpoint(carrying: .aware, index: 8)))
        #expect(tunnels.add(Self.endpoint(carrying: .aware, index: 8)) == nil)
        #expect(tunnels.tunnel(for: key(0x1_0800, by: 8)) == any && tunnels.tunnel(for: key(0, by: 8)) == any)
        let layer3 = try #require(tunnels.add(Self.endpoint(carrying: .legacyLayer3, index: 8)))
        #expect(tunnels.tunnel(for: key(0x1_0800, by: 8)) == layer3 && tunnels.tunnel(for: key(0, by: 8)) == any)
        // The kernel gives Ethernet frames to the device that takes nothing else, for whatever tunnel they are.
        var elsewhere = Self.endpoint(carrying: .legacyLayer2, index: 7)
        elsewhere.settings.remote = .fixed(TunnelAddress(IPv4Address(rawValue: 0xc000_0209)))
        let layer2 = try #require(tunnels.add(elsewhere))
        #expect(tunnels.tunnel(for: key(0, by: 7)) == any)
        var other = key(0, by: 7)
        other.tunnelIPv4Source = 0xc000_0209
        #expect(tunnels.tunnel(for: other) == layer2)
        #expect(tunnels.remove(any) == nil && tunnels.tunnel(for: key(0, by: 7)) == nil)
        #expect(tunnels.tunnel(for: key(0, by: 8)) == nil)
        #expect(tunnels.remove(layer3) == PortIndex(rawValue: 8) && tunnels.remove(layer2) == PortIndex(rawValue: 7))
    }

    @Test("a frame loses its Ethernet header on its way out of a tunnel of layer 3, and only there")
    func withoutEthernet() {
        var fixture = self.fixture(Self.endpoint(carrying: .legacyLayer3, index: 9))
        fixture.capabilities.ethernetRemoval = true
        fixture.capabilities.clone = true
        fixture.pipeline.add(actions: [toPort(2), toPort(3)])
        let tunnel = DatapathAction.set(.tunnel(TunnelFields(ipv4Destination: 0xc000_0201, flags: 1)))
        #expect(fixture.translate().actions == [.clone([.popEthernet, tunnel, .output(Self.shared)]), out(3)])
        // A tag cannot stand at the beginning of a packet.
        fixture.pipeline.tables[0] = []
        fixture.pipeline.add(actions: [.pushVLAN(.vlan), toPort(2)])
        #expect(fixture.translate().drops.map(\.cause) == [.unsupportedPacketType])
        fixture.pipeline.ports[2]?.forwarding.tunnel = Self.endpoint(carrying: .aware, index: 9)
        fixture.pipeline.tables[0] = []
        fixture.pipeline.add(actions: [toPort(2)])
        #expect(fixture.translate().actions == [tunnel, .output(Self.shared)])
        fixture.pipeline.tables[0] = []
        fixture.pipeline.add(actions: [.decapsulate(packetType: Encapsulation.nextProtocolType), toPort(2)])
        #expect(fixture.translate().actions == [.popEthernet, tunnel, .output(Self.shared)])
    }

    @Test("a packet that came by a tunnel of layer 3 has a blank Ethernet header; by one of any type it has none")
    func blankEthernet() {
        var fixture = self.fixture(Self.endpoint(carrying: .legacyLayer3, index: 9))
        fixture.capabilities.ethernetRemoval = true
        fixture.pipeline.addPort(4)
        fixture.pipeline.ports[4]?.forwarding.tunnel = Self.endpoint(carrying: .legacyLayer3, index: 9)
        fixture.pipeline.add([MatchEntry(.etherType, 0x0800), MatchEntry(.ethernetSource, 0)], actions: [toPort(3)])
        let bytes = Array(TestFrame().bytes[14...])
        var key = Self.key(0xc000_0201, identifier: 0)
        key.inPort = 2
        for word in 30..<FlowKey.wordCount { key.words[word] = 0 }
        key.packetType = 0x1_0800
        PacketParser.parse(bytes.span.bytes, into: &key)
        let result = fixture.translate(key: key)
        #expect(result.actions == [.pushEthernet(EthernetFields()), out(3)])
        #expect(result.mask.packetType == .max && result.mask.ethernetSource == 0)
        // From one such tunnel to another nothing is added, and what flows have set of it is nobody's.
        fixture.pipeline.tables[0] = []
        fixture.pipeline.add(
            actions: [.setField(.ethernetSource, value: 5, mask: MatchField.ethernetSource.allOnes), toPort(4)])
        let tunnel = DatapathAction.set(.tunnel(TunnelFields(ipv4Destination: 0xc000_0201, flags: 1)))
        let through = fixture.translate(key: key).actions
        #expect(
            through == [.clone([tunnel, .output(Self.shared)])]
                || through == [
                    .sample(probability: .max, [tunnel, .output(Self.shared)])
                ])
        fixture.pipeline.ports[2]?.forwarding.tunnel = Self.endpoint(carrying: .aware, index: 9)
        fixture.pipeline.tables[0] = []
        fixture.pipeline.add([MatchEntry(.packetType, 0x1_0800)], actions: [toPort(3)])
        #expect(fixture.translate(key: key).drops.map(\.cause) == [.portCarriesEthernet])
    }

    private func fixture(_ endpoint: TunnelEndpoint) -> TranslationFixture {
        var fixture = TranslationFixture()
        fixture.pipeline.addPort(2)
        fixture.pipeline.ports[2]?.forwarding.tunnel = endpoint
        return fixture
    }

    @Test("output to a tunnel sets its key and addresses; what is the flow's comes from the packet")
    func output() {
        var fixture = self.fixture(Self.endpoint(.fixed(Self.remote), key: .fixed(7)))
        fixture.pipeline.add(actions: [toPort(2)])
        var fields = TunnelFields(identifier: 7, ipv4Destination: 0xc000_0201, flags: 5)
        #expect(fixture.translate().actions == [.set(.tunnel(fields)), .output(Self.shared)])

        fixture = self.fixture(Self.endpoint(.flow, key: .flow))
        fixture.pipeline.add(actions: [toPort(2)])
        #expect(fixture.translate().drops.map(\.cause) == [.tunnelWithoutRemote])
        fixture.pipeline.tables[0] = []
        fixture.pipeline.add(
            actions: [
                .setField(.tunnelIPv4Destination, value: 0xc000_0203, mask: .max >> 96),
                .setField(.tunnelID, value: 99, mask: .max >> 64), toPort(2),
            ])
        fields = TunnelFields(identifier: 99, ipv4Destination: 0xc000_0203, flags: 5)
        #expect(fixture.translate().actions == [.set(.tunnel(fields)), .output(Self.shared)])
    }

    @Test("tunnels over IPv6, with a group-based policy, fixed and the flow's")
    func wide() throws {
        let far = IPv6Address(rawValue: 0x2001_0db8 << 96 | 2)
        var endpoint = Self.endpoint(.fixed(TunnelAddress(far)), key: .fixed(7))
        endpoint.settings.tunnelProtocol = .vxlanGroupPolicy(port: 4789)
        var fixture = self.fixture(endpoint)
        fixture.pipeline.add(actions: [.setField(.tunnelGBPID, value: 9, mask: 0xffff), toPort(2)])
        var fields = TunnelFields(identifier: 7, flags: 5)
        fields.ipv6Destination = far.rawValue
        fields.policy = 9
        #expect(fixture.translate().actions == [.set(.tunnel(fields)), .output(Self.shared)])
        endpoint.settings.remote = .flow
        fixture = self.fixture(endpoint)
        fixture.pipeline.add(actions: [.setField(.tunnelIPv6Destination, value: far.rawValue, mask: .max), toPort(2)])
        fields.policy = 0
        #expect(fixture.translate().actions == [.set(.tunnel(fields)), .output(Self.shared)])
        let tunnels = TunnelPorts()
        let fixed = try #require(tunnels.add(Self.endpoint(.fixed(TunnelAddress(far)), key: .fixed(7))))
        var key = TestFrame().key(inPort: Self.shared.rawValue)
        key.tunnelIPv6Source = far.rawValue
        key.tunnelIPv6Destination = 1
        key.tunnelID = 7
        #expect(tunnels.tunnel(for: key) == fixed)
        key.inPort = 2
        let mask = fixture.translate(key: key).mask
        #expect(mask.tunnelIPv6Source == .max && mask.tunnelIPv6Destination == .max)
    }

    @Test("a packet that came by a tunnel depends on which one, and flows match its key")
    func input() {
        var fixture = self.fixture(Self.endpoint(.fixed(Self.remote), key: .flow))
        fixture.pipeline.add([MatchEntry(.tunnelID, 5)], actions: [toPort(3)])
        var key = Self.key(0xc000_0201, identifier: 5)
        key.inPort = 2
        let result = fixture.translate(key: key)
        #expect(result.actions == [out(3)])
        #expect(result.mask.tunnelID == .max && result.mask.tunnelIPv4Source == .max)
        #expect(result.mask.tunnelIPv4Destination == .max && result.mask.tunnelFlags == .max)
    }
}

private func toPort(_ port: UInt32) -> Action { output(port) }
