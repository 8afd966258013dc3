import Datapath
import Testing

@Suite("Frames to keys, as the kernel's flow extraction does")
struct PacketParserTests {
    private static func frame(_ name: String) -> [UInt8] { Frames.everyKind.first { $0.0 == name }?.1 ?? [] }
    private static func key(_ name: String) -> FlowKey { FlowKey(parsing: Self.frame(name)) }

    @Test("Ethernet, IPv4 and TCP fields are where they belong")
    func tcp() {
        let frame = Frames.ethernet(
            0x0800, Frames.ipv4(6, Frames.tcp(1000, 80, flags: 0x9ff), tos: 0xb9, ttl: 3))
        let key = FlowKey(parsing: frame)
        #expect(key.ethernetSource == 0x0200_0000_000a)
        #expect(key.ethernetDestination == 0x0200_0000_000b)
        #expect(key.etherType == 0x0800)
        #expect(key.ipv4Source == 0x0a00_0001)
        #expect(key.ipv4Destination == 0x0a00_0002)
        #expect(key.ipProtocol == 6)
        #expect(key.ipTOS == 0xb9)
        #expect(key.ipTTL == 3)
        #expect(key.ipFragment == 0)
        #expect(key.transportSource == 1000)
        #expect(key.transportDestination == 80)
        #expect(key.tcpFlags == 0x9ff)
        #expect(key.vlanTCI == 0)
    }

    @Test("IPv6 extension headers are told, and whether they are where RFC 8200 wants them")
    func extensionHeaders() {
        // Each header: the next one's number, length zero, six bytes of nothing.
        func headers(_ chain: [UInt8]) -> UInt16 {
            var bytes: [UInt8] = []
            for next in chain.dropFirst() { bytes += [next, 0, 0, 0, 0, 0, 0, 0] }
            bytes += Frames.udp(1, 2)
            return FlowKey(parsing: Frames.ethernet(0x86dd, Frames.ipv6(chain[0], bytes))).ipv6ExtensionHeaders
        }
        let (none, destination, fragment, router, hop, repeated, unsequenced):
            (UInt16, UInt16, UInt16, UInt16, UInt16, UInt16, UInt16) =
                (1, 8, 16, 32, 64, 128, 256)
        #expect(headers([17]) == 0)
        #expect(headers([59]) == none)
        #expect(headers([0, 43, 17]) == hop | router)
        #expect(headers([0, 60, 43, 44, 60, 17]) == hop | destination | router | fragment)
        #expect(headers([43, 0, 17]) == hop | router | unsequenced)
        #expect(headers([43, 43, 17]) == router | repeated)
        #expect(headers([60, 60, 60, 17]) == destination | repeated)
        #expect(headers([50]) == 2)
    }

    @Test("Metadata stays, and header fields of the packet before do not")
    func metadataStays() {
        var key = FlowKey()
        key.inPort = 7
        key.recirculationID = 9
        key.metadata = 11
        PacketParser.parse(Self.frame("tcp6").span.bytes, into: &key)
        PacketParser.parse(Self.frame("arp").span.bytes, into: &key)
        #expect(key.inPort == 7 && key.recirculationID == 9 && key.metadata == 11)
        #expect(key.ipv6Source == 0 && key.transportSource == 0)
    }

    @Test("UDP, SCTP and ICMP have ports, or type and code")
    func transports() {
        #expect(Self.key("udp").transportSource == 53)
        #expect(Self.key("udp").transportDestination == 5353)
        #expect(Self.key("sctp").transportSource == 7)
        #expect(Self.key("sctp").ipProtocol == 132)
        let icmp = FlowKey(parsing: Frames.ethernet(0x0800, Frames.ipv4(1, Frames.icmp(3, 4))))
        #expect(icmp.transportSource == 3)
        #expect(icmp.transportDestination == 4)
        #expect(Self.key("igmp").ipProtocol == 2)
        #expect(Self.key("igmp").transportSource == 0)
    }

