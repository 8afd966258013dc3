import Synchronization

/// The embedded datapath: ports on packet sockets and TAP devices, one worker thread, megaflows in this
/// process.
///
/// For machines without the kernel's openvswitch module, and for tests. Threads and locks: see
/// ``UserspaceCore``. Executions (packet-outs, first packets of flows) run on the caller's thread, one caller
/// at a time.
public final class UserspaceDatapath: DatapathBackend {
    /// Bounds of an embedded datapath.
    public struct Limits: Sendable {
        /// Megaflows; more are refused with `noSpace`.
        public var flows = 200_000
        /// Upcalls waiting per handler; more are dropped and counted.
        public var upcallsPerHandler = 4096
        /// Ports.
        public var ports = 4096
        /// The standard bounds.
        public init() {}
    }

    /// `userspace`.
    public let name = "userspace"
    /// How many threads may receive upcalls at once.
    public let handlerCount: Int
    private let limits: Limits
    let core: UserspaceCore
    /// Held by whoever changes ports, so that changes come one after another.
    private let control = Mutex<NamedThread?>(nil)
    /// The forwarder of those who call ``execute(_:)``.
    private let executor: Mutex<Forwarder>

    /// Makes a datapath without ports and starts its worker.
    ///
    /// `system` when the process has no descriptors or threads left.
    public init(handlerCount: Int = 1, limits: Limits = Limits()) throws(DatapathError) {
        self.handlerCount = max(1, handlerCount)
        self.limits = limits
        let core = try UserspaceCore(
            handlerCount: handlerCount, upcallCapacity: limits.upcallsPerHandler, flowLimit: limits.flows)
        self.core = core
        self.executor = Mutex(Forwarder(core: core))
        let epoll = try DatapathWorker.makeEpoll(core)
        let thread = try NamedThread(name: "datapath-0") { DatapathWorker.run(core, epoll: epoll) }
        self.control.withLock { $0 = thread }
    }

    deinit { self.close(keep: false) }

    /// Everything except connection tracking.
    public var capabilities: DatapathCapabilities {
        var result = DatapathCapabilities()
        result.vlanDepth = 2
        result.mplsDepth = 3
        result.identifiers = true
        result.maskedSet = true
        result.controlHeaderRewrite = true
        result.recirculation = true
        result.hash = true
        result.truncation = true
        result.clone = true
        result.sampleNesting = ActionExecutor.depthMaximum
        result.explicitDrop = true
        result.meters = true
        result.packetLengthCheck = true
        result.softwareHeaders = true
        result.serviceHeaders = true
        result.serviceHeaderRewrite = true
        result.ethernetRemoval = true
        result.labelBeforeEthernet = true
        return result
    }

    /// Counters of the datapath as a whole.
    package var statistics: UserspaceStatistics { self.core.counters.statistics }

    /// How many megaflows and masks there are.
    package var flowCount: (flows: Int, masks: Int) {
        self.core.state.withLock { ($0.flows.count, $0.flows.maskCount) }
    }

    /// Releases everything and removes ports and flows, whatever `keep` says: they live in this
    /// process.
    ///
    /// May be called again.
    public func close(keep: Bool) {
        let thread = self.control.withLock { thread -> NamedThread? in
            let taken = thread
            thread = nil
            return taken
        }
        guard let thread else { return }
        self.core.state.withLock { state in
            state.isClosed = true
            state.ports = PortTable()
            state.portsVersion += 1
            state.flows.removeAll()
        }
        self.core.workerWake.signal()
        thread.join()
        self.executor.withLock { $0.ports = PortTable() }
        self.wakeHandlers()
    }

    fileprivate static func closedError(_ operation: String) -> DatapathError {
        DatapathError(.noSuchDatapath, operation: operation, detail: "the datapath is closed")
    }
}

// MARK: - Ports

extension UserspaceDatapath {
    /// Adds a port, which works when this returns; see ``DatapathBackend/addPort(_:)``.
    ///
    /// Index 0 is given only to who asks for it.
    public func addPort(_ request: PortRequest) throws(DatapathError) -> DatapathPort {
        try self.addPort(request) { () throws(DatapathError) -> EmbeddedPort in
            switch request.kind {
            case .device: .packetSocket(try PacketSocketPort(device: request.name))
            case .internal: .tap(try TAPPort(creating: request.name))
            case .tunnel(.geneve(let port)): .geneve(try GenevePort(port: port))
            case .tunnel:
                throw DatapathError(
                    .unsupported, operation: "add port \(request.name)",
                    detail: "only the kernel has tunnels of other protocols than Geneve")
            }
        }
    }

