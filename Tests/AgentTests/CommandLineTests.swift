import Logging
import OpenFlow
import Testing

@testable import Agent

@Suite("The command line")
struct CommandLineTests {
    private static func build(_ arguments: [String]) throws -> AgentConfiguration {
        let flags = CommandLineSettings.flags(of: arguments)
        return try ConfigurationBuilder.build(file: nil, flags: CommandLineSettings.parse(flags))
    }

    @Test("flags alone make a bridge")
    func flagsAlone() throws {
        let line =
            "--bridge br0 --datapath userspace --datapath-id 0000000000000001 --fail-mode secure "
            + "--protocols OpenFlow10,OpenFlow13 --port eth1=1 --port eth2 --controller tcp:192.0.2.1:6633 "
            + "--controller=tcp:[::1] --listen ptcp:6653:127.0.0.1 --max-backoff 4s --inactivity-probe 500ms "
            + "--run-dir /tmp/r --log-file /tmp/l --log-level debug --keep-datapath --private-key k "
            + "--certificate c --ca-certificate a"
        var bridge = BridgeConfiguration(name: "br0", datapath: .userspace, datapathID: DatapathID(rawValue: 1))
        bridge.failMode = .secure
        bridge.protocols = [.v1_0, .v1_3]
        bridge.ports = [.init(device: "eth1", number: PortNumber(rawValue: 1)), .init(device: "eth2")]
        bridge.controllers = [
            ControllerAddress(.active, .tcp(host: "192.0.2.1", port: 6633)),
            ControllerAddress(.active, .tcp(host: "::1", port: 6653)),
        ]
        bridge.listeners = [ControllerAddress(.passive, .tcp(host: "127.0.0.1", port: 6653))]
        bridge.maxBackoff = .seconds(4)
        bridge.inactivityProbe = .milliseconds(500)
        let expected = AgentConfiguration(
            bridges: [bridge], runDirectory: "/tmp/r", logFile: "/tmp/l", logLevels: LogLevels(general: .debug),
            tls: TLSFiles(privateKey: "k", certificate: "c", caCertificate: "a"), keepDatapath: true)
        #expect(try Self.build(line.split(separator: " ").map(String.init)) == expected)
    }

    @Test("what is not said is as Open vSwitch has it")
    func defaults() throws {
        let configuration = try Self.build(["--bridge", "br0"])
        let bridge = try #require(configuration.bridges.first)
        #expect(bridge.datapath == .auto)
        #expect(bridge.datapathID == nil)
        #expect(bridge.failMode == .standalone)
        #expect(bridge.maxBackoff == .seconds(8))
        #expect(bridge.inactivityProbe == .seconds(5))
        #expect(configuration.runDirectory == "/run/sluice")
        #expect(configuration.logLevels["switch"] == .info)
        #expect(!configuration.keepDatapath)
    }

    @Test("flags belong to the bridge before them, those before any bridge to the first")
    func order() throws {
        let configuration = try Self.build([
            "--port", "a", "--bridge", "br0", "--port", "b", "--bridge", "br1", "--port", "c", "--fail-mode", "secure",
        ])
        #expect(configuration.bridges.map { $0.ports.map { $0.device } } == [["a", "b"], ["c"]])
        #expect(configuration.bridges.map { $0.failMode } == [.standalone, .secure])
    }

    @Test("patch ports of two bridges name each other")
    func patchPorts() throws {
        let configuration = try Self.build([
            "--bridge", "br0", "--port", "pa=3,peer=pb", "--bridge", "br1", "--port", "pb,peer=pa",
        ])
        #expect(
            configuration.bridges.map { $0.ports } == [
                [.init(device: "pa", number: PortNumber(rawValue: 3), peer: "pb")], [.init(device: "pb", peer: "pa")],
            ])
    }

    @Test(
        "what is wrong with a flag is said with its name",
        arguments: [
            (["--port", "x"], "--bridge NAME is missing: the other flags do not say which bridge they mean"),
            (["--bridge", ""], "--bridge: a name is missing"),
            (["--bridge", "br0", "--port", "eth1=1x"], "--port: '1x' is not a port number: expected 1 to 65279"),
            (["--bridge", "br0", "--port", "eth1="], "--port: '' is not a port number: expected 1 to 65279"),
            (["--bridge", "br0", "--port", "=1"], "--port: a name is missing"),
            (["--bridge", "br0", "--port", "x=1", "--port", "y=1"], "--port: port number 1 is x's already"),
            (
                ["--bridge", "br0", "--datapath-id", "00000000000000001"],
                "--datapath-id: '00000000000000001' is not a datapath id: expected 1 to 16 hexadecimal digits"
            ),
            (["--bridge", "br0", "--listen", "tcp:h"], "--listen: 'tcp:h' calls a peer: it belongs to --controller"),
            (["--bridge", "br0", "--controller", "tcp:"], "--controller: 'tcp:' lacks a host"),
            (
                ["--bridge", "br0", "--log-level", "info,debug"],
                "--log-level: 'info,debug' has more than one general level"
            ),
            (
                ["--bridge", "br0", "--log-level", "switch=info,switch=debug"],
                "--log-level: 'switch' has more than one level"
            ),
        ])
    func errors(arguments: [String], error: String) {
        #expect(throws: ConfigurationErrors([error])) { try Self.build(arguments) }
    }

    @Test("each kind of failure at start has its exit status")
    func exitStatus() {
        let expected: [(AgentError.Code, Int32)] = [
            (.failed, 1), (.configuration, 2), (.unsupported, 2), (.missingDevice, 3), (.deviceInUse, 3),
            (.notPermitted, 4), (.addressInUse, 5), (.runDirectoryInUse, 5),
        ]
        for (code, status) in expected { #expect(code.exitStatus == status) }
    }

    @Test("the line that says what runs names each bridge, its datapath and where it listens")
    func readyLine() {
        let listening = [
            ControllerAddress(.passive, .tcp(host: "127.0.0.1", port: 6653)),
            ControllerAddress(.passive, .unix(path: "/run/sluice/br0.mgmt")),
        ]
        let first = SluiceAgent.Started(name: "br0", datapath: .userspace, listening: listening)
        #expect(
            AgentProgram.readyLine([first])
                == "sluice: ready (bridge br0, userspace datapath, listening on ptcp:6653:127.0.0.1)")
        let second = SluiceAgent.Started(name: "br1", datapath: .kernel, listening: [])
        #expect(
            AgentProgram.readyLine([first, second])
                == "sluice: ready (bridge br0, userspace datapath, listening on ptcp:6653:127.0.0.1; "
                + "bridge br1, kernel datapath)")
    }
}