    @Test("IPv4 options move the transport header")
    func options() {
        #expect(Self.key("tcp with options").transportDestination == 2)
        var frame = Self.frame("tcp with options")
        frame[14] = 0x4f
        let key = FlowKey(parsing: frame)
        #expect(key.ipv4Source == 0 && key.ipProtocol == 0, "a header longer than the packet")
        frame[14] = 0x44
        #expect(FlowKey(parsing: frame).ipv4Source == 0, "a header shorter than 20 bytes")
    }

    @Test("First fragments have ports, later ones do not")
    func fragments() {
        #expect(Self.key("first fragment").ipFragment == 1)
        #expect(Self.key("first fragment").transportSource == 53)
        #expect(Self.key("later fragment").ipFragment == 3)
        #expect(Self.key("later fragment").transportSource == 0)
        #expect(Self.key("later fragment").ipProtocol == 17)
        #expect(Self.key("first fragment 6").ipFragment == 1)
        #expect(Self.key("first fragment 6").transportSource == 5)
        #expect(Self.key("later fragment 6").ipFragment == 3)
        #expect(Self.key("later fragment 6").ipProtocol == 44)
        #expect(Self.key("later fragment 6").transportSource == 0)
    }

    @Test("VLAN tags have bit 12 set; the third one is an EtherType")
    func vlan() {
        let one = Self.key("one tag")
        #expect(one.vlanTPID == 0x8100)
        #expect(one.vlanTCI == 0x7064)
        #expect(one.innerVLANTPID == 0)
        #expect(one.etherType == 0x0800)
        #expect(one.transportDestination == 2)
        let two = Self.key("two tags")
        #expect(two.vlanTPID == 0x88a8)
        #expect(two.vlanTCI == 0x1064)
        #expect(two.innerVLANTPID == 0x8100)
        #expect(two.innerVLANTCI == 0x10c8)
        #expect(two.etherType == 0x0800)
        #expect(Self.key("three tags").etherType == 0x8100)
        #expect(FlowKey(parsing: Array(Self.frame("one tag").prefix(16))).etherType == 0x8100, "half a tag")
    }

    @Test("Frames without an EtherType are 0x05ff; SNAP has one")
    func lengths() {
        #expect(Self.key("802.3 with LLC").etherType == 0x05ff)
        #expect(Self.key("SNAP").etherType == 0x0800)
        #expect(Self.key("SNAP").transportDestination == 2)
        var other = Self.frame("SNAP")
        other[17] = 1
        #expect(FlowKey(parsing: other).etherType == 0x05ff, "another organisation's protocol")
    }

    @Test("MPLS labels up to three, none behind the bottom of the stack")
    func mpls() {
        let one = Self.key("mpls")
        #expect(one.mplsLabelStackEntry0 == 0x0010_0140)
        #expect(one.mplsLabelStackEntry1 == 0 && one.ipv4Source == 0)
        let four = Self.key("four labels")
        #expect(four.mplsLabelStackEntry0 == 0x1040)
        #expect(four.mplsLabelStackEntry1 == 0x2040)
        #expect(four.mplsLabelStackEntry2 == 0x3040)
    }

    @Test("ARP: addresses and an operation of eight bits")
    func arp() {
        let key = Self.key("arp")
        #expect(key.arpOperation == 1)
        #expect(key.ipv4Source == 0x0a00_0001)
        #expect(key.ipv4Destination == 0x0a00_0002)
        #expect(key.arpSourceHardwareAddress == 0x0200_0000_000a)
        #expect(key.arpTargetHardwareAddress == 0)
        #expect(FlowKey(parsing: Frames.ethernet(0x0806, Frames.arp(operation: 0x101))).arpOperation == 0)
        var odd = Self.frame("arp")
        odd[18] = 5
        #expect(FlowKey(parsing: odd).ipv4Source == 0, "another hardware address length")
    }

