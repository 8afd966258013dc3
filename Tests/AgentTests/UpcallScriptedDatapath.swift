import Datapath
import Synchronization

/// A datapath in memory without packets of its own: upcalls are what the test puts in, everything else is recorded.
final class ScriptedDatapath: DatapathBackend {
    struct State: Sendable {
        var ports: [UInt32: DatapathPort] = [:]
        var flows: [FlowIdentifier: DatapathFlow] = [:]
        var upcalls: [Upcall] = []
        var executions: [PacketExecution] = []
        var operations: [FlowOperation] = []
        /// How often packets and changes of flows were handed over together.
        var performances = 0
        /// Puts are carried out, but the answers are lost.
        var losesAnswers = false
        /// Errors for the next operations of each kind, taken from the front.
        var putErrors: [DatapathError?] = []
        var deleteErrors: [DatapathError?] = []
        var executeErrors: [DatapathError?] = []
        var statistics: [UInt32: Datapath.PortStatistics] = [:]
        var wakes = 0
        /// Limits of connections, by zone, and zones with time-outs of their own.
        var connectionLimits: [UInt16?: UInt32] = [:]
        var connectionTimeouts: [UInt16: ConnectionTimeoutPolicy] = [:]
        var meters: [UInt32: DatapathMeter] = [:]
        var isClosed = false
        /// Called for each operation before it is carried out.
        var onApply: (@Sendable () -> Void)?
    }
    let state = Mutex(State())
    let name = "scripted"
    let capabilities: DatapathCapabilities
    let handlerCount: Int
    var upcallsLost: UInt64 { 0 }

    init(handlerCount: Int = 1, recirculation: Bool = true) {
        var capabilities = DatapathCapabilities()
        capabilities.maskedSet = true
        capabilities.sampleNesting = 3
        capabilities.recirculation = recirculation
        capabilities.connectionTracking = true
        self.capabilities = capabilities
        self.handlerCount = handlerCount
    }

    func addPort(_ request: PortRequest) throws(DatapathError) -> DatapathPort {
        self.state.withLock { state in
            let index = request.index ?? PortIndex(rawValue: UInt32(state.ports.count) + 101)
            let port = DatapathPort(index: index, name: request.name, kind: request.kind)
            state.ports[index.rawValue] = port
            return port
        }
    }
    func removePort(_ index: PortIndex) throws(DatapathError) {
        let removed = self.state.withLock { $0.ports.removeValue(forKey: index.rawValue) }
        if removed == nil { throw DatapathError(.noSuchPort, operation: "remove port") }
    }
    func ports() throws(DatapathError) -> [DatapathPort] { self.state.withLock { Array($0.ports.values) } }
    func statistics(of index: PortIndex) throws(DatapathError) -> Datapath.PortStatistics {
        let found = self.state.withLock { $0.statistics[index.rawValue] }
        guard let found else { throw DatapathError(.noSuchPort, operation: "port statistics") }
        return found
    }

    func connectionLimits(of zones: [UInt16?]) throws(DatapathError) -> [ConnectionLimit] {
        self.state.withLock { $0.connectionLimits.map { ConnectionLimit(zone: $0.key, limit: $0.value) } }
    }
    func setConnectionLimits(_ limits: [ConnectionLimit]) throws(DatapathError) {
        self.state.withLock { state in for limit in limits { state.connectionLimits[limit.zone] = limit.limit } }
    }
    func removeConnectionLimits(of zones: [UInt16]) throws(DatapathError) {
        self.state.withLock { state in for zone in zones { state.connectionLimits[zone] = nil } }
    }
    func setConnectionTimeouts(_ policy: ConnectionTimeoutPolicy) throws(DatapathError) {
        self.state.withLock { $0.connectionTimeouts[policy.zone] = policy }
    }
    func removeConnectionTimeouts(of zone: UInt16) throws(DatapathError) {
        self.state.withLock { $0.connectionTimeouts[zone] = nil }
    }

