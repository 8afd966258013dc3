import Datapath
import Testing

@Suite("The layout of flow keys")
struct FlowKeyTests {
    /// The network service header's fields, which share words with those of IP.
    private static let serviceFields: [FlowField] = [
        .serviceHeaderFlags, .serviceHeaderTTL, .serviceHeaderMetadataType, .serviceHeaderNextProtocol,
        .serviceHeaderPathID, .serviceHeaderIndex, .serviceHeaderContext1, .serviceHeaderContext2,
        .serviceHeaderContext3, .serviceHeaderContext4,
    ]

    @Test("A key is 64 words, and no two fields overlap but those of headers that exclude each other")
    func fieldsDoNotOverlap() {
        #expect(MemoryLayout<FlowKey>.size == 512)
        let ip: [FlowField] = [.ipv4Source, .ipv4Destination, .ipv6Source, .ipv6Destination]
        for fields in [
            FlowField.allCases.filter { !Self.serviceFields.contains($0) },
            FlowField.allCases.filter { !ip.contains($0) },
        ] { Self.expectNoOverlap(fields) }
    }

    private static func expectNoOverlap(_ fields: [FlowField]) {
        var used = FlowKey()
        for field in fields {
            let layout = field.layout
            #expect(layout.word + (layout.width == 128 ? 2 : 1) <= FlowKey.wordCount, "\(field)")
            #expect(layout.width == 128 ? layout.shift == 0 : layout.shift + layout.width <= 64, "\(field)")
            var only = FlowKey()
            only[field] = .max
            for index in 0..<FlowKey.wordCount {
                #expect(used.words[index] & only.words[index] == 0, "\(field) overlaps another field")
                used.words[index] |= only.words[index]
            }
        }
    }

    @Test("What is written to a field is read from it, cut to its width, and from no other")
    func fieldsAreIndependent() {
        var generator = SeededGenerator(seed: 1)
        for field in FlowField.allCases {
            var key = FlowKey()
            let value = UInt128.random(in: 0 ... .max, using: &generator) | 1
            key[field] = value
            let width = UInt128(field.layout.width)
            #expect(key[field] == (width == 128 ? value : value & (1 << width - 1)))
            let isService = Self.serviceFields.contains(field)
            for other in FlowField.allCases where other != field && Self.serviceFields.contains(other) == isService {
                #expect(key[other] == 0, "\(field) → \(other)")
            }
        }
    }

    @Test("The named accessors agree with the layout table")
    func accessorsAgree() {
        var key = FlowKey()
        for (index, field) in FlowField.allCases.enumerated() {
            key[field] = UInt128(0x0123_4567_89ab_cdef) &* UInt128(index + 3)
        }
        #expect(UInt128(key.inPort) == key[.inPort])
        #expect(UInt128(key.recirculationID) == key[.recirculationID])
        #expect(UInt128(key.packetMark) == key[.packetMark])
        #expect(UInt128(key.datapathHash) == key[.datapathHash])
        #expect(UInt128(key.ethernetDestination) == key[.ethernetDestination])
        #expect(UInt128(key.ethernetSource) == key[.ethernetSource])
        #expect(UInt128(key.etherType) == key[.etherType])
        #expect(UInt128(key.vlanTPID) == key[.vlanTPID])
        #expect(UInt128(key.vlanTCI) == key[.vlanTCI])
        #expect(UInt128(key.innerVLANTCI) == key[.innerVLANTCI])
        #expect(UInt128(key.mplsLabelStackEntry2) == key[.mplsLabelStackEntry2])
        #expect(UInt128(key.ipv4Source) == key[.ipv4Source])
        #expect(key.ipv6Destination == key[.ipv6Destination])
        #expect(UInt128(key.ipv6FlowLabel) == key[.ipv6FlowLabel])
        #expect(UInt128(key.ipProtocol) == key[.ipProtocol])
        #expect(UInt128(key.ipFragment) == key[.ipFragment])
        #expect(UInt128(key.arpOperation) == key[.arpOperation])
        #expect(key.neighbourDiscoveryTarget == key[.neighbourDiscoveryTarget])
        #expect(UInt128(key.transportSource) == key[.transportSource])
        #expect(UInt128(key.tcpFlags) == key[.tcpFlags])
        #expect(UInt128(key.connectionMark) == key[.connectionMark])
        #expect(UInt128(key.tunnelID) == key[.tunnelID])
        #expect(UInt128(key.serviceHeaderFlags) == key[.serviceHeaderFlags])
        #expect(UInt128(key.serviceHeaderTTL) == key[.serviceHeaderTTL])
        #expect(UInt128(key.serviceHeaderMetadataType) == key[.serviceHeaderMetadataType])
        #expect(UInt128(key.serviceHeaderNextProtocol) == key[.serviceHeaderNextProtocol])
        #expect(UInt128(key.serviceHeaderPathID) == key[.serviceHeaderPathID])
        #expect(UInt128(key.serviceHeaderIndex) == key[.serviceHeaderIndex])
        #expect(key.serviceHeaderContexts >> 96 == key[.serviceHeaderContext1])
        #expect(key.serviceHeaderContexts & 0xffff_ffff == key[.serviceHeaderContext4])
    }

    @Test("Identifiers differ when any bit of key or mask does, and are the same in every process")
    func identifiers() {
        var key = FlowKey()
        var mask = FlowMask()
        key.ipv4Destination = 0x0a00_0001
        mask.ipv4Destination = .max
        let identifier = FlowIdentifier(key: key, mask: mask)
        #expect(identifier == FlowIdentifier(key: key, mask: mask))
        var seen: Set<FlowIdentifier> = [identifier]
        for word in 0..<FlowKey.wordCount {
            for bit in 0..<64 {
                var otherMask = mask
                otherMask.words[word] ^= 1 << UInt64(bit)
                #expect(seen.insert(FlowIdentifier(key: key, mask: otherMask)).inserted)
                guard word == FlowField.ipv4Destination.layout.word else { continue }
                var otherKey = key
                otherKey.words[word] ^= 1 << UInt64(bit)
                #expect(seen.insert(FlowIdentifier(key: otherKey, mask: mask)).inserted)
            }
        }
    }

    @Test("The symmetric hash is the same both ways, the plain one is not")
    func symmetricHash() {
        let there = FlowKey(parsing: Frames.ethernet(0x0800, Frames.ipv4(17, Frames.udp(1, 2))))
        let back = FlowKey(
            parsing: Frames.ethernet(
                0x0800, Frames.ipv4(17, Frames.udp(2, 1), source: Frames.addressB, destination: Frames.addressA)))
        #expect(there.fiveTupleHash(basis: 7, symmetric: true) == back.fiveTupleHash(basis: 7, symmetric: true))
        #expect(there.fiveTupleHash(basis: 7, symmetric: false) != back.fiveTupleHash(basis: 7, symmetric: false))
        #expect(there.fiveTupleHash(basis: 7, symmetric: true) != there.fiveTupleHash(basis: 8, symmetric: true))
    }
}
