import Foundation
import Support
import Testing

@Suite("Connections over TLS", .enabled(if: !UserModeLinux.isGuest, "no datapath is needed"))
struct TLSTests {
    /// The kinds of keys that `certs/make-test-certificates.sh` makes.
    private static let kinds = ["rsa", "ecdsa"]

    private static let authority = "\(Repository.root)/.build/test-certificates"

    /// Makes the certificates, the first time.
    private static func prepare() throws {
        try Command.require(["\(Repository.root)/certs/make-test-certificates.sh", Self.authority])
    }

    private static func flags(_ name: String, caFlag: String) -> [String] {
        [
            "--private-key", "\(Self.authority)/\(name).key", "--certificate", "\(Self.authority)/\(name).pem", caFlag,
            "\(Self.authority)/ca.pem",
        ]
    }

    private func show(_ lab: Lab, as name: String) throws -> Command {
        let flags = Self.flags(name, caFlag: "--ca-cert")
        let command = ["ovs-ofctl", "-t", "60", "-O", "OpenFlow13"] + flags + ["show", "ssl:127.0.0.1:6654"]
        return try lab.run(command, in: lab.switchNamespace)
    }

    @Test("ovs-ofctl with a certificate of the authority is let in; others are refused", arguments: Self.kinds)
    func passive(kind: String) async throws {
        try Self.prepare()
        try await Lab.with(.embedded) { lab in
            let flags = Self.flags("switch-\(kind)", caFlag: "--ca-certificate")
            let dut = try lab.startSwitch(["--listen", "pssl:6654:127.0.0.1"] + flags)
            for controller in Self.kinds {
                let show = try self.show(lab, as: "controller-\(controller)")
                #expect(show.succeeded && show.output.contains("dpid:00000000000000a1"), "\(show.output)")
            }
            for refused in ["stranger", "expired"] {
                let show = try self.show(lab, as: refused)
                #expect(!show.succeeded, "\(refused): \(show.output)")
            }
            let plain = ["ovs-ofctl", "-t", "60", "-O", "OpenFlow13", "show", "tcp:127.0.0.1:6654"]
            #expect(try !lab.run(plain, in: lab.switchNamespace).succeeded)
            #expect(try self.show(lab, as: "controller-rsa").succeeded, "it lives on")
            try dut.requireOfctl(.openFlow13, "probe")
        }
    }

    @Test("files that are missing or do not fit are named")
    func wrongFiles() async throws {
        try Self.prepare()
        try await Lab.with(.embedded) { lab in
            func start(_ key: String, _ certificate: String) throws -> Command {
                let files = [
                    "--private-key", "\(Self.authority)/\(key)", "--certificate", "\(Self.authority)/\(certificate)",
                ]
                let authority = ["--ca-certificate", "\(Self.authority)/ca.pem"]
                return try lab.run(
                    lab.flags(["--listen", "pssl:6654:127.0.0.1"] + files + authority), in: lab.switchNamespace)
            }
            let missing = try start("nosuch.key", "switch-rsa.pem")
            #expect(missing.status == .exited(2) && missing.output.contains("nosuch.key"), "\(missing.output)")
            let mixed = try start("switch-rsa.key", "switch-ecdsa.pem")
            #expect(mixed.status == .exited(2), "\(mixed.output)")
            let none = try lab.run(lab.flags(["--listen", "pssl:6654:127.0.0.1"]), in: lab.switchNamespace)
            #expect(none.status == .exited(2) && none.output.contains("private-key"), "\(none.output)")
        }
    }
}
