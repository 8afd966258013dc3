import Foundation
import Support
import Testing

/// Rules of the house that no compiler knows, held against every source file.
@Suite("House rules")
struct TidyTests {
    /// A source file: its path from the repository's root, and its lines.
    struct SourceFile: Sendable {
        /// Such as `Sources/Agent/Bridge/Bridge.swift`.
        let path: String
        /// Without line ends.
        let lines: [String]

        /// The lines that are code: with comments and the contents of literals taken out.
        let code: [String]
    }

    private static let files: [SourceFile] = ["Sources", "Tests", "Benchmarks", "Fuzzing"].flatMap { folder in
        let paths = FileManager.default.enumerator(atPath: "\(Repository.root)/\(folder)")?.compactMap { $0 as? String }
        return (paths ?? []).filter { $0.hasSuffix(".swift") && !$0.contains(".build") }.compactMap {
            path -> SourceFile? in
            guard let text = try? String(contentsOfFile: "\(Repository.root)/\(folder)/\(path)", encoding: .utf8) else {
                return nil
            }
            let lines = text.components(separatedBy: "\n")
            return SourceFile(path: "\(folder)/\(path)", lines: lines, code: SourceText.code(of: lines))
        }
    }

    private static let sources = Self.files.filter { $0.path.hasPrefix("Sources/") }

    @Test("the sources are found")
    func found() {
        #expect(Self.sources.count > 50)
    }

    @Test("no file is longer than 600 lines")
    func fileLength() {
        let long = Self.files.filter { $0.lines.count > 601 }.map { "\($0.path): \($0.lines.count - 1) lines" }
        #expect(long.isEmpty, "split by noun: \(long)")
    }

    @Test("no function is longer than 70 lines")
    func functionLength() {
        let long = Self.sources.flatMap { file in
            SourceText.functions(of: file.code).filter { $0.lines > 70 }.map {
                "\(file.path):\($0.start): \($0.lines) lines"
            }
        }
        #expect(long.isEmpty, "\(long)")
    }

    @Test("no line is longer than 120 columns")
    func lineLength() {
        let long = Self.files.flatMap { file in
            file.lines.enumerated().filter { $0.element.count > 120 }.map { "\(file.path):\($0.offset + 1)" }
        }
        #expect(long.isEmpty, "\(long)")
    }

    /// A word that the sources do not use, and what stands in its place.
    struct BannedWord: Sendable, CustomStringConvertible {
        /// The text that may not occur in code.
        let word: String
        /// What to do instead.
        let instead: String
        /// Paths that may use it: they begin with one of these.
        var allowed: [String] = []

        var description: String { self.word }
    }

    private static let banned = [
        BannedWord(word: "try!", instead: "handle the error"),
        BannedWord(word: "as!", instead: "use as? and handle nil"),
        BannedWord(word: "fatalError(", instead: "an error for what comes from outside, a precondition for the rest"),
        BannedWord(
            word: "@unchecked Sendable", instead: "a Mutex, an atomic, or one owner",
            allowed: ["Sources/Datapath/", "Sources/Agent/", "Sources/OpenFlow/Match/MatchEntryList.swift"]),
        BannedWord(word: "Date()", instead: "take the time as an argument"),
        BannedWord(word: "ContinuousClock", instead: "take the time as an argument"),
        BannedWord(word: "DispatchQueue", instead: "an event loop or a named thread"),
        BannedWord(word: "print(", instead: "the log", allowed: ["Sources/sluice/", "Sources/Agent/Management/"]),
    ]

    @Test("words that the sources do not use", arguments: Self.banned)
    func bannedWords(_ banned: BannedWord) {
        let uses = Self.sources.filter { file in !banned.allowed.contains { file.path.hasPrefix($0) } }.flatMap {
            file in
            file.code.enumerated().filter { SourceText.holds($0.element, banned.word) }.map {
                "\(file.path):\($0.offset + 1)"
            }
        }
        #expect(uses.isEmpty, "\(banned.word): \(banned.instead): \(uses)")
    }

    @Test("every escape from the concurrency and memory checks says why it holds")
    func escapes() {
        let words = ["@unchecked Sendable", "nonisolated(unsafe)", "unsafeBitCast(", "Unmanaged."]
        let silent = Self.sources.flatMap { file in
            file.code.enumerated().filter { line in words.contains { line.element.contains($0) } }.compactMap { line in
                // A comment on the line, or in the ten before it.
                let near = file.lines[max(0, line.offset - 10)...line.offset]
                return near.contains { $0.contains("//") } ? nil : "\(file.path):\(line.offset + 1)"
            }
        }
        #expect(silent.isEmpty, "argue it in a comment: \(silent)")
    }

    @Test("nothing is left for later")
    func unfinished() {
        let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
        let left = Self.files.flatMap { file in
            file.lines.enumerated().filter { line in words.contains { SourceText.holdsWord(line.element, $0) } }.map {
                "\(file.path):\($0.offset + 1)"
            }
        }
        #expect(left.isEmpty, "do it, or write an issue: \(left)")
    }

    @Test("the word OpenFlow does not occur in Datapath")
    func datapathKnowsNoOpenFlow() {
        let uses = Self.sources.filter { $0.path.hasPrefix("Sources/Datapath/") }.flatMap { file in
            file.code.enumerated().filter { $0.element.contains("OpenFlow") }.map { "\(file.path):\($0.offset + 1)" }
        }
        #expect(uses.isEmpty, "\(uses)")
    }

    @Test("no sleep stands in a test")
    func sleeps() {
        let words = ["Task.sleep", "usleep(", "Thread.sleep", "sleep("]
        let uses = Self.files.filter { $0.path.hasPrefix("Tests/") && !$0.path.hasPrefix("Tests/TidyTests/") }
            .flatMap { file in
                file.code.enumerated().filter { line in words.contains { SourceText.holds(line.element, $0) } }.map {
                    "\(file.path):\($0.offset + 1)"
                }
            }
        #expect(uses.isEmpty, "wait for the event: \(uses)")
    }
}
