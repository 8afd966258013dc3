import Foundation

/// The messages that mutations begin with.
struct Corpus {
    private(set) var messages: [[UInt8]] = []

    /// Reads every `.hex` file below a directory: lines of hexadecimal, between lines that begin with `#`.
    init(directory: String) throws {
        let root = URL(fileURLWithPath: directory)
        guard let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) else { return }
        for case let file as URL in files where file.pathExtension == "hex" {
            let text = try String(contentsOf: file, encoding: .utf8)
            for line in text.split(separator: "\n") where !line.hasPrefix("#") {
                if let bytes = Self.bytes(line), bytes.count >= 8 { self.messages.append(bytes) }
            }
        }
        // Directories are not read in the same order everywhere; a seed is to mean the same run.
        self.messages = Array(Set(self.messages)).sorted { $0.lexicographicallyPrecedes($1) }
    }

    private static func bytes(_ line: Substring) -> [UInt8]? {
        let digits = line.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == line.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
