import Foundation
import Support
import Testing

/// `docs/feature-matrix.md`, held to the rows that it must have, and to the files and suites that it names.
@Suite("The page on features")
struct FeatureMatrixTests {
    private struct Row {
        var number: Int
        var feature: String
        var state: String
        var file: String
        var suites: [String]
    }

    private static func rows() throws -> [Row] {
        try String(contentsOfFile: "\(Repository.root)/docs/feature-matrix.md", encoding: .utf8)
            .components(separatedBy: "\n").compactMap { line in
                let cells = line.components(separatedBy: "|").dropFirst().dropLast()
                    .map { $0.trimmingCharacters(in: .whitespaces) }
                guard cells.count == 5, let number = Int(cells[0]) else { return nil }
                return Row(
                    number: number, feature: cells[1], state: cells[2], file: cells[3],
                    suites: cells[4].components(separatedBy: ", "))
            }
    }

    @Test("has each row once, with a state, a file that is there and suites that are declared")
    func rowsAreTrue() throws {
        let rows = try Self.rows()
        #expect(rows.map(\.number) == Array(12...40) + Array(82...143) + [150, 155, 156])
        let tests = "\(Repository.root)/Tests"
        let files = FileManager.default.enumerator(atPath: tests)?.compactMap { $0 as? String } ?? []
        var declared: Set<String> = []
        for file in files where file.hasSuffix(".swift") {
            for line in try String(contentsOfFile: "\(tests)/\(file)", encoding: .utf8).components(separatedBy: "\n") {
                guard let start = line.range(of: "struct ") else { continue }
                declared.insert(String(line[start.upperBound...].prefix { $0.isLetter || $0.isNumber }))
            }
        }
        for row in rows {
            #expect(!row.feature.isEmpty && ["yes", "part", "no"].contains(row.state), "row \(row.number)")
            let path = "\(Repository.root)/Sources/\(row.file)"
            #expect(FileManager.default.fileExists(atPath: path), "row \(row.number): \(row.file)")
            for suite in row.suites {
                #expect(declared.contains(suite) && suite.hasSuffix("Tests"), "row \(row.number): \(suite)")
            }
        }
    }
}
