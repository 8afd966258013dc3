import Support
import Testing

@Suite("Port numbers that the switch chose")
struct PortNumberTests {
    @Test(
        "a port has its number again after the agent was killed, or ended, and started with its ports in other order",
        arguments: LabDatapath.here)
    func restart(datapath: LabDatapath) async throws {
        try await Lab.with(datapath, hosts: 3) { lab in
            func numbers(_ dut: LabSwitch) throws -> [Bool] {
                let ports = try dut.requireOfctl(.openFlow13, "dump-ports-desc")
                return ["1(eth3)", "2(eth1)", "3(eth2)"].map(ports.contains)
            }
            let first = try lab.startSwitch("--port", "eth3", "--port", "eth1", "--port", "eth2", ports: false)
            #expect(try numbers(first) == [true, true, true])
            first.process.send(signal: 9)
            _ = try first.process.waitForExit()
            let second = try lab.startSwitch("--port", "eth1", "--port", "eth2", "--port", "eth3", ports: false)
            #expect(try numbers(second) == [true, true, true])
            _ = try second.process.stop()
            // One that is away for a while keeps its number, too; nobody else gets it meanwhile.
            let third = try lab.startSwitch("--port", "eth2", "--port", "eth1", ports: false)
            #expect(try numbers(third) == [false, true, true])
            _ = try third.process.stop()
            let fourth = try lab.startSwitch("--port", "eth2", "--port", "eth3", "--port", "eth1", ports: false)
            #expect(try numbers(fourth) == [true, true, true])
        }
    }
}
