import Foundation
import Support
import Testing

@Suite("Bundles as ovs-ofctl commits them")
struct OfctlBundleTests {
    @Test("--bundle add-flows and replace-flows take all or nothing", arguments: LabDatapath.here)
    func flows(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch("--protocols", "OpenFlow13,OpenFlow14")
            let file = "\(lab.folder)/flows.txt"
            func write(_ lines: String) throws { try lines.write(toFile: file, atomically: true, encoding: .utf8) }
            try write("in_port=1,actions=output:2\nin_port=2,actions=output:1\n")
            for version in ["OpenFlow13", "OpenFlow14"] {
                try dut.requireOfctl(speaking: version, "--bundle add-flows", file)
                #expect(try dut.flows(.openFlow13).count == 2)
                #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
                try dut.requireOfctl(speaking: version, "--bundle del-flows")
                #expect(try dut.flows(.openFlow13).isEmpty)
            }
            try dut.requireOfctl(speaking: "OpenFlow14", "--bundle add-flows", file)
            try write("in_port=1,actions=output:2\nin_port=3,actions=drop\n")
            try dut.requireOfctl(speaking: "OpenFlow14", "--bundle replace-flows", file)
            let replaced = try dut.flows(.openFlow13)
            #expect(replaced.count == 2 && !replaced.contains { $0.has("in_port=2") }, "\(replaced)")

            // The third flow names a group that is not there: none of the three comes.
            try write("in_port=7,actions=drop\nin_port=8,actions=drop\nin_port=9,actions=group:5\n")
            let refused = try dut.ofctl(speaking: "OpenFlow14", "--bundle add-flows", file)
            #expect(!refused.succeeded && refused.output.contains("OFPBAC_BAD_OUT_GROUP"), "\(refused.output)")
            let left = try dut.flows(.openFlow13)
            #expect(left.map(\.actions).sorted() == replaced.map(\.actions).sorted(), "\(left)")
        }
    }
}
