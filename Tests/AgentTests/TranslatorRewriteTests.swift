import Datapath
import NetworkTypes
import OpenFlow
import Testing

@testable import Agent

@Suite("Translation of rewrites")
struct TranslatorRewriteTests {
    private func actions(_ list: [Action], _ frame: TestFrame = TestFrame(), kernel: Bool = true) -> Translation {
        var fixture = TranslationFixture()
        fixture.capabilities.controlHeaderRewrite = !kernel
        fixture.pipeline.add(actions: list)
        return fixture.translate(frame)
    }
    private func set(_ field: MatchField, _ value: UInt128) -> Action {
        .setField(field, value: value, mask: field.allOnes)
    }

    @Test("a field that is set is sent, but not looked at: one megaflow serves every old value")
    func setWithoutLooking() {
        let result = self.actions([self.set(.ethernetDestination, 0x0a0b), output(2)])
        #expect(
            result.actions == [
                .set(
                    .ethernet(
                        EthernetFields(destination: MACAddress(rawValue: 0x0a0b)),
                        mask: EthernetFields(destination: .broadcast))), out(2),
            ])
        #expect(result.mask.ethernetDestination == 0)
    }

    @Test("a rewrite without an output after it is not sent; two become one; equal known values need none")
    func laziness() {
        #expect(self.actions([output(2), self.set(.ethernetSource, 1)]).actions == [out(2)])
        let once = self.actions([self.set(.ethernetSource, 1), self.set(.ethernetSource, 2), output(2), output(3)])
        #expect(once.actions.count == 3)
        var fixture = TranslationFixture()
        fixture.pipeline.add(
            [MatchEntry(.ethernetSource, 0x0200_0000_0001)],
            actions: [self.set(.ethernetSource, 0x0200_0000_0001), output(2)])
        #expect(fixture.translate().actions == [out(2)])
        let again = self.actions([self.set(.ethernetSource, 5), output(2), self.set(.ethernetSource, 5), output(3)])
        #expect(again.actions.count == 3)
    }

    @Test("IPv4, its DSCP and ECN, and ports of whatever transport are rewritten with masks")
    func ipv4() {
        let result = self.actions([
            self.set(.ipv4Source, 0x0101_0101), self.set(.ipDSCP, 46), .setNetworkTTL(9), .setTransportSource(7),
            .setField(.ipv4Destination, value: 0x0000_0005, mask: 0x0000_00ff), output(2),
        ])
        #expect(
            result.actions == [
                .set(
                    .ipv4(
                        IPv4Fields(source: 0x0101_0101, destination: 5, tos: 46 << 2, ttl: 9),
                        mask: IPv4Fields(source: .max, destination: 0xff, tos: 0xfc, ttl: 0xff))),
                .set(.udp(TransportFields(source: 7), mask: TransportFields(source: .max))), out(2),
            ])
        #expect(result.mask.ipProtocol == .max)
        #expect(result.mask.ipTTL == 0 && result.mask.ipv4Source == 0)
    }

    @Test("IPv6 is rewritten as IPv6")
    func ipv6() {
        let result = self.actions(
            [self.set(.ipv6Destination, 99), self.set(.ipv6FlowLabel, 0x12345), output(2)],
            TestFrame(payload: .ipv6(.init(protocolNumber: 6))))
        #expect(
            result.actions == [
                .set(
                    .ipv6(
                        IPv6Fields(destination: 99, flowLabel: 0x12345),
                        mask: IPv6Fields(destination: .max, flowLabel: 0xfffff))), out(2),
            ])
    }

    @Test("fields that the packet does not have are passed over and noted")
    func absentFields() {
        let arp = TestFrame(payload: .arp(operation: 1, sender: 1, target: 2))
        for action in [
            self.set(.ipv4Source, 1), self.set(.tcpSource, 1), .setTransportDestination(1), .decrementNetworkTTL,
            self.set(.vlanID, 0x1005), .popVLAN, self.set(.ipv6Source, 1),
        ] {
            let result = self.actions([action, output(2)], arp)
            #expect(result.actions == [out(2)])
            #expect(result.omissions == .absentField)
        }
        let later = TestFrame(payload: .ipv4(.init(fragment: 3)))
        #expect(self.actions([.setTransportSource(1), output(2)], later).actions == [out(2)])
        #expect(self.actions([self.set(.tcpSource, 1), output(2)]).actions == [out(2)])
    }

    @Test("the time to live is decremented; one that is spent goes to the controllers and nowhere else")
    func decrementTTL() throws {
        let good = self.actions([.decrementNetworkTTL, .decrementNetworkTTL, output(2)])
        #expect(
            good.actions == [.set(.ipv4(IPv4Fields(ttl: 62), mask: IPv4Fields(ttl: .max))), out(2)])
        #expect(good.mask.ipTTL == .max)
        let spent = self.actions([.decrementNetworkTTL, output(2)], TestFrame(payload: .ipv4(.init(ttl: 1))))
        #expect(spent.actions.isEmpty)
        #expect(spent.packetIns.map(\.reason) == [.invalidTTL])
        #expect(spent.slowPath == .controller)
    }

    @Test("ARP, ICMP and neighbour discovery are for the slow path on a kernel and for the datapath elsewhere")
    func controlHeaders() {
        let arp = TestFrame(payload: .arp(operation: 1, sender: 1, target: 2))
        let expected: [DatapathAction] = [
            .set(
                .arp(
                    ARPFields(sourceProtocolAddress: 0xff, operation: 2),
                    mask: ARPFields(sourceProtocolAddress: .max, operation: .max))), out(2),
        ]
        let list = [self.set(.arpOperation, 2), self.set(.arpSourceProtocolAddress, 0xff), output(2)]
        #expect(self.actions(list, arp).actions == expected)
        #expect(self.actions(list, arp).slowPath == .action)
        #expect(self.actions(list, arp, kernel: false).slowPath.isEmpty)

        let icmp = TestFrame(payload: .ipv4(.init(protocolNumber: 1, sourcePort: 8, destinationPort: 0)))
        #expect(
            self.actions([self.set(.icmpv4Type, 0), output(2)], icmp).actions == [
                .set(.icmp(TransportFields(), mask: TransportFields(source: 0xff))), out(2),
            ])
    }

    @Test("VLAN tags are pushed, changed and popped with the least that does it")
    func tags() {
        let tagged = TestFrame(tags: [(0x8100, 0x600a)])
        #expect(self.actions([.popVLAN, output(2)], tagged).actions == [.popVLAN, out(2)])
        #expect(
            self.actions([.pushVLAN(.serviceVLAN), output(2)], tagged).actions
                == [.pushVLAN(tpid: 0x88a8, tci: 0x700a), out(2)])
        #expect(
            self.actions([self.set(.vlanID, 0x1014), output(2)], tagged).actions
                == [.popVLAN, .pushVLAN(tpid: 0x8100, tci: 0x7014), out(2)])
        #expect(
            self.actions([self.set(.vlanPriority, 1), output(2)], tagged).actions
                == [.popVLAN, .pushVLAN(tpid: 0x8100, tci: 0x300a), out(2)])
        #expect(
            self.actions([.popVLAN, .pushVLAN(.vlan), self.set(.vlanID, 0x1005), output(2)], tagged).actions.count == 3)
        #expect(self.actions([.pushVLAN(.vlan), .popVLAN, output(2)], tagged).actions == [out(2)])
        #expect(
            self.actions([.setVLANID(7), .setVLANPriority(2), output(2)]).actions
                == [.pushVLAN(tpid: 0x8100, tci: 0x5007), out(2)])
        let two = TestFrame(tags: [(0x88a8, 5), (0x8100, 6)])
        #expect(self.actions([.popVLAN, .popVLAN, output(2)], two).actions == [.popVLAN, .popVLAN, out(2)])
        #expect(
            self.actions([self.set(.vlanID, 0x1007), output(2)], two).actions
                == [.popVLAN, .pushVLAN(tpid: 0x88a8, tci: 0x1007), out(2)])
    }

    @Test("more tags than can be tracked are an error")
    func tooManyTags() {
        #expect(self.actions(Array(repeating: .pushVLAN(.vlan), count: 3) + [output(2)]).error == .tooManyVLANTags)
        let three = TestFrame(tags: [(0x8100, 1), (0x8100, 2), (0x8100, 3)])
        #expect(self.actions([.popVLAN, output(2)], three).error == .tooManyVLANTags)
        #expect(self.actions([self.set(.vlanID, 0x1009), output(2)], three).actions.count == 3)
    }

    @Test("a tag belongs to every mask of a tagged packet, whole as far as its presence goes")
    func tagMask() {
        let result = self.actions([output(2)], TestFrame(tags: [(0x8100, 0x600a)]))
        #expect(result.mask.vlanTPID == .max && result.mask.vlanTCI == 0x1000)
    }

    @Test("bits are copied between fields, and the source is looked at")
    func copyField() {
        let result = self.actions([
            .copyField(
                CopyField(
                    bitCount: 16, source: .ipv4Source, sourceOffset: 0, destination: .ethernetDestination,
                    destinationOffset: 8)), output(2),
        ])
        #expect(
            result.actions == [
                .set(
                    .ethernet(
                        EthernetFields(destination: MACAddress(rawValue: 0x0100)),
                        mask: EthernetFields(destination: MACAddress(rawValue: 0xffff00)))), out(2),
            ])
        #expect(result.mask.ipv4Source == 0xffff)
    }

    @Test("a datapath without masked rewrites gets whole headers, which are then looked at")
    func unmasked() {
        var fixture = TranslationFixture()
        fixture.capabilities.maskedSet = false
        fixture.pipeline.add(actions: [self.set(.ethernetDestination, 9), output(2)])
        let result = fixture.translate()
        #expect(
            result.actions.first
                == .set(
                    .ethernet(
                        EthernetFields(
                            source: MACAddress(rawValue: 0x0200_0000_0001), destination: MACAddress(rawValue: 9)),
                        mask: EthernetFields(source: .broadcast, destination: .broadcast))))
        #expect(result.mask.ethernetSource == 0xffff_ffff_ffff)
    }

    @Test("a packet-in remembers how many actions come before it")
    func packetInPosition() {
        let result = self.actions([output(2), self.set(.ethernetSource, 3), output(.controller), output(3)])
        #expect(result.packetIns.map(\.precedingActions) == [2])
        #expect(result.actions.count == 3)
    }
}
