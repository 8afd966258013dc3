import OpenFlow
import Testing

@testable import Agent

@Suite("What is different between two configurations")
struct ConfigurationChangeTests {
    private static func configuration(_ text: String, _ flags: String...) throws -> AgentConfiguration {
        let settings = try CommandLineSettings.parse(CommandLineSettings.flags(of: flags))
        return try ConfigurationBuilder.build(file: ConfigurationFile.parse(text, file: "s.yaml"), flags: settings)
    }

    /// The lines that lead from one file to another.
    private static func lines(_ old: String, _ new: String) throws -> [String] {
        try ConfigurationChange(from: Self.configuration(old), to: Self.configuration(new)).lines
    }

    /// A file with one bridge that says these things.
    private static func bridge(_ lines: String...) -> String {
        "bridges:\n  - name: br0\n" + lines.map { "    \($0)\n" }.joined()
    }

    @Test("the same settings, in another order or notation, are no difference")
    func nothing() throws {
        let old = Self.bridge("ports: [eth1=1, eth2]", "controllers: [\"tcp:h\"]", "max-backoff: 2s")
        let new = "bridges: [{max-backoff: 2000ms, controllers: [\"tcp:h:6653\"], ports: [eth2, eth1=1], name: br0}]"
        #expect(try Self.lines(old, new) == [])
        #expect(try ConfigurationChange(from: Self.configuration(old), to: Self.configuration(new)).isEmpty)
    }

    @Test("bridges come and go by their names, and what is left of them is not spoken of")
    func bridges() throws {
        let old = try Self.configuration("bridges: [{name: br0}, {name: br1, ports: [eth1]}]")
        let new = try Self.configuration("bridges: [{name: br2, ports: [eth1]}, {name: br0}]")
        let change = ConfigurationChange(from: old, to: new)
        #expect(change.removedBridges == ["br1"] && change.addedBridges == ["br2"] && change.changedBridges.isEmpty)
        #expect(change.lines == ["bridge br1: removed", "bridge br2: added"])
    }

    @Test(
        "each setting of the agent is seen, by its key",
        arguments: [
            ("run-dir", "/a"), ("log-file", "/a"), ("log-level", "debug"), ("keep-datapath", "true"),
            ("flow-restore-wait", "5s"), ("ct-limits", "default=7"), ("ct-timeouts", "\"zone=7,udp-single=10\""),
            ("flow-limit", "100"), ("max-idle", "1s"), ("max-revalidator", "200ms"), ("private-key", "k"),
            ("certificate", "c"), ("ca-certificate", "a"), ("bootstrap-ca-certificate", "true"), ("crl", "r"),
            ("tls-min-version", "TLSv1.3"), ("tls-ciphers", "X"), ("tls-cipher-suites", "Y"),
            ("verify-controller-name", "true"),
        ])
    func agentSetting(key: String, value: String) throws {
        let old = "bridges: [{name: br0}]\n"
        #expect(try Self.lines(old, old + "\(key): \(value)\n") == ["\(key): changed"])
    }

    @Test("every setting of the agent and of connections that a file may have is compared")
    func everySetting() throws {
        // What the table above lists, and what is listed below.
        let keys: Set = [
            "run-dir", "log-file", "log-level", "keep-datapath", "flow-restore-wait", "ct-limits", "ct-timeouts",
            "flow-limit", "max-idle", "max-revalidator", "private-key", "certificate", "ca-certificate",
            "bootstrap-ca-certificate", "crl", "tls-min-version", "tls-ciphers", "tls-cipher-suites",
            "verify-controller-name",
        ]
        #expect(Set(SettingTable.agent.map(\.name)) == keys)
        let texts = [
            "local-address": "192.0.2.1", "server-name": "x", "log-messages": "HELLO", "record": "/r",
            "allow": "192.0.2.0/24", "async-messages": "false", "in-band": "true", "max-backoff": "3s",
            "inactivity-probe": "3s", "keepalive": "3s", "protocols": "OpenFlow14",
        ]
        for direction in [ControllerAddress.Direction.active, .passive] {
            for row in SettingTable.address(direction) {
                var settings = ConnectionSettings()
                try row.apply(&settings, texts[row.name] ?? "7")
                #expect(settings.differences(from: ConnectionSettings(), for: direction) == [row.name])
            }
        }
    }

