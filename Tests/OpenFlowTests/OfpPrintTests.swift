import Foundation
import Testing

@testable import OpenFlow

/// What is printed is what users know from ovs-ofctl ofp-print.
@Suite("Printed as ovs-ofctl prints it")
struct OfpPrintTests {
    private static let program = ["/usr/bin/ovs-ofctl", "/usr/local/bin/ovs-ofctl"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
    /// The kinds of which every line is compared.
    private static let kinds = [
        "OFPT_FEATURES_REPLY", "OFPT_PORT_STATUS", "OFPT_PORT_MOD", "OFPT_SET_CONFIG", "OFPT_GET_CONFIG_REPLY",
        "OFPT_ROLE_REQUEST", "OFPT_ROLE_REPLY", "OFPT_ROLE_STATUS", "OFPT_BUNDLE_CONTROL", "OFPST_PORT reply",
        "OFPST_PORT_DESC reply", "OFPST_QUEUE reply", "OFPST_QUEUE request", "OFPST_TABLE reply", "OFPST_DESC reply",
        "OFPST_GROUP reply", "OFPST_GROUP_DESC reply", "OFPST_METER_FEATURES reply", "OFPT_GROUP_MOD", "OFPT_HELLO",
        "OFPST_FLOW reply", "OFPT_FLOW_REMOVED", "OFPT_METER_MOD", "OFPST_METER reply", "OFPST_METER_CONFIG reply",
        "OFPST_AGGREGATE reply",
    ]
    /// What we print otherwise, and why.
    private static let otherWords: [(prefix: String, versions: ClosedRange<OpenFlowVersion>, reason: String)] = [
        ("OFPST_TABLE reply", .v1_0 ... .v1_2, "ovs-ofctl names what tables can do; here it is told by its numbers")
    ]

    @Test("Ports, tables, queues, groups, meters and flows of every vector", .enabled(if: program != nil))
    func vectors() throws {
        var compared: Set<String> = []
        for vector in try Vector.load("openvswitch") + Vector.load("os-ken-packets") where vector.bytes.count < 4000 {
            guard let decoded = DecodedMessage(vector.bytes) else { continue }
            let ours = decoded.text
            guard let kind = Self.kinds.first(where: { ours.hasPrefix($0 + " ") }) else { continue }
            let isOther = Self.otherWords.contains { kind == $0.prefix && $0.versions.contains(vector.version) }
            guard !isOther else { continue }
            let theirs = try Self.print(vector.bytes)
            // What Open vSwitch 3.1 cannot read, it says so.
            guard !theirs.contains("decode error") else { continue }
            compared.insert("\(kind) \(vector.version)")
            #expect(Self.lines(ours) == Self.lines(theirs), "\(vector.testDescription)")
        }
        #expect(compared.count > 60)
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
