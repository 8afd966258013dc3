import Foundation
import Testing

@testable import OpenFlow

/// A message that another implementation wrote.
struct Vector: Sendable, CustomTestStringConvertible {
    /// Who sent it, and on what occasion.
    let title: String
    let version: OpenFlowVersion
    let bytes: [UInt8]

    var testDescription: String { "\(self.version) \(self.title)" }

    /// Whether a controller sent it.
    var isRequest: Bool { self.title.hasPrefix("request") }

    /// Every file of vectors, with what fuzzing found last.
    static let files = [
        "openvswitch", "openvswitch-flows", "os-ken", "os-ken-actions", "os-ken-classes", "os-ken-packets",
        "fuzz-failures",
    ]

    /// The vectors of every file, each message once.
    static func all() throws -> [Vector] {
        var seen: Set<[UInt8]> = []
        return try Self.files.flatMap(Self.load).filter { seen.insert($0.bytes).inserted }
    }

    /// The vectors of one file in each version's folder; those of 1.0 alone are in a folder `1.0`.
    static func load(_ file: String) throws -> [Vector] {
        var vectors: [Vector] = []
        for version in OpenFlowVersion.allCases {
            let folder = "Vectors/1.\(version.rawValue - 1)"
            guard let url = Bundle.module.url(forResource: file, withExtension: "hex", subdirectory: folder) else {
                continue
            }
            let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
            for (title, hexadecimal) in zip(lines, lines.dropFirst()) where title.hasPrefix("# ") {
                guard let bytes = Self.bytes(hexadecimal.utf8) else {
                    Issue.record("\(url.path): not hexadecimal: \(hexadecimal)")
                    continue
                }
                vectors.append(Vector(title: String(title.dropFirst(2)), version: version, bytes: bytes))
            }
        }
        return vectors
    }

    private static func bytes(_ text: Substring.UTF8View) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        let digits = Array(text)
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }

    /// The bytes in hexadecimal, in groups of eight.
    static func text(_ bytes: [UInt8]) -> String {
        bytes.enumerated().map { index, byte in
            let digits = String(byte, radix: 16)
            return (index > 0 && index % 8 == 0 ? " " : "") + (digits.count == 1 ? "0" : "") + digits
        }.joined()
    }
}
