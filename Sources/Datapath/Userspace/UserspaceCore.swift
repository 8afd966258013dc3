import Synchronization

/// What the worker, the handlers and the control side of an embedded datapath share.
///
/// **One lock, taken once per batch.** The megaflow table and the port table are under ``state``. The worker
/// holds it while it looks a batch of packets up (some microseconds, no system call); parsing, executing and
/// sending happen outside, on immutable ``ActionProgram``s and a copy of the port table. Control operations
/// take the same lock for a slice of their work and see their result at once. A command queue into the worker
/// would cost each of them two thread switches for the same exclusion, and would leave a sleeping worker to
/// be woken for every flow put.
final class UserspaceCore: Sendable {
    struct State: ~Copyable {
        var flows: MegaflowTable
        var ports = PortTable()
        /// Counts changes of `ports`; the worker says by `acknowledged` which it has taken up.
        var portsVersion: UInt64 = 0
        var acknowledged: UInt64 = 0
        var isClosed = false

        init(flowLimit: Int, seed: UInt64) { self.flows = MegaflowTable(limit: flowLimit, seed: seed) }
    }

    let state: Mutex<State>
    let rings: [UpcallRing]
    /// Under a lock of its own: only packets that a meter measures take it, once each.
    let meters = Mutex<[UInt32: MeterBuckets]>([:])
    let counters = UserspaceCounters()
    /// Wakes the worker: ports have changed, or the end.
    let workerWake: WakeEvent
    /// Signalled by the worker when it has taken up a change of ports.
    let acknowledgement: WakeEvent

    init(handlerCount: Int, upcallCapacity: Int, flowLimit: Int) throws(DatapathError) {
        self.state = Mutex(State(flowLimit: flowLimit, seed: RandomSource.seed()))
        var rings: [UpcallRing] = []
        for _ in 0..<max(1, handlerCount) { rings.append(try UpcallRing(capacity: upcallCapacity)) }
        self.rings = rings
        self.workerWake = try WakeEvent()
        self.acknowledgement = try WakeEvent()
    }
}