    /// Adds a port that somebody else has opened, for tests.
    package func addPort(_ port: EmbeddedPort, index: PortIndex? = nil) throws(DatapathError) -> DatapathPort {
        try self.addPort(PortRequest(name: port.name, kind: .internal, index: index)) { () throws(DatapathError) in port
        }
    }

    private func addPort(
        _ request: PortRequest, _ open: () throws(DatapathError) -> EmbeddedPort
    ) throws(DatapathError) -> DatapathPort {
        let operation = "add port \(request.name)"
        return try self.control.withLock { thread throws(DatapathError) -> DatapathPort in
            guard thread != nil else { throw Self.closedError(operation) }
            let ports = self.core.state.withLock { $0.ports }
            guard !ports.all.contains(where: { $0.port.name == request.name }) else {
                throw DatapathError(.exists, operation: operation)
            }
            guard ports.all.count < self.limits.ports, let free = request.index ?? ports.lowestFree else {
                throw DatapathError(.noSpace, operation: operation, detail: "the limit is \(self.limits.ports) ports")
            }
            guard free.rawValue < PortTable.indexLimit, ports[free] == nil else {
                throw DatapathError(
                    .invalid, operation: operation, detail: "index \(free.rawValue) is taken or too large")
            }
            let port = try open()
            let version = self.core.state.withLock { state in
                state.ports[free] = port
                state.portsVersion += 1
                return state.portsVersion
            }
            // Otherwise the next packets could meet a worker that does not know the port yet, and be lost.
            self.waitForWorker(version)
            return DatapathPort(index: free, name: request.name, kind: Self.kind(of: port))
        }
    }

    /// Removes a port; when this returns, no thread of the datapath uses it any more and its device is
    /// closed.
    public func removePort(_ index: PortIndex) throws(DatapathError) {
        let operation = "remove port \(index.rawValue)"
        try self.control.withLock { thread throws(DatapathError) in
            guard thread != nil else { throw Self.closedError(operation) }
            let version = self.core.state.withLock { state -> UInt64? in
                guard state.ports[index] != nil else { return nil }
                state.ports[index] = nil
                state.portsVersion += 1
                return state.portsVersion
            }
            guard let version else { throw DatapathError(.noSuchPort, operation: operation) }
            // Executions under way still have it; the worker says when it has let go.
            self.executor.withLock { $0.ports = PortTable() }
            self.waitForWorker(version)
        }
    }

    /// Waits until the worker has taken up that version of the ports; to be called under `control`, by one at a time.
    private func waitForWorker(_ version: UInt64) {
        self.core.workerWake.signal()
        while self.core.state.withLock({ $0.acknowledged }) < version {
            self.core.acknowledgement.wait(timeoutMilliseconds: 100)
        }
    }

    /// All ports, in order of index.
    public func ports() throws(DatapathError) -> [DatapathPort] {
        let ports = self.core.state.withLock { state -> PortTable? in state.isClosed ? nil : state.ports }
        guard let ports else { throw Self.closedError("list ports") }
        return ports.all.map { DatapathPort(index: $0.index, name: $0.port.name, kind: Self.kind(of: $0.port)) }
    }

    /// Counters of a port.
    public func statistics(of index: PortIndex) throws(DatapathError) -> PortStatistics {
        let (isClosed, port) = self.core.state.withLock { ($0.isClosed, $0.ports[index]) }
        guard !isClosed else { throw Self.closedError("read counters of port \(index.rawValue)") }
        guard let port else {
            throw DatapathError(.noSuchPort, operation: "read counters of port \(index.rawValue)")
        }
        if case .packetSocket(let socket) = port { socket.collectKernelDrops() }
        return port.counters.statistics
    }

    private static func kind(of port: EmbeddedPort) -> PortKind {
        switch port {
        case .packetSocket: .device
        case .tap: .internal
        case .geneve(let port): .tunnel(.geneve(port: port.port))
        }
    }
}

// MARK: - Flows

extension UserspaceDatapath {
    private static let operationsPerLock = 64
    private static let flowsPerLock = 256

