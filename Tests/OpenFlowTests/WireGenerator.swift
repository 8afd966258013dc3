import NetworkTypes

@testable import OpenFlow

/// A visitor that makes up a structure: the same walk as reading, with chance instead of bytes.
///
/// Values that the structure refuses are tried again by the caller with the next seed.
struct WireGenerator: WireVisitor {
    let version: OpenFlowVersion
    var random: SeededGenerator
    /// Whether to avoid what other decoders stumble over: experimenters' properties whose length is no multiple of
    /// eight,
    /// unknown types of properties, and packets that are none.
    var isTame = false
    private var contexts: [WireContext] = []

    init(version: OpenFlowVersion, seed: UInt64) {
        self.version = version
        self.random = SeededGenerator(seed: seed)
    }

    var isReading: Bool { true }
    var context: WireContext { self.contexts.last ?? .message }
    var hasFlowModTableID: Bool { false }
    var matchHadNoWildcards: Bool { false }
    var transportProtocol: UInt8? { nil }
    var offset: Int { 0 }
    var remaining: Int { 0 }
    /// Now and then the number of the one experimenter whose property of a group is known.
    private(set) var nextWord: UInt32?

    mutating func number<T: FixedWidthInteger>(_ name: StaticString, _: T.Type) -> T {
        let text = "\(name)"
        if text == "flags" { return T(truncatingIfNeeded: self.random.next() & 3) }
        if text == "type" {
            if case .meterBand = self.contexts.last { return T.random(in: 1...2, using: &self.random) }
            return T.random(in: 0...30, using: &self.random)
        }
        if text == "version" || text == "isOn" || text == "experimenterType" { return 1 }
        if text == "zero" || text == "reasons" { return 0 }
        if text == "down" { return T.random(in: 0...40, using: &self.random) }
        if text == "up" { return T.random(in: 40...100, using: &self.random) }
        if text == "event" { return T.random(in: 0...6, using: &self.random) }
        if text == "format" { return T.random(in: 0...2, using: &self.random) }
        if text == "optionLength" { return 4 * T.random(in: 1...31, using: &self.random) }
        if text == "fieldIndex" { return T.random(in: 0...63, using: &self.random) }
        if text.hasSuffix("ort") { return T(truncatingIfNeeded: self.random.next() % 0xff00) }
        return T(truncatingIfNeeded: self.random.next() >> (self.random.next() % 32))
    }

    mutating func field(_ name: StaticString, _ value: inout UInt8) { value = self.number(name, UInt8.self) }
    mutating func field(_ name: StaticString, _ value: inout UInt16) { value = self.number(name, UInt16.self) }
    mutating func field(_ name: StaticString, _ value: inout UInt32) { value = self.number(name, UInt32.self) }
    mutating func field(_ name: StaticString, _ value: inout UInt64) { value = self.number(name, UInt64.self) }
    mutating func reserved(_ count: Int) {}

    mutating func text(_ name: StaticString, _ value: inout String, bytes: Int) {
        let count = Int.random(in: 0..<bytes, using: &self.random)
        value = String((0..<count).map { _ in "abcdefghij".randomElement(using: &self.random) ?? "x" })
    }
    mutating func rest(_ name: StaticString, _ value: inout [UInt8]) {
        value = self.bytes(upTo: 40)
        guard self.isTame, "\(name)" == "data" || "\(name)" == "packet" else { return }
        // An Ethernet frame of a type for experiments.
        value = Array(repeating: 2, count: 12) + [0x88, 0xb5] + Array(repeating: 0, count: 46)
    }

    mutating func bytes(upTo limit: Int) -> [UInt8] {
        (0..<Int.random(in: 0...limit, using: &self.random)).map { _ in UInt8.random(in: 0...255, using: &self.random) }
    }

    mutating func code<T: RawRepresentable & CaseIterable>(
        _ name: StaticString, _ value: inout T, absent: OpenFlowError.Code
    ) where T.RawValue: WireInteger {
        value = T.allCases.randomElement(using: &self.random) ?? value
    }

    mutating func begin(_ context: WireContext) -> WireFrame {
        self.contexts.append(context)
        return WireFrame(start: 0, outerEnd: 0, outerContext: context)
    }
    mutating func length(_ frame: inout WireFrame, excluding: Int) {}
    mutating func announce() -> WireFrame { WireFrame(start: 0, outerEnd: 0, outerContext: .message) }
    mutating func open(_ announced: WireFrame, _ context: WireContext) -> WireFrame { self.begin(context) }
    mutating func end(_ frame: WireFrame, padding: WirePadding) { self.contexts.removeLast() }

