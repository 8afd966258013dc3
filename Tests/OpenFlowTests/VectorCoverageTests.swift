import Testing

@testable import OpenFlow

/// For every message and multipart of every version there is a vector that others wrote.
@Suite("Vectors by others cover the protocol")
struct VectorCoverageTests {
    /// `version.type`, and of multiparts `version.type.multipart`, of a message.
    private static func name(_ bytes: [UInt8]) -> String? {
        guard bytes.count >= 8, let version = OpenFlowVersion(rawValue: bytes[0]),
            let type = MessageType.codes.meaning(of: UInt16(bytes[1]), in: version)
        else { return nil }
        guard type == .multipartRequest || type == .multipartReply, bytes.count >= 10 else {
            return "\(version) \(type)"
        }
        let number = UInt16(bytes[8]) << 8 | UInt16(bytes[9])
        guard let kind = MultipartType.codes.meaning(of: number, in: version) else { return nil }
        return "\(version) \(type) \(kind)"
    }

    @Test("No code point is without one")
    func complete() throws {
        var seen: Set<String> = []
        for vector in try Vector.all() { if let name = Self.name(vector.bytes) { seen.insert(name) } }
        var wanted: [(name: String, version: OpenFlowVersion)] = []
        for version in OpenFlowVersion.allCases {
            for type in MessageType.allCases where MessageType.codes.code(of: type, in: version) != nil {
                guard type == .multipartRequest || type == .multipartReply else {
                    wanted.append(("\(type)", version))
                    continue
                }
                for kind in MultipartType.allCases where MultipartType.codes.code(of: kind, in: version) != nil {
                    wanted.append(("\(type) \(kind)", version))
                }
            }
        }
        #expect(wanted.count > 250)
        for (name, version) in wanted where !seen.contains("\(version) \(name)") {
            Issue.record("no vector of \(version) \(name)")
        }
    }

    /// What no implementation at hand writes: Open vSwitch 3.1, os-ken 4.2.2 and Ryu 4.34 were tried.
    private static let lackingExtensions = [
        "flowMonitorCancel": "no tool sends it",
        "flowMonitorPaused": "Open vSwitch sends it when 128 KB wait for a peer that does not read",
        "flowMonitorResumed": "as above",
    ]

    @Test("No message or multipart of an extension is without one")
    func extensions() throws {
        var (messages, multiparts): (Set<ExtensionType>, Set<ExtensionMultipartType>) = ([], [])
        for vector in try Vector.all() where vector.bytes.count >= 16 {
            let type = MessageType.codes.meaning(of: UInt16(vector.bytes[1]), in: vector.version)
            let isMultipart = type == .multipartRequest || type == .multipartReply
            let start = isMultipart ? (vector.version == .v1_0 ? 12 : 16) : 8
            guard vector.bytes.count >= start + 8, isMultipart || type == .experimenter else { continue }
            if isMultipart, vector.bytes[8...9] != [0xff, 0xff] { continue }
            let code = (experimenter: Self.word(vector.bytes, start), type: Self.word(vector.bytes, start + 4))
            if let kind = ExtensionType.codes.meaning(
                of: .init(experimenter: code.experimenter, type: code.type), in: vector.version), !isMultipart
            {
                messages.insert(kind)
            }
            if let kind = ExtensionMultipartType.codes.meaning(
                of: .init(experimenter: code.experimenter, type: code.type), in: vector.version), isMultipart
            {
                multiparts.insert(kind)
            }
        }
        let missing =
            Set(ExtensionType.allCases).subtracting(messages).map { "\($0)" }
            + Set(ExtensionMultipartType.allCases).subtracting(multiparts).map { "multipart \($0)" }
        #expect(missing.sorted() == Self.lackingExtensions.keys.sorted())
    }

    /// Numbers of what a version's FLOW_MODs among the vectors carry, as they are on the wire.
    private struct Numbers {
        var instructions: Set<UInt16> = []
        var actions: Set<UInt16> = []
        var nicira: Set<UInt16> = []
        var fields: Set<MatchField> = []

        mutating func flowMod(_ bytes: [UInt8], _ version: OpenFlowVersion) {
            guard version > .v1_0 else { return self.actions(bytes[min(72, bytes.count)...]) }
            guard bytes.count >= 52 else { return }
            let length = Int(VectorCoverageTests.half(bytes, 50))
            if version >= .v1_2 { self.fields(bytes[52..<min(bytes.count, 48 + max(4, length))]) }
            self.parts(bytes[min(bytes.count, 48 + (length + 7) / 8 * 8)...]) { numbers, type, body in
                numbers.instructions.insert(type)
                if type == 3 || type == 4 { numbers.actions(body.dropFirst(8)) }
            }
        }

        /// Hands over the parts that begin with a type and a length.
        private mutating func parts(
            _ list: ArraySlice<UInt8>, _ each: (inout Numbers, UInt16, ArraySlice<UInt8>) -> Void
        ) {
            var rest = list
            while rest.count >= 8 {
                let bytes = Array(rest.prefix(4))
                let length = Int(VectorCoverageTests.half(bytes, 2))
                guard length >= 8, length <= rest.count else { return }
                each(&self, VectorCoverageTests.half(bytes, 0), rest.prefix(length))
                rest = rest.dropFirst(length)
            }
        }

        private mutating func actions(_ list: ArraySlice<UInt8>) {
            self.parts(list) { numbers, type, body in
                numbers.actions.insert(type)
                let bytes = Array(body)
                if type == 25 { numbers.fields(body.dropFirst(4)) }
                guard type == 0xffff, bytes.count >= 16, VectorCoverageTests.word(bytes, 4) == 0x2320 else { return }
                let subtype = VectorCoverageTests.half(bytes, 8)
                numbers.nicira.insert(subtype)
                // ct and clone carry actions.
                if subtype == 35 { numbers.actions(body.dropFirst(24)) }
                if subtype == 42 { numbers.actions(body.dropFirst(16)) }
            }
        }

