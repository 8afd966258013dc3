import NetworkTypes
import OpenFlow
import Testing

@testable import Agent

@Suite("In-band control, as values")
struct InBandControlTests {
    private static let local = MACAddress(rawValue: 0x0200_0000_00a1)

    @Test("without controllers in band there are no flows")
    func none() {
        #expect(InBandControl.flows(local: Self.local, remotes: []).isEmpty)
    }

    @Test("a controller's rules are those of the design, each with its purpose")
    func rules() throws {
        var remote = try #require(InBandRemote(host: "192.0.2.1", port: 6653))
        remote.nextHop = MACAddress(rawValue: 0x0200_0000_0001)
        let flows = InBandControl.flows(local: Self.local, remotes: [remote])
        func texts(_ purpose: HiddenFlow.Purpose) -> [String] {
            flows.filter { $0.purpose == purpose }.map(\.match.description)
        }
        #expect(texts(.toController) == ["tcp,nw_dst=192.0.2.1,tp_dst=6653"])
        #expect(texts(.fromController) == ["tcp,nw_src=192.0.2.1,tp_src=6653"])
        #expect(texts(.localNeighbours).count == 2)
        #expect(texts(.nextHopNeighbours).count == 2)
        #expect(texts(.controllerNeighbours).count == 2)
        #expect(texts(.localAddressRequest).count == 1)
        #expect(texts(.localAddressReply).count == 1)
        #expect(flows.allSatisfy { $0.priority > 0xffff && $0.priority < 0xf0_f0f0 })
    }

    @Test("two controllers on one host, or behind one next hop, share what can be shared")
    func shared() throws {
        let remotes = try [6653, 6654].map { try #require(InBandRemote(host: "192.0.2.1", port: $0)) }
        let flows = InBandControl.flows(local: Self.local, remotes: remotes)
        #expect(Set(flows).count == flows.count)
        #expect(flows.filter { $0.purpose == .toController }.count == 2)
        #expect(flows.filter { $0.purpose == .controllerNeighbours }.count == 2)
    }

    @Test("IPv6 has neighbour discovery instead of ARP")
    func ipv6() throws {
        let remote = try #require(InBandRemote(host: "2001:db8::1", port: 6653))
        let flows = InBandControl.flows(local: Self.local, remotes: [remote])
        #expect(flows.contains { $0.match.description == "tcp6,ipv6_dst=2001:db8::1,tp_dst=6653" })
        #expect(!flows.contains { $0.match.exactValue(of: .etherType) == 0x0806 })
        #expect(InBandRemote(host: "controller.example", port: 6653) == nil)
    }

    @Test("every rule is a match that the tables take, and controllers neither see nor delete it")
    func tables() throws {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        let remotes = try ["192.0.2.1", "2001:db8::1"].map { try #require(InBandRemote(host: $0, port: 6653)) }
        let flows = InBandControl.flows(local: Self.local, remotes: remotes)
        harness.control.setInBandFlows(flows, now: harness.now)
        func hidden() -> Int { harness.pipeline.read { $0.hiddenFlows(now: harness.now).count } }
        #expect(hidden() == flows.count)
        #expect(harness.flows(session).isEmpty)
        harness.request(SwitchHarness.flowMod(.delete, 0) { ($0.match, $0.tableID) = (.any, .all) }, session)
        #expect(hidden() == flows.count)
        let fewer = InBandControl.flows(local: Self.local, remotes: Array(remotes.prefix(1)))
        harness.control.setInBandFlows(fewer, now: harness.now)
        #expect(hidden() == fewer.count)
        let purposes = harness.pipeline.read { $0.hiddenFlows(now: harness.now).map(\.purpose) }
        #expect(purposes.allSatisfy { $0 != nil && $0 != .standalone })
        harness.control.setInBandFlows([], now: harness.now)
        #expect(hidden() == 0)
    }

    @Test("the next hop is the gateway of the longest route that fits, or the address itself")
    func nextHop() throws {
        let routes = """
            Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
            br0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0
            br0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
            garbage
            """
        let neighbours = """
            IP address       HW type     Flags       HW address            Mask     Device
            10.0.0.1         0x1         0x2         02:00:00:00:00:01     *        br0
            10.0.0.7         0x1         0x2         02:00:00:00:00:07     *        br0
            10.0.0.8         0x1         0x0         00:00:00:00:00:00     *        br0
            """
        let tables = NeighbourTables(routes: routes, neighbours: neighbours)
        #expect(tables.nextHop(towards: IPv4Address(10, 0, 0, 7))?.rawValue == 0x0200_0000_0007)
        #expect(tables.nextHop(towards: IPv4Address(192, 0, 2, 1))?.rawValue == 0x0200_0000_0001)
        #expect(tables.nextHop(towards: IPv4Address(10, 0, 0, 8)) == nil)
        #expect(NeighbourTables(routes: "", neighbours: "").nextHop(towards: IPv4Address(10, 0, 0, 7)) == nil)
    }
}
