import Synchronization

/// News of devices on their way from the link monitor's thread to a bridge's control loop.
///
/// Holds at most one entry per device, so it is bounded by the number of devices that the bridge asks for.
final class PortEventQueue: Sendable {
    /// Something happened to a device; what it is like now is asked when the event is handled.
    struct Event: Hashable, Sendable {
        /// The device.
        var device: String
        /// Whether it was away for at least a moment, which makes it another device even if it is there again.
        var isGone: Bool
    }

    private let events = Mutex<[Event]>([])
    private let wake: @Sendable () -> Void

    /// Makes an empty queue; `wake` is called by the appending thread.
    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    /// Notes an event; several of one device become one.
    ///
    /// Any thread.
    func append(_ event: Event) {
        self.events.withLock { events in
            if let index = events.firstIndex(where: { $0.device == event.device }) {
                events[index].isGone = events[index].isGone || event.isGone
            } else {
                events.append(event)
            }
        }
        self.wake()
    }

    /// Takes all events, in the order of their devices' first.
    func take() -> [Event] {
        self.events.withLock { events in
            defer { events = [] }
            return events
        }
    }
}
