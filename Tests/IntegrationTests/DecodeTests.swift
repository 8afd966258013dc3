import Foundation
import Support
import Testing

/// `sluice decode` and `sluice error` as programs.
@Suite("Tools of the command line", .enabled(if: !UserModeLinux.isGuest, "needs no kernel of its own"))
struct DecodeTests {
    /// A folder that goes with the test.
    private final class Folder: Sendable {
        let path: String
        init() throws {
            self.path = NSTemporaryDirectory() + "sluice-decode-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: self.path, withIntermediateDirectories: true)
        }
        deinit { try? FileManager.default.removeItem(atPath: self.path) }

        func write(_ name: String, _ bytes: [UInt8]) throws -> String {
            let path = "\(self.path)/\(name)"
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            return path
        }
    }

    private static let echo: [UInt8] = [4, 2, 0, 10, 0, 0, 0, 5, 0xaa, 0xbb]
    private static let barrier: [UInt8] = [4, 20, 0, 8, 0, 0, 0, 6]

    private func decode(_ arguments: String...) throws -> Command {
        try Command.run([Repository.sluice, "decode"] + arguments)
    }

    private static let echoText = "OFPT_ECHO_REQUEST (OF1.3) (xid=0x5): 2 bytes of payload"
    private static let barrierText = "OFPT_BARRIER_REQUEST (OF1.3) (xid=0x6):"

    @Test("messages as arguments, in a hexadecimal file, and raw")
    func sources() throws {
        let both = [Self.echoText, Self.barrierText]
        let run = try self.decode("04 02 00:0a 0000.0005aabb", "0414000800000006")
        #expect(run.status == .exited(0))
        #expect(run.lines == both)
        let folder = try Folder()
        let raw = try folder.write("raw", Self.echo + Self.barrier)
        #expect(try self.decode("--file", raw, "--roundtrip").lines == both)
        let text = try folder.write("hex", Array("# two\n0402000a00000005aabb\n04140008 00000006\n".utf8))
        #expect(try self.decode("-f", text).lines == both)
    }

    @Test("a TCP stream made by text2pcap from a hex dump")
    func capture() throws {
        let folder = try Folder()
        let dump = (Self.echo + Self.barrier).enumerated().map { index, byte in
            (index % 16 == 0 ? String(format: "\n%06x", index) : "") + String(format: " %02x", byte)
        }
        let text = try folder.write("dump", Array((dump.joined() + "\n").utf8))
        let file = "\(folder.path)/capture.pcapng"
        try Command.require(["text2pcap", "-q", "-T", "40000,6653", text, file])
        let run = try self.decode("-f", file)
        #expect(run.status == .exited(0))
        #expect(run.lines.count == 2)
        #expect(run.lines.first?.hasSuffix(Self.echoText) == true, "\(run.output)")
        let json = try self.decode("-f", file, "--json", "--roundtrip")
        for line in json.lines {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(object?["version"] as? String == "OpenFlow13")
            #expect(object?["roundtrip"] as? String == "same")
            #expect((object?["destination"] as? String)?.hasSuffix(":6653") == true)
        }
        // On another port there is nothing.
        let other = try self.decode("-f", file, "--port", "7000")
        #expect(other.status == .exited(0))
        #expect(other.lines.isEmpty)
    }

    @Test("standard input, whatever it is")
    func standardInput() throws {
        let folder = try Folder()
        let raw = try folder.write("raw", Self.echo + Self.barrier)
        let text = try folder.write("hex", Array("0402000a00000005aabb 0414000800000006\n".utf8))
        let capture = try folder.write("capture", Self.capture([(40000, 6653, 1, Self.echo + Self.barrier)]))
        for file in [raw, text] {
            for option in ["", "-f -"] {
                let run = try Command.run(["/bin/sh", "-c", "cat \(file) | \(Repository.sluice) decode \(option)"])
                #expect(run.status == .exited(0))
                #expect(run.lines == [Self.echoText, Self.barrierText])
            }
        }
        let run = try Command.run(["/bin/sh", "-c", "\(Repository.sluice) decode --json <\(capture)"])
        #expect(run.status == .exited(0))
        #expect(run.lines.count == 2)
        #expect(run.lines.allSatisfy { $0.contains("\"source\":\"192.0.2.1:40000\"") }, "\(run.output)")
        let empty = try Command.run(["/bin/sh", "-c", "\(Repository.sluice) decode </dev/null"])
        #expect(empty.status == .exited(2))
        #expect(empty.output.contains("there is no message"))
    }

