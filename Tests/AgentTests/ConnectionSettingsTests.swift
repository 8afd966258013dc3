import OpenFlow
import Testing

@testable import Agent

@Suite("Settings of connections")
struct ConnectionSettingsTests {
    private static func build(_ text: String?, _ flags: String...) throws -> AgentConfiguration {
        let settings = try CommandLineSettings.parse(CommandLineSettings.flags(of: flags))
        let file = try text.map { try ConfigurationFile.parse($0, file: "s.yaml") }
        return try ConfigurationBuilder.build(file: file, flags: settings)
    }

    private static func settings(_ configuration: AgentConfiguration, _ address: String) throws -> ConnectionSettings {
        let bridge = try #require(configuration.bridges.first)
        return bridge.connections(runDirectory: "/run").settings(of: try ControllerAddress(parsing: address))
    }

    @Test("a controller's own settings go before the bridge's, and those before the defaults")
    func layers() throws {
        let configuration = try Self.build(
            """
            bridges:
              - name: br0
                protocols: [OpenFlow13, OpenFlow14]
                max-backoff: 4s
                dscp: 10
                controller-rate-limit: 1000
                controllers:
                  - tcp:192.0.2.1
                  - address: "ssl:192.0.2.2"
                    max-backoff: 1s
                    inactivity-probe: 0
                    protocols: OpenFlow13
                    controller-rate-limit: 0
                    controller-queue-size: 7
                    server-name: controller.example
                    auxiliary-connections: 2
                    local-address: 192.0.2.9
                    record: /tmp/c.pcapng
                    async-messages: false
                listen:
                  - address: ptcp:6653
                    allow: [192.0.2.0/24, "2001:db8::/32"]
                    max-connections: 5
                    max-half-open: 2
                    keepalive: 30s
            private-key: k
            certificate: c
            ca-certificate: a
            """)
        let first = try Self.settings(configuration, "tcp:192.0.2.1")
        #expect(first.maxBackoff == .seconds(4) && first.inactivityProbe == .seconds(5))
        #expect(first.protocols == [.v1_3, .v1_4] && first.codePoint == 10)
        #expect(first.packetInLimit == PacketInLimit(rate: 1000, burst: 250, queueMaximum: 100))
        let second = try Self.settings(configuration, "ssl:192.0.2.2")
        #expect(second.maxBackoff == .seconds(1) && second.inactivityProbe == .zero)
        #expect(second.protocols == [.v1_3] && second.codePoint == 10)
        #expect(second.packetInLimit == PacketInLimit(rate: 0, queueMaximum: 7))
        #expect(second.serverName == "controller.example" && second.auxiliaryConnections == 2)
        #expect(second.localAddress == "192.0.2.9" && second.recordingPath == "/tmp/c.pcapng")
        #expect(second.sendsAsynchronousMessages == false)
        let listener = try Self.settings(configuration, "ptcp:6653")
        #expect(listener.allowedPeers?.map(\.description) == ["192.0.2.0/24", "2001:db8::/32"])
        #expect(listener.connectionsMaximum == 5 && listener.halfOpenMaximum == 2 && listener.keepalive == .seconds(30))
    }

    @Test("types of messages are chosen by the beginnings of their names")
    func messageSelection() throws {
        let some = try #require(MessageSelection("flow,OFPT_PACKET_OUT,MULTIPART"))
        for name in ["OFPT_FLOW_MOD", "OFPT_FLOW_REMOVED", "OFPT_PACKET_OUT", "OFPST_PORT reply"] {
            #expect(some.contains(name: name), "\(name)")
        }
        #expect(!some.contains(name: "OFPT_HELLO") && !some.contains(name: "OFPT_PACKET_IN"))
        #expect(try #require(MessageSelection("all")).contains(name: "OFPT_HELLO"))
        for text in ["", "FLOW_MOD,", "flow mod", "*"] { #expect(MessageSelection(text) == nil, "\(text)") }
    }

    @Test("one file takes the conversations of one bridge only")
    func recordings() throws {
        func build(_ second: String) throws(ConfigurationErrors) -> AgentConfiguration {
            let text = """
                bridges:
                  - {name: br0, record: /tmp/a.pcapng}
                  - {name: br1, listen: [{address: "ptcp:6653", record: \(second)}]}
                """
            return try ConfigurationBuilder.build(
                file: ConfigurationFile.parse(text, file: "f"), flags: PartialConfiguration())
        }
        _ = try build("/tmp/b.pcapng")
        let errors = #expect(throws: ConfigurationErrors.self) { try build("/tmp/a.pcapng") }
        #expect(
            errors?.lines == [
                "record: bridge br0 records to /tmp/a.pcapng already: give bridge br1 a file of its own"
            ])
    }

