import Testing

@testable import OpenFlow

@Suite("Numbers on the wire")
struct CodePointTests {
    /// Within a version, a meaning has one number and a number one meaning.
    private func check<Meaning: RawRepresentable<UInt8> & CaseIterable & Hashable & Sendable>(
        _ codes: CodePoints<Meaning>, _ version: OpenFlowVersion
    ) {
        let rows = codes.rows.filter { $0.versions.contains(version) }
        #expect(Set(rows.map(\.meaning)).count == rows.count, "a meaning with two numbers in \(version)")
        #expect(Set(rows.map(\.code)).count == rows.count, "a number with two meanings in \(version)")
        for meaning in Meaning.allCases {
            guard let code = codes.code(of: meaning, in: version) else { continue }
            #expect(codes.meaning(of: code, in: version) == meaning)
        }
        for code in UInt16(0)..<80 {
            guard let meaning = codes.meaning(of: code, in: version) else { continue }
            #expect(codes.code(of: meaning, in: version) == code)
        }
    }

    @Test("Each vocabulary is a bijection in each version", arguments: OpenFlowVersion.allCases)
    func bijections(version: OpenFlowVersion) {
        self.check(MessageType.codes, version)
        self.check(MultipartType.codes, version)
        self.check(ActionType.codes, version)
        self.check(InstructionType.codes, version)
    }

    @Test(
        "Experimenters' messages and multipart types are bijections in each version",
        arguments: OpenFlowVersion.allCases)
    func extensions(version: OpenFlowVersion) {
        self.check(ExtensionType.codes, version)
        self.check(ExtensionMultipartType.codes, version)
    }

    private func check<Meaning: RawRepresentable<UInt8> & CaseIterable & Hashable & Sendable>(
        _ codes: ExtensionCodes<Meaning>, _ version: OpenFlowVersion
    ) {
        let rows = codes.rows.filter { $0.versions.contains(version) }
        #expect(Set(rows.map(\.meaning)).count == rows.count, "a meaning with two numbers in \(version)")
        #expect(Set(rows.map(\.code)).count == rows.count, "a number with two meanings in \(version)")
        for row in rows {
            #expect(codes.code(of: row.meaning, in: version) == row.code)
            #expect(codes.meaning(of: row.code, in: version) == row.meaning)
        }
        #expect(Set(codes.rows.map(\.meaning)).count == Meaning.allCases.count, "a meaning without a number")
    }

    @Test("The error table is in the order of its cases, and its versions do not overlap")
    func errorTable() {
        #expect(OpenFlowError.table.count == OpenFlowError.Code.allCases.count)
        for (row, code) in zip(OpenFlowError.table, OpenFlowError.Code.allCases) {
            #expect(row.error == code)
            for version in OpenFlowVersion.allCases {
                #expect(row.forms.filter { $0.versions.contains(version) }.count <= 1, "\(code) in \(version)")
            }
        }
    }

    @Test("Every error can be said in every version, itself or by a substitute", arguments: OpenFlowVersion.allCases)
    func errors(version: OpenFlowVersion) throws {
        for code in OpenFlowError.Code.allCases {
            let expressible = code.expressible(in: version)
            #expect(expressible.form(in: version) != nil)
            let request: [UInt8] = [version.rawValue, 14, 0, 12, 0, 0, 0, 9, 1, 2, 3, 4]
            var bytes: [UInt8] = []
            MessageCodec.encodeError(
                code, refusing: request.span.bytes, version: version, transactionID: TransactionID(rawValue: 9),
                into: &bytes)
            let decoded = try MessageCodec.decode(bytes, version: version)
            guard case .error(let error) = decoded.message else {
                Issue.record("not an error: \(decoded.message)")
                continue
            }
            #expect(error.data == request)
            guard case .known(let read) = error.error else {
                Issue.record("\(code) in \(version) is not read back: \(error.error)")
                continue
            }
            // Some older versions use one number for two errors (1.0: IS_SECONDARY is EPERM).
            #expect(read.form(in: version)?.code == expressible.form(in: version)?.code)
        }
    }

    @Test("The field table is in the order of its cases, and names are unique")
    func fieldTable() {
        #expect(MatchField.table.count == MatchField.allCases.count)
        var identifiers: Set<OXMIdentifier> = []
        var names: Set<String> = []
        for (row, field) in zip(MatchField.table, MatchField.allCases) {
            #expect(row.field == field)
            #expect(names.insert(field.name).inserted, "\(field.name)")
            #expect(row.oxm != nil || row.nicira != nil, "\(field.name) has no number")
            for identifier in [row.oxm, row.nicira].compactMap({ $0 }) {
                #expect(identifiers.insert(identifier).inserted, "\(field.name)")
            }
            #expect((row.bits + 7) / 8 <= row.bytes)
            #expect(field.allOnes.trailingZeroBitCount == 0 && 128 - field.allOnes.leadingZeroBitCount == field.width)
        }
    }

    @Test("Reserved ports are raised from 16 bits and lowered again")
    func ports() {
        #expect(PortNumber(rawValue16: 0xfff8) == .inPort)
        #expect(PortNumber(rawValue16: 0xffff) == .any)
        #expect(PortNumber(rawValue16: 0xfeff).rawValue == 0xfeff)
        #expect(PortNumber(rawValue: 0xff00).rawValue16 == nil)
        #expect((UInt16.min...UInt16.max).allSatisfy { PortNumber(rawValue16: $0).rawValue16 == $0 })
    }
}