    /// A capture (pcap, bare IP) of TCP segments, each with its ports and sequence number.
    private static func capture(_ segments: [(source: Int, destination: Int, sequence: Int, bytes: [UInt8])]) -> [UInt8]
    {
        func big(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        var bytes = big(0xa1b2_c3d4, 4) + big(2, 2) + big(4, 2) + big(0, 8) + big(0x4_0000, 4) + big(101, 4)
        for (index, segment) in segments.enumerated() {
            let length = 40 + segment.bytes.count
            bytes += big(1_700_000_000 + index, 4) + big(0, 4) + big(length, 4) + big(length, 4)
            bytes += [0x45, 0] + big(length, 2) + big(index, 2) + [0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]
            bytes += big(segment.source, 2) + big(segment.destination, 2) + big(segment.sequence, 4) + big(1, 4)
            bytes += [0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0] + segment.bytes
        }
        return bytes
    }

    @Test("TCP streams beside each other, in segments that cut messages and change places")
    func streams() throws {
        let folder = try Folder()
        let first = Self.echo + Self.barrier
        let second: [UInt8] = [1, 18, 0, 8, 0, 0, 0, 9] + [1, 5, 0, 8, 0, 0, 0, 10]
        let file = try folder.write(
            "streams",
            Self.capture([
                (40000, 6653, 100, Array(first[..<4])), (50000, 6633, 7, Array(second[..<11])),
                (40000, 6653, 112, Array(first[12...])), (40000, 80, 1, Self.echo),
                (6653, 40000, 1, [4, 3, 0, 8, 0, 0, 0, 5]), (40000, 6653, 104, Array(first[4..<12])),
                (50000, 6633, 18, Array(second[11...])),
            ]))
        let run = try self.decode("-f", file, "--json", "--roundtrip")
        #expect(run.status == .exited(0))
        let objects = try run.lines.map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        func types(_ source: String) -> [String] {
            objects.filter { ($0["source"] as? String)?.hasSuffix(source) == true }.compactMap { $0["type"] as? String }
        }
        #expect(objects.count == 5)
        #expect(types(":40000") == ["OFPT_ECHO_REQUEST", "OFPT_BARRIER_REQUEST"])
        #expect(types(":50000") == ["OFPT_BARRIER_REQUEST", "OFPT_FEATURES_REQUEST"])
        #expect(types(":6653") == ["OFPT_ECHO_REPLY"])
        // Bytes that never came are told, and the other stream is read.
        let holed = try folder.write(
            "holed",
            Self.capture([
                (40000, 6653, 100, Array(first[..<4])), (40000, 6653, 110, Self.barrier),
                (50000, 6633, 7, second),
            ]))
        let rest = try self.decode("-f", holed)
        #expect(rest.status == .exited(2), "\(rest.output)")
        #expect(rest.output.contains("OFPT_FEATURES_REQUEST (xid=0xa)"), "\(rest.output)")
    }

    @Test("a round trip that differs is told in JSON too, and the rest is shown")
    func roundTrips() throws {
        let odd = "050d001800000001fffffffffffffffd0000000000000007"
        let run = try self.decode("--json", "--roundtrip", odd, "0414000800000006", "0463000800000001")
        #expect(run.status == .exited(1))
        #expect(run.lines.count == 3)
        #expect(run.lines.first?.contains("\"roundtrip\":\"differs from byte 23: 050d0018") == true, "\(run.output)")
        #expect(run.lines.dropFirst().first?.contains("\"roundtrip\":\"same\"") == true, "\(run.output)")
        #expect(run.lines.last?.contains("\"error\":\"OFPBRC_BAD_TYPE at byte 1, value 99\"") == true)
        // Without the comparison, only what cannot be read counts.
        #expect(try self.decode(odd).status == .exited(0))
    }

    @Test("exit codes and errors tell what is wrong")
    func failures() throws {
        let folder = try Folder()
        func expect(_ run: Command, _ status: Int32, _ text: String, at location: SourceLocation = #_sourceLocation) {
            #expect(run.status == .exited(status), "\(run.output)", sourceLocation: location)
            #expect(run.output.contains(text), "\(run.output)", sourceLocation: location)
        }
        expect(try self.decode("0463000800000001"), 1, "cannot be decoded: OFPBRC_BAD_TYPE")
        expect(try self.decode("04020010"), 2, "4 bytes are no whole message")
        expect(try self.decode("zz"), 3, "argument 1, line 1, column 1: 'z' is no hexadecimal digit")
        expect(try self.decode("040"), 3, "the last byte has one hexadecimal digit")
        expect(try self.decode("-f", "\(folder.path)/none"), 3, "No such file or directory")
        expect(try self.decode("-f", try folder.write("empty", [])), 2, "there is no message")
        expect(try self.decode("-f", try folder.write("x", Self.echo), "--format", "pcap"), 3, "neither a pcap")
        expect(try self.decode("00", "--file", "x"), 64, "not both")
        let cut: [UInt8] = [0xa1, 0xb2, 0xc3, 0xd4] + [UInt8](repeating: 0, count: 24)
        expect(try self.decode("-f", try folder.write("cut", cut)), 2, "ends within")
        // Padding that is not zero is not written again.
        let odd = "050d00180000000" + "1ffffffff" + "fffffffd" + "0000" + "000000000007"
        expect(try self.decode("--roundtrip", odd), 1, "roundtrip: differs from byte 23")
    }

    @Test("errors are explained by number and by name")
    func errors() throws {
        let run = try Command.run([Repository.sluice, "error", "5,6", "--of", "13"])
        #expect(run.status == .exited(0))
        #expect(run.lines.first == "OFPFMFC_BAD_COMMAND")
        #expect(run.output.contains("1.1 to 1.5: type 5, code 6"))
        #expect(try Command.require([Repository.sluice, "error", "bad_prereq"]).contains("OFPBMC_BAD_PREREQ"))
        #expect(try Command.run([Repository.sluice, "error", "99,1"]).status == .exited(1))
        #expect(try Command.run([Repository.sluice, "error", "1,2", "--of", "9"]).status == .exited(64))
        for bad in ["1,x", "70000,1", "5,", ",6"] {
            #expect(try Command.run([Repository.sluice, "error", bad]).status == .exited(64), "\(bad)")
        }
        // A number of one version is another's, or none.
        #expect(try Command.require([Repository.sluice, "error", "3,0", "--of", "10"]).contains("OFPFMFC_TABLE_FULL"))
        #expect(
            try Command.require([Repository.sluice, "error", "3,0", "--of", "1.3"]).contains("OFPBIC_UNKNOWN_INST"))
        for none in [["5,6", "--of", "10"], ["1,99", "--of", "13"], ["NO_SUCH_ERROR"]] {
            let run = try Command.run([Repository.sluice, "error"] + none)
            #expect(run.status == .exited(1))
            #expect(run.output.contains("no error \(none[0])"), "\(run.output)")
        }
    }