        private mutating func fields(_ list: ArraySlice<UInt8>) {
            var rest = list
            while rest.count >= 5 {
                let bytes = Array(rest.prefix(8))
                let header = VectorCoverageTests.word(bytes, 0)
                let isExperimenter = header >> 16 == 0xffff && bytes.count == 8
                let experimenter = isExperimenter ? VectorCoverageTests.word(bytes, 4) : 0
                let field = OXMIndex.shared.field(
                    oxmClass: UInt16(header >> 16), number: Int(header >> 9 & 0x7f), experimenter: experimenter)
                if let field { self.fields.insert(field) }
                rest = rest.dropFirst(4 + Int(header & 0xff))
            }
        }
    }

    fileprivate static func half(_ bytes: [UInt8], _ index: Int) -> UInt16 {
        UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])
    }
    fileprivate static func word(_ bytes: [UInt8], _ index: Int) -> UInt32 {
        UInt32(Self.half(bytes, index)) << 16 | UInt32(Self.half(bytes, index + 2))
    }

    /// Open vSwitch has none of these, and os-ken lacks 1.1.
    private static let lackingActions: [OpenFlowVersion: Set<ActionType>] = [.v1_1: [.copyTTLOut, .copyTTLIn]]
    /// Neither writes an instruction of an experimenter, or that of a meter in 1.5, which has an action for it.
    private static func lackingInstructions(_ version: OpenFlowVersion) -> Set<InstructionType> {
        version < .v1_5 ? [.experimenter] : [.experimenter, .meter]
    }
    /// Open vSwitch 3.1 lacks the fourth form of sample (3.4), and says metadata by the instruction.
    private static let lackingNicira: Set<NiciraActionType> = [.sample4, .writeMetadata]
    /// Open vSwitch 3.1 has half as many registers as 3.7.
    private static let lackingFields: Set<MatchField> = {
        let names = (16..<32).map { "reg\($0)" } + (8..<16).map { "xreg\($0)" } + (4..<8).map { "xxreg\($0)" }
        return Set(MatchField.allCases.filter { names.contains($0.name) })
    }()

    @Test("No action, instruction or match field is without one", arguments: OpenFlowVersion.allCases)
    func parts(version: OpenFlowVersion) throws {
        var numbers = Numbers()
        let vectors = try Vector.all()
        for vector in vectors where vector.version == version && vector.bytes.count > 8 && vector.bytes[1] == 14 {
            numbers.flowMod(vector.bytes, version)
        }
        let actions = ActionType.allCases.filter {
            ActionType.codes.code(of: $0, in: version).map { !numbers.actions.contains($0) } ?? false
        }
        #expect(Set(actions) == Self.lackingActions[version] ?? [])
        let instructions = InstructionType.allCases.filter {
            InstructionType.codes.code(of: $0, in: version).map { !numbers.instructions.contains($0) } ?? false
        }
        #expect(version == .v1_0 || Set(instructions) == Self.lackingInstructions(version))
    }

    @Test("Nor is one of Nicira's actions, or a field in any of its forms")
    func niciraParts() throws {
        var numbers = Numbers()
        for vector in try Vector.all() where vector.bytes.count > 8 && vector.bytes[1] == 14 {
            numbers.flowMod(vector.bytes, vector.version)
        }
        let actions = Set(NiciraActionType.allCases.filter { !numbers.nicira.contains($0.rawValue) })
        #expect(actions == Self.lackingNicira)
        #expect(Set(MatchField.allCases).subtracting(numbers.fields) == Self.lackingFields)
    }

    /// Names that os-ken writes otherwise: those of other versions of the specification, and its own.
    private static let otherNames = [
        "OFPBRC_IS_SLAVE": "OFPBRC_IS_SECONDARY", "OFPBRC_BAD_MULTIPART": "OFPBRC_BAD_STAT",
        "OFPBRC_BAD_EXPERIMENTER": "OFPBRC_BAD_VENDOR", "OFPBRC_BAD_EXP_TYPE": "OFPBRC_BAD_SUBTYPE",
        "OFPBAC_BAD_EXPERIMENTER": "OFPBAC_BAD_VENDOR", "OFPBAC_BAD_EXP_TYPE": "OFPBAC_BAD_VENDOR_TYPE",
        "OFPFMFC_ALL_TABLES_FULL": "OFPFMFC_TABLE_FULL", "OFPTFFC_BAD_CAP": "OFPTFFC_BAD_CAPA",
        "OFPTFFC_BAD_TYPE": "OFPBPC_BAD_TYPE", "OFPTFFC_BAD_LEN": "OFPBPC_BAD_LEN",
        "OFPTFFC_BAD_ARGUMENT": "OFPBPC_BAD_VALUE",
    ]

    @Test("Every error that os-ken has a name for is known by that name")
    func errors() throws {
        var count = 0
        for vector in try Vector.load("os-ken-classes") where vector.title.hasPrefix("reply os-ken error OFP") {
            let theirs = String(vector.title.dropFirst(19).prefix { $0 != " " })
            guard case .error(let error) = try MessageCodec.decode(vector.bytes, version: vector.version).message,
                case .known(let code) = error.error
            else {
                Issue.record("not known: \(vector.testDescription)")
                continue
            }
            #expect(code.constant == Self.otherNames[theirs] ?? theirs, "\(vector.version)")
            count += 1
        }
        #expect(count > 500)
    }
}
