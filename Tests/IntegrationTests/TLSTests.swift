import Foundation
import Support
import Testing

@Suite("Connections over TLS", .enabled(if: !UserModeLinux.isGuest, "no datapath is needed"))
struct TLSTests {
    private func show(_ lab: Lab, as name: String) throws -> Command {
        let flags = TestCertificates.flags(name, caFlag: "--ca-cert")
        let command = ["ovs-ofctl", "-t", "60", "-O", "OpenFlow13"] + flags + ["show", "ssl:127.0.0.1:6654"]
        return try lab.run(command, in: lab.switchNamespace)
    }

    @Test(
        "ovs-ofctl with a certificate of the authority is let in; others are refused", arguments: TestCertificates.kinds
    )
    func passive(kind: String) async throws {
        try TestCertificates.prepare()
        try await Lab.with(.embedded) { lab in
            let flags = TestCertificates.flags("switch-\(kind)", caFlag: "--ca-certificate")
            let dut = try lab.startSwitch(["--listen", "pssl:6654:127.0.0.1"] + flags)
            for controller in TestCertificates.kinds {
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

    @Test("an authority with an RSA key, and everything under it, does as well")
    func rsaAuthority() async throws {
        try TestCertificates.prepare()
        try await Lab.with(.embedded) { lab in
            func identity(_ name: String, _ caFlag: String) -> [String] {
                [
                    "--private-key", TestCertificates.path("\(name).key"), "--certificate",
                    TestCertificates.path("\(name).pem"), caFlag, TestCertificates.path("rsa-ca.pem"),
                ]
            }
            _ = try lab.startSwitch(
                ["--listen", "pssl:6654:127.0.0.1"] + identity("switch-rsa-only", "--ca-certificate"))
            let show =
                ["ovs-ofctl", "-t", "60", "-O", "OpenFlow13"] + identity("controller-rsa-only", "--ca-cert")
                + ["show", "ssl:127.0.0.1:6654"]
            try Command.require(lab.switchNamespace.command(show))
            #expect(try !self.show(lab, as: "controller-ecdsa").succeeded, "the other authority's are refused")
        }
    }

    @Test("a certificate that expires soon is named with its day, in the log, by `sluice show` and in the metrics")
    func expiresSoon() async throws {
        try TestCertificates.prepare()
        try await Lab.with(.embedded) { lab in
            let flags = TestCertificates.flags("soon", caFlag: "--ca-certificate")
            let dut = try lab.startSwitch(["--listen", "pssl:6654:127.0.0.1"] + flags)
            try dut.process.waitForOutput(containing: "('CN=soon,O=Sluice tests') expire")
            let lines = try dut.sluice("show").split(separator: "\n").filter { $0.contains("certificate: ") }
            #expect(lines.contains { $0.contains("CN=soon") && $0.contains(", expire") }, "\(lines)")
            #expect(lines.contains { $0.contains("ca.pem") }, "\(lines)")
            let ends = try dut.sluice("metrics").split(separator: "\n").filter {
                $0.hasPrefix("sluice_certificate_not_after_seconds{")
            }
            let soon = ends.first { $0.contains("soon.pem") }?.split(separator: " ").last.flatMap { Double($0) }
            let left = try #require(soon, "\(ends)") - Date().timeIntervalSince1970
            #expect(left > -86_400 && left < 31 * 86_400, "\(ends)")
        }
    }

    @Test("files that are missing or do not fit are named")
    func wrongFiles() async throws {
        try TestCertificates.prepare()
        try await Lab.with(.embedded) { lab in
            func start(_ key: String, _ certificate: String) throws -> Command {
                let files = [
                    "--private-key", "\(TestCertificates.directory)/\(key)", "--certificate",
                    "\(TestCertificates.directory)/\(certificate)",
                ]
                let authority = ["--ca-certificate", "\(TestCertificates.directory)/ca.pem"]
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
