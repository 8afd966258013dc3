import Datapath
import NetworkTypes
import OpenFlow
import Testing

@testable import Agent

/// Geneve options as fields: the table, matches, keys and masks in both terms.
@Suite("Tunnel options")
struct TunnelOptionTests {
    static func mapping(_ field: UInt16, _ type: UInt8, _ length: UInt8, optionClass: UInt16 = 0x102) -> TLVMapping {
        TLVMapping(optionClass: optionClass, optionType: type, optionLengthBytes: length, fieldIndex: field)
    }

    static func table(_ mappings: [TLVMapping]) throws -> TunnelOptionTable {
        try TunnelOptionTable.empty.adding(mappings)
    }

    /// Options as packets carry them.
    static func encoded(_ options: [(type: UInt8, value: [UInt8])], optionClass: UInt16 = 0x102) -> [UInt8] {
        options.flatMap { option in
            [UInt8(optionClass >> 8), UInt8(optionClass & 0xff), option.type, UInt8(option.value.count / 4)]
                + option.value
        }
    }

    /// A packet that came by a tunnel with those options.
    static func key(_ options: [UInt8], inPort: UInt32 = 1) -> FlowKey {
        var key = TestFrame().key(inPort: inPort)
        key.tunnelIPv4Source = 0xc000_0201
        key.tunnelIPv4Destination = 0xc000_0202
        key.tunnelFlags = 4
        key.setTunnelOptions(options.span.bytes)
        return key
    }

    private static func code(_ body: () throws -> Void) -> OpenFlowError.Code? {
        do { try body() } catch { return (error as? OpenFlowError)?.code }
        return nil
    }

    @Test("the table takes as much as it says, wherever there is room, and each option and field once")
    func capacity() throws {
        let full = try Self.table((0..<32).map { Self.mapping($0, UInt8($0), 4) })
        #expect(full.reply.maximumOptionSpaceBytes == 128 && full.reply.maximumFields == 64)
        #expect(Self.code { _ = try full.adding([Self.mapping(40, 99, 4)]) } == .tlvTableFull)
        // What is free need not be together.
        let holes = full.removing(0x5555_5555)
        let long = try holes.adding([Self.mapping(40, 99, 64)])
        #expect(long.option(40)?.units.count == 16 && long.option(40)?.byteCount == 64)
        #expect(Set(long.options.flatMap(\.units)).count == 32)
        #expect(Self.code { _ = try holes.adding([Self.mapping(1, 99, 4)]) } == .tlvTableAlreadyMapped)
        #expect(Self.code { _ = try holes.adding([Self.mapping(41, 1, 4)]) } == .tlvTableDuplicateEntry)
        #expect(try holes.adding([Self.mapping(41, 1, 4, optionClass: 0x103)]).options.count == 17)
        #expect(Self.code { _ = try holes.adding([Self.mapping(41, 98, 6)]) } == .tlvTableBadOptionLength)
        #expect(full.removing(.max).isEmpty)
    }

    @Test("a match means the bits that it says, and is told as it was said", arguments: 0..<40 as Range<UInt64>)
    func matches(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        // Units are given out in disorder.
        var table = try Self.table((0..<20).map { Self.mapping(63 - $0, UInt8($0), 4) })
        table = table.removing(random.next())
        let length = 4 * UInt8.random(in: 1...8, using: &random)
        table = try table.adding([Self.mapping(7, 200, length)])
        let option = try #require(table.option(7))
        let value: [UInt8] = (0..<Int(length)).map { _ in UInt8.random(in: 0...255, using: &random) }
        let choices: [UInt8] = [0, 0xff, 0xf0, 0x81]
        let mask: [UInt8] = (0..<Int(length)).map { _ in choices[Int.random(in: 0..<4, using: &random)] }
        let isWhole = Bool.random(using: &random)
        let match: Match
        if let long = LongMatchEntry(.tunnelMetadata7, value: value, mask: isWhole ? nil : mask) {
            match = Match(longEntries: [long])
        } else {
            func number(_ bytes: [UInt8]) -> UInt128 { bytes.reduce(0) { $0 << 8 | UInt128($1) } }
            let bits = isWhole ? UInt128.max >> UInt128(128 - 8 * min(16, Int(length))) : number(mask)
            var entry = MatchEntry(.tunnelMetadata7, value: number(value) & bits, mask: bits)
            entry.isPartial = !isWhole && entry.isWholeOption
            match = Match([entry])
        }
        var (key, looked) = (FlowKey(), FlowMask())
        try MatchCompiler.compile(match, into: &key, &looked, table)
        let bytes = option.bytes(of: looked)
        #expect(isWhole ? bytes.allSatisfy { $0 == 0xff } : bytes == mask, "seed \(seed)")
        #expect(option.bytes(of: key) == zip(value, bytes).map { $0 & $1 }, "seed \(seed)")
        #expect(MatchCompiler.match(key, looked, table) == match, "seed \(seed)")
    }

