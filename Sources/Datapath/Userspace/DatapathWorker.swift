import CLinux
import Glibc
import Synchronization

/// The thread that moves packets: sleeps in `epoll_wait` until a port has frames, then works in batches.
///
/// Owns the receive side of all ports and its ``Forwarder``; hears of changes by the core's wake event. All
/// state is in locals of ``run(_:)``, reached by nobody else.
enum DatapathWorker {
    private static let eventCount = 64
    /// Batches from one port before the others get their turn.
    private static let roundsMaximum = 16
    private static let wakeToken = UInt64.max

    /// Works until the core is closed.
    ///
    /// `epoll` is an epoll instance that already watches the wake event.
    static func run(_ core: UserspaceCore, epoll: FileDescriptor) {
        var forwarder = Forwarder(core: core)
        var batch = ReceiveBatch()
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: Self.eventCount)
        defer { events.deallocate() }
        while true {
            let count = epoll_wait(epoll.number, events, Int32(Self.eventCount), -1)
            guard count > 0 else { continue }
            var mustRefresh = false
            for index in 0..<Int(count) {
                let event = events[index]
                if event.data.u64 == Self.wakeToken {
                    core.workerWake.clear()
                    mustRefresh = true
                } else {
                    let port = PortIndex(rawValue: UInt32(truncatingIfNeeded: event.data.u64))
                    Self.serve(port, event.events, epoll, &forwarder, &batch)
                }
            }
            if mustRefresh, !Self.refreshPorts(core, epoll, &forwarder) { return }
        }
    }

    /// Starts watching the core's wake event.
    static func makeEpoll(_ core: UserspaceCore) throws(DatapathError) -> FileDescriptor {
        let number = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard number >= 0 else { throw DatapathError(.system, operation: "open an epoll instance", errno: errno) }
        let epoll = FileDescriptor(owning: number)
        try Self.watch(core.workerWake.number, token: Self.wakeToken, epoll)
        return epoll
    }

    private static func watch(_ descriptor: Int32, token: UInt64, _ epoll: FileDescriptor) throws(DatapathError) {
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: token))
        guard epoll_ctl(epoll.number, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
            throw DatapathError(.system, operation: "watch a port", errno: errno)
        }
    }

    /// Takes batches from a port until it is empty, or has had its turn.
    private static func serve(
        _ index: PortIndex, _ events: UInt32, _ epoll: FileDescriptor, _ forwarder: inout Forwarder,
        _ batch: inout ReceiveBatch
    ) {
        guard let port = forwarder.ports[index] else { return }
        if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { port.clearError() }
        for _ in 0..<Self.roundsMaximum {
            batch.clear()
            let result = port.receive(into: &batch, arena: &forwarder.arena)
            if batch.count > 0 {
                port.counters.received(packets: UInt64(batch.count), bytes: batch.bytes)
                forwarder.process(batch, from: index, now: MonotonicClock.nowNanoseconds())
            }
            forwarder.finishBatch()
            port.releaseReceived()
            if result == .gone {
                _ = epoll_ctl(epoll.number, EPOLL_CTL_DEL, port.descriptorNumber, nil)
                return
            }
            if batch.count == 0 { return }
        }
    }

    /// Takes up the core's ports: watches new ones, lets go of those that went.
    ///
    /// False when the datapath is closed.
    private static func refreshPorts(
        _ core: UserspaceCore, _ epoll: FileDescriptor, _ forwarder: inout Forwarder
    ) -> Bool {
        let (isClosed, version) = Self.takePorts(core, epoll, &forwarder)
        // No reference to a port that went is left by now: whoever waits for this may see its device vanish.
        core.state.withLock { $0.acknowledged = version }
        core.acknowledgement.signal()
        return !isClosed
    }

    private static func takePorts(
        _ core: UserspaceCore, _ epoll: FileDescriptor, _ forwarder: inout Forwarder
    ) -> (isClosed: Bool, version: UInt64) {
        let (isClosed, version, ports) = core.state.withLock { ($0.isClosed, $0.portsVersion, $0.ports) }
        let old = forwarder.ports
        for (index, port) in old.all where ports[index]?.descriptorNumber != port.descriptorNumber || isClosed {
            _ = epoll_ctl(epoll.number, EPOLL_CTL_DEL, port.descriptorNumber, nil)
        }
        if !isClosed {
            for (index, port) in ports.all where old[index]?.descriptorNumber != port.descriptorNumber {
                // Fails only for want of kernel memory: the port then sends but does not receive.
                try? Self.watch(port.descriptorNumber, token: UInt64(index.rawValue), epoll)
            }
        }
        forwarder.ports = isClosed ? PortTable() : ports
        return (isClosed, version)
    }
}