    /// Carries out changes of the megaflow table, 64 at a time under the lock.
    public func apply(_ operations: [FlowOperation]) -> [FlowOperationResult] {
        var results: [FlowOperationResult] = []
        results.reserveCapacity(operations.count)
        var first = 0
        while first < operations.count {
            let end = min(operations.count, first + Self.operationsPerLock)
            results += self.core.state.withLock { state -> [FlowOperationResult] in
                operations[first..<end].map { operation in
                    guard !state.isClosed else { return .failed(Self.closedError("change flows")) }
                    switch operation {
                    case .put(let flow):
                        do throws(DatapathError) {
                            try state.flows.put(flow)
                            return .done(nil)
                        } catch {
                            return .failed(error)
                        }
                    case .delete(let identifier):
                        guard let statistics = state.flows.remove(identifier) else {
                            return .failed(DatapathError(.noSuchFlow, operation: "delete flow"))
                        }
                        return .done(statistics)
                    }
                }
            }
            first = end
        }
        return results
    }

    /// Visits every megaflow, outside of the lock, 256 read at a time.
    public func forEachFlow(_ visit: (borrowing DatapathFlow) -> Void) throws(DatapathError) {
        var cursor: UInt32 = 0
        while true {
            let position = cursor
            let slice = self.core.state.withLock { state -> (flows: [DatapathFlow], next: UInt32, hasMore: Bool)? in
                guard !state.isClosed else { return nil }
                var flows: [DatapathFlow] = []
                var next = position
                let hasMore = state.flows.dump(&next, maximum: Self.flowsPerLock, into: &flows)
                return (flows, next, hasMore)
            }
            guard let slice else { throw Self.closedError("dump flows") }
            for flow in slice.flows { visit(flow) }
            guard slice.hasMore else { return }
            cursor = slice.next
        }
    }

    /// The megaflow of that name.
    public func flow(_ identifier: FlowIdentifier) throws(DatapathError) -> DatapathFlow {
        let (isClosed, flow) = self.core.state.withLock { ($0.isClosed, $0.flows.flow(identifier)) }
        guard !isClosed else { throw Self.closedError("read flow") }
        guard let flow else { throw DatapathError(.noSuchFlow, operation: "read flow") }
        return flow
    }

    /// Removes every megaflow.
    public func flushFlows() throws(DatapathError) {
        let isClosed = self.core.state.withLock { state -> Bool in
            if !state.isClosed { state.flows.removeAll() }
            return state.isClosed
        }
        guard !isClosed else { throw Self.closedError("flush flows") }
    }
}

// MARK: - Packets

extension UserspaceDatapath {
    /// Executes actions on packets, on this thread; frames are sent when this returns.
    public func execute(_ executions: [PacketExecution]) -> [DatapathError?] {
        let (isClosed, ports) = self.core.state.withLock { ($0.isClosed, $0.ports) }
        guard !isClosed else { return executions.map { _ in Self.closedError("execute") } }
        return self.executor.withLock { forwarder -> [DatapathError?] in
            forwarder.ports = ports
            defer { forwarder.ports = PortTable() }
            let results = executions.map { execution -> DatapathError? in
                guard execution.packet.count >= 14, execution.packet.count <= 65_535 else {
                    return DatapathError(.invalid, operation: "execute", detail: "a frame has 14 to 65535 bytes")
                }
                do throws(PacketError) {
                    try forwarder.execute(execution)
                    return nil
                } catch {
                    return DatapathError(.noSpace, operation: "execute", detail: "\(error)")
                }
            }
            forwarder.finishBatch()
            return results
        }
    }

    /// Appends up to `maximum` upcalls to `batch`; see the protocol.
    ///
    /// `invalid` for a handler that does not exist.
    public func receiveUpcalls(
        handler: Int, into batch: inout [Upcall], maximum: Int, timeoutMilliseconds: Int?
    ) throws(DatapathError) -> Int {
        guard self.core.rings.indices.contains(handler) else {
            throw DatapathError(.invalid, operation: "receive upcalls", detail: "there is no handler \(handler)")
        }
        guard !self.core.state.withLock({ $0.isClosed }) else { throw Self.closedError("receive upcalls") }
        return self.core.rings[handler].receive(
            into: &batch, maximum: maximum, timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Makes every waiting `receiveUpcalls` return at once.
    public func wakeHandlers() {
        for ring in self.core.rings { ring.wake() }
    }

    /// Upcalls that found no room in their ring.
    public var upcallsLost: UInt64 { self.core.rings.reduce(0) { $0 + $1.lost } }
}
