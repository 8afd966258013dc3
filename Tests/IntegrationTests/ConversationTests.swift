import Foundation
import Support
import Testing

@Suite("Listening to conversations", .enabled(if: !UserModeLinux.isGuest, "no datapath is needed"))
struct ConversationTests {
    @Test("ovs-ofctl snoop hears both sides of what controllers and the bridge say")
    func snoop() async throws {
        try await Lab.with(.embedded) { lab in
            let dut = try lab.startSwitch()
            let snoop = try lab.start(
                ["ovs-ofctl", "--unixctl=\(lab.folder)/snoop.ctl", "snoop", "unix:\(lab.folder)/run/br0.snoop"],
                in: lab.switchNamespace)
            try eventually("a request and its reply on the snoop socket") {
                guard snoop.status == nil else { throw LabError.other("snoop ended: \(snoop.output)") }
                // Asked again and again, since nobody says when the snooper has been let in.
                try dut.requireOfctl(.openFlow13, "dump-flows")
                let text = snoop.output
                return text.contains("OFPST_FLOW request (OF1.3)") && text.contains("OFPST_FLOW reply (OF1.3)")
                    ? true : nil
            }
            try dut.requireOfctl(.openFlow10, "probe")
            try eventually("another version on the snoop socket") {
                snoop.output.contains("OFPT_ECHO_REQUEST (") ? true : nil
            }
            #expect(!snoop.output.contains("***decode error***"), "\(snoop.output)")
        }
    }

    @Test("a recording is decoded by Wireshark, message by message")
    func record() async throws {
        try await Lab.with(.embedded) { lab in
            let path = "\(lab.folder)/said.pcapng"
            let dut = try lab.startSwitch(["--record", path])
            try dut.requireOfctl(.openFlow13, "add-flow", "priority=5,in_port=1,actions=output:2")
            let client = try dut.connect()
            try client.handshake(.openFlow10)
            try client.proveAlive(.openFlow10)
            _ = try dut.process.stop()
            let types = try Command.require([
                "tshark", "-r", path, "-Y", "openflow_v4", "-T", "fields", "-e", "openflow_v4.type",
            ])
            // HELLO of both, FLOW_MOD, BARRIER and its reply, as ovs-ofctl sends them.
            let seen = Set(types.split(whereSeparator: { $0 == "\n" || $0 == "," }).map(String.init))
            #expect(seen.isSuperset(of: ["0", "14", "20", "21"]), "\(types)")
            let malformed = try Command.require([
                "tshark", "-r", path, "-Y", "_ws.malformed", "-T", "fields", "-e", "frame.number",
            ])
            #expect(!malformed.split(separator: "\n").contains { Int($0) != nil }, "\(malformed)")
            let versions = try Command.require([
                "tshark", "-r", path, "-Y", "openflow_1_0.type == 6", "-T", "fields", "-e", "openflow_1_0.type",
            ])
            #expect(versions.contains("6"), "the features reply of 1.0: \(versions)")
        }
    }
}
