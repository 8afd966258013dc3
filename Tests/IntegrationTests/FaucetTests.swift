import Foundation
import Support
import Testing

/// Faucet steers the switch and Gauge watches it, each by a session of its own, both in role equal.
@Suite("Faucet and Gauge", .enabled(if: !UserModeLinux.isGuest, "one datapath is enough"))
struct FaucetTests {
    private static func faucetConfiguration(vlans: [Int]) -> String {
        let ports = vlans.enumerated().map { "      \($0.offset + 1): {native_vlan: v\($0.element)}" }
        return """
            vlans:
            \(Set(vlans).sorted().map { "  v\($0): {vid: \($0)}" }.joined(separator: "\n"))
            dps:
              lab:
                dp_id: 0xa1
                hardware: "Open vSwitch"
                interfaces:
            \(ports.joined(separator: "\n"))

            """
    }

    private static func gaugeConfiguration(folder: String) -> String {
        """
        faucet_configs: [\(folder)/faucet.yaml]
        watchers:
          ports: {dps: [lab], type: port_stats, interval: 1, db: ports}
          states: {dps: [lab], type: port_state, db: states}
          flows: {dps: [lab], type: flow_table, interval: 1, db: flows}
        dbs:
          ports: {type: text, file: \(folder)/ports.log}
          states: {type: text, file: \(folder)/states.log}
          flows: {type: text, path: \(folder), compress: false}

        """
    }

    private static func start(_ name: String, _ lab: Lab, port: Int) throws -> ChildProcess {
        let upper = name.uppercased()
        return try lab.startOSKen(
            "faucet.\(name)", port: port,
            environment: [
                "\(upper)_CONFIG": "\(lab.folder)/\(name).yaml", "\(upper)_LOG": "STDOUT",
                "\(upper)_EXCEPTION_LOG": "STDOUT", "\(upper)_CONFIG_STAT_RELOAD": "0",
                "FAUCET_PROMETHEUS_ADDR": "127.0.0.1", "FAUCET_PROMETHEUS_PORT": "9302",
            ])
    }

    @Test("hosts of one VLAN reach each other, those of another do not, and Gauge reads the counters")
    func steering() async throws {
        try await Lab.with(.embedded, hosts: 3) { lab in
            _ = try lab.write(Self.faucetConfiguration(vlans: [100, 100, 200]), to: "faucet.yaml")
            _ = try lab.write(Self.gaugeConfiguration(folder: lab.folder), to: "gauge.yaml")
            let faucet = try Self.start("faucet", lab, port: 6633)
            let gauge = try Self.start("gauge", lab, port: 6634)
            let dut = try lab.startSwitch(
                "--controller", "tcp:127.0.0.1:6633", "--controller", "tcp:127.0.0.1:6634", "--max-backoff", "1s",
                "--protocols", "OpenFlow13")
            try faucet.waitForOutput(containing: "Port 3 (3) configured")
            try gauge.waitForOutput(containing: "DPID 161 (0xa1) up")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            #expect(try lab.ping(from: lab.hosts[1], to: lab.hosts[0]))
            for host in lab.hosts.prefix(2) {
                try faucet.waitForOutput(
                    containing: "L2 learned on Port \(host.number) \(host.hardwareAddress)")
            }
            let stranger = try lab.run(
                ["ping", "-n", "-q", "-c", "2", "-i", "0.2", "-W", "1", lab.hosts[2].address],
                in: lab.hosts[0].namespace)
            #expect(stranger.output.contains(" 0 received"), "\(stranger.output)")

            // It asked for no packets of misses and for 96 bytes of what it learns from; the flows are as it made them.
            let flows = try dut.flows(.openFlow13)
            #expect(flows.contains { $0.actions == "CONTROLLER:96,goto_table:2" && $0.has("dl_vlan=100") })
            #expect(flows.allSatisfy { $0.has("cookie=0x5adc15c0") })
            #expect(flows.contains { $0.actions == "push_vlan:0x8100,set_field:4196->vlan_vid,goto_table:1" })
            try Self.checkGauge(lab, gauge)
            for controller in [faucet, gauge] {
                #expect(!controller.output.contains("Traceback"), "\(controller.output)")
                #expect(!controller.output.contains("OFPErrorMsg"), "\(controller.output)")
            }
            #expect(!dut.process.output.contains("refused: OFP"), "\(dut.process.output)")
        }
    }

    /// Gauge wrote down what the switch's statistics say.
    private static func checkGauge(_ lab: Lab, _ gauge: ChildProcess) throws {
        try eventually("Gauge counts packets of ports 1 and 2") {
            let lines = try String(contentsOfFile: "\(lab.folder)/ports.log", encoding: .utf8).split(separator: "\n")
            return ["lab-1-packets-in", "lab-2-packets-out"].allSatisfy { name in
                lines.contains { line in
                    let words = line.split(separator: "\t")
                    return words.count == 3 && words[1] == name && (UInt64(words[2]) ?? 0) >= 6
                }
            } ? true : nil
        }
        let states = try String(contentsOfFile: "\(lab.folder)/states.log", encoding: .utf8)
        #expect(states.contains("port 1 added") && states.contains("port 3 added"), "\(states)")
        try eventually("Gauge has the flows to both hosts") {
            let files = try FileManager.default.contentsOfDirectory(atPath: lab.folder)
            return files.filter { $0.contains("flowtable") }.contains { file in
                guard let text = try? String(contentsOfFile: "\(lab.folder)/\(file)", encoding: .utf8) else {
                    return false
                }
                return lab.hosts.prefix(2).allSatisfy { text.contains("\"\($0.hardwareAddress)\"") }
            } ? true : nil
        }
    }
}
