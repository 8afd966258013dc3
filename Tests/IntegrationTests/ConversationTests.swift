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

    @Test("messages of the types asked for are in the log, both ways, and others are not")
    func logged() async throws {
        try await Lab.with(.embedded) { lab in
            let dut = try lab.startSwitch("--log-messages", "FLOW_MOD,multipart")
            try dut.requireOfctl(.openFlow13, "add-flow", "cookie=0x2a,in_port=1,actions=output:2")
            _ = try dut.flows(.openFlow13)
            for text in [
                "< 127.0.0.1: OFPT_FLOW_MOD (OF1.3)", "< 127.0.0.1: OFPST_FLOW request",
                "> 127.0.0.1: OFPST_FLOW reply",
            ] {
                try dut.process.waitForOutput(containing: text)
            }
            #expect(!dut.process.output.contains("OFPT_HELLO"), "\(dut.process.output)")
        }
    }

    @Test("bursts of flow_mods are counted in the log, by who sent them")
    func bursts() async throws {
        try await Lab.with(.embedded) { lab in
            let dut = try lab.startSwitch()
            let flows = (1...50).map { "priority=\($0),actions=drop" }.joined(separator: "\n") + "\n"
            try dut.requireOfctl(.openFlow13, "add-flows", lab.write(flows, to: "flows.txt"))
            try dut.process.waitForOutput(containing: ": 50 flow_mods in the last 10 s")
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
