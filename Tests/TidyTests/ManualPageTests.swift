import Foundation
import Support
import Testing

/// The manual pages, held to what the program's commands can be told.
@Suite("Manual pages")
struct ManualPageTests {
    private static func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(Repository.root)/\(path)", encoding: .utf8)
    }

    @Test("sluice(8) has every flag of sluice run")
    func flags() throws {
        let manual = try Self.text("docs/man/sluice.8")
        var isOption = false
        var names: [String] = []
        for line in try Self.text("Sources/sluice/RunCommand.swift").components(separatedBy: "\n") {
            let words = line.split { " :=".contains($0) }.map(String.init)
            if line.contains("@Option") || line.contains("@Flag") { isOption = true }
            guard isOption, let keyword = words.firstIndex(of: "var"), keyword + 1 < words.count else { continue }
            names.append(
                words[keyword + 1].reduce(into: "") { $0 += $1.isUppercase ? "-\($1.lowercased())" : String($1) })
            isOption = false
        }
        #expect(names.count > 40)
        let missing = names.filter { !manual.contains("--\($0)".replacing("-", with: "\\-")) }
        #expect(missing.isEmpty)
    }

    @Test("every command of the program is in a manual page")
    func commands() throws {
        let folder = "\(Repository.root)/Sources/sluice"
        var names: [String] = []
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file.hasSuffix(".swift") {
            let parts = try Self.text("Sources/sluice/\(file)").components(separatedBy: "commandName: \"")
            names += parts.dropFirst().compactMap { $0.split(separator: "\"").first.map(String.init) }
        }
        #expect(names.contains("run") && names.contains("set-limits"))
        let manual = try ["sluice.8", "sluice-decode.1", "sluice-error.1"].map { try Self.text("docs/man/\($0)") }
            .joined()
        let missing = names.filter { !manual.contains($0.replacing("-", with: "\\-")) }
        #expect(missing.isEmpty)
    }
}
