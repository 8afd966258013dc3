import Datapath
import Logging
import OpenFlow
import Testing

@testable import Agent

@Suite("The configuration file")
struct ConfigurationTests {
    private static func build(_ text: String, _ flags: String...) throws -> AgentConfiguration {
        let settings = try CommandLineSettings.parse(CommandLineSettings.flags(of: flags))
        return try ConfigurationBuilder.build(file: ConfigurationFile.parse(text, file: "s.yaml"), flags: settings)
    }

    /// What is said of a wrong file.
    private static func errors(_ text: String) -> [String] {
        do {
            _ = try Self.build(text)
            return []
        } catch let errors as ConfigurationErrors {
            return errors.lines
        } catch {
            return ["\(error)"]
        }
    }

    @Test("a file with everything in it is read as written")
    func everything() throws {
        let configuration = try Self.build(
            """
            # All there is.
            run-dir: /tmp/sluice
            log-file: /tmp/sluice.log
            log-level: connection=debug,warning
            keep-datapath: true
            private-key: k.pem
            certificate: c.pem
            ca-certificate: ca.pem
            bridges:
              - name: br0
                datapath: userspace
                datapath-id: 00000000000000a1
                fail-mode: secure
                protocols: [OpenFlow10, OpenFlow13]
                ports:
                  - eth1=1
                  - {device: eth2, number: 2}
                  - device: eth3
                controllers: ["tcp:192.0.2.1:6653", "unix:/run/c.sock"]
                listen: [ptcp:6653:127.0.0.1]
                max-backoff: 500ms
                inactivity-probe: 1m
              - name: br1
                protocols: OpenFlow13,OpenFlow14
                inactivity-probe: 0
            """)
        var first = BridgeConfiguration(name: "br0", datapath: .userspace)
        first.datapathID = DatapathID(rawValue: 0xa1)
        first.failMode = .secure
        first.protocols = [.v1_0, .v1_3]
        first.ports = [
            .init(device: "eth1", number: PortNumber(rawValue: 1)),
            .init(device: "eth2", number: PortNumber(rawValue: 2)), .init(device: "eth3"),
        ]
        first.controllers = [
            ControllerAddress(.active, .tcp(host: "192.0.2.1", port: 6653)),
            ControllerAddress(.active, .unix(path: "/run/c.sock")),
        ]
        first.listeners = [ControllerAddress(.passive, .tcp(host: "127.0.0.1", port: 6653))]
        first.maxBackoff = .milliseconds(500)
        first.inactivityProbe = .seconds(60)
        var second = BridgeConfiguration(name: "br1")
        second.protocols = [.v1_3, .v1_4]
        second.inactivityProbe = .zero
        var expected = AgentConfiguration(bridges: [first, second], runDirectory: "/tmp/sluice")
        expected.logFile = "/tmp/sluice.log"
        expected.logLevels = LogLevels(general: .warning, byPart: ["connection": .debug])
        expected.tls = TLSFiles(privateKey: "k.pem", certificate: "c.pem", caCertificate: "ca.pem")
        expected.keepDatapath = true
        #expect(configuration == expected)
        #expect(
            first.connections(runDirectory: "/tmp/sluice").listeners.map { $0.description }
                == ["ptcp:6653:127.0.0.1", "punix:/tmp/sluice/br0.mgmt"])
    }

    private static let bridgeKeys =
        "allow, async-messages, auxiliary-connections, controller-burst-limit, controller-queue-size, "
        + "controller-rate-limit, controllers, datapath, datapath-id, dscp, fail-mode, flood-vlans, flow-tables, "
        + "in-band, inactivity-probe, keepalive, listen, local-address, log-messages, max-backoff, max-connections, "
        + "max-half-open, mirrors, name, packet-buffers, ports, protocols, record, sample-groups or server-name"

    @Test(
        "what is wrong with a bridge is said with its place, its key and what is allowed",
        arguments: [
            ("nmae: x", "unknown key 'nmae': expected \(bridgeKeys)", 5, ""),
            ("fail-mode: fast", "'fast' is not allowed: expected standalone or secure", 16, ".fail-mode"),
            ("datapath: dpdk", "'dpdk' is not allowed: expected auto, kernel or userspace", 15, ".datapath"),
            ("datapath: [auto]", "expected text, found a list", 15, ".datapath"),
            ("datapath:", "expected text, found nothing", 14, ".datapath"),
            ("datapath-id: xyz", "'xyz' is not a datapath id: expected 1 to 16 hexadecimal digits", 18, ".datapath-id"),
            ("datapath-id: 0", "a datapath id of zero is not allowed", 18, ".datapath-id"),
            ("max-backoff: 8", "'8' lacks a unit: expected for instance 500ms, 5s or 1m", 18, ".max-backoff"),
            ("max-backoff: 8d", "'8d' has an unknown unit: expected ms, s, m or h", 18, ".max-backoff"),
            ("max-backoff: 1ms", "'1ms' is out of range: expected 100ms to 1h", 18, ".max-backoff"),
            (
                "max-backoff: soon", "'soon' is not a duration: expected for instance 500ms, 5s or 1m", 18,
                ".max-backoff"
            ),
            (
                "inactivity-probe: 99999999999999999h",
                "'99999999999999999h' is out of range: expected 100ms to 1h, or 0 for never", 23, ".inactivity-probe"
            ),
            ("ports: eth1", "expected a list, found 'eth1'", 12, ".ports"),
            ("ports: [eth1=0]", "'0' is not a port number: expected 1 to 65279", 13, ".ports[0]"),
            ("ports: [a, eth1=65280]", "'65280' is not a port number: expected 1 to 65279", 16, ".ports[1]"),
            ("ports: [a-name-too-long-]", "'a-name-too-long-' is longer than 15 bytes", 13, ".ports[0]"),
            (
                "ports: [a/b]", "'a/b' is not a device name: no white space, '/' or ':', not '.' or '..'", 13,
                ".ports[0]"
            ),
            ("ports: ['a,peer=a-name-too-long-']", "'a-name-too-long-' is longer than 15 bytes", 13, ".ports[0]"),
            ("ports: ['a=1,peer=']", "a name is missing", 13, ".ports[0]"),
            ("ports: ['a=0,peer=b']", "'0' is not a port number: expected 1 to 65279", 13, ".ports[0]"),
            (
                "ports: ['a,type=geneve,remote=flow,packet_type=ptap']",
                "packet_type=ptap: expected with type=gre, or type=vxlan and exts=gpe", 13, ".ports[0]"
            ),
            (
                "ports: ['a,type=gre,remote=flow,packet_type=layer3']",
                "packet_type=layer3: expected one of legacy_l2, legacy_l3, ptap", 13, ".ports[0]"
            ),
            (
                "ports: ['a,type=gre,remote=flow,exts=gpe']", "exts: expected exts=gbp or exts=gpe, with type=vxlan",
                13,
                ".ports[0]"
            ),
            ("ports: [{number: 1}]", "device is missing", 13, ".ports[0]"),
            ("ports: [{device: a, nr: 1}]", "unknown key 'nr': expected device or number", 25, ".ports[0]"),
            (
                "ports: [{device: a, number: x}]", "'x' is not a port number: expected 1 to 65279", 33,
                ".ports[0].number"
            ),
            ("controllers: [ptcp:1]", "'ptcp:1' waits for peers: it belongs to listen", 19, ".controllers[0]"),
            ("listen: [tcp:h]", "'tcp:h' calls a peer: it belongs to controllers", 14, ".listen[0]"),
            (
                "listen: [{ptcp: 1}]",
                "expected text, found a mapping: quote an address that ends in a colon", 14, ".listen[0]"
            ),
            (
                "protocols: [OpenFlow16]",
                "'OpenFlow16' is not a protocol: expected OpenFlow10, OpenFlow11, OpenFlow12, OpenFlow13, "
                    + "OpenFlow14 or OpenFlow15", 17, ".protocols[0]"
            ),
            ("protocols: []", "at least one protocol is needed", 16, ".protocols"),
            ("packet-buffers: 65537", "'65537' is not allowed: expected 0 to 65536", 21, ".packet-buffers"),
        ])
    func bridgeErrors(setting: String, error: String, column: Int, key: String) {
        let text = "bridges:\n  - name: br0\n    \(setting)\n"
        #expect(Self.errors(text) == ["s.yaml:3:\(column): bridges[0]\(key): \(error)"])
    }

    @Test(
        "what is wrong with the file is said with its place",
        arguments: [
            ("bridges: [", "s.yaml:2:1: not YAML: while parsing a flow node: did not find expected node content"),
            (
                "\tx",
                "s.yaml:1:1: not YAML: while scanning for the next token: found character that cannot start any token"
            ),
            ("run-dir: /a\nrun-dir: /b", "s.yaml:1:1: given more than once: 'run-dir'"),
            ("- br0", "s.yaml:1:1: expected a mapping, found a list"),
            ("br0", "s.yaml:1:1: expected a mapping, found 'br0'"),
            ("bridges: {}", "s.yaml:1:10: bridges: expected a list, found a mapping"),
            ("bridges: [br0]", "s.yaml:1:11: bridges[0]: expected a mapping, found 'br0'"),
            ("bridges:\n- ports: [a]", "s.yaml:2:3: bridges[0]: name is missing"),
            (
                "log-level: loud",
                "s.yaml:1:12: log-level: 'loud' is not a log level: expected trace, debug, info, "
                    + "notice, warning, error or critical"
            ),
            (
                "log-level: hat=info",
                "s.yaml:1:12: log-level: 'hat' is not a part of the program: expected agent, "
                    + "connection, datapath, switch, upcall or audit"
            ),
            ("keep-datapath: maybe", "s.yaml:1:16: keep-datapath: 'maybe' is not allowed: expected true or false"),
            ("run-dir: ''", "s.yaml:1:10: run-dir: a path is missing"),
            ("a: &x [1]\nb: *y", "s.yaml:2:4: not YAML: found undefined alias"),
        ])
    func fileErrors(text: String, error: String) {
        #expect(Self.errors(text).first == error)
    }

    @Test("everything that is wrong is said at once")
    func allErrors() {
        let text = "color: red\nbridges:\n  - name: a-name-that-is-long\n    fail-mode: no\n    ports: [x=y]\n"
        #expect(Self.errors(text).count == 4)
    }

    @Test(
        "what contradicts itself is refused",
        arguments: [
            (
                "[{name: a}, {name: a}]",
                "s.yaml:1:29: bridges[1].name: bridge a is there already (s.yaml:1:18: bridges[0].name)"
            ),
            ("[{name: a, ports: [x, x]}]", "s.yaml:1:32: bridges[0].ports[1]: device x is given twice"),
            ("[{name: a, ports: [a]}]", "s.yaml:1:29: bridges[0].ports[0]: device a is given twice"),
            (
                "[{name: a, ports: [x]}, {name: b, ports: [x]}]",
                "s.yaml:1:52: bridges[1].ports[0]: device x belongs to bridge a already"
            ),
            ("[{name: a, ports: [x=1, y=1]}]", "s.yaml:1:34: bridges[0].ports[1]: port number 1 is x's already"),
            (
                "[{name: a, datapath-id: 1}, {name: b, datapath-id: 01}]",
                "s.yaml:1:61: bridges[1].datapath-id: 0000000000000001 is the datapath id of bridge a already"
            ),
            (
                "[{name: a, listen: [ptcp:1]}, {name: b, listen: [ptcp:1]}]",
                "s.yaml:1:59: bridges[1].listen[0]: ptcp:1 is listened on by bridge a already"
            ),
            (
                "[{name: a, controllers: [tcp:h, tcp:h:6653]}]",
                "s.yaml:1:42: bridges[0].controllers[1]: tcp:h:6653 is given twice"
            ),
            (
                "[{name: a, ports: ['x,peer=y']}]",
                "s.yaml:1:29: bridges[0].ports[0]: y is not a port: expected y,peer=x"
            ),
            ("[{name: a, ports: ['x=1,peer=x']}]", "s.yaml:1:29: bridges[0].ports[0]: port x is its own peer"),
            (
                "[{name: a, ports: ['x,peer=y', y]}]",
                "s.yaml:1:29: bridges[0].ports[0]: y is not a patch port: expected y,peer=x"
            ),
            (
                "[{name: a, ports: ['x,peer=y', 'y,peer=z', 'z,peer=y']}]",
                "s.yaml:1:29: bridges[0].ports[0]: y has the peer z: expected y,peer=x"
            ),
        ])
    func contradictions(bridges: String, error: String) {
        #expect(Self.errors("bridges: \(bridges)") == [error])
    }

    @Test("an address that needs TLS needs its files, which are named")
    func filesOfTLS() throws {
        let bridges = "bridges: [{name: br0, controllers: [ssl:h], listen: [pssl:1]}]"
        #expect(
            Self.errors("certificate: c\n\(bridges)") == [
                "s.yaml:2:37: bridges[0].controllers[0]: ssl:h:6653 needs TLS, "
                    + "for which private-key, ca-certificate is missing",
                "s.yaml:2:54: bridges[0].listen[0]: pssl:1 needs TLS, "
                    + "for which private-key, ca-certificate is missing",
            ])
        let files = ["--private-key=k", "--certificate=c", "--ca-certificate=a"]
        let settings = try CommandLineSettings.parse(CommandLineSettings.flags(of: files))
        let file = try ConfigurationFile.parse(bridges, file: "s.yaml")
        let configuration = try ConfigurationBuilder.build(file: file, flags: settings)
        #expect(
            configuration.tls.complete
                == TLSConfiguration(privateKeyPath: "k", certificatePath: "c", authorityPath: "a"))
    }

    @Test("no bridge at all is an error that says what to do")
    func noBridge() {
        let error = "no bridge is configured: give --bridge NAME, or bridges in a file with --config FILE"
        for text in ["", "# nothing", "run-dir: /x", "bridges: []"] { #expect(Self.errors(text) == [error]) }
    }

    @Test("a run directory too deep for its sockets is refused")
    func deepRunDirectory() {
        let path = "/" + String(repeating: "d", count: 100)
        #expect(
            Self.errors("run-dir: \(path)\nbridges: [{name: br0}]")
                == ["run-dir: \(path)/br0.mgmt is longer than the 107 bytes that a socket may have"])
    }

    @Test("queues of a port are read, and what makes no sense of them is refused")
    func queues() throws {
        let port = try SettingParser.port("eth1=1,queues=3:100:2000;0:0:50")
        #expect(
            port.queues == [
                DeviceQueue(number: 3, minimumRate: 100_000, maximumRate: 2_000_000),
                DeviceQueue(number: 0, minimumRate: 0, maximumRate: 50_000),
            ])
        for text in ["", "1", "1:2", "1:2:1", "1:0:0", "1:1:2;1:1:2", "65533:1:2", "-1:1:2", "1:1:2;", "1:1:2:3"] {
            #expect(throws: SettingError.self, "\(text)") { try SettingParser.port("eth1,queues=\(text)") }
        }
        #expect(throws: SettingError.self) { try SettingParser.port("p0,peer=p1,queues=1:1:2") }
    }

    @Test("flow tables are read from file and flag, and what makes no sense of them is refused")
    func flowTables() throws {
        let configuration = try Self.build(
            "bridges: [{name: br0, flow-tables: ['3,flow-limit=10,overflow-policy=evict,groups=in_port;eth_src']}]",
            "--flow-table", "0,name=first")
        let tables = configuration.bridges.first?.flowTables ?? []
        #expect(tables.map(\.table.rawValue) == [3, 0] && tables.map(\.name) == [nil, "first"])
        #expect(tables.first?.flowLimit == 10 && tables.first?.evicts == true)
        #expect(tables.first?.groups == [.inPort, .ethernetSource])
        for text in [
            "254", "x", "1,flow-limit=-1", "1,overflow-policy=x", "1,groups=in_port", "1,name=", "1,limit=1",
            "1,overflow-policy=evict,groups=in_port;in_port", "1,overflow-policy=evict,groups=nothing",
            "1,name=a,name=b",
        ] { #expect(throws: SettingError.self, "\(text)") { try SettingParser.flowTable(text) } }
        #expect(Self.errors("bridges: [{name: br0, flow-tables: ['1', '1']}]").count == 1)
    }

    @Test("limits and time-outs of connections are read from file and flag, and what makes no sense is refused")
    func connectionTracking() throws {
        let configuration = try Self.build(
            "ct-limits: ['default=1000', 'zone=7,limit=5']\nct-timeouts: 'zone=7,udp-single=3,icmp-first=4,zone=8,"
                + "tcp-established=60'\nbridges: [{name: br0}]")
        #expect(
            configuration.connectionTracking.limits
                == [ConnectionLimit(zone: nil, limit: 1000), ConnectionLimit(zone: 7, limit: 5)])
        #expect(
            configuration.connectionTracking.timeouts == [
                ConnectionTimeoutPolicy(zone: 7, seconds: [.udpSingle: 3, .icmp: 4]),
                ConnectionTimeoutPolicy(zone: 8, seconds: [.tcpEstablished: 60]),
            ])
        let flagged = try Self.build("ct-limits: 'default=1'\nbridges: [{name: br0}]", "--ct-limits", "zone=1,limit=0")
        #expect(flagged.connectionTracking.limits == [ConnectionLimit(zone: 1, limit: 0)])
        #expect(flagged.connectionTracking.timeouts == nil)
        for text in [
            "", "x", "default=", "zone=7", "limit=7", "zone=7,limit=1,zone=7,limit=2", "zone=65536,limit=1",
            "default=1,default=2", "zone=1,zone=2,limit=1", "default=-1",
        ] { #expect(throws: SettingError.self, "\(text)") { try SettingParser.connectionLimits(text) } }
        for text in [
            "", "zone=1", "udp-single=1", "zone=1,udp=1", "zone=1,udp-single=0", "zone=1,udp-single=1,udp-single=2",
            "zone=1,icmp-first=1,zone=1,udp-single=1",
        ] { #expect(throws: SettingError.self, "\(text)") { try SettingParser.connectionTimeouts(text) } }
    }

    @Test("limits of megaflows are read from file and flag, and what makes no sense is refused")
    func megaflows() throws {
        let configuration = try Self.build(
            "flow-limit: 5000\nmax-idle: 300ms\nbridges: [{name: br0}]", "--flow-limit", "7000", "--max-revalidator",
            "2s")
        #expect(configuration.megaflows.maximum == 7000 && configuration.megaflows.idleTimeout == .milliseconds(300))
        #expect(configuration.megaflows.sweepInterval == .seconds(2))
        let limit = FlowLimit(configuration.megaflows)
        #expect(limit.maximum == 7000 && limit.idleTimeout(at: 0).duration == .milliseconds(300))
        // Sweeps keep up with what is idle.
        #expect(limit.sweepInterval == .milliseconds(300) && limit.idleTimeoutNearlyFull == .milliseconds(300))
        #expect(FlowLimit(MegaflowSettings()) == FlowLimit())
        for line in ["flow-limit: 0", "flow-limit: many", "max-idle: 0", "max-idle: 5", "max-revalidator: 1ms"] {
            #expect(Self.errors("\(line)\nbridges: [{name: br0}]").count == 1, "\(line)")
        }
    }

    // MARK: With flags

    @Test("flags win over the file, and lists add to it")
    func merging() throws {
        let configuration = try Self.build(
            "run-dir: /a\nbridges: [{name: br0, fail-mode: secure, ports: [x]}]", "--run-dir", "/b", "--fail-mode",
            "standalone", "--port", "y=7")
        #expect(configuration.runDirectory == "/b")
        #expect(configuration.bridges.map { $0.failMode } == [.standalone])
        #expect(configuration.bridges.first?.ports.map { $0.device } == ["x", "y"])
    }

    @Test("bridge flags mean the bridge that is named, or the only one")
    func whichBridge() throws {
        let file = "bridges: [{name: br0}, {name: br1}]"
        #expect(
            throws: ConfigurationErrors(["--bridge NAME is missing: the other flags do not say which bridge they mean"])
        ) {
            try Self.build(file, "--port", "x")
        }
        let configuration = try Self.build(file, "--bridge", "br1", "--port", "x", "--bridge", "br2", "--port", "y")
        #expect(configuration.bridges.map { $0.name } == ["br0", "br1", "br2"])
        #expect(configuration.bridges.map { $0.ports.map { $0.device } } == [[], ["x"], ["y"]])
    }
}
