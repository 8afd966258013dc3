import CLinux
import Glibc
import Synchronization

/// Tells of network interfaces that come, go or change, whatever datapath they are in (rtnetlink, group
/// RTNLGRP_LINK).
///
/// A socket of its own. One thread at a time calls ``receive(timeoutMilliseconds:)``; ``wake()`` and
/// ``requestAll()`` may come from anywhere.
package final class LinkMonitor: Sendable {
    private let descriptor: FileDescriptor
    private let event: WakeEvent
    private let sequence = Atomic<UInt32>(1)

    /// Subscribes.
    ///
    /// `system` when the process has no descriptors left.
    package init() throws(DatapathError) {
        let operation = "watch network interfaces"
        let number = clinux_link_monitor_open()
        guard number >= 0 else { throw DatapathError(.system, operation: operation, errno: -number) }
        self.descriptor = FileDescriptor(owning: number)
        self.event = try WakeEvent()
    }

    /// Asks for a ``LinkEvent/present(_:)`` for every interface there is; they come by
    /// ``receive(timeoutMilliseconds:)``.
    package func requestAll() throws(DatapathError) {
        let number = self.sequence.wrappingAdd(1, ordering: .relaxed).newValue
        let result = clinux_link_monitor_request(self.descriptor.number, number)
        guard result >= 0 else {
            throw DatapathError(.system, operation: "ask for network interfaces", errno: -result)
        }
    }

    /// The events that are there, waiting up to `timeoutMilliseconds` (nil: without end) for the first.
    ///
    /// Empty after the time-out or ``wake()``. `system` when the socket fails.
    package func receive(timeoutMilliseconds: Int?) throws(DatapathError) -> [LinkEvent] {
        var items = [
            pollfd(fd: self.descriptor.number, events: Int16(POLLIN), revents: 0),
            pollfd(fd: self.event.number, events: Int16(POLLIN), revents: 0),
        ]
        let timeout = timeoutMilliseconds.map { Int32(clamping: max(0, $0)) } ?? -1
        guard poll(&items, 2, timeout) > 0 else { return [] }
        if items[1].revents != 0 { self.event.clear() }
        var events: [LinkEvent] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        // Bounded, so that a storm of changes does not keep the caller from its other work.
        for _ in 0..<64 {
            let number = self.descriptor.number
            let length = buffer.withUnsafeMutableBytes { recv(number, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }
            if length < 0 {
                switch errno {
                case EINTR: continue
                case EAGAIN: return events
                case ENOBUFS: events.append(.overrun)
                default: throw DatapathError(.system, operation: "read network interface events", errno: errno)
                }
            } else {
                LinkMessageParser.parse(buffer.span.bytes.extracting(0..<length), into: &events)
            }
        }
        return events
    }

    /// Makes a waiting ``receive(timeoutMilliseconds:)``, or the next one, return at once.
    package func wake() { self.event.signal() }
}
