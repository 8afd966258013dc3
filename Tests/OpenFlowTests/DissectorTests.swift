import Foundation
import Testing

@testable import OpenFlow

/// What we write must be well-formed to a decoder that others wrote: Wireshark's.
@Suite("Wireshark reads what we write")
struct DissectorTests {
    /// Messages that tshark 4.0 calls malformed although they are not, by subject and version, with the reason.
    ///
    /// Where an entry of a 1.5 reply that is not the first has a match, tshark loses its place in the match; it does
    /// so in
    /// Open vSwitch's own replies, too.
    private static let misread: [(subject: String, version: OpenFlowVersion, reason: String)] = [
        ("flows", .v1_5, "the match of a second entry"),
        ("flow counters", .v1_5, "the match of a second entry"),
        ("flow updates", .v1_5, "the match of a second entry"),
        ("flow mod", .v1_5, "the meter instruction, deprecated in 1.5, is unknown and not skipped"),
        ("flow removed", .v1_5, "a match with a long tunnel option"),
        ("flow monitor request", .v1_5, "a match with a long tunnel option"),
        ("queue descriptions", .v1_4, "a queue is read in the layout of 1.0"),
        ("queue descriptions", .v1_5, "a queue is read in the layout of 1.0"),
    ]

    @Test(
        "No generated message is malformed",
        arguments: [OpenFlowVersion.v1_0, .v1_3, .v1_4, .v1_5])
    func generated(version: OpenFlowVersion) throws {
        // Longer ones do not fit into one packet.
        let samples = try MessageSample.all(version: version, seeds: 1...8).filter { $0.bytes.count < 60000 }
        for number in try Self.malformed(samples.map(\.bytes)) {
            let sample = samples[number]
            let isKnown = Self.misread.contains { $0.subject == sample.subject && $0.version == version }
            guard !isKnown else { continue }
            Issue.record("\(version) \(sample.subject), seed \(sample.seed): \(Vector.text(sample.bytes))")
        }
    }

    /// Why no message of 1.1 and 1.2 is among the others: it reads their headers alone.
    @Test(
        "Of 1.1 and 1.2 it says that it does not know them",
        arguments: [OpenFlowVersion.v1_1, .v1_2])
    func unknownVersions(version: OpenFlowVersion) throws {
        let messages = try Vector.load("openvswitch").map(\.bytes).filter {
            $0.first == version.rawValue && Self.isOneMessage($0)
        }
        #expect(messages.count > 150)
        let unknown = try Self.messages(
            of: messages, that: #"_ws.expert.message == "Unsupported version not dissected""#)
        #expect(unknown == Array(messages.indices))
    }

    private static func isOneMessage(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 4 && Int(bytes[2]) << 8 | Int(bytes[3]) == bytes.count
    }

    /// The indices of the messages that tshark calls malformed.
    private static func malformed(_ messages: [[UInt8]]) throws -> [Int] {
        try self.messages(of: messages, that: "_ws.malformed")
    }

    /// The indices of the messages that a display filter of tshark finds.
    private static func messages(of messages: [[UInt8]], that filter: String) throws -> [Int] {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("openflow-\(UUID().uuidString).pcap")
        try Data(self.capture(messages)).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let text = try ExternalProgram.tshark.run([
            "-r", path.path, "-d", "tcp.port==6653,openflow", "-o", "tcp.analyze_sequence_numbers:FALSE",
            "-o", "tcp.desegment_tcp_streams:FALSE", "-Y", filter, "-T", "fields", "-e", "frame.number",
        ])
        return text.split(separator: "\n").compactMap { Int($0) }.map { $0 - 1 }
    }

    /// A capture file (pcap, link type raw IP) with a TCP segment for each message.
    private static func capture(_ messages: [[UInt8]]) -> [UInt8] {
        var bytes = self.big(0xa1b2_c3d4, 4) + self.big(2, 2) + self.big(4, 2) + self.big(0, 8)
        bytes += self.big(0x4_0000, 4) + self.big(101, 4)
        var sequence = 1
        for (index, message) in messages.enumerated() {
            let length = 40 + message.count
            bytes += self.big(index, 4) + self.big(0, 4) + self.big(length, 4) + self.big(length, 4)
            // IPv4 from 192.0.2.1 to 192.0.2.2, protocol 6; TCP from 6653 to 40000, acknowledgement and push.
            bytes += [0x45, 0] + self.big(length, 2) + self.big(index & 0xffff, 2) + [0x40, 0, 64, 6, 0, 0]
            bytes += [192, 0, 2, 1, 192, 0, 2, 2] + self.big(6653, 2) + self.big(40000, 2)
            bytes += self.big(sequence & 0xffff_ffff, 4) + self.big(1, 4) + [0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0]
            bytes += message
            sequence += message.count
        }
        return bytes
    }

    private static func big(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
