import Datapath
import Support
import Testing

@Suite(
    "The contract of backends on a real kernel", .serialized,
    .enabled(if: UserModeLinux.isGuest, "KernelGuestTests runs it in the guest"))
struct KernelContractTests {
    @Test("The contract of backends", arguments: BackendContract.checks.map(\.name))
    func contract(name: String) throws {
        let bench = try KernelBench("con", cables: 2) { $0.handlerCount = 2 }
        let ports = try bench.datapath.ports()
        let found = bench.ports.compactMap { index in ports.first { $0.index == index } }
        let check = try #require(BackendContract.checks.first { $0.name == name })
        let fixture = BackendContract.Fixture(
            backend: bench.datapath, left: found[0], right: found[1], leftWire: CableWire(bench.cables[0]),
            rightWire: CableWire(bench.cables[1]))
        try check.run(fixture)
    }

    @Test("After closing, every call throws noSuchDatapath")
    func closed() throws { BackendContract.closed(try KernelBench("clo", cables: 0).datapath) }
}

/// A cable as the contract's checks want it.
private final class CableWire: Wire {
    private let cable: VirtualCable

    init(_ cable: VirtualCable) { self.cable = cable }

    func send(_ frame: [UInt8], offload: PacketOffload) throws { try self.cable.send(frame, offload: offload) }

    func receive(timeoutMilliseconds: Int) -> [UInt8]? {
        try? self.cable.receive("a frame", milliseconds: Int32(clamping: timeoutMilliseconds))
    }
}
