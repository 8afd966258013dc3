import Datapath
import Glibc
import Synchronization
import Testing

@Suite("The kernel datapath against a scripted kernel")
struct NetlinkDatapathTests {
    static func open(_ model: ModelKernel, handlers: Int = 2) throws -> (NetlinkDatapath, ScriptedKernel) {
        let kernel = model.kernel
        var options = NetlinkDatapathOptions()
        options.handlerCount = handlers
        options.processorCount = 4
        return (try NetlinkDatapath.open(options, provider: kernel), kernel)
    }

    static func flow(_ number: UInt64, _ actions: [DatapathAction] = []) -> DatapathFlow {
        var key = FlowKey()
        key.inPort = 1
        key.etherType = 0x88b5
        key.ethernetSource = number
        var mask = FlowMask()
        mask.inPort = .max
        mask.etherType = .max
        mask.ethernetSource = 0xffff_ffff_ffff
        return DatapathFlow(
            identifier: FlowIdentifier(high: 1, low: number), key: key, mask: mask, actions: actions)
    }

    // MARK: Opening and closing

    @Test(
        "A datapath that is missing is made, and taken away at the end unless it shall stay", arguments: [false, true])
    func life(keep: Bool) throws {
        let model = ModelKernel()
        let (datapath, _) = try Self.open(model)
        #expect(!datapath.isAdopted)
        #expect(model.state.withLock { $0.datapath } == "ovs-system")
        datapath.close(keep: keep)
        datapath.close(keep: false)
        #expect(model.state.withLock { $0.datapath } == (keep ? "ovs-system" : nil))
        #expect(throws: DatapathError(.noSuchDatapath, operation: "")) { try datapath.ports() }
        #expect(throws: DatapathError(.noSuchDatapath, operation: "")) { try datapath.flushFlows() }
        guard case .failed(let error)? = datapath.apply([.delete(FlowIdentifier(high: 0, low: 1))]).first else {
            Issue.record("an operation after close succeeded")
            return
        }
        #expect(error.code == .noSuchDatapath)
    }

    @Test("A datapath that is there is adopted; what nobody wants goes")
    func adoption() throws {
        let model = ModelKernel()
        let (first, _) = try Self.open(model)
        for name in ["eth1", "eth2", "eth3"] { _ = try first.addPort(PortRequest(name: name, kind: .device)) }
        _ = first.apply([.put(Self.flow(1))])
        first.close(keep: true)
        let (second, kernel) = try Self.open(model)
        #expect(second.isAdopted)
        #expect(try second.ports().count == 4)
        // Its ports' upcalls go to the new sockets.
        let redirected = kernel.requests.filter { $0.family == .port && $0.command == OpenVSwitch.Command.set.rawValue }
        #expect(redirected.count == 4)
        let result = try second.reconcile(keeping: ["eth2", "eth9"])
        #expect(result.kept.map(\.name) == ["eth2"])
        #expect(Set(result.removed.map(\.name)) == ["eth1", "eth3"])
        #expect(try second.ports().map(\.name).sorted() == ["eth2", "ovs-system"])
        #expect(model.state.withLock { $0.flows.isEmpty })
    }

    @Test("Upcalls are dispatched per CPU only by a kernel that really can")
    func perCPU() throws {
        #expect(try Self.open(ModelKernel()).0.capabilities.perCPUDispatch)
        let model = ModelKernel()
        _ = try Self.open(model, handlers: 3)
        #expect(model.state.withLock { $0.perCPUPortIDs?.count } == 12)
        for absence in [ModelKernel.Absence.perCPUDispatch, .featureCheck] {
            let model = ModelKernel(lacks: [absence])
            #expect(try Self.open(model).0.capabilities.perCPUDispatch == false)
            // Unaligned, and several sockets per port; nothing that the kernel did not understand.
            #expect(model.state.withLock { $0.features } == 3)
        }
    }

    @Test("A port has no more sockets than there are processors: the kernel refuses that")
    func socketsPerPort() throws {
        for (handlers, isPerCPU, expected) in [(3, false, 3), (9, false, 4), (3, true, 1)] {
            let model = ModelKernel(lacks: isPerCPU ? [] : [.perCPUDispatch])
            let (datapath, _) = try Self.open(model, handlers: handlers)
            let port = try datapath.addPort(PortRequest(name: "eth1", kind: .device)).index
            #expect(model.state.withLock { $0.ports[port.rawValue]?.portIDs.count } == 4 * expected)
        }
    }

