import Foundation
import Testing

@testable import OpenFlow

/// What is printed is what users know from ovs-ofctl ofp-print.
@Suite("Printed as ovs-ofctl prints it")
struct OfpPrintTests {
    /// Something that is printed otherwise here.
    private struct Difference {
        /// How the kinds begin, without the prefix that tells whose they are; empty for all.
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
    private static let all = OpenFlowVersion.v1_0...OpenFlowVersion.v1_5
    /// What we print otherwise, and why: all else agrees to the letter.
    private static let differences: [Difference] = [
        Difference("", .v1_0 ... .v1_4, "set_field:", "a load of a whole field and SET_FIELD are one action here"),
        Difference("", .v1_0 ... .v1_1, "load:", "as above"),
        Difference("", .v1_0 ... .v1_1, "mod_", "as above"),
        Difference("", .v1_0 ... .v1_1, "set_tunnel", "as above"),
        Difference("", .v1_0 ... .v1_1, "set_mpls_label", "as above"),
        Difference("", .v1_3 ... .v1_5, "->tun_id", "Nicira's set_tunnel and SET_FIELD are one action here"),
        Difference("FLOW_MOD", all, "tun_metadata", "it loses masks of tunnel options"),
        Difference("FLOW_MOD", all, "tun_erspan_", "it loses fields of ERSPAN, or their masks"),
        Difference("FLOW_MOD", all, "tun_gbp_flags=", "it loses a mask of these flags"),
        Difference("FLOW_MOD", all, "gtpu_flags=", "as above"),
        Difference("FLOW_MOD", all, "nsh_c", "it loses metadata of service headers"),
        Difference("FLOW_MOD", .v1_2 ... .v1_5, "goto_table:4,write_metadata", "it sorts instructions"),
        Difference("FLOW_MOD", .v1_0 ... .v1_0, "reg0=0x1", "it reads a table where the switch was not told of one"),

        Difference("FLOW request", all, "cookie=", "it loses the cookie that selects"),
        Difference("AGGREGATE request", all, "cookie=", "as above"),
        Difference("FLOW_MONITOR reply", all, "priority=", "it leaves out priorities"),
        Difference("CT_FLUSH", all, "", "it prints what is not restricted as zeros"),
        Difference("PACKET_", all, " packet=", "it prints fields of the packet, here it is all there"),
        Difference("RESUME", all, " packet=", "as above, and what only Open vSwitch can know of its continuation"),
        Difference("ERROR", all, " data: ", "it does not show bytes that are no message"),
        Difference(
            "TABLE reply", .v1_1 ... .v1_2, "config=unknown", "it takes a number without meaning for the default"),
        Difference(
            "TABLE_FEATURES", .v1_3 ... .v1_4, "push_pbb", "it leaves out what it cannot do, then all are alike"),
        Difference("GROUP_FEATURES reply", .v1_2 ... .v1_5, "copy_ttl_out", "it leaves out what it cannot do"),
        Difference("PORT_DESC reply", .v1_5 ... .v1_5, "pipeline_input", "it does not know 1.5's properties"),
        Difference(
            "TABLE_FEATURES", .v1_3 ... .v1_4, "supported on Set-Field: eth_dst vlan_vid",
            "it leaves out fields that come without their lengths"),
        Difference("TABLE reply", .v1_2 ... .v1_2, "copy_ttl_out", "it leaves out what it cannot do"),
        Difference("FLOW reply", .v1_1 ... .v1_1, "vlan_tci=0x0000 ", "it tells one thing by two masks"),
        Difference("PORT_STATUS", .v1_5 ... .v1_5, "pipeline_input", "it does not know 1.5's properties"),
        Difference("PORT_STATUS", all, "\u{79c1}", "it leaves out names that are not ASCII"),
        Difference(
            "FLOW_MOD", .v1_0 ... .v1_0, "DEL cookie:0x5/", "it reads a table where the switch was not told of one"),
        Difference("FEATURES_REPLY", .v1_0 ... .v1_0, "0x10", "it leaves out bits of the state that 1.0 has not"),
        Difference("FLOW_REMOVED", .v1_1 ... .v1_1, "", "it writes a hard timeout where 1.1 has padding"),
        Difference("FLOW_REMOVED", .v1_5 ... .v1_5, "", "it prints a duration that is not there as all ones"),
        Difference("METER_MOD", .v1_3 ... .v1_5, "burst_size=", "it leaves out a burst without its flag"),
        Difference("REQUESTFORWARD", all, "burst_size=", "as above"),
        Difference("ROLE_RE", .v1_5 ... .v1_5, "short_id=", "it does not know 1.5's short identifier"),
        Difference("SET_ASYNC", .v1_3 ... .v1_5, "", "Nicira's message and the standard's are one here"),
        Difference(
            "TABLE_MOD", .v1_4 ... .v1_5, "eviction=on, eviction_flags=",
            "it takes the flags for an error, or for no eviction"),
        Difference("BUNDLE_CONTROL", .v1_5 ... .v1_5, "time", "it does not know 1.5's time"),
    ]

