import Synchronization

/// Packets and bytes that something (a group, a bucket) has handled; any thread, relaxed order.
///
/// An object of its own, so that whoever has translated a packet can credit it without finding its owner again: what is
/// credited to the counter of something that is gone is lost with it.
package final class TrafficCounter: Sendable {
    private let packets = Atomic<UInt64>(0)
    private let bytes = Atomic<UInt64>(0)

    /// Starts at zero.
    package init() {}

    /// Packets so far.
    package var packetCount: UInt64 { self.packets.load(ordering: .relaxed) }
    /// Their bytes.
    package var byteCount: UInt64 { self.bytes.load(ordering: .relaxed) }

    /// Adds packets and their bytes.
    package func add(packets: UInt64, bytes: UInt64) {
        self.packets.wrappingAdd(packets, ordering: .relaxed)
        self.bytes.wrappingAdd(bytes, ordering: .relaxed)
    }
}

extension TrafficCounter: Equatable {
    /// Whether both are the same counter.
    package static func == (left: TrafficCounter, right: TrafficCounter) -> Bool { left === right }
}