    @Test("Without permission, without the module, with a bad name: the error says which")
    func refusals() throws {
        #expect(throws: DatapathError(.notPermitted, operation: "")) {
            try Self.open(ModelKernel(lacks: [.permission]))
        }
        let empty = ScriptedKernel(missing: [.datapath]) { _ in [] }
        #expect(throws: DatapathError(.unsupported, operation: "")) { try NetlinkDatapath.open(provider: empty) }
        #expect(throws: DatapathError(.unsupported, operation: "")) {
            try Self.open(ModelKernel(lacks: [.identifiers]))
        }
        for name in ["", "sixteen-bytes-ab", "a/b", "a b", ".", ".."] {
            var options = NetlinkDatapathOptions()
            options.name = name
            #expect(throws: DatapathError(.invalid, operation: "")) {
                try NetlinkDatapath.open(options, provider: ModelKernel().kernel)
            }
        }
    }

    @Test("A reply that makes no sense is an error, not a trap")
    func nonsense() {
        let kernel = ScriptedKernel { _ in [.raw([1, 2, 3])] }
        #expect(throws: DatapathError(.malformed, operation: "")) { try NetlinkDatapath.open(provider: kernel) }
        let silent = ScriptedKernel { _ in [.silence] }
        #expect(throws: DatapathError(.system, operation: "")) { try NetlinkDatapath.open(provider: silent) }
    }

    // MARK: Probes

    @Test("A kernel with everything can do everything")
    func everything() throws {
        let found = try Self.open(ModelKernel()).0.capabilities
        #expect(found.vlanDepth == 2 && found.mplsDepth == 3 && found.sampleNesting == 10)
        #expect(found.identifiers && found.maskedSet && found.recirculation && found.truncation && found.clone)
        #expect(found.connectionTracking && found.meters && found.explicitDrop && found.perCPUDispatch)
        #expect(found.packetLengthCheck && found.packetSampling && !found.softwareHeaders)
        #expect(!found.controlHeaderRewrite && !found.serviceHeaderRewrite)
        #expect(found.serviceHeaders && found.ethernetRemoval && found.labelBeforeEthernet)
    }

    @Test("What a kernel lacks is found out, and nothing else is lost", arguments: ModelKernel.Absence.allCases)
    func absences(absence: ModelKernel.Absence) throws {
        guard let lack = Self.lack(of: absence) else { return }
        var expected = try Self.open(ModelKernel()).0.capabilities
        lack(&expected)
        let model = ModelKernel(lacks: [absence])
        #expect(try Self.open(model).0.capabilities == expected)
        #expect(model.state.withLock { $0.flows.isEmpty }, "a trial stayed behind")
    }

    /// What a kernel without it is found to lack; nil where it does not open at all.
    private static func lack(of absence: ModelKernel.Absence) -> ((inout DatapathCapabilities) -> Void)? {
        switch absence {
        case .perCPUDispatch, .featureCheck: { $0.perCPUDispatch = false }
        // The model looks at the outermost action only, so that sets within others pass.
        case .maskedSet: { $0.maskedSet = false }
        case .recirculation: { $0.recirculation = false }
        case .truncation: { $0.truncation = false }
        case .clone: { $0.clone = false }
        case .sample: { $0.sampleNesting = 0 }
        case .vlan: { $0.vlanDepth = 0 }
        case .secondTag: { $0.vlanDepth = 1 }
        case .mpls: { $0.mplsDepth = 1 }
        case .connectionTracking: { $0.connectionTracking = false }
        case .meters, .meterFamily: { $0.meters = false }
        case .drop: { $0.explicitDrop = false }
        case .packetLength: { $0.packetLengthCheck = false }
        case .hash: { $0.hash = false }
        case .packetSample: { $0.packetSampling = false }
        case .serviceHeaders, .serviceHeaderKeys: { $0.serviceHeaders = false }
        case .ethernetRemoval: { $0.ethernetRemoval = false }
        case .labelBeforeEthernet: { $0.labelBeforeEthernet = false }
        case .identifiers, .permission: nil
        }
    }

    // MARK: Ports

    @Test("Ports come, are listed and counted, and go")
    func ports() throws {
        let (datapath, _) = try Self.open(ModelKernel())
        let first = try datapath.addPort(PortRequest(name: "eth1", kind: .device))
        #expect(first == DatapathPort(index: PortIndex(rawValue: 1), name: "eth1", kind: .device))
        let wished = PortRequest(name: "in0", kind: .internal, index: PortIndex(rawValue: 9))
        #expect(try datapath.addPort(wished).index.rawValue == 9)
        #expect(Set(try datapath.ports().map(\.name)) == ["ovs-system", "eth1", "in0"])
        let counters = try datapath.statistics(of: first.index)
        #expect(counters.receivedPackets == 1 && counters.transmittedPackets == 2 && counters.receivedBytes == 3)
        #expect(counters.transmittedBytes == 4 && counters.receiveErrors == 5 && counters.transmitErrors == 6)
        #expect(counters.receiveDropped == 7 && counters.transmitDropped == 8)
        try datapath.removePort(first.index)
        #expect(throws: DatapathError(.noSuchPort, operation: "")) { try datapath.removePort(first.index) }
        #expect(throws: DatapathError(.noSuchPort, operation: "")) { try datapath.statistics(of: first.index) }
        #expect(throws: DatapathError(.invalid, operation: "")) { try datapath.removePort(.local) }
    }

    @Test("Each refusal of a port has its own code")
    func portRefusals() throws {
        let (datapath, _) = try Self.open(ModelKernel())
        let taken = try datapath.addPort(PortRequest(name: "eth1", kind: .device)).index
        for (name, index, code) in [
            ("missing0", nil, .noSuchDevice), ("foreign0", nil, .busy), ("eth1", nil, .exists),
            ("eth2", taken, .invalid), ("lo", nil, .invalid), ("a name too long", nil, .invalid),
        ] as [(String, PortIndex?, DatapathError.Code)] {
            #expect(throws: DatapathError(code, operation: ""), "\(name)") {
                try datapath.addPort(PortRequest(name: name, kind: .device, index: index))
            }
        }
        do {
            _ = try datapath.addPort(PortRequest(name: "lo", kind: .device))
        } catch {
            #expect(error.detail.contains("not an Ethernet device") && error.errno == EINVAL)
        }
    }

    // MARK: Flows

    @Test("A batch longer than a datagram keeps its order and tells each result")
    func batch() throws {
        let (datapath, kernel) = try Self.open(ModelKernel())
        let puts = (1...200).map { FlowOperation.put(Self.flow(UInt64($0), [.output(PortIndex(rawValue: 2))])) }
        #expect(datapath.apply(puts).allSatisfy { $0.code == nil })
        var operations: [FlowOperation] = []
        for number in stride(from: UInt64(1), through: 400, by: 1) {
            operations.append(.delete(FlowIdentifier(high: 1, low: number)))
        }
        for (index, result) in datapath.apply(operations).enumerated() {
            switch result {
            case .done(let statistics):
                #expect(index < 200)
                let expected = FlowStatistics(packets: 3, bytes: 180, lastUsed: 5_000_000_000, tcpFlags: 0x12)
                #expect(statistics == expected)
            case .failed(let error): #expect(index >= 200 && error.code == .noSuchFlow)
            }
        }
        // Only the last request of a datagram asks to be acknowledged.
        let asked = kernel.requests.filter {
            $0.family == .flow && $0.bytes(OpenVSwitch.FlowAttribute.probe) == nil && $0.flags & 4 != 0
        }
        #expect(asked.count < 40)
    }

    @Test("A flow is read back whole, and by name and counters alone")
    func readBack() throws {
        let (datapath, kernel) = try Self.open(ModelKernel())
        let flow = Self.flow(5, [.pushVLAN(tpid: 0x8100, tci: 0x1001), .output(PortIndex(rawValue: 2))])
        _ = datapath.apply([.put(flow)])
        let read = try datapath.flow(flow.identifier)
        #expect(read.key == flow.key && read.mask == flow.mask && read.actions == flow.actions)
        #expect(read.statistics.packets == 3)
        var seen: [FlowIdentifier] = []
        try datapath.forEachFlow { seen.append($0.identifier) }
        #expect(seen == [flow.identifier])
        var counters: [FlowIdentifier: FlowStatistics] = [:]
        try datapath.forEachFlowCounters { counters[$0] = $1 }
        #expect(counters == [flow.identifier: read.statistics])
        #expect(kernel.requests.last?.uint32(OpenVSwitch.FlowAttribute.identifierFlags) == 7)
        #expect(throws: DatapathError(.noSuchFlow, operation: "")) {
            try datapath.flow(FlowIdentifier(high: 9, low: 9))
        }
        try datapath.flushFlows()
        #expect(throws: DatapathError(.noSuchFlow, operation: "")) { try datapath.flow(flow.identifier) }
    }

    @Test("A flow that exists gets new actions; another name's packets are not taken over; order holds")
    func replacing() throws {
        let (datapath, _) = try Self.open(ModelKernel())
        let (flow, changed) = (Self.flow(5), Self.flow(5, [.popVLAN]))
        var other = changed
        other.identifier = FlowIdentifier(high: 2, low: 2)
        let results = datapath.apply([.put(flow), .put(changed), .put(other)])
        #expect(results.map(\.code) == [nil, nil, .exists])
        #expect(try datapath.flow(flow.identifier).actions == [.popVLAN])
        // Put over an existing one and removed again, at once.
        let both = datapath.apply([.put(flow), .delete(flow.identifier), .put(other), .delete(flow.identifier)])
        #expect(both.map(\.code) == [nil, nil, nil, .noSuchFlow])
        #expect(try datapath.flow(other.identifier).actions == [.popVLAN])
    }

    @Test("What cannot be said is refused by itself, between others that are done")
    func oversized() throws {
        let (datapath, _) = try Self.open(ModelKernel())
        let many = [DatapathAction](repeating: .output(PortIndex(rawValue: 1)), count: 9000)
        let deep = (0..<40).reduce([DatapathAction.popVLAN]) { inner, _ in [.clone(inner)] }
        let results = datapath.apply([
            .put(Self.flow(1)), .put(Self.flow(2, many)), .put(Self.flow(3, deep)), .put(Self.flow(4)),
        ])
        let failures = results.map(\.code)
        #expect(failures == [nil, .noSpace, .noSpace, nil])
        var key = FlowKey()
        key.inPort = 1
        let huge = PacketExecution(packet: [UInt8](repeating: 0, count: 70_000), key: key, actions: [])
        let small = PacketExecution(packet: [UInt8](repeating: 0, count: 60), key: key, actions: [])
        let short = PacketExecution(packet: [1, 2, 3], key: key, actions: [])
        let executed = datapath.execute([small, huge, short, small]).map { $0?.code }
        #expect(executed == [nil, .noSpace, .invalid, nil])
    }

    // MARK: Upcalls

    @Test("Upcalls are read with key, packet and reason; others are counted")
    func upcalls() throws {
        let (datapath, kernel) = try Self.open(ModelKernel())
        let frame = Frames.ethernet(0x0800, Frames.ipv4(17, Frames.udp(1, 2)), tags: [(0x8100, 5)])
        // Commands use sockets of the pool; those of the handlers were opened right after the families were looked up.
        let portIDs = datapath.handlerPortIDs
        kernel.deliver(UpcallBytes.miss(inPort: 4, frame: frame), to: portIDs[1])
        kernel.deliver([1, 2, 3], to: portIDs[1])
        let userdata = withUnsafeBytes(of: UInt64(77)) { Array($0) }
        kernel.deliver(UpcallBytes.action(inPort: 5, frame: frame, userdata: userdata), to: portIDs[1])
        var batch: [Upcall] = []
        #expect(try datapath.receiveUpcalls(handler: 1, into: &batch, maximum: 10, timeoutMilliseconds: 0) == 2)
        #expect(batch.map(\.reason) == [.miss, .action(userdata: 77)])
        var key = FlowKey(parsing: frame)
        key.inPort = 4
        #expect(batch[0].key == key && batch[0].packet == frame)
        #expect(datapath.malformedMessages == 1)
        #expect(try datapath.receiveUpcalls(handler: 0, into: &batch, maximum: 10, timeoutMilliseconds: 0) == 0)
        #expect(throws: DatapathError(.invalid, operation: "")) {
            try datapath.receiveUpcalls(handler: 2, into: &batch, maximum: 10, timeoutMilliseconds: 0)
        }
    }

    @Test("An overflow is counted and does not throw; the kernel's own count is preferred")
    func overflow() throws {
        let model = ModelKernel()
        let (datapath, kernel) = try Self.open(model)
        kernel.deliver(nil, to: datapath.handlerPortIDs[0])
        var batch: [Upcall] = []
        #expect(try datapath.receiveUpcalls(handler: 0, into: &batch, maximum: 10, timeoutMilliseconds: 0) == 0)
        #expect(datapath.upcallsLost == 1)
        model.state.withLock { $0.lost = 12 }
        #expect(datapath.upcallsLost == 12)
    }
}

@Suite("Whether the kernel has a datapath")
struct KernelModuleProbeTests {
    @Test("The module is there, appears when asked for, is missing, or may not be used")
    func outcomes() {
        #expect(KernelModuleProbe.run(provider: ModelKernel().kernel, loadModule: { nil }) == .usable)
        let missing = ScriptedKernel(missing: Set(OpenVSwitch.Family.allCases)) { _ in [] }
        #expect(
            KernelModuleProbe.run(provider: missing, loadModule: { "modprobe openvswitch failed" })
                == .unusable("the kernel has no openvswitch module (modprobe openvswitch failed)"))
        let denied = ModelKernel(lacks: [.permission]).kernel
        guard case .unusable(let reason) = KernelModuleProbe.run(provider: denied, loadModule: { nil }) else {
            Issue.record("a process without permission was told to go ahead")
            return
        }
        #expect(reason.contains("CAP_NET_ADMIN") && !reason.contains("\n"))
    }
}

extension FlowOperationResult {
    /// The code of a refusal; nil where it was done.
    var code: DatapathError.Code? {
        if case .failed(let error) = self { return error.code }
        return nil
    }
}
