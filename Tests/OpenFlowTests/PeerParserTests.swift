import Foundation
import Testing

@testable import OpenFlow

/// What we write must be read by the parsers of a controller that others wrote: Ryu's, which the integration tests
/// have, too (`make dependencies`).
@Suite("Ryu reads what we write")
struct PeerParserTests {
    /// Messages that Ryu 4.34 cannot read although they are well-formed, by subject, and why.
    private static let misread: [(subject: String, versions: ClosedRange<OpenFlowVersion>, reason: String)] = [
        ("queue config reply", .v1_0 ... .v1_3, "it knows no properties of experimenters"),
        ("Nicira flow removed", .v1_0 ... .v1_0, "it wants a match that is not empty"),
        ("Nicira flows", .v1_0 ... .v1_0, "as above"),
        ("flows", .v1_0 ... .v1_0, "it looks for a field of reg_load2 where Open vSwitch has none"),
        ("flow mod", .v1_0 ... .v1_0, "it cannot show properties of controller2 that it does not know"),
        ("group descriptions", .v1_3 ... .v1_4, "as above"),
        ("group mod", .v1_5 ... .v1_5, "it reads a bucket's properties on beyond the bucket's end"),
        ("group descriptions", .v1_5 ... .v1_5, "as above"),
        ("bundle control", .v1_3 ... .v1_3, "it names a class that it does not have"),
        ("flow counters", .v1_5 ... .v1_5, "it knows no statistics of experimenters"),
        ("experimenter reply", .v1_3 ... .v1_5, "it reads bodies that are no multiple of eight beyond their end"),
    ]

    @Test(
        "Every message that a switch sends is read",
        arguments: [OpenFlowVersion.v1_0, .v1_2, .v1_3, .v1_4, .v1_5])
    func reads(version: OpenFlowVersion) throws {
        let lines = try MessageSample.all(version: version, seeds: 1...4).map { sample in
            "\(sample.subject)#\(sample.seed)\t\(Vector.text(sample.bytes).replacingOccurrences(of: " ", with: ""))"
        }
        let output = try Self.run(lines)
        #expect(output.count < lines.count)
        for line in output where !line.hasSuffix("\tnone") {
            let subject = String(line.prefix { $0 != "#" })
            let isKnown = Self.misread.contains { $0.subject == subject && $0.versions.contains(version) }
            #expect(isKnown, "\(version) \(line) \(lines.first { $0.hasPrefix(line.prefix { $0 != "\t" }) } ?? "")")
        }
    }

    /// What the parser has to say of messages, each with its name and in hexadecimal.
    private static func run(_ lines: [String]) throws -> [Substring] {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("messages-\(UUID().uuidString)")
        try (lines.joined(separator: "\n") + "\n").write(to: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: path) }
        let script = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().appendingPathComponent("../Generators/peer-reads.py").path
        let text = try ExternalProgram.ryu.run([script], input: path)
        return text.split(separator: "\n")
    }
}