    @Test("a short value means the whole option, a masked one its bits, no value that it is there")
    func forms() throws {
        let table = try Self.table([Self.mapping(3, 9, 8)])
        let option = try #require(table.option(3))
        func compile(_ entry: MatchEntry) throws -> (value: [UInt8], mask: [UInt8]) {
            var (key, mask) = (FlowKey(), FlowMask())
            try MatchCompiler.compile(Match([entry]), into: &key, &mask, table)
            #expect(key.words[47] == 8 && mask.words[47] == 8)
            return (option.bytes(of: key), option.bytes(of: mask))
        }
        var entry = MatchEntry(.tunnelMetadata3, value: 0x1234, mask: 0xffff)
        #expect(try compile(entry).value == [0, 0, 0, 0, 0, 0, 0x12, 0x34])
        #expect(try compile(entry).mask == [UInt8](repeating: 0xff, count: 8))
        entry.isPartial = true
        #expect(try compile(entry).value == [0, 0, 0, 0, 0, 0, 0x12, 0x34])
        #expect(try compile(entry).mask == [0, 0, 0, 0, 0, 0, 0xff, 0xff])
        entry = MatchEntry(.tunnelMetadata3, value: 0, mask: 0)
        #expect(try compile(entry).mask == [UInt8](repeating: 0xff, count: 8))
        entry.isPartial = true
        #expect(try compile(entry).mask == [UInt8](repeating: 0, count: 8))
        let tooLong = MatchEntry(.tunnelMetadata3, value: 1 << 64, mask: UInt128.max >> 56)
        #expect(Self.code { _ = try compile(tooLong) } == .matchBadLength)
        #expect(
            Self.code { _ = try compile(MatchEntry(.tunnelMetadata4, 1)) } == .flowModNiciraInvalidTLVField)
    }

    @Test("ovs-ofctl's forms on the wire: short values, presence, and zero")
    func wire() throws {
        func entry(_ fields: [UInt8]) throws -> MatchEntry? {
            let length = 4 + fields.count
            var bytes: [UInt8] = [4, 14, 0, 0, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 24)
            bytes += [UInt8](repeating: 0xff, count: 12) + [0, 0, 0, 0, 0, 1, 0, UInt8(length)] + fields
            bytes += [UInt8](repeating: 0, count: (8 - length % 8) % 8)
            bytes[3] = UInt8(bytes.count)
            let message = try MessageCodec.decode(bytes, version: .v1_3).message
            #expect(
                try MessageCodec.encode(message, version: .v1_3, transactionID: TransactionID(rawValue: 1)) == bytes)
            guard case .flowMod(let flowMod) = message else { return nil }
            return flowMod.match[.tunnelMetadata0]
        }
        let short = try #require(try entry([0, 1, 0x50, 2, 0x12, 0x34]))
        #expect(short.isWholeOption && short.value == 0x1234)
        let masked = try #require(try entry([0, 1, 0x51, 4, 0x12, 0x34, 0xff, 0xff]))
        #expect(masked.isPartial && !masked.isWholeOption && masked.value == 0x1234)
        let presence = try #require(try entry([0, 1, 0x51, 0]))
        #expect(presence.isPartial && presence.mask == 0 && presence.description == "tun_metadata0")
        #expect(try Match(text: "tun_metadata0") == Match([presence]))
        let zero = try #require(try entry([0, 1, 0x50, 0]))
        #expect(zero.isWholeOption && zero.mask == 0 && zero.description == "tun_metadata0=0x0")
    }

    @Test(
        "packets that agree where a mask looks get the same options, whatever the rest",
        arguments: 0..<60 as Range<UInt64>)
    func terms(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        let table = try Self.table([Self.mapping(0, 1, 4), Self.mapping(9, 2, 12), Self.mapping(63, 3, 8)])
        var options: [(type: UInt8, value: [UInt8])] = []
        for type in [1, 2, 3, 4, 5].shuffled(using: &random).prefix(Int.random(in: 0...4, using: &random)) {
            let known = [1: 4, 2: 12, 3: 8][type] ?? 4 * Int.random(in: 0...3, using: &random)
            options.append((UInt8(type), (0..<known).map { _ in UInt8.random(in: 0...255, using: &random) }))
        }
        let bytes = Self.encoded(options)
        let original = Self.key(bytes)
        var raised = original
        table.raise(&raised)
        for option in table.options {
            let present = options.first { $0.type == option.mapping.optionType }
            let isThere = raised.words[47] & option.presence != 0
            #expect(isThere == (present != nil), "seed \(seed)")
            if let present { #expect(option.bytes(of: raised) == present.value, "seed \(seed)") }
        }
        // A look at random bits of the options that are there, and at whether others are.
        var mask = FlowMask()
        mask.words[47] = table.fields
        for option in table.options where raised.words[47] & option.presence != 0 {
            option.forEachWord(0, mask: UInt128(random.next())) { word, _, bits in mask.words[word] |= bits }
        }
        var lowered = mask
        table.lower(&lowered, of: original)
        #expect(lowered.tunnelOptionLength == .max)
        for _ in 0..<20 {
            var other = original
            for word in FlowKey.tunnelOptionWords { other.words[word] ^= random.next() & ~lowered.words[word] }
            let isSame = other.matches(original, under: lowered)
            #expect(isSame)
            table.raise(&other)
            let agrees = other.matches(raised, under: mask)
            #expect(agrees, "seed \(seed)")
        }
        // What the bridge knows is what it sends on, in the order of its fields.
        let sent = table.encode(raised)
        var again = Self.key(sent)
        table.raise(&again)
        #expect(again.words[47] == raised.words[47], "seed \(seed)")
        let isAlike = table.options.allSatisfy { $0.bytes(of: again) == $0.bytes(of: raised) }
        #expect(isAlike, "seed \(seed)")
    }
}