    /// As the kernel's: one band, which drops.
    var meterAbilities: MeterAbilities {
        var abilities = MeterAbilities()
        (abilities.meterLimit, abilities.bandLimit) = (4, 1)
        return abilities
    }
    func setMeter(_ number: UInt32, _ meter: DatapathMeter) throws(DatapathError) {
        self.state.withLock { $0.meters[number] = meter }
    }
    func removeMeter(_ number: UInt32) throws(DatapathError) { self.state.withLock { $0.meters[number] = nil } }
    func meterCounters(_ number: UInt32) throws(DatapathError) -> MeterCounters { MeterCounters() }

    func apply(_ operations: [FlowOperation]) -> [FlowOperationResult] {
        operations.map { operation in
            if let hook = self.state.withLock({ $0.onApply }) { hook() }
            return self.state.withLock { state in
                state.operations.append(operation)
                switch operation {
                case .put(var flow):
                    if !state.putErrors.isEmpty, let error = state.putErrors.removeFirst() { return .failed(error) }
                    flow.statistics = state.flows[flow.identifier]?.statistics ?? FlowStatistics()
                    state.flows[flow.identifier] = flow
                    return state.losesAnswers ? .failed(DatapathError(.noSpace, operation: "put")) : .done(nil)
                case .delete(let identifier):
                    if !state.deleteErrors.isEmpty, let error = state.deleteErrors.removeFirst() {
                        return .failed(error)
                    }
                    guard let flow = state.flows.removeValue(forKey: identifier) else {
                        return .failed(DatapathError(.noSuchFlow, operation: "delete"))
                    }
                    return .done(flow.statistics)
                }
            }
        }
    }
    func forEachFlow(_ visit: (borrowing DatapathFlow) -> Void) throws(DatapathError) {
        for flow in self.state.withLock({ Array($0.flows.values) }) { visit(flow) }
    }
    func flow(_ identifier: FlowIdentifier) throws(DatapathError) -> DatapathFlow {
        guard let flow = self.state.withLock({ $0.flows[identifier] }) else {
            throw DatapathError(.noSuchFlow, operation: "get")
        }
        return flow
    }
    func flushFlows() throws(DatapathError) { self.state.withLock { $0.flows = [:] } }
    func execute(_ executions: [PacketExecution]) -> [DatapathError?] {
        self.state.withLock { state in
            state.executions += executions
            return executions.map { _ in state.executeErrors.isEmpty ? nil : state.executeErrors.removeFirst() }
        }
    }
    func perform(
        _ executions: [PacketExecution], _ operations: [FlowOperation]
    ) -> (executed: [DatapathError?], applied: [FlowOperationResult]) {
        self.state.withLock { $0.performances += 1 }
        return (self.execute(executions), self.apply(operations))
    }
    func receiveUpcalls(
        handler: Int, into batch: inout [Upcall], maximum: Int, timeoutMilliseconds: Int?
    ) throws(DatapathError) -> Int {
        let (taken, isClosed) = self.state.withLock { state in
            let taken = Array(state.upcalls.prefix(maximum))
            state.upcalls.removeFirst(taken.count)
            return (taken, state.isClosed)
        }
        if isClosed { throw DatapathError(.noSuchDatapath, operation: "receive") }
        batch += taken
        return taken.count
    }
    func wakeHandlers() { self.state.withLock { $0.wakes += 1 } }
    func close(keep: Bool) { self.state.withLock { $0.isClosed = true } }

    // MARK: For tests

    var flows: [DatapathFlow] { self.state.withLock { Array($0.flows.values) } }
    var executions: [PacketExecution] { self.state.withLock { $0.executions } }
    func takeExecutions() -> [PacketExecution] {
        self.state.withLock { state in
            defer { state.executions = [] }
            return state.executions
        }
    }
    func push(_ upcall: Upcall) { self.state.withLock { $0.upcalls.append(upcall) } }
    /// Pretends that packets have hit the only flow.
    func hit(_ identifier: FlowIdentifier, packets: UInt64, bytes: UInt64, at nanoseconds: UInt64) {
        self.state.withLock { state in
            state.flows[identifier]?.statistics.packets += packets
            state.flows[identifier]?.statistics.bytes += bytes
            state.flows[identifier]?.statistics.lastUsed = nanoseconds
        }
    }
}