    mutating func list<T: WireStructure>(_ name: StaticString, _ value: inout [T]) throws(WireError) {
        value = []
        for _ in 0..<Int.random(in: 0...3, using: &self.random) {
            var element = T()
            try element.describe(to: &self)
            value.append(element)
        }
    }

    mutating func match(_ value: inout Match) { value = self.anyMatch() }
    mutating func fields(_ value: inout Match) {
        value = Bool.random(using: &self.random) ? .any : Match([MatchEntry(.metadata, 0x1234)])
    }
    mutating func entries(_ value: inout Match, names: FieldNames) {
        switch names {
        case .properties: self.fields(&value)
        case .version: value = self.anyMatch()
        case .nicira: value = Match(self.anyMatch().entries.filter { $0.field.row.nicira != nil })
        }
    }
    mutating func selection(_ match: inout Match, cookie: inout Cookie, mask: inout UInt64) {
        self.entries(&match, names: .nicira)
        mask = Bool.random(using: &self.random) ? 0 : self.random.next()
        cookie = Cookie(rawValue: self.random.next() & mask)
    }
    mutating func fieldList(_ value: inout [MatchEntry]) {
        value = self.pick([
            [], [MatchEntry(.packetType, 0x1_0800)], [MatchEntry(.packetType, 0), MatchEntry(.packetType, 1)],
        ])
    }
    mutating func message(
        _ value: inout Message, _ transactionID: inout TransactionID?, within container: MessageContainer
    ) throws(WireError) {
        switch self.random.next() % 4 {
        case 0 where container == .bundle: value = .flowMod(try self.structure())
        case 1 where container == .bundle: value = .portMod(try self.structure())
        case 2 where self.version >= .v1_3: value = .meterMod(try self.structure())
        default: value = .groupMod(try self.structure())
        }
        if container == .forward { transactionID = TransactionID(rawValue: 77) }
    }
    private mutating func structure<T: WireStructure>() throws(WireError) -> T {
        var value = T()
        try value.describe(to: &self)
        return value
    }
    mutating func setField(_ value: inout MatchEntry) { value = self.anySetField(masked: false) }
    mutating func longField(_ value: inout FieldValue?, anyMask: Bool) {
        guard Int.random(in: 0..<12, using: &self.random) == 0 else { return }
        value = self.anyLongEntry(masked: anyMask || self.version >= .v1_5).map(FieldValue.long)
    }
    /// A tunnel metadata option of more than 16 bytes.
    mutating func anyLongEntry(masked: Bool) -> LongMatchEntry? {
        guard let field = MatchField.tunnelMetadata(Int.random(in: 0..<64, using: &self.random)) else { return nil }
        let count = Int.random(in: 17...124, using: &self.random)
        let value = (0..<count).map { _ in UInt8(truncatingIfNeeded: self.random.next()) }
        guard masked, Bool.random(using: &self.random) else { return LongMatchEntry(field, value: value) }
        let mask = (0..<count).map { _ in UInt8(truncatingIfNeeded: self.random.next()) | 1 }
        return LongMatchEntry(field, value: value, mask: mask)
    }
    mutating func maskedField(_ value: inout MatchEntry) { value = self.anySetField(masked: true) }
    mutating func header(_ value: inout FeatureField) {
        let fields = MatchField.allCases.filter { $0.since != nil }
        guard let field = fields.randomElement(using: &self.random) else { return }
        let hasMask = field.isMaskable && Bool.random(using: &self.random)
        if let made = FeatureField(field, hasMask: hasMask, version: self.version) { value = made }
    }
    mutating func actions(_ value: inout [Action]) {
        value = (0..<Int.random(in: 0...4, using: &self.random)).map { _ in self.anyAction() }
    }
    mutating func nestedActions(_ value: inout [Action], inTracker: Bool) { value = [] }
    mutating func instructions(_ value: inout [Instruction]) { value = self.anyInstructions() }