/// Geneve options in translation.
@Suite("Tunnel options in translation")
struct TranslatorTunnelOptionTests {
    private static let shared = PortIndex(rawValue: 9)

    /// Port 1 and port 2 are Geneve tunnels; two options are known.
    private static func fixture() throws -> TranslationFixture {
        var fixture = TranslationFixture()
        let remote = TunnelAddress(IPv4Address(rawValue: 0xc000_0201))
        for port in [1, 2] as [UInt32] {
            fixture.pipeline.addPort(port)
            fixture.pipeline.ports[port]?.forwarding.tunnel = TunnelEndpoint(
                settings: TunnelSettings(.geneve(port: 6081), remote: .fixed(remote), key: .fixed(UInt64(port))),
                index: Self.shared)
        }
        fixture.pipeline.tunnelOptions = try TunnelOptionTests.table([
            TunnelOptionTests.mapping(0, 0x80, 4), TunnelOptionTests.mapping(5, 7, 20),
        ])
        return fixture
    }

    private static func sent(_ result: Translation) -> [[UInt8]] {
        result.actions.compactMap { if case .set(.tunnel(let fields)) = $0 { fields.options } else { nil } }
    }

    private static func action(_ text: String) throws -> Action { try Action(text: text) }

    @Test("options are set, loaded, moved and deleted, and leave in the order of their fields")
    func writing() throws {
        var fixture = try Self.fixture()
        fixture.pipeline.add(
            actions: try [
                "set_field:0x" + String(repeating: "ab", count: 20) + "->tun_metadata5",
                "set_field:0x1234->tun_metadata0", "move:NXM_NX_TUN_METADATA5[148..159]->NXM_NX_TUN_METADATA0[20..31]",
                "load:0x5->NXM_NX_TUN_METADATA5[0..127]",
            ].map(Self.action) + [output(2), Self.action("delete_field:tun_metadata5"), output(3), output(2)])
        let result = fixture.translate(inPort: 4)
        let long = [0xab, 0xab, 0xab, 0xab] + [UInt8](repeating: 0, count: 15) + [5]
        let first = TunnelOptionTests.encoded([(0x80, [0xab, 0xa0, 0x12, 0x34])])
        #expect(Self.sent(result) == [first + TunnelOptionTests.encoded([(7, long)]), first])
        // A packet that came by no tunnel has no options to depend on.
        #expect(result.mask.words[47] == 0)
    }