    @Test("Every message of every vector that Open vSwitch can read")
    func vectors() throws {
        let vectors = try Vector.all().filter {
            $0.bytes.count >= 8 && Int($0.bytes[2]) << 8 | Int($0.bytes[3]) == $0.bytes.count
        }
        var (compared, met) = ([String: Int](), Set<Int>())
        for (vector, theirs) in zip(vectors, try Self.printed(vectors.map(\.bytes))) {
            guard let decoded = DecodedMessage(vector.bytes), case .success = decoded.result else { continue }
            // What Open vSwitch cannot read, it says so.
            guard !theirs.contains("decode error"), !theirs.isEmpty else { continue }
            let ours = decoded.text
            guard Self.common(Self.lines(ours)) != Self.lines(theirs) else {
                compared["\(Self.kind(of: ours)) \(vector.version)", default: 0] += 1
                continue
            }
            let known = Self.differences.indices.filter { index in
                let known = Self.differences[index]
                return Self.kind(of: ours).hasPrefix(known.kind) && known.versions.contains(vector.version)
                    && (known.mark.isEmpty || ours.contains(known.mark))
            }
            met.formUnion(known)
            if known.isEmpty { Issue.record("\(vector.testDescription)\n\(ours)\n---\n\(theirs)") }
        }
        #expect(compared.count > 150)
        #expect(compared.values.reduce(0, +) > 4000, "\(compared)")
        let missed = Self.differences.indices.filter { !met.contains($0) }.map { Self.differences[$0] }
        #expect(missed.isEmpty, "no vector shows it: \(missed)")
    }

    /// The kind that a text begins with, without the prefix that tells whose it is.
    private static func kind(of text: String) -> String {
        guard let end = text.firstIndex(of: "_") else { return text }
        return String(text[text.index(after: end)...].prefix { $0 != "(" && $0 != ":" })
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

    /// Lines without trailing blanks, and without empty lines.
    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: true)
            .map { line in String(line.reversed().drop { $0 == " " }.reversed()) }
            // The start of a refused message is hexadecimal there.
            .filter { !$0.isEmpty && !$0.hasPrefix("000000") }
    }

    /// What ovs-ofctl prints for each message: all in one file, an echo request that tells the number before each.
    private static func printed(_ messages: [[UInt8]]) throws -> [String] {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("openflow-\(UUID().uuidString)")
        var bytes: [UInt8] = []
        for (index, message) in messages.enumerated() {
            let number = UInt32(0xfeed_0000 + index)
            bytes += [4, 2, 0, 8] + (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } + message
        }
        try Data(bytes).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let text = try ExternalProgram.ovsOfctl.run(["ofp-parse", path.path])
        var printed = [String](repeating: "", count: messages.count)
        for piece in text.components(separatedBy: "OFPT_ECHO_REQUEST (OF1.3) (xid=0xfeed").dropFirst() {
            guard let index = Int(piece.prefix(4), radix: 16), index < messages.count,
                let end = piece.firstIndex(of: "\n")
            else { continue }
            printed[index] = String(piece[piece.index(after: end)...])
        }
        return printed
    }
}
