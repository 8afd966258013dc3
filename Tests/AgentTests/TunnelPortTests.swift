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