    @Test("options are matched by value, by bits and by presence, and megaflows know no more of them than that")
    func matching() throws {
        var fixture = try Self.fixture()
        func add(_ priority: Int, _ text: String, _ port: UInt32) throws {
            var rule = TestPipeline.Rule(priority: priority, match: [], instructions: [.applyActions([output(port)])])
            try MatchCompiler.compile(Match(text: text), into: &rule.key, &rule.mask, fixture.pipeline.tunnelOptions)
            rule.slot = UInt32(priority)
            fixture.pipeline.tables[0, default: []].append(rule)
        }
        try add(30, "tun_metadata0=0x77", 3)
        try add(20, "tun_metadata0=0x10/0xf0", 4)
        try add(10, "tun_metadata5", 4)
        func port(_ options: [(UInt8, [UInt8])]) -> [DatapathAction] {
            fixture.translate(key: TunnelOptionTests.key(TunnelOptionTests.encoded(options))).actions
        }
        #expect(port([(0x80, [0, 0, 0, 0x77])]) == [out(3)])
        #expect(port([(9, []), (0x80, [0, 0, 0, 0x77])]) == [out(3)])
        #expect(port([(0x80, [1, 0, 0, 0x77])]).isEmpty)
        #expect(port([(0x80, [1, 0, 0, 0x17])]) == [out(4)])
        #expect(port([(7, [UInt8](repeating: 0, count: 20))]) == [out(4)])
        #expect(port([(7, [0, 0, 0, 0])]).isEmpty)
        #expect(port([]).isEmpty)
        let bytes = TunnelOptionTests.encoded([(0x80, [1, 2, 3, 4]), (7, [UInt8](repeating: 9, count: 20))])
        let mask = fixture.translate(key: TunnelOptionTests.key(bytes)).mask
        #expect(mask.tunnelOptionLength == .max)
        let looked = mask.tunnelOptionBytes(bytes.count)
        #expect(looked[..<8] == [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff][...])
        #expect(looked[8...] == ([0xff, 0xff, 0xff, 0xff] + [UInt8](repeating: 0, count: 20))[...])
        #expect(fixture.translate(key: TunnelOptionTests.key([])).mask.tunnelOptionLength == .max)
        fixture.pipeline.tables[0] = []
        #expect(fixture.translate(key: TunnelOptionTests.key(bytes)).mask.words[47] == 0)
    }