    /// Messages whose text is the same as ovs-ofctl's, byte for byte.
    private static let sameText = [
        "OFPT_FLOW_MOD", "OFPT_GROUP_MOD", "OFPT_METER_MOD", "OFPT_FLOW_REMOVED", "OFPST_FLOW re", "OFPST_AGGREGATE",
        "OFPST_GROUP ", "OFPST_GROUP_DESC", "OFPST_METER ", "OFPST_METER_CONFIG", "OFPST_DESC", "OFPT_BARRIER",
        "OFPT_FEATURES_REQUEST", "OFPT_GET_CONFIG_REQUEST",
    ]
    /// Words of messages that ovs-ofctl says in other words of the same meaning: registers of 64 and 128 bits by
    /// their halves, reg_load where we have set_field, the number of all groups, what a deleted group or bucket was;
    /// and what it does not decode.
    private static let otherWords = [
        "xreg", "load:", "group_id=4294967292", "DEL group_id=", "REMOVE_BUCKET", "decode error",
    ]
    /// Types of messages that carry messages, which are printed on lines of their own: error, experimenter,
    /// requestforward, bundle add.
    private static let carriers: Set<UInt8> = [1, 4, 32, 34]

    @Test("vectors are printed as ovs-ofctl prints them", arguments: ["1.3", "1.4", "1.5"])
    func asOfctl(version: String) throws {
        let folder = try Folder()
        let path = "\(Repository.root)/Tests/OpenFlowTests/Vectors/\(version)/openvswitch.hex"
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let messages = zip(lines, lines.dropFirst()).compactMap { title, bytes in
            let isRefused = title.hasPrefix("# request") && title.hasSuffix("refused")
            return title.hasPrefix("#") && !isRefused ? Hex.bytes(String(bytes)) : nil
        }
        let plain = messages.filter { $0.count >= 8 && !Self.carriers.contains($0[1]) }
        let file = try folder.write("all", plain.flatMap { $0 })
        let ours = Self.messages(try self.decode("-f", file, "--format", "raw").lines)
        let theirs = Self.messages(
            try Command.require(["ovs-ofctl", "-voff", "ofp-parse", file]).split(separator: "\n").map(String.init))
        #expect(ours.count == plain.count && theirs.count == plain.count)
        var compared = 0
        for (our, their) in zip(ours, theirs) where Self.sameText.contains(where: { their.hasPrefix($0) }) {
            if Self.otherWords.contains(where: { our.contains($0) || their.contains($0) }) { continue }
            #expect(our == their)
            compared += 1
        }
        #expect(compared > 80)
    }

    /// The lines of each message together.
    private static func messages(_ lines: [String]) -> [String] {
        var messages: [String] = []
        for line in lines {
            let begins = ["OFP", "NX", "ONF", "version "].contains { line.hasPrefix($0) }
            if begins {
                messages.append(line)
            } else if !messages.isEmpty {
                messages[messages.count - 1] += "\n" + line
            }
        }
        return messages
    }
}
