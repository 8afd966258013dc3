import Foundation
import Testing

@testable import OpenFlow

/// What is printed is what users know from ovs-ofctl ofp-print.
@Suite("Printed as ovs-ofctl prints it")
struct OfpPrintTests {
    private static let program = ["/usr/bin/ovs-ofctl", "/usr/local/bin/ovs-ofctl"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
    /// The kinds of which every line is compared, whether they are OpenFlow's or an extension's.
    private static let kinds = [
        "FEATURES_REPLY", "PORT_STATUS", "PORT_MOD", "SET_CONFIG", "GET_CONFIG_REPLY", "ROLE_REQUEST", "ROLE_REPLY",
        "ROLE_STATUS", "BUNDLE_CONTROL", "PORT reply", "PORT_DESC reply", "QUEUE reply", "QUEUE request", "TABLE reply",
        "DESC reply", "GROUP reply", "GROUP_DESC reply", "METER_FEATURES reply", "GROUP_MOD", "HELLO", "FLOW reply",
        "FLOW_REMOVED", "METER_MOD", "METER reply", "METER_CONFIG reply", "AGGREGATE reply",
    ]

    /// Something that is printed otherwise here.
    private struct Difference {
        /// The kind, in some versions.
        let kind: String
        let versions: ClosedRange<OpenFlowVersion>
        /// What our text has in it then; empty for every message of the kind.
        let mark: String
        /// Why.
        let reason: String

        init(_ kind: String, _ versions: ClosedRange<OpenFlowVersion>, _ mark: String, _ reason: String) {
            (self.kind, self.versions, self.mark, self.reason) = (kind, versions, mark, reason)
        }
    }
    /// What we print otherwise, and why: all else agrees to the letter.
    private static let differences: [Difference] = [
        Difference("TABLE reply", .v1_0 ... .v1_2, "", "it names what tables can do; here it is told by numbers"),
        Difference(
            "FLOW reply", .v1_0 ... .v1_1, "set_field:", "setters are read as SET_FIELD here where they mean it"),
        Difference(
            "FLOW reply", .v1_0 ... .v1_0, "vlan_tci=0x7", "it tells a whole vlan_tci by dl_vlan and dl_vlan_pcp"),
        Difference("FLOW reply", .v1_0 ... .v1_0, "vlan_tci=0x1", "as above"),
        Difference("FLOW reply", .v1_5 ... .v1_5, ",xreg", "it tells a double register by its halves"),
        Difference("FLOW reply", .v1_5 ... .v1_5, " xreg", "as above"),
        Difference("FLOW_REMOVED", .v1_1 ... .v1_1, "", "it writes a hard timeout where 1.1 has padding"),
        Difference("FLOW_REMOVED", .v1_5 ... .v1_5, "duration0s", "it prints a duration that is not there as all ones"),
        Difference("PORT reply", .v1_4 ... .v1_5, "body=0000aa01", "open: its own counters are shown as bytes here"),
        Difference("PORT_STATUS", .v1_0 ... .v1_5, "\u{79c1}", "it leaves out names that are not ASCII"),
        Difference("FEATURES_REPLY", .v1_0 ... .v1_0, "0x10", "it leaves out bits of the state that 1.0 has not"),
        Difference("ROLE_REQUEST", .v1_5 ... .v1_5, "short_id=", "it does not know 1.5's short identifier"),
        Difference("ROLE_REPLY", .v1_5 ... .v1_5, "short_id=", "as above"),
    ]

    @Test("Ports, tables, queues, groups, meters and flows of every vector", .enabled(if: program != nil))
    func vectors() throws {
        var compared: Set<String> = []
        var met: Set<Int> = []
        for vector in try Vector.load("openvswitch") + Vector.load("os-ken-packets") where vector.bytes.count < 4000 {
            guard let decoded = DecodedMessage(vector.bytes) else { continue }
            let ours = decoded.text
            guard let kind = Self.kind(of: ours) else { continue }
            let theirs = try Self.print(vector.bytes)
            // What Open vSwitch 3.1 cannot read, it says so.
            guard !theirs.contains("decode error") else { continue }
            let known = Self.differences.firstIndex {
                kind == $0.kind && $0.versions.contains(vector.version) && ($0.mark.isEmpty || ours.contains($0.mark))
            }
            if let known {
                met.insert(known)
                continue
            }
            compared.insert("\(kind) \(vector.version)")
            #expect(Self.common(Self.lines(ours)) == Self.lines(theirs), "\(vector.testDescription)")
        }
        #expect(compared.count > 60)
        let missed = Self.differences.indices.filter { !met.contains($0) }.map { Self.differences[$0] }
        #expect(missed.isEmpty, "no vector shows it: \(missed)")
    }

    /// The kind that a text begins with, without the prefix that tells whose it is; nil for one not compared.
    private static func kind(of text: String) -> String? {
        guard let end = text.firstIndex(of: "_") else { return nil }
        let name = text[text.index(after: end)...]
        return Self.kinds.first { name.hasPrefix($0 + " ") }
    }

    /// Our lines without what ovs-ofctl passes over: optical ports, and the properties of experimenters.
    private static func common(_ lines: [String]) -> [String] {
        lines.compactMap { line in
            let text = line.drop { $0 == " " }
            if text.hasPrefix("optical: ") || text.hasPrefix("experimenter: ") { return nil }
            for mark in [" properties=[", ", experimenter ["] {
                if let range = line.range(of: mark) { return String(line[..<range.lowerBound]) }
            }
            return line
        }
    }

    /// Lines without trailing blanks, and without empty lines at the end.
    private static func lines(_ text: String) -> [String] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
            .map { line in String(line.reversed().drop { $0 == " " }.reversed()) }
        // The start of a refused message is hexadecimal there.
        return lines.filter { !$0.hasPrefix("000000") }
    }

    private static func print(_ bytes: [UInt8]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.program))
        process.arguments = ["ofp-print", Vector.text(bytes).replacingOccurrences(of: " ", with: "")]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }
}