    @Test("bits written into an option leave the others, which the megaflow then knows")
    func partly() throws {
        var fixture = try Self.fixture()
        fixture.pipeline.add(actions: [try Self.action("load:0xf->NXM_NX_TUN_METADATA0[0..3]"), output(2)])
        let bytes = TunnelOptionTests.encoded([(0x80, [1, 2, 3, 4])])
        let result = fixture.translate(key: TunnelOptionTests.key(bytes))
        #expect(Self.sent(result) == [TunnelOptionTests.encoded([(0x80, [1, 2, 3, 0xf])])])
        #expect(result.mask.tunnelOptionBytes(8) == [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf0])
        #expect(
            Self.sent(fixture.translate(key: TunnelOptionTests.key([])))
                == [TunnelOptionTests.encoded([(0x80, [0, 0, 0, 0xf])])])
    }

    @Test("options that are set before a packet goes through the datapath are there when it comes back")
    func frozen() throws {
        var fixture = try Self.fixture()
        fixture.capabilities.recirculation = true
        fixture.capabilities.connectionTracking = true
        let recirculation = RecirculationTable()
        fixture.recirculation = recirculation
        fixture.pipeline.add(
            actions: [try Self.action("set_field:0x1234->tun_metadata0"), try Self.action("ct(table=1)")])
        fixture.pipeline.add(table: 1, actions: [output(2)])
        let first = fixture.translate(inPort: 4)
        guard case .recirculate(let identifier)? = first.actions.last else {
            Issue.record("\(first.actions)")
            return
        }
        var key = TestFrame().key(inPort: 4)
        key.recirculationID = identifier
        let second = fixture.translate(key: key, entry: .thawed(recirculation.state(of: identifier)))
        #expect(Self.sent(second) == [TunnelOptionTests.encoded([(0x80, [0, 0, 0x12, 0x34])])])
    }
}

/// The table of tunnel options by messages.
@Suite("Tunnel options of a switch")
struct SwitchTunnelOptionTests {
    private static let mapping = TunnelOptionTests.mapping(0, 1, 4)

    private static func mod(_ command: TLVTableMod.Command, _ mappings: [TLVMapping] = []) -> Message {
        .nicira(.tlvTableMod(TLVTableMod(command: command, mappings: mappings)))
    }

    private static func mappings(_ harness: SwitchHarness, _ session: ControllerSession) -> [TLVMapping]? {
        guard case .nicira(.tlvTableReply(let reply))? = harness.request(.nicira(.tlvTableRequest), session).first
        else { return nil }
        return reply.mappings
    }

    private static func flow(_ text: String) throws -> Message { .flowMod(try FlowMod(text: text)) }

