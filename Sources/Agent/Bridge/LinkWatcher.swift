import Datapath
import Logging
import Synchronization

/// A thread that listens to the host's network devices and tells the bridges whose ports they are.
final class LinkWatcher: Sendable {
    private let monitor: LinkMonitor
    private let isStopping = Atomic<Bool>(false)
    private let thread: Mutex<NamedThread?>
    private let queues: Mutex<[String: [PortEventQueue]]>
    private let logger: Logger

    /// Starts to listen; `queues` says which bridges want to hear of which device.
    init(queues: [String: [PortEventQueue]], logger: Logger) throws(AgentError) {
        self.queues = Mutex(queues)
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

    /// Has other bridges hear of other devices from now on; any thread.
    func listen(_ queues: [String: [PortEventQueue]]) { self.queues.withLock { $0 = queues } }

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
        var registry = LinkRegistry()
        do throws(DatapathError) {
            try self.monitor.requestAll()
            while !self.isStopping.load(ordering: .sequentiallyConsistent) {
                for event in try self.monitor.receive(timeoutMilliseconds: nil) { try self.pass(event, &registry) }
            }
        } catch {
            self.logger.error("network devices are no longer watched: \(error)")
        }
    }

    private func pass(_ event: LinkEvent, _ registry: inout LinkRegistry) throws(DatapathError) {
        for news in registry.note(event) { self.tell(news.device, isGone: news.isGone) }
        switch event {
        case .overrun:
            self.logger.warning("news of network devices were lost: looking at every port again")
            for device in self.queues.withLock({ $0.keys }) { self.tell(device, isGone: false) }
            try self.monitor.requestAll()
        case .allPresent:
            for news in registry.confirm() { self.tell(news.device, isGone: news.isGone) }
        case .present, .removed: break
        }
    }

    private func tell(_ device: String, isGone: Bool) {
        for queue in self.queues.withLock({ $0[device] ?? [] }) {
            queue.append(PortEventQueue.Event(device: device, isGone: isGone))
        }
    }
}