    mutating func properties(
        present: [UInt16], others: inout [Property],
        known: (inout Self, UInt16) throws(WireError) -> Bool
    ) throws(WireError) {
        others = []
        for type in UInt16(0)..<16 where Bool.random(using: &self.random) {
            // Which types a structure knows is its own business: what it refuses is left out.
            do throws(WireError) { _ = try known(&self, type) } catch { continue }
        }
        self.nextWord = Bool.random(using: &self.random) ? 0x154d : nil
        for type in [0xfffe, 0xffff] as [UInt16] where Bool.random(using: &self.random) {
            do throws(WireError) {
                let data = self.bytes(upTo: 20)
                let body: [UInt8] = [0, 0x12, 0x34, 0x56, 0, 0, 0, 1] + (self.isTame ? [1, 2, 3, 4] : data)
                if try !known(&self, type) { others.append(Property(type: type, body: body)) }
            } catch {}
        }
        self.nextWord = nil
        guard !self.isTame else { return }
        let unknown: UInt16 = 0x1234
        do throws(WireError) {
            if try !known(&self, unknown) { others.append(Property(type: unknown, body: self.bytes(upTo: 20))) }
        } catch {}
    }
}

extension WireGenerator {
    private mutating func pick<T>(_ choices: [T]) -> T { choices[Int(self.random.next() % UInt64(choices.count))] }

    private mutating func exact(_ field: MatchField) -> MatchEntry { MatchEntry(field, self.random.next()) }

    private mutating func masked(_ field: MatchField, contiguous: Bool) -> MatchEntry {
        let ignored = UInt128(self.random.next() % UInt64(field.width))
        let mask = contiguous ? (field.allOnes >> ignored) << ignored : UInt128(self.random.next()) & field.allOnes | 1
        return MatchEntry(field, value: UInt128(self.random.next()) & mask, mask: mask)
    }

    /// A match that every version, or the version at hand, can say.
    mutating func anyMatch() -> Match {
        var entries: [MatchEntry] = []
        func maybe(_ random: inout SeededGenerator) -> Bool { Bool.random(using: &random) }
        let isOld = self.version == .v1_0
        if maybe(&self.random) { entries.append(MatchEntry(.inPort, self.random.next() % 0xff00)) }
        if self.version.matchLayout != .fixed10, maybe(&self.random) {
            entries.append(self.masked(.metadata, contiguous: false))
        }
        if maybe(&self.random) { entries.append(self.exact(.ethernetSource)) }
        if maybe(&self.random) {
            entries.append(
                isOld ? self.exact(.ethernetDestination) : self.masked(.ethernetDestination, contiguous: false))
        }
        switch self.random.next() % 4 {
        case 0: entries.append(MatchEntry(.vlanID, 0))
        case 1: entries.append(MatchEntry(.vlanID, 0x1000 | self.random.next() % 4096))
        case 2:
            entries.append(MatchEntry(.vlanID, value: 0x1000, mask: 0x1000))
            entries.append(self.exact(.vlanPriority))
        default: break
        }
        switch self.random.next() % 6 {
        case 0:
            entries.append(MatchEntry(.etherType, 0x0806))
            entries.append(MatchEntry(.arpOperation, self.random.next() % 256))
            entries.append(self.masked(.arpTargetProtocolAddress, contiguous: isOld))
        case 1:
            entries.append(MatchEntry(.etherType, 0x0800))
            entries.append(self.exact(.ipDSCP))
            entries.append(self.masked(.ipv4Source, contiguous: isOld))
            entries.append(self.masked(.ipv4Destination, contiguous: true))
            entries += self.pick([
                [MatchEntry(.ipProtocol, 6), self.exact(.tcpSource)],
                [MatchEntry(.ipProtocol, 17), self.exact(.udpSource), self.exact(.udpDestination)],
                [MatchEntry(.ipProtocol, 132), self.exact(.sctpDestination)],
                [MatchEntry(.ipProtocol, 1), self.exact(.icmpv4Type), self.exact(.icmpv4Code)],
                [],
            ])
        case 2: entries.append(MatchEntry(.etherType, 0x88cc))
        case 3 where self.version.matchLayout == .extensible: entries += self.anyExtension()
        default: break
        }
        guard self.version.matchLayout == .extensible, self.random.next() % 8 == 0 else { return Match(entries) }
        return Match(entries, longEntries: self.anyLongEntry(masked: true).map { [$0] } ?? [])
    }