    @Test("flags say the same of all connections of a bridge, and of TLS")
    func flags() throws {
        let configuration = try Self.build(
            nil, "--bridge", "br0", "--listen", "pssl:", "--controller-rate-limit", "100", "--dscp", "0", "--allow",
            "192.0.2.1", "--max-half-open=3", "--private-key", "k", "--certificate", "c", "--ca-certificate", "a",
            "--bootstrap-ca-certificate", "--verify-controller-name", "--crl", "l", "--tls-min-version", "TLSv1.3",
            "--tls-ciphers", "HIGH", "--tls-cipher-suites", "TLS_AES_128_GCM_SHA256")
        let settings = try Self.settings(configuration, "pssl:")
        #expect(settings.packetInRate == 100 && settings.codePoint == 0 && settings.halfOpenMaximum == 3)
        #expect(settings.allowedPeers?.map(\.description) == ["192.0.2.1"])
        var expected = TLSConfiguration(privateKeyPath: "k", certificatePath: "c", authorityPath: "a")
        expected.bootstrapsAuthority = true
        expected.verifiesName = true
        expected.revocationListPath = "l"
        expected.minimumVersion = .v1_3
        expected.ciphers = "HIGH"
        expected.cipherSuites = "TLS_AES_128_GCM_SHA256"
        #expect(configuration.tls.complete == expected)
    }

    @Test(
        "what is wrong is said with its place",
        arguments: [
            ("controllers: [{address: ptcp:1}]", "calls a peer", false),
            ("controllers: [{address: ptcp:1}]", "it belongs to listen", true),
            ("controllers: [{address: tcp:a, allow: 1.2.3.4}]", "unknown key 'allow'", true),
            ("listen: [{address: ptcp:1, server-name: x}]", "unknown key 'server-name'", true),
            ("listen: [{address: ptcp:1, allow: [192.0.2.0/33]}]", "'192.0.2.0/33' is not a range", true),
            ("listen: [{address: ptcp:1, allow: [192.0.2.1/24]}]", "'192.0.2.1/24' is not a range", true),
            ("dscp: 64", "expected 0 to 63", true), ("local-address: host", "not an IPv4 or IPv6 address", true),
            ("auxiliary-connections: 9", "expected 0 to 8", true), ("async-messages: yes", "true or false", true),
            ("keepalive: 5", "lacks a unit", true), ("server-name: 'a b'", "without white space", true),
            ("controller-queue-size: 0", "expected 1 to 4096", true),
        ])
    func wrong(_ line: String, _ part: String, _ isThere: Bool) {
        let error = #expect(throws: ConfigurationErrors.self) {
            try Self.build("bridges:\n- name: br0\n  \(line)\n")
        }
        let text = error?.description ?? ""
        #expect(text.contains(part) == isThere && text.hasPrefix("s.yaml:3:"), "\(text)")
    }

    @Test(
        "ranges of addresses hold what they say, in either form of IPv4",
        arguments: [
            ("192.0.2.0/24", ["192.0.2.0", "192.0.2.255", "::ffff:192.0.2.7"], ["192.0.3.0", "::c000:207", "x"]),
            ("0.0.0.0/0", ["1.2.3.4", "::ffff:1.2.3.4"], ["::1", "2001:db8::1"]),
            ("::/0", ["1.2.3.4", "::1", "fe80::1%eth0"], [""]),
            ("2001:db8::/32", ["2001:db8::", "2001:db8:ffff::1"], ["2001:db9::", "1.2.3.4"]),
            ("127.0.0.1", ["127.0.0.1"], ["127.0.0.2"]), ("::1", ["::1"], ["::2", "127.0.0.1"]),
        ])
    func prefixes(_ text: String, _ inside: [String], _ outside: [String]) throws {
        let prefix = try #require(AddressPrefix(text))
        for address in inside { #expect(prefix.contains(address), "\(address)") }
        for address in outside { #expect(!prefix.contains(address), "\(address)") }
        #expect(prefix.description == text)
    }

    @Test(
        "what is no range of addresses is not taken for one",
        arguments: ["", "/", "1.2.3.4/", "1.2.3.4/+1", "1.2.3.4/33", "1.2.3/8", "::/129", "::1/64", "a", "1.2.3.4/24"])
    func noPrefixes(_ text: String) {
        #expect(AddressPrefix(text) == nil)
    }
}
