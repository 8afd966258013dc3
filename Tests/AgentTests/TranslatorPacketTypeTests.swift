import Datapath
import NetworkTypes
import OpenFlow
import Testing

@testable import Agent

@Suite("Packet types and the network service header in translation")
struct TranslatorPacketTypeTests {
    /// What a datapath can do.
    enum Ability: CaseIterable, Sendable {
        case embedded, kernel, kernelWithoutServiceHeaders, kernelWithoutLabels, kernelWithoutAny
    }

    private static func fixture(_ ability: Ability) -> TranslationFixture {
        var fixture = TranslationFixture()
        fixture.recirculation = RecirculationTable()
        fixture.capabilities.recirculation = true
        fixture.capabilities.clone = true
        fixture.capabilities.mplsDepth = 3
        fixture.capabilities.softwareHeaders = ability == .embedded
        fixture.capabilities.serviceHeaderRewrite = ability == .embedded
        fixture.capabilities.serviceHeaders = ability != .kernelWithoutServiceHeaders && ability != .kernelWithoutAny
        fixture.capabilities.ethernetRemoval = ability != .kernelWithoutAny
        fixture.capabilities.labelBeforeEthernet = ability != .kernelWithoutLabels && ability != .kernelWithoutAny
        return fixture
    }

    private static func service(_ properties: Encapsulation.Property...) -> Action {
        var header = Encapsulation()
        header.packetType = 0x1_894f
        header.properties = properties
        return .encapsulate(header)
    }

    private static let ethernet = Action.encapsulate(Encapsulation())
    private static var label: Action {
        var header = Encapsulation()
        header.packetType = 0x1_8847
        return .encapsulate(header)
    }
    private static let decap = Action.decapsulate(packetType: Encapsulation.nextProtocolType)

    private static func set(_ field: MatchField, _ value: UInt128) -> Action {
        .setField(field, value: value, mask: field.allOnes)
    }

