import Datapath
import Logging
import Synchronization

/// A thread that listens to the host's network devices and tells the bridges whose ports they are.
final class LinkWatcher: Sendable {
    private let monitor: LinkMonitor
    private let isStopping = Atomic<Bool>(false)
    private let thread: Mutex<NamedThread?>
    private let queues: [String: [PortEventQueue]]
    private let logger: Logger

    /// Starts to listen; `queues` says which bridges want to hear of which device.
    init(queues: [String: [PortEventQueue]], logger: Logger) throws(AgentError) {
        self.queues = queues
        self.logger = logger
        self.thread = Mutex(nil)
        do throws(DatapathError) {
            self.monitor = try LinkMonitor()
            let thread = try NamedThread(name: "links") { [self] in self.run() }
            self.thread.withLock { $0 = thread }
        } catch {
            throw AgentError(.failed, "network devices cannot be watched: \(error)")
        }
    }

    /// Ends the thread and waits for it.
    func stop() {
        self.isStopping.store(true, ordering: .sequentiallyConsistent)
        self.monitor.wake()
        let thread = self.thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        thread?.join()
    }

    private func run() {
        var events: [LinkEvent] = []
        var names: [Int32: String] = [:]
        while !self.isStopping.load(ordering: .sequentiallyConsistent) {
            do throws(DatapathError) {
                try self.monitor.receive(into: &events, names: &names, timeoutMilliseconds: nil)
            } catch {
                self.logger.error("network devices are no longer watched: \(error)")
                return
            }
            for event in events { self.pass(event) }
            events.removeAll(keepingCapacity: true)
        }
    }

    private func pass(_ event: LinkEvent) {
        switch event.kind {
        case .present, .gone:
            for queue in self.queues[event.device] ?? [] {
                queue.append(PortEventQueue.Event(device: event.device, isGone: event.kind == .gone))
            }
        case .overrun:
            self.logger.warning("news of network devices were lost: looking at every port again")
            for (device, queues) in self.queues {
                for queue in queues { queue.append(PortEventQueue.Event(device: device, isGone: false)) }
            }
        }
    }
}