    @Test("options are mapped, told and refused in every version", arguments: [OpenFlowVersion.v1_0, .v1_3, .v1_5])
    func messages(version: OpenFlowVersion) throws {
        let harness = SwitchHarness()
        let session = harness.connect(version)
        #expect(
            harness.request(.nicira(.tlvTableRequest), session)
                == [.nicira(.tlvTableReply(TLVTableReply(maximumOptionSpaceBytes: 128, maximumFields: 64)))])
        #expect(harness.request(Self.mod(.add, [Self.mapping]), session).isEmpty)
        #expect(Self.mappings(harness, session) == [Self.mapping])
        #expect(
            harness.error(Self.mod(.add, [TunnelOptionTests.mapping(0, 2, 4)]), session) == .tlvTableAlreadyMapped)
        #expect(
            harness.error(Self.mod(.add, [TunnelOptionTests.mapping(1, 1, 4)]), session) == .tlvTableDuplicateEntry)
        #expect(harness.error(Self.mod(.add, [TunnelOptionTests.mapping(1, 2, 128)]), session) != nil)
        // All of a message or nothing of it.
        let tooMany = [TunnelOptionTests.mapping(1, 2, 124), TunnelOptionTests.mapping(2, 3, 4)]
        #expect(harness.error(Self.mod(.add, tooMany), session) == .tlvTableFull)
        #expect(Self.mappings(harness, session) == [Self.mapping])
        #expect(harness.request(Self.mod(.delete, [TunnelOptionTests.mapping(9, 9, 4)]), session).isEmpty)
        #expect(harness.request(Self.mod(.clear), session).isEmpty)
        #expect(Self.mappings(harness, session) == [])
        harness.request(.roleRequest(RoleMessage(role: .secondary)), session)
        #expect(
            harness.error(Self.mod(.add, [Self.mapping]), session)
                == (version == .v1_0 ? .requestNotPermitted : .requestIsSecondary))
    }

    @Test("a mapping that a flow or a group names stays; flows that name none are refused")
    func uses() throws {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        let unmapped = try Self.flow("tun_metadata0=0x5,actions=1")
        #expect(harness.error(unmapped, session) == .flowModNiciraInvalidTLVField)
        #expect(
            harness.error(try Self.flow("actions=set_field:5->tun_metadata0,1"), session)
                == .flowModNiciraInvalidTLVField)
        for text in [
            "tun_metadata0=0x5,actions=1", "tun_metadata0=0x5/0xf,actions=1", "tun_metadata0,actions=1",
            "actions=set_field:5->tun_metadata0,1", "actions=move:NXM_NX_TUN_METADATA0[0..63]->OXM_OF_METADATA[]",
            "actions=clone(load:1->NXM_NX_TUN_METADATA0[0])", "actions=delete_field:tun_metadata0",
            "actions=learn(table=1,NXM_NX_TUN_METADATA0[0..31],output:NXM_NX_REG0[])",
        ] {
            #expect(harness.request(Self.mod(.add, [Self.mapping]), session).isEmpty)
            if text.contains("METADATA0[0..63]") {
                // All of the field is more than the option has.
                #expect(harness.error(try Self.flow(text), session) == .actionBadSetLength)
                #expect(harness.request(Self.mod(.clear), session).isEmpty)
                continue
            }
            let refusal = harness.error(try Self.flow(text), session)
            #expect(refusal == nil, "\(text)")
            #expect(harness.error(Self.mod(.clear), session) == .tlvTableInvalidTLVDelete, "\(text)")
            #expect(harness.error(Self.mod(.delete, [Self.mapping]), session) == .tlvTableInvalidTLVDelete, "\(text)")
            harness.request(.flowMod(FlowMod(command: .delete)), session)
            #expect(harness.request(Self.mod(.clear), session).isEmpty, "\(text)")
        }
        harness.request(Self.mod(.add, [Self.mapping]), session)
        let setting = try Action(text: "set_field:5->tun_metadata0")
        #expect(harness.request(groupMod(.add, 1, .indirect, [bucket([setting])]), session).isEmpty)
        #expect(harness.error(Self.mod(.clear), session) == .tlvTableInvalidTLVDelete)
    }

    @Test("flows are told with their options, and found by them")
    func statistics() throws {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        harness.request(Self.mod(.add, [Self.mapping, TunnelOptionTests.mapping(3, 9, 20)]), session)
        harness.request(try Self.flow("tun_metadata0=0x5,actions=1"), session)
        harness.request(try Self.flow("tun_metadata0=0x6,tun_metadata3,actions=2"), session)
        let flows = harness.flows(session)
        #expect(flows.count == 2)
        let first = flows.first { $0.match.entries.count == 1 }?.match[.tunnelMetadata0]
        #expect(first?.value == 5 && first?.mask == 0xffff_ffff && first?.isWholeOption == true)
        let second = flows.first { $0.match.entries.count == 2 }?.match[.tunnelMetadata3]
        #expect(second?.mask == 0 && second?.isPartial == true)
        harness.request(.flowMod(try FlowMod(text: "tun_metadata3", command: .delete)), session)
        #expect(harness.flows(session).count == 1)
    }

    @Test("in a bundle the table changes with everything else, or not at all", arguments: [false, true])
    func bundles(fails: Bool) throws {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_4)
        harness.request(Self.mod(.add, [Self.mapping]), session)
        let other = TunnelOptionTests.mapping(1, 2, 8)
        let identifier = BundleID(rawValue: 7)
        func control(_ kind: BundleControl.Kind) -> Message {
            .bundleControl(BundleControl(bundleID: identifier, kind: kind, flags: [.atomic]))
        }
        func add(_ message: Message) throws {
            harness.send(.bundleAdd(BundleAdd(bundleID: identifier, flags: [.atomic], message: message)), session)
        }
        harness.request(control(.openRequest), session)
        try add(Self.mod(.clear))
        try add(Self.mod(.add, [other]))
        try add(try Self.flow("tun_metadata1=0x5,actions=1"))
        if fails { try add(Self.mod(.clear)) }
        harness.request(control(.commitRequest), session)
        #expect(Self.mappings(harness, session) == (fails ? [Self.mapping] : [other]))
        #expect(harness.flows(session).count == (fails ? 0 : 1))
    }
}
