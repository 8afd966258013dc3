import Foundation
import Testing

@testable import OpenFlow

/// `docs/conformance.md`, held to the tables that it tells of.
@Suite("The page on conformance")
struct ConformanceTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func page() throws -> [String] {
        try String(contentsOf: Self.root.appendingPathComponent("docs/conformance.md"), encoding: .utf8)
            .components(separatedBy: "\n")
    }

    /// The cells of the tables below a heading.
    private static func rows(below heading: String) throws -> [[String]] {
        var (rows, isHere) = ([[String]](), false)
        for line in try Self.page() {
            if line.hasPrefix("## ") { isHere = line == "## \(heading)" }
            guard isHere, line.hasPrefix("| ") else { continue }
            rows.append(
                line.components(separatedBy: "|").dropFirst().dropLast().map { $0.trimmingCharacters(in: .whitespaces) }
            )
        }
        return Array(rows.dropFirst())
    }

    private static func range(_ versions: ClosedRange<OpenFlowVersion>) -> String {
        let (low, high) = (versions.lowerBound, versions.upperBound)
        return low == high ? "1.\(low.rawValue - 1)" : "1.\(low.rawValue - 1)–1.\(high.rawValue - 1)"
    }

    /// What the page must say: names with their numbers, in the table's order.
    private static func expected<Meaning>(_ codes: CodePoints<Meaning>) -> [String: String] {
        var numbers: [String: [String]] = [:]
        for row in codes.rows {
            numbers["\(row.meaning)", default: []].append("\(row.code) (\(Self.range(row.versions)))")
        }
        return numbers.mapValues { $0.joined(separator: ", ") }
    }

    private static func expected<Meaning>(_ codes: ExtensionCodes<Meaning>) -> [String: String] {
        var numbers: [String: [String]] = [:]
        for row in codes.rows {
            let who = row.code.experimenter == OXMIdentifier.onfExperimenter ? "ONF" : "Nicira"
            numbers["\(row.meaning)", default: []].append("\(who) \(row.code.type) (\(Self.range(row.versions)))")
        }
        return numbers.mapValues { $0.joined(separator: ", ") }
    }

    @Test("Every number of every table is on the page, and no other")
    func numbers() throws {
        let tables: [(heading: String, expected: [String: String])] = [
            ("Messages", Self.expected(MessageType.codes)), ("Extension messages", Self.expected(ExtensionType.codes)),
            ("Multipart", Self.expected(MultipartType.codes)),
            ("Extension multiparts", Self.expected(ExtensionMultipartType.codes)),
            ("Instructions", Self.expected(InstructionType.codes)), ("Actions", Self.expected(ActionType.codes)),
        ]
        for (heading, expected) in tables {
            let said = try Self.rows(below: heading).map { ($0[0], $0[1]) }
            #expect(Dictionary(said) { first, _ in first } == expected, "\(heading)")
            #expect(said.count == expected.count, "\(heading)")
        }
    }

    @Test("The other vocabularies have as many rows as the page says")
    func counts() throws {
        let rows = try Self.rows(below: "Other vocabularies")
        #expect(rows.contains { $0[0] == "match fields" && $0[1] == "\(MatchField.allCases.count)" })
        #expect(rows.contains { $0[0] == "errors" && $0[1] == "\(OpenFlowError.Code.allCases.count)" })
    }

    @Test("Every file and test on the page is there")
    func files() throws {
        let headings = try Self.page().filter { $0.hasPrefix("## ") }.map { String($0.dropFirst(3)) }
        let rows = try headings.flatMap { try Self.rows(below: $0) }
        #expect(rows.count > 100)
        for row in rows {
            #expect(row.count == 5 && !row.contains(""), "\(row)")
            let file = Self.root.appendingPathComponent("Sources/OpenFlow/\(row[3])").path
            #expect(FileManager.default.fileExists(atPath: file), "\(row[3])")
            for test in row[4].components(separatedBy: ", ") {
                let path = Self.root.appendingPathComponent("Tests/OpenFlowTests/\(test).swift").path
                #expect(FileManager.default.fileExists(atPath: path), "\(test)")
            }
        }
    }
}
