/// Which number stands for which meaning in which version: one vocabulary of the protocol.
///
/// Built from one row per meaning and range of versions; looked up both ways in flat arrays. A meaning has
/// at most one number in a version, and a number at most one meaning (a test checks every table).
struct CodePoints<Meaning: RawRepresentable & CaseIterable & Sendable>: Sendable
where Meaning.RawValue == UInt8 {
    /// One meaning's number in some versions.
    struct Row: Sendable {
        let meaning: Meaning
        let versions: ClosedRange<OpenFlowVersion>
        let code: UInt16

        /// From a version on.
        static func since(_ version: OpenFlowVersion, _ code: UInt16, _ meaning: Meaning) -> Row {
            Row(meaning: meaning, versions: version ... .v1_5, code: code)
        }
        /// In some versions only.
        static func only(
            _ versions: ClosedRange<OpenFlowVersion>, _ code: UInt16, _ meaning: Meaning
        ) -> Row {
            Row(meaning: meaning, versions: versions, code: code)
        }
    }

    /// The rows, for tests.
    let rows: [Row]
    private let codes: [UInt32]
    private let meanings: [UInt8]
    private let meaningCount: Int
    /// The number 0xffff (experimenter) is kept apart, so that the array stays short.
    private static var codeLimit: Int { 64 }
    private static var absent: UInt32 { .max }

    init(_ rows: [Row]) {
        let meaningCount = Int(Meaning.allCases.map(\.rawValue).max() ?? 0) + 1
        var codes = Array(repeating: Self.absent, count: 6 * meaningCount)
        var meanings = [UInt8](repeating: .max, count: 6 * Self.codeLimit)
        for row in rows {
            for version in OpenFlowVersion.allCases where row.versions.contains(version) {
                let base = Int(version.rawValue) - 1
                codes[base * meaningCount + Int(row.meaning.rawValue)] = UInt32(row.code)
                let slot = row.code == 0xffff ? Self.codeLimit - 1 : Int(row.code)
                if slot < Self.codeLimit { meanings[base * Self.codeLimit + slot] = row.meaning.rawValue }
            }
        }
        self.rows = rows
        self.codes = codes
        self.meanings = meanings
        self.meaningCount = meaningCount
    }

    /// The number of a meaning in a version, nil where the version lacks it.
    func code(of meaning: Meaning, in version: OpenFlowVersion) -> UInt16? {
        let code = self.codes[(Int(version.rawValue) - 1) * self.meaningCount + Int(meaning.rawValue)]
        return code == Self.absent ? nil : UInt16(truncatingIfNeeded: code)
    }

    /// The meaning of a number in a version, nil where it has none.
    func meaning(of code: UInt16, in version: OpenFlowVersion) -> Meaning? {
        let slot = code == 0xffff ? Self.codeLimit - 1 : Int(code)
        guard slot < Self.codeLimit, slot < Self.codeLimit - 1 || code == 0xffff else { return nil }
        return Meaning(rawValue: self.meanings[(Int(version.rawValue) - 1) * Self.codeLimit + slot])
    }
}