    @Test("ports come, go and change by their names; another number, peer or tunnel makes another port")
    func ports() throws {
        let old = try Self.configuration(
            Self.bridge("ports: [eth1=1, eth2=2, eth3=3, eth4=4, eth5, \"t0,type=geneve,remote=192.0.2.1\"]"))
        let new = try Self.configuration(
            Self.bridge(
                "ports: [eth1=1, eth3=9, \"eth4=4,tag=7\", \"eth5,queues=0:1:2\", eth6,",
                "  \"t0,type=geneve,remote=192.0.2.2\"]"))
        let change = try #require(ConfigurationChange(from: old, to: new).changedBridges.first)
        #expect(change.removedPorts == ["eth2"] && change.addedPorts == ["eth6"])
        #expect(
            change.changedPorts == [
                BridgeChange.Port(device: "eth3", settings: ["number"], isReplaced: true),
                BridgeChange.Port(device: "eth4", settings: ["VLANs"], isReplaced: false),
                BridgeChange.Port(device: "eth5", settings: ["queues"], isReplaced: false),
                BridgeChange.Port(device: "t0", settings: ["tunnel"], isReplaced: true),
            ])
        #expect(
            change.lines == [
                "bridge br0: port eth2 removed", "bridge br0: port eth6 added",
                "bridge br0: port eth3 replaced (number)",
                "bridge br0: port eth4 changed (VLANs)", "bridge br0: port eth5 changed (queues)",
                "bridge br0: port t0 replaced (tunnel)",
            ])
        // Whoever no longer cares for a number keeps it.
        #expect(try Self.lines(Self.bridge("ports: [eth1=5]"), Self.bridge("ports: [eth1]")) == [])
    }

    @Test("controllers are called anew only where an open connection cannot take over what is different")
    func controllers() throws {
        let old = Self.bridge("controllers: [\"tcp:a\", \"tcp:b\", {address: \"tcp:c\", dscp: 1}, \"tcp:d\"]")
        let new = Self.bridge(
            "controllers:", "  - {address: \"tcp:a\", max-backoff: 3s, record: /r}",
            "  - {address: \"tcp:b\", dscp: 7}",
            "  - {address: \"tcp:c\", dscp: 1}", "  - \"tcp:e\"")
        #expect(
            try Self.lines(old, new) == [
                "bridge br0: controller tcp:d:6653 removed", "bridge br0: controller tcp:e:6653 added",
                "bridge br0: controller tcp:a:6653 changed (max-backoff, record)",
                "bridge br0: controller tcp:b:6653 called anew (dscp)",
            ])
    }

    @Test("what a bridge says of all connections is told for each that it concerns")
    func allConnections() throws {
        let addresses = "controllers: [\"tcp:a\", {address: \"tcp:b\", protocols: OpenFlow13}]"
        let listen = "listen: [\"ptcp:1\"]"
        #expect(
            try Self.lines(Self.bridge(addresses, listen), Self.bridge(addresses, listen, "protocols: OpenFlow14"))
                == [
                    "bridge br0: changed: protocols", "bridge br0: controller tcp:a:6653 called anew (protocols)",
                    "bridge br0: listener ptcp:1 changed (protocols)",
                ])
        // Who may come in is the business of listeners.
        #expect(
            try Self.lines(Self.bridge(addresses, listen), Self.bridge(addresses, listen, "allow: 192.0.2.1"))
                == ["bridge br0: changed: allow", "bridge br0: listener ptcp:1 changed (allow)"])
    }

    @Test("another datapath id calls every controller anew; another datapath makes the bridge anew")
    func identity() throws {
        let old = Self.bridge("controllers: [\"tcp:a\"]", "datapath: userspace")
        #expect(
            try Self.lines(old, Self.bridge("controllers: [\"tcp:a\"]", "datapath: userspace", "datapath-id: a7"))
                == ["bridge br0: changed: datapath-id", "bridge br0: controller tcp:a:6653 called anew (datapath-id)"])
        let automatic = try Self.configuration(Self.bridge("controllers: [\"tcp:a\"]"))
        let before = try Self.configuration(old)
        let change = ConfigurationChange(from: before, to: automatic)
        #expect(change.changedBridges.first?.isMadeAnew == true)
        #expect(change.lines == ["bridge br0: made anew", "bridge br0: changed: datapath"])
        // On a host where both come to the same it is no difference.
        #expect(ConfigurationChange(from: before, to: automatic) { _ in .userspace }.isEmpty)
    }

    @Test(
        "settings of a bridge are seen, by their keys",
        arguments: [
            ("fail-mode: secure", "fail-mode"), ("flood-vlans: \"1,2\"", "flood-vlans"),
            ("mirrors: [\"m,select-all=true,output-port=br0\"]", "mirrors"),
            ("packet-buffers: 9", "packet-buffers"), ("sample-groups: [1=2]", "sample-groups"),
            ("flow-tables: [\"0,flow-limit=5\"]", "flow-tables"),
            ("max-backoff: 1s", "max-backoff"), ("inactivity-probe: 1s", "inactivity-probe"),
            ("controller-rate-limit: 5", "controller-rate-limit"),
        ])
    func bridgeSetting(line: String, key: String) throws {
        #expect(try Self.lines(Self.bridge(), Self.bridge(line)) == ["bridge br0: changed: \(key)"])
    }

    @Test("flags go on winning over the file, and adding to its lists")
    func flags() throws {
        let flags = ["--bridge", "br0", "--fail-mode", "secure", "--port", "eth9"]
        let parsed = try CommandLineSettings.parse(CommandLineSettings.flags(of: flags))
        func build(_ text: String) throws -> AgentConfiguration {
            try ConfigurationBuilder.build(file: ConfigurationFile.parse(text, file: "s.yaml"), flags: parsed)
        }
        let old = try build(Self.bridge("ports: [eth1]"))
        let new = try build(Self.bridge("ports: [eth2]", "fail-mode: standalone"))
        #expect(
            ConfigurationChange(from: old, to: new).lines
                == ["bridge br0: port eth1 removed", "bridge br0: port eth2 added"])
        #expect(new.bridges.first?.ports.map(\.device) == ["eth2", "eth9"])
    }
}
