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
        var names: [UInt32: String] = [:]
        do throws(DatapathError) {
            try self.monitor.requestAll()
            while !self.isStopping.load(ordering: .sequentiallyConsistent) {
                for event in try self.monitor.receive(timeoutMilliseconds: nil) { try self.pass(event, &names) }
            }
        } catch {
            self.logger.error("network devices are no longer watched: \(error)")
        }
    }

    /// `names` has the name of each interface by its index, so that a renamed one is reported as gone.
    private func pass(_ event: LinkEvent, _ names: inout [UInt32: String]) throws(DatapathError) {
        switch event {
        case .present(let state):
            if let known = names.updateValue(state.name, forKey: state.index), known != state.name {
                self.tell(known, isGone: true)
            }
            self.tell(state.name, isGone: false)
        case .removed(let index, let name):
            names[index] = nil
            self.tell(name, isGone: true)
        case .overrun:
            self.logger.warning("news of network devices were lost: looking at every port again")
            for device in self.queues.keys { self.tell(device, isGone: false) }
            names = [:]
            try self.monitor.requestAll()
        }
    }

    private func tell(_ device: String, isGone: Bool) {
        for queue in self.queues[device] ?? [] {
            queue.append(PortEventQueue.Event(device: device, isGone: isGone))
        }
    }
}
