import Datapath
import Foundation
import Support
import Testing

@Suite(
    "Datapath and ports of a real kernel", .serialized,
    .enabled(if: UserModeLinux.isGuest, "KernelGuestTests runs it in the guest"))
struct KernelDatapathTests {
    @Test("The module is found usable")
    func module() {
        #expect(KernelModuleProbe.run() == .usable)
    }

    @Test("What Linux 6.1 can do")
    func capabilities() throws {
        let found = try KernelBench("caps", cables: 0).datapath.capabilities
        #expect(found.vlanDepth == 2 && found.mplsDepth == 3 && found.sampleNesting == 10)
        #expect(found.identifiers && found.maskedSet && found.recirculation && found.truncation && found.clone)
        #expect(found.connectionTracking && found.meters && found.perCPUDispatch)
        // Rewrites of ARP exist in no kernel, drop reasons since 6.8.
        #expect(!found.controlHeaderRewrite && !found.explicitDrop)
    }

    @Test("Ports come, are listed, and go with their devices")
    func ports() throws {
        let bench = try KernelBench("dpp", cables: 1)
        let added = try bench.datapath.addPort(
            PortRequest(name: "dppin", kind: .internal, index: PortIndex(rawValue: 77)))
        #expect(added == DatapathPort(index: PortIndex(rawValue: 77), name: "dppin", kind: .internal))
        #expect(FileManager.default.fileExists(atPath: "/sys/class/net/dppin"))
        let listed = try bench.datapath.ports()
        #expect(
            Set(listed) == [
                DatapathPort(index: .local, name: "dpp", kind: .internal), added,
                DatapathPort(index: bench.ports[0], name: "dpp0a", kind: .device),
            ])
        try bench.datapath.removePort(added.index)
        #expect(!FileManager.default.fileExists(atPath: "/sys/class/net/dppin"))
        try bench.datapath.removePort(bench.ports[0])
        #expect(FileManager.default.fileExists(atPath: "/sys/class/net/dpp0a"))
        #expect(throws: DatapathError(.noSuchPort, operation: "")) { try bench.datapath.removePort(added.index) }
        #expect(throws: DatapathError(.noSuchPort, operation: "")) { try bench.datapath.statistics(of: added.index) }
        #expect(throws: DatapathError(.invalid, operation: "")) { try bench.datapath.removePort(.local) }
    }

    @Test("Each refusal of a port has its own code")
    func refusals() throws {
        let bench = try KernelBench("ref", cables: 1)
        let other = try KernelBench("oth", cables: 1)
        for (name, kind, index, code) in [
            ("ref-none", .device, nil, .noSuchDevice), ("ref0a", .device, nil, .exists),
            ("oth0a", .device, nil, .busy), ("lo", .device, nil, .invalid),
            ("ref0b", .device, bench.ports[0], .invalid), ("ref0b", .internal, nil, .exists),
            ("oth", .device, nil, .invalid),
        ] as [(String, PortKind, PortIndex?, DatapathError.Code)] {
            #expect(throws: DatapathError(code, operation: ""), "\(name) \(kind)") {
                try bench.datapath.addPort(PortRequest(name: name, kind: kind, index: index))
            }
        }
        #expect(try other.datapath.ports().count == 2)
        #expect(try bench.datapath.ports().count == 2)
    }

    @Test("A kept datapath is adopted with ports and flows; reconciling removes what nobody wants")
    func adoption() throws {
        let (first, second) = try (VirtualCable("ado0"), VirtualCable("ado1"))
        var options = NetlinkDatapathOptions()
        options.name = "adopt"
        options.handlerCount = 2
        do {
            let datapath = try NetlinkDatapath.open(options)
            #expect(!datapath.isAdopted)
            for cable in [first, second] { _ = try datapath.addPort(PortRequest(name: cable.inside, kind: .device)) }
            let flow = DatapathFlow(
                identifier: FlowIdentifier(high: 1, low: 1), key: FlowKey(), mask: .least, actions: [])
            #expect(datapath.apply([.put(flow)]).allSatisfy { $0.code == nil })
            datapath.close(keep: true)
        }
        let datapath = try NetlinkDatapath.open(options)
        #expect(datapath.isAdopted)
        #expect(try datapath.ports().count == 3)
        _ = try datapath.flow(FlowIdentifier(high: 1, low: 1))
        let result = try datapath.reconcile(keeping: [second.inside])
        #expect(result.kept.map(\.name) == [second.inside] && result.removed.map(\.name) == [first.inside])
        #expect(throws: DatapathError(.noSuchFlow, operation: "")) {
            try datapath.flow(FlowIdentifier(high: 1, low: 1))
        }
        // The adopted port's upcalls come to the new sockets.
        try second.send(Frames.everyKind[0].1)
        var batch: [Upcall] = []
        let handlers = [0, 1]
        try eventually("an upcall at an adopted port") {
            for handler in handlers {
                _ = try datapath.receiveUpcalls(
                    handler: handler, into: &batch, maximum: 8, timeoutMilliseconds: 50)
            }
            return batch.first { $0.packet == Frames.everyKind[0].1 }
        }
        datapath.close(keep: false)
        #expect(!FileManager.default.fileExists(atPath: "/sys/class/net/adopt"))
        #expect(FileManager.default.fileExists(atPath: "/sys/class/net/\(second.inside)"))
        #expect(throws: DatapathError(.noSuchDatapath, operation: "")) { try datapath.ports() }
    }

    @Test("A waiting handler returns after its time, and at once when woken or closed")
    func waking() async throws {
        let bench = try KernelBench("wak", cables: 0)
        let datapath = bench.datapath
        var batch: [Upcall] = []
        #expect(try datapath.receiveUpcalls(handler: 0, into: &batch, maximum: 1, timeoutMilliseconds: 10) == 0)
        datapath.wakeHandlers()
        #expect(try datapath.receiveUpcalls(handler: 0, into: &batch, maximum: 1, timeoutMilliseconds: nil) == 0)
        let waiting = Task.detached { () -> Int in
            var batch: [Upcall] = []
            return try datapath.receiveUpcalls(handler: 0, into: &batch, maximum: 1, timeoutMilliseconds: nil)
        }
        datapath.close(keep: false)
        // Woken, or too late to begin to wait.
        let result = await waiting.result
        switch result {
        case .success(let count): #expect(count == 0)
        case .failure(let error): #expect(error as? DatapathError == DatapathError(.noSuchDatapath, operation: ""))
        }
    }
}
