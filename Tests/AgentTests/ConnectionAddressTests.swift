import Testing

@testable import Agent

@Suite("Addresses of controllers")
struct ConnectionAddressTests {
    @Test(
        "addresses are read as Open vSwitch's users write them, and printed with their port",
        arguments: [
            ("tcp:192.0.2.1", "tcp:192.0.2.1:6653"), ("tcp:192.0.2.1:6633", "tcp:192.0.2.1:6633"),
            ("tcp:controller.example:6633", "tcp:controller.example:6633"),
            ("tcp:[2001:db8::1]", "tcp:[2001:db8::1]:6653"), ("tcp:[::1]:1", "tcp:[::1]:1"),
            ("ssl:[::1]:65535", "ssl:[::1]:65535"), ("ptcp:", "ptcp:6653"), ("ptcp:0", "ptcp:0"),
            ("ptcp:6633:127.0.0.1", "ptcp:6633:127.0.0.1"), ("ptcp::127.0.0.1", "ptcp:6653:127.0.0.1"),
            ("ptcp:6633:[::]", "ptcp:6633:[::]"), ("pssl:6633:[::1]", "pssl:6633:[::1]"),
            ("unix:/run/a b", "unix:/run/a b"), ("punix:/run/x:y", "punix:/run/x:y"),
        ])
    func valid(text: String, printed: String) throws {
        let address = try ControllerAddress(parsing: text)
        #expect(address.description == printed)
        #expect(try ControllerAddress(parsing: printed) == address)
    }

    @Test(
        "a peer is named as it would be written, mapped IPv4 addresses as IPv4",
        arguments: [
            ("127.0.0.1", false, "tcp:127.0.0.1:99"), ("::ffff:127.0.0.1", false, "tcp:127.0.0.1:99"),
            ("::ffff:192.0.2.1", true, "ssl:192.0.2.1:99"), ("::1", false, "tcp:[::1]:99"),
            ("::ffff:0:1", false, "tcp:[::ffff:0:1]:99"),
        ])
    func peerName(host: String, usesTLS: Bool, name: String) {
        #expect(ConnectionBootstrap.name(ofHost: host, port: 99, usesTLS: usesTLS) == name)
    }

    @Test("the parts are told apart")
    func parts() throws {
        #expect(
            try ControllerAddress(parsing: "tcp:[::1]:99")
                == ControllerAddress(.active, .tcp(host: "::1", port: 99)))
        #expect(
            try ControllerAddress(parsing: "ptcp:99") == ControllerAddress(.passive, .tcp(host: nil, port: 99)))
        #expect(try ControllerAddress(parsing: "pssl:").needsTLS)
        #expect(try ControllerAddress(parsing: "punix:/x") == ControllerAddress(.passive, .unix(path: "/x")))
    }

    private static let expected =
        "expected tcp:HOST[:PORT], ssl:HOST[:PORT], unix:PATH, ptcp:[PORT][:HOST], pssl:[PORT][:HOST] or punix:PATH"

    @Test(
        "what is wrong with an address is said exactly",
        arguments: [
            ("", "'' is not an address: \(expected)"), ("127.0.0.1", "'127.0.0.1' is not an address: \(expected)"),
            ("udp:127.0.0.1", "'udp:127.0.0.1' is not an address: \(expected)"),
            ("tcp:", "'tcp:' lacks a host"), ("tcp::6653", "'tcp::6653' lacks a host"),
            ("tcp:h:0", "port 0 of 'tcp:h:0' cannot be called"),
            ("tcp:h:65536", "'65536' in 'tcp:h:65536' is not a port: expected 1 to 65535"),
            ("tcp:h:+1", "'+1' in 'tcp:h:+1' is not a port: expected 1 to 65535"),
            ("tcp:h:", "'' in 'tcp:h:' is not a port: expected 1 to 65535"),
            ("tcp:::1", "'tcp:::1' has too many colons: an IPv6 address is written in brackets"),
            ("tcp:[::1", "'tcp:[::1' lacks a closing bracket"),
            ("tcp:[::1]x", "'tcp:[::1]x' goes on after its closing bracket"),
            ("ptcp:x", "'x' in 'ptcp:x' is not a port: expected 1 to 65535"),
            ("ptcp:1:h:2", "'ptcp:1:h:2' goes on after its host"),
            ("ptcp:1:", "'ptcp:1:' lacks a host after its last colon"),
            ("tcp:a b", "the host of 'tcp:a b' has characters that no host has"),
            ("unix:", "'unix:' lacks a path"),
        ])
    func invalid(text: String, error: String) {
        #expect(throws: ControllerAddress.ParseError(description: error)) { try ControllerAddress(parsing: text) }
    }

    @Test("a socket's path may have 107 bytes")
    func longPath() throws {
        let path = "/" + String(repeating: "x", count: 106)
        #expect(try ControllerAddress(parsing: "unix:\(path)").description == "unix:\(path)")
        #expect(throws: ControllerAddress.ParseError.self) { try ControllerAddress(parsing: "unix:\(path)y") }
    }

    @Test("texts made of every short run of the characters of addresses are read or refused, never more")
    func shortTexts() {
        let alphabet = Array(":[]0a/.")
        for kind in ["tcp:", "ptcp:", "unix:", "pssl:", "x"] {
            var texts = [""]
            for _ in 0..<4 { texts += texts.suffix(2401).flatMap { text in alphabet.map { text + String($0) } } }
            for text in texts {
                guard let address = try? ControllerAddress(parsing: kind + text) else { continue }
                #expect((try? ControllerAddress(parsing: address.description)) == address)
            }
        }
    }
}