    @Test("IPv6 fields, and transport behind extension headers")
    func ipv6() {
        let frame = Frames.ethernet(
            0x86dd,
            Frames.ipv6(6, Frames.tcp(1, 2), trafficClass: 0xab, label: 0xfedcb, hopLimit: 9))
        let key = FlowKey(parsing: frame)
        #expect(key.ipv6Source == 0xfd00_0000_0000_0000_0000_0000_0000_0001)
        #expect(key.ipv6Destination == 0xfd00_0000_0000_0000_0000_0000_0000_0002)
        #expect(key.ipTOS == 0xab)
        #expect(key.ipv6FlowLabel == 0xfedcb)
        #expect(key.ipTTL == 9)
        #expect(key.ipProtocol == 6)
        let behind = Self.key("udp6 behind extensions")
        #expect(behind.ipProtocol == 17)
        #expect(behind.transportSource == 5)
        #expect(behind.ipFragment == 0)
    }

    @Test("An extension header that is cut short gives protocol 59 and no transport")
    func cutExtension() {
        let cut = FlowKey(parsing: Frames.ethernet(0x86dd, Frames.ipv6(0, [17])))
        #expect(cut.ipProtocol == 59)
        #expect(cut.ipv6Source != 0)
        let beyond = FlowKey(parsing: Frames.ethernet(0x86dd, Frames.ipv6(0, [17, 200, 0, 0, 0, 0, 0, 0])))
        #expect(beyond.ipProtocol == 17)
        #expect(beyond.transportSource == 0)
    }

    @Test("Neighbour discovery: target and link-layer address; an option given twice spoils all")
    func neighbourDiscovery() {
        let key = Self.key("neighbour solicitation")
        #expect(key.transportSource == 135)
        #expect(key.neighbourDiscoveryTarget == 0xfd00_0000_0000_0000_0000_0000_0000_0002)
        #expect(key.arpSourceHardwareAddress == 0x0200_0000_000a)
        #expect(key.arpTargetHardwareAddress == 0)
        let twice = Frames.neighbourSolicitation(options: [1, 1] + Frames.hostA + [1, 1] + Frames.hostB)
        #expect(FlowKey(parsing: Frames.ethernet(0x86dd, twice)).neighbourDiscoveryTarget == 0)
        let zeroLength = Frames.neighbourSolicitation(options: [1, 0] + Frames.hostA)
        let other = FlowKey(parsing: Frames.ethernet(0x86dd, zeroLength))
        #expect(other.neighbourDiscoveryTarget != 0)
        #expect(other.arpSourceHardwareAddress == 0)
    }

    @Test("Every frame cut at every byte parses without a trap, and the whole is the only one with all its fields")
    func truncation() {
        for (name, frame) in Frames.everyKind {
            let whole = FlowKey(parsing: frame)
            for length in 0..<frame.count {
                let cut = FlowKey(parsing: Array(frame.prefix(length)))
                if length < 14 { #expect(cut == FlowKey(), "\(name) \(length)") }
                if length >= 14, !name.hasPrefix("802.3"), length < 18 {
                    #expect(cut.transportSource == 0, "\(name) \(length)")
                }
            }
            #expect(whole.etherType != 0, "\(name)")
        }
    }

    @Test("Random bytes, and every frame with random bytes changed, parse without a trap", arguments: [1, 2, 3])
    func noise(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<3000 {
            var frame = Frames.everyKind.randomElement(using: &generator)?.1 ?? []
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                frame[Int.random(in: 12..<frame.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            frame = Array(frame.prefix(Int.random(in: 0...frame.count, using: &generator)))
            var key = FlowKey()
            let layout = PacketParser.parse(frame.span.bytes, into: &key)
            #expect(layout.transportOffset <= frame.count && layout.networkEnd <= frame.count)
            #expect(layout.networkOffset <= frame.count)
        }
    }
}
