import Foundation
import Support
import Testing

/// Tests of `--log-level` with parts: which lines come is what a user sees of it.
@Suite("What the log says of each part", .enabled(if: !UserModeLinux.isGuest, "needs no kernel of its own"))
struct LogLevelTests {
    private static let parts = ["agent", "connection", "datapath", "switch", "upcall"]

    @Test("each part keeps to its own level", arguments: Self.parts)
    func oneTalks(part: String) async throws {
        try await Lab.with(.embedded) { lab in
            let log = "\(lab.folder)/sluice.log"
            let dut = try lab.startSwitch(["--log-file", log, "--log-level", "\(part)=debug,error"])
            // Something to say for each part: a connection, a request that is refused, packets, tables that change.
            #expect(try !dut.ofctl(.openFlow13, "add-flow", "actions=group:5").succeeded)
            try dut.requireOfctl(.openFlow13, "add-flow", "actions=normal")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            try dut.requireOfctl(.openFlow13, "add-flow", "priority=7,in_port=1,actions=normal")
            let said = try eventually("a line of part \(part)") {
                let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
                return text.contains(" \(part): ") ? text : nil
            }
            for other in Self.parts where other != part { #expect(!said.contains(" \(other): "), "\(said)") }
        }
    }
}
