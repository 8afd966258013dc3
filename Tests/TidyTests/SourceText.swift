import Foundation

/// Reads Swift sources as text, as far as the house rules need.
enum SourceText {
    /// A function, an initialiser or a subscript.
    struct Function {
        /// The number of the line with its opening brace.
        let start: Int
        /// From the brace's line to the closing brace's, both counted.
        let lines: Int
    }

    /// The lines with comments and the contents of string literals taken out.
    static func code(of lines: [String]) -> [String] {
        var isInText = false
        return lines.map { line in
            if line.contains("\"\"\"") {
                // The line that opens or closes a literal of several lines keeps what is outside of it.
                let wasInText = isInText
                let marks = line.components(separatedBy: "\"\"\"").count - 1
                if !marks.isMultiple(of: 2) { isInText.toggle() }
                return wasInText ? "" : line.components(separatedBy: "\"\"\"")[0]
            }
            return isInText ? "" : Self.withoutCommentsAndLiterals(line)
        }
    }

    private static func withoutCommentsAndLiterals(_ line: String) -> String {
        var code = ""
        var isInLiteral = false
        var previous: Character?
        for character in line {
            if character == "\"", previous != "\\" {
                isInLiteral.toggle()
                code.append(character)
            } else if !isInLiteral {
                if character == "/", previous == "/" {
                    code.removeLast()
                    break
                }
                code.append(character)
            }
            // Two backslashes are a character of their own: what follows is not escaped.
            previous = previous == "\\" && character == "\\" ? nil : character
        }
        return code
    }

    /// Whether `line` holds `word`, not as the end of a longer name.
    static func holds(_ line: String, _ word: String) -> Bool {
        var rest = line[...]
        while let range = rest.firstRange(of: word) {
            let before = range.lowerBound > line.startIndex ? line[line.index(before: range.lowerBound)] : " "
            let startsWord = word.first.map { $0.isLetter } ?? false
            if !startsWord || !(before.isLetter || before.isNumber || before == "_" || before == ".") { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }

    /// Whether `line` holds `word` as a whole word.
    static func holdsWord(_ line: String, _ word: String) -> Bool {
        var rest = line[...]
        while let range = rest.firstRange(of: word) {
            let before = range.lowerBound > line.startIndex ? line[line.index(before: range.lowerBound)] : " "
            let after = range.upperBound < line.endIndex ? line[range.upperBound] : " "
            if !before.isLetter, !before.isNumber, !after.isLetter, !after.isNumber { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }

    /// The functions of a file, by the braces of `code`.
    static func functions(of code: [String]) -> [Function] {
        var functions: [Function] = []
        var open: [(depth: Int, start: Int)] = []
        var depth = 0
        var isPending = false
        for (number, line) in code.enumerated() {
            let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
            if words.contains("func") || words.contains("init") || words.contains("subscript")
                || words.contains("deinit")
            {
                // A call of an initialiser has its braces, if any, on its own; a declaration's line begins with one.
                isPending = isPending || Self.declares(words)
            }
            for character in line {
                if character == "{" {
                    if isPending {
                        open.append((depth, number + 1))
                        isPending = false
                    }
                    depth += 1
                } else if character == "}" {
                    // A protocol's requirement has no body.
                    isPending = false
                    depth -= 1
                    if let last = open.last, last.depth == depth {
                        open.removeLast()
                        functions.append(Function(start: last.start, lines: number + 2 - last.start))
                    }
                }
            }
        }
        return functions
    }

    private static func declares(_ words: [Substring]) -> Bool {
        let modifiers: Set<Substring> = [
            "public", "package", "internal", "private", "fileprivate", "static", "mutating", "consuming", "borrowing",
            "override", "final", "required", "convenience", "nonisolated", "inlinable", "inline", "always", "never",
            "_lifetime", "copy", "class", "borrow", "self", "usableFromInline", "discardableResult", "isolated",
            "async",
            "Sendable", "MainActor", "Test", "_alwaysEmitIntoClient", "_specialize", "safe", "unsafe", "lazy",
        ]
        guard let keyword = words.firstIndex(where: { ["func", "init", "subscript", "deinit"].contains($0) }) else {
            return false
        }
        return words[..<keyword].allSatisfy(modifiers.contains)
    }
}