    /// A frame with a network service header of metadata type 1 around `inner`.
    static func frame(
        around inner: [UInt8], next: UInt8, ttl: UInt8 = 63, path: UInt32 = 7, index: UInt8 = 255,
        contexts: [UInt32] = [1, 2, 3, 4]
    ) -> [UInt8] {
        var bytes: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x89, 0x4f]
        bytes.append(big: UInt64(ttl) << 6 | 6, count: 2)
        bytes += [1, next]
        bytes.append(big: UInt64(path) << 8 | UInt64(index), count: 4)
        for context in contexts { bytes.append(big: UInt64(context), count: 4) }
        return bytes + inner
    }

    private static func action(
        _ generator: inout TranslationGenerator, after reference: PacketTypeReference
    ) -> Action {
        switch Int.random(in: 0..<16, using: &generator.random) {
        case 0, 1: return output(generator.pick([2, 3, 4]))
        case 2: return Self.service(.serviceHeaderMetadataType(1))
        case 3:
            return generator.pick([
                Self.service(), Self.service(.serviceHeaderMetadataType(2)),
                Self.service(
                    .serviceHeaderMetadataType(2), .serviceHeaderContext(optionClass: 5, type: 6, value: [1, 2, 3]),
                    .serviceHeaderContext(optionClass: 7, type: 8, value: [])),
            ])
        case 4, 5: return Self.ethernet
        case 6: return Self.label
        case 7, 8, 9:
            guard reference.type == 0x1_8847 else { return Self.decap }
            return .decapsulate(packetType: reference.behind.last ?? 0)
        case 10: return .decrementServiceHeaderTTL
        case 11:
            return generator.pick([
                Self.set(.serviceHeaderPathID, 0x12_3456), Self.set(.serviceHeaderIndex, 9),
                Self.set(.serviceHeaderTTL, generator.pick([0, 1, 2, 40])),
                .setField(.serviceHeaderContext2, value: 0xab00_0000, mask: 0xff00_0000),
            ])
        case 12: return Self.set(.ethernetSource, 0x0200_0000_0077)
        case 13: return Self.set(.ipv4Source, 0x0909_0909)
        case 14: return reference.tagCount < 2 && generator.chance(50) ? .pushVLAN(.vlan) : .popVLAN
        default: return Self.set(.mplsLabel, 0xabcde)
        }
    }

    private static func packet(_ generator: inout TranslationGenerator) -> [UInt8] {
        var frame = TestFrame()
        frame.tags = generator.chance(20) ? [(0x8100, 0x2005)] : []
        let bytes = frame.bytes
        let next: UInt8 = generator.pick([1, 3, 3, 9])
        let inner = next == 1 ? Array(TestFrame().bytes[14...]) : bytes
        return generator.chance(40) ? Self.frame(around: inner, next: next, ttl: generator.pick([0, 1, 5])) : bytes
    }

    @Test(
        "whatever is added before a packet and removed from it, what is sent is what doing it byte by byte gives",
        arguments: 0..<20, Ability.allCases)
    func agreesWithReference(seed: UInt64, ability: Ability) throws {
        var generator = TranslationGenerator(seed: 77_000 + seed)
        for round in 0..<60 {
            let bytes = Self.packet(&generator)
            var reference = PacketTypeReference(bytes: bytes)
            var list: [Action] = []
            for _ in 0..<generator.pick([2, 4, 7]) {
                let action = Self.action(&generator, after: reference)
                reference.perform(action)
                list.append(action)
            }
            for action in generator.pick([[output(2)], [Self.ethernet, output(2)], [Self.decap, output(2)]]) {
                reference.perform(action)
                list.append(action)
            }
            var walk = TranslationWalk(fixture: Self.fixture(ability))
            walk.fixture.pipeline.add(actions: list)
            try walk.run(bytes)
            guard !walk.problems.contains("tooManyVLANTags") else { continue }
            let text = "seed \(seed), round \(round), actions \(list), drops \(walk.drops)"
            guard walk.agrees(with: reference.outputs, text) else { return }
        }
    }

    @Test("a header is pushed once with the fields that it was given, and the datapath does that itself")
    func pushed() {
        for ability in [Ability.embedded, .kernel] {
            var fixture = Self.fixture(ability)
            fixture.pipeline.add(actions: [
                Self.service(.serviceHeaderMetadataType(1)), Self.set(.serviceHeaderPathID, 0x1234),
                Self.set(.serviceHeaderContext1, 0x1122_3344), Self.ethernet, Self.set(.ethernetDestination, 5),
                output(2),
            ])
            let result = fixture.translate()
            let fields = ServiceHeaderFields(ttl: 63, pathID: 0x1234, index: 255, contexts: 0x1122_3344 << 96)
            #expect(
                result.actions == [
                    .pushServiceHeader(ServiceHeader(fields, nextProtocol: 3)),
                    .pushEthernet(EthernetFields(destination: MACAddress(rawValue: 5))), out(2),
                ])
            #expect(result.slowPath.isEmpty && result.drops.isEmpty)
            #expect(result.mask.serviceHeaderBase == 0 && result.mask.packetType == 0)
        }
    }

    @Test("what the kernel cannot write into, it removes and adds again, knowing all of it")
    func replaced() {
        let bytes = Self.frame(around: TestFrame().bytes, next: 3)
        let key = TestFrame.key(of: bytes, inPort: 1)
        var embedded = Self.fixture(.embedded)
        embedded.pipeline.add(actions: [.decrementServiceHeaderTTL, output(2)])
        let rewritten = embedded.translate(key: key)
        #expect(
            rewritten.actions == [
                .set(.serviceHeader(ServiceHeaderFields(ttl: 62), mask: ServiceHeaderFields(ttl: 0xff))), out(2),
            ])
        #expect(rewritten.mask.serviceHeaderTTL == .max && rewritten.mask.serviceHeaderContexts == 0)
        var kernel = Self.fixture(.kernel)
        kernel.pipeline = embedded.pipeline
        let replaced = kernel.translate(key: key)
        let fields = ServiceHeaderFields(ttl: 62, pathID: 7, index: 255, contexts: 1 << 96 | 2 << 64 | 3 << 32 | 4)
        let addresses = EthernetFields(
            source: MACAddress(rawValue: 0x0200_0000_0001), destination: MACAddress(rawValue: 0x0200_0000_0002))
        #expect(
            replaced.actions == [
                .popEthernet, .popServiceHeader, .pushServiceHeader(ServiceHeader(fields, nextProtocol: 3)),
                .pushEthernet(addresses), out(2),
            ])
        #expect(replaced.slowPath.isEmpty && replaced.mask.serviceHeaderContexts == .max)
        var old = Self.fixture(.kernelWithoutServiceHeaders)
        old.pipeline = embedded.pipeline
        let slow = old.translate(key: key)
        #expect(slow.slowPath == [.action, .match] && slow.mask.serviceHeaderBase == 0)
    }

    @Test("a time to live that is over goes to the controllers; 0 is followed by 63 (RFC 8300)")
    func timeToLive() {
        var fixture = Self.fixture(.embedded)
        fixture.pipeline.add(actions: [.decrementServiceHeaderTTL, output(2)])
        func translate(_ ttl: UInt8) -> Translation {
            fixture.translate(
                key: TestFrame.key(of: Self.frame(around: TestFrame().bytes, next: 3, ttl: ttl), inPort: 1))
        }
        let over = translate(1)
        #expect(over.packetIns.map(\.reason) == [.invalidTTL] && over.drops.map(\.cause) == [.expiredTTL])
        #expect(over.actions.isEmpty)
        guard case .set(.serviceHeader(let fields, _))? = translate(0).actions.first else {
            Issue.record("no rewrite")
            return
        }
        #expect(fields.ttl == 63)
    }

    @Test("packets without Ethernet are matched by packet type, and not by what implies Ethernet")
    func matched() throws {
        var fixture = Self.fixture(.embedded)
        fixture.pipeline.add(priority: 200, [MatchEntry(.etherType, 0x0800)], actions: [output(2)])
        fixture.pipeline.add(
            priority: 100, [MatchEntry(.packetType, 0x1_0800), MatchEntry(.ipv4Source, 0x0a00_0001)],
            actions: [Self.ethernet, output(3)])
        let bytes = Array(TestFrame().bytes[14...])
        var key = FlowKey()
        key.packetType = 0x1_0800
        key.inPort = 1
        PacketParser.parse(bytes.span.bytes, into: &key)
        let result = fixture.translate(key: key)
        #expect(result.actions == [.pushEthernet(EthernetFields()), out(3)])
        #expect(result.mask.packetType == .max && result.mask.ipv4Source == .max)
        #expect(fixture.translate().actions == [out(2)])
    }

    @Test("what has no Ethernet header leaves by no port, and what cannot be begins nowhere: both say why")
    func drops() {
        for (actions, cause) in [
            ([Self.decap, output(2)], .portCarriesEthernet), ([Self.decap, output(.normal)], .portCarriesEthernet),
            ([Self.ethernet, output(2)], .unsupportedPacketType),
            ([Self.decap, Self.decap, output(2)], .unsupportedPacketType),
            ([.pushVLAN(.vlan), Self.decap, output(2)], .unsupportedPacketType),
            ([.decapsulate(packetType: 0x1_894f), output(2)], .unsupportedPacketType),
            ([Self.label, Self.decap, output(2)], .unsupportedPacketType),
        ] as [([Action], DropCause)] {
            var walk = TranslationWalk(fixture: Self.fixture(.embedded))
            walk.fixture.pipeline.add(actions: actions)
            #expect(throws: Never.self) { try walk.run(TestFrame().bytes) }
            #expect(walk.outputs.isEmpty && walk.drops.last == cause, "\(actions): \(walk.drops)")
        }
    }

    @Test("a flipped bit of the header that the mask leaves out changes nothing", arguments: 0..<20)
    func flippedBits(seed: UInt64) {
        var generator = TranslationGenerator(seed: 55_000 + seed)
        let fields: [MatchEntry] = [
            MatchEntry(.serviceHeaderPathID, 7), MatchEntry(.serviceHeaderIndex, 255), MatchEntry(.serviceHeaderTTL, 5),
            MatchEntry(.serviceHeaderNextProtocol, 3), MatchEntry(.serviceHeaderMetadataType, 1),
            MatchEntry(.serviceHeaderFlags, value: 0, mask: 2),
            MatchEntry(.serviceHeaderContext1, value: 0, mask: 0xff00_0000),
            MatchEntry(.serviceHeaderContext4, value: 4, mask: 0x0f),
        ]
        let actions: [[Action]] = [
            [output(2)], [.decrementServiceHeaderTTL, output(3)], [Self.set(.serviceHeaderIndex, 254), output(4)],
            [Self.decap, Self.decap, output(2)], [Self.set(.serviceHeaderContext2, 9), output(2), output(3)],
            [
                .copyField(
                    CopyField(
                        bitCount: 8, source: .serviceHeaderIndex, sourceOffset: 0, destination: .register0,
                        destinationOffset: 0)), .resubmit(port: nil, table: TableID(rawValue: 1)),
            ],
        ]
        for _ in 0..<10 {
            var fixture = Self.fixture(generator.pick([.embedded, .kernel]))
            for _ in 0..<4 {
                let entries = fields.filter { _ in generator.chance(25) }
                fixture.pipeline.add(
                    priority: generator.pick([10, 20, 30]), [MatchEntry(.etherType, 0x894f)] + entries,
                    actions: generator.pick(actions))
            }
            fixture.pipeline.add(table: 1, [MatchEntry(.register0, 255)], actions: [output(3)])
            let bytes = Self.frame(around: TestFrame().bytes, next: 3, ttl: generator.pick([0, 1, 5]))
            let key = TestFrame.key(of: bytes, inPort: 1)
            let result = fixture.translate(key: key, dryRun: true)
            // Of flags and times to live packets have two and six bits.
            let possible: [(word: Int, bits: UInt64)] = [(35, 0x033f_00ff_ffff_ffff), (36, .max), (37, .max)]
            guard fixture.agrees(result, of: key, flipping: possible, "seed \(seed), \(result.actions)") else { return }
        }
    }
}