    /// What only the extensible match can say.
    private mutating func anyExtension() -> [MatchEntry] {
        var entries = [MatchEntry(.etherType, 0x86dd), MatchEntry(.ipProtocol, 58), MatchEntry(.icmpv6Type, 135)]
        entries.append(self.masked(.ipv6Source, contiguous: true))
        entries.append(self.exact(.neighbourDiscoveryTarget))
        entries.append(self.exact(.neighbourDiscoverySourceAddress))
        entries.append(self.masked(.register7, contiguous: false))
        entries.append(self.masked(.extendedRegister3, contiguous: false))
        entries.append(self.exact(.tunnelID))
        entries.append(self.exact(.serviceHeaderPathID))
        return entries.filter { $0.field != .serviceHeaderPathID }
    }

    private mutating func anySetField(masked: Bool) -> MatchEntry {
        let field = self.pick(MatchField.allCases.filter { $0.isWritable && $0 != .inPort })
        return masked && field.isMaskable ? self.masked(field, contiguous: false) : self.exact(field)
    }

    mutating func anyAction() -> Action {
        if self.random.next() % 4 == 0 { return self.anyExtensionAction() }
        let version = self.version
        let port = PortNumber(rawValue: UInt32(self.random.next() % 0xff00))
        var choices: [Action] = [
            .output(port, maximumLength: UInt16(truncatingIfNeeded: self.random.next())),
            .output(.controller, maximumLength: 0xffff), .popVLAN, .exit, .popQueue,
            .resubmit(port: nil, table: TableID(rawValue: 7)), .resubmit(port: port, table: nil),
            .controller(maximumLength: 9, controllerID: 3, reason: .invalidTTL), .note([1, 2, 3, 4, 5, 6]),
            .setQueue(QueueID(rawValue: 5)), .group(GroupID(rawValue: 77)), .decrementNetworkTTL,
            .pushMPLS(.mpls), .popMPLS(.ipv4), .setMPLSTTL(9), .decrementMPLSTTL,
            .setField(.ethernetSource, value: 0x1122_3344_5566, mask: MatchField.ethernetSource.allOnes),
            .setField(.ipv4Destination, value: 0x0a00_0001, mask: MatchField.ipv4Destination.allOnes),
            .setField(.ipDSCP, value: 46, mask: MatchField.ipDSCP.allOnes),
            .setField(.register1, value: 0x50, mask: 0xf0),
            .copyField(
                CopyField(
                    bitCount: 16, source: .register0, sourceOffset: 16, destination: .register2,
                    destinationOffset: 0)),
            .outputField(FieldSlice(.register3, offset: 4, bitCount: 16), maximumLength: 65),
            .outputTruncated(port, maximumLength: 100), .conjunction(id: 9, clause: 1, clauseCount: 3),
            .experimenter(0x0012_3456, [1, 2, 3, 4, 5, 6, 7, 8]),
        ]
        let any = self.anySetField(masked: true)
        choices.append(.setField(any.field, value: any.value, mask: any.mask))
        if version == .v1_0 {
            choices += [.setVLANID(99), .setVLANPriority(5), .enqueue(port, QueueID(rawValue: 4))]
        }
        if version <= .v1_1 { choices += [.setTransportSource(80), .setTransportDestination(81)] }
        if version >= .v1_1 {
            choices += [.pushVLAN(.vlan), .setNetworkTTL(3), .copyTTLIn, .copyTTLOut]
        }
        if version >= .v1_3 { choices += [.pushPBB(.pbb), .popPBB] }
        if version >= .v1_5 { choices.append(.meter(MeterID(rawValue: 6))) }
        return self.pick(choices)
    }

    mutating func anyInstructions() -> [Instruction] {
        var actions: [Action] = []
        self.actions(&actions)
        guard self.version.hasInstructions else { return actions.isEmpty ? [] : [.applyActions(actions)] }
        var instructions: [Instruction] = []
        if self.version >= .v1_3, Bool.random(using: &self.random) {
            instructions.append(.meter(MeterID(rawValue: 2)))
        }
        if Bool.random(using: &self.random) { instructions.append(.applyActions(actions)) }
        if Bool.random(using: &self.random) { instructions.append(.clearActions) }
        if Bool.random(using: &self.random) { instructions.append(.writeActions([.popVLAN])) }
        if Bool.random(using: &self.random) { instructions.append(.writeMetadata(value: 5, mask: 0xff)) }
        if self.version >= .v1_5, Bool.random(using: &self.random) {
            var trigger = StatisticsTrigger()
            trigger.flags = .periodic
            trigger.thresholds.byteCount = self.random.next()
            instructions.append(.statisticsTrigger(trigger))
        }
        if Bool.random(using: &self.random) { instructions.append(.gotoTable(TableID(rawValue: 9))) }
        return instructions
    }
}
