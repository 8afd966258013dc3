import Datapath
import Foundation
import NIOCore
import NIOPosix
import OpenFlow
import Support
import Synchronization
import Testing

@testable import Agent

/// Runs the suite below in user-mode Linux, whose kernel has the openvswitch module.
@Suite("Bridges on a real kernel, under user-mode Linux", .enabled(if: !UserModeLinux.isGuest, "this is the guest"))
struct KernelGuestTests {
    @Test("what the guest's suites prove", arguments: ["KernelBridgeCycleTests"])
    func guest(suite: String) async throws {
        let run = try await UserModeLinux.runTests(filter: "AgentTests\\.\(suite)/")
        #expect(run.succeeded, "\(run.output)")
        // A filter that selects nothing succeeds too.
        #expect(run.output.contains("passed after") && !run.output.contains("with 0 tests"), "\(run.output)")
    }
}

@Suite(
    "A bridge made anew again and again on a real kernel",
    .enabled(if: UserModeLinux.isGuest, "KernelGuestTests runs it in the guest"))
struct KernelBridgeCycleTests {
    /// Sends frames from host to host, each from another address, until it is told to end.
    private final class Pump: Sendable {
        let isDone = Atomic<Bool>(false)
        let count = Atomic<Int>(0)

        func run(from sender: Int, to receiver: Int, in namespace: NetworkNamespace) throws {
            let socket = try PacketSocket("eth0", in: namespace)
            while !self.isDone.load(ordering: .relaxed) {
                let number = self.count.wrappingAdd(1, ordering: .relaxed).newValue
                var frame = TestFrame()
                frame.destination = 0x0200_0000_0000 + UInt64(receiver)
                frame.source = 0x0200_0000_0000 + UInt64(sender) << 16 + UInt64(number % 200)
                frame.payload = .other(type: 0x88b5)
                // A full queue or a cable that is being unplugged is not this test's business.
                try? socket.send(frame.bytes)
                sched_yield()
            }
        }
    }

    /// What must be gone in the end.
    ///
    /// `@unchecked Sendable`: nothing but whether it is gone is asked, after the loop that it was used on has ended.
    private struct Remains: @unchecked Sendable {
        weak var datapath: BridgeDatapath<PipelineState>?
        weak var openFlowSwitch: OpenFlowSwitch?
        var isEmpty: Bool { self.datapath == nil && self.openFlowSwitch == nil }
    }

    private static let rounds = 40

    private static func settings(_ name: String, _ ports: ClosedRange<Int>) -> BridgeSettings {
        BridgeSettings(
            name: name, datapath: .kernel,
            ports: ports.map { BridgeSettings.Port(device: "eth\($0)", number: PortNumber(rawValue: UInt32($0))) },
            switchConfiguration: SwitchConfiguration(), connections: ConnectionConfiguration())
    }

    private static func make(
        _ settings: BridgeSettings, _ service: DatapathService, on loop: any EventLoop, _ group: any EventLoopGroup
    ) throws -> NIOLoopBound<Bridge> {
        let bridge = try loop.submit {
            NIOLoopBound(
                try Bridge(
                    settings: settings, kind: .kernel, service: service, eventLoop: loop, ioGroup: group,
                    hostIdentity: Array("test".utf8), seed: 1, loggers: .silent, clock: SystemClock.now),
                eventLoop: loop)
        }.wait()
        _ = try loop.flatSubmit { bridge.value.start() }.wait()
        return bridge
    }

    private static func descriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }

    private static func residentKibibytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        return try #require(Int(line.filter(\.isNumber)))
    }

    @Test("under traffic it leaves no port, megaflow, descriptor or memory behind, and blocks no other bridge")
    func cycles() async throws {
        try await Lab.with(.kernel, hosts: 4) { lab in
            // The switch's ends of the cables, to where this process is.
            for host in lab.hosts {
                let device = "eth\(host.number)"
                try Command.require(["ip", "-n", lab.switchNamespace.name, "link", "set", device, "netns", "1"])
                try Command.require(["ip", "link", "set", device, "up"])
            }
            let pumps = [(1, 2), (3, 4)].map { sender, receiver in
                let pump = Pump()
                let namespace = lab.hosts[sender - 1].namespace
                Thread.detachNewThread { try? pump.run(from: sender, to: receiver, in: namespace) }
                return pump
            }
            defer { for pump in pumps { pump.isDone.store(true, ordering: .relaxed) } }
            try Self.cycle(lab)
            for pump in pumps { #expect(pump.count.load(ordering: .relaxed) > Self.rounds) }
        }
    }

    private static func cycle(_ lab: Lab) throws {
        let ears = try [2, 4].map { try PacketSocket("eth0", in: lab.hosts[$0 - 1].namespace) }
        var options = NetlinkDatapathOptions()
        options.name = "cycle"
        let kernel = try NetlinkDatapath.open(options)
        let service = try DatapathService(backend: kernel)
        try service.start()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let (loop, steadyLoop) = (group.next(), group.next())
        let steady = try Self.make(Self.settings("steady", 3...4), service, on: steadyLoop, group)
        let lasting = Set(try kernel.ports().map(\.name))
        var remains: [Remains] = []
        var descriptors: [Int] = []
        var memory: [Int] = []
        for round in 1...Self.rounds {
            let bridge = try Self.make(Self.settings("cycled", 1...2), service, on: loop, group)
            for (place, ear) in ears.enumerated() {
                // Those that wait in the socket were forwarded before the bridge was made.
                try ear.discard()
                _ = try ear.receive("round \(round): a frame through bridge \(place)") { $0[12...13] == [0x88, 0xb5] }
            }
            remains.append(
                try loop.submit {
                    Remains(datapath: bridge.value.datapath, openFlowSwitch: bridge.value.openFlowSwitch)
                }.wait())
            try loop.flatSubmit { bridge.value.stop(keep: false) }.wait()
            let ports = Set(try kernel.ports().map(\.name))
            #expect(ports == lasting, "round \(round)")
            #expect(service.bridges.count == 1, "round \(round)")
            let indices = Set(try kernel.ports().map(\.index.rawValue))
            var strangers = 0
            try kernel.forEachFlow { if !indices.contains($0.key.inPort) { strangers += 1 } }
            #expect(strangers == 0, "round \(round): megaflows stayed in the kernel")
            descriptors.append(try Self.descriptors())
            memory.append(try Self.residentKibibytes())
        }
        try steadyLoop.flatSubmit { steady.value.stop(keep: false) }.wait()
        service.stop()
        #expect(service.flows.count == 0)
        kernel.close(keep: false)
        try group.syncShutdownGracefully()
        #expect(!FileManager.default.fileExists(atPath: "/sys/class/net/cycle"))
        #expect(remains.dropLast().allSatisfy { $0.isEmpty }, "bridges stayed in memory")
        // The pool of sockets grows with what asks at once, up to a few.
        let settled = Self.rounds / 2
        #expect(descriptors[Self.rounds - 1] <= descriptors[settled] + 6, "\(descriptors)")
        #expect(memory[Self.rounds - 1] <= memory[settled] + 8192, "\(memory)")
    }
}
