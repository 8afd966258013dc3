import Synchronization

/// Counters of a port of the embedded datapath.
///
/// Each is added to once per batch by whoever sends or receives, and read at any time.
package final class PortCounters: Sendable {
    private let receivedPackets = Atomic<UInt64>(0)
    private let receivedBytes = Atomic<UInt64>(0)
    private let receiveDropped = Atomic<UInt64>(0)
    private let receiveErrors = Atomic<UInt64>(0)
    private let transmittedPackets = Atomic<UInt64>(0)
    private let transmittedBytes = Atomic<UInt64>(0)
    private let transmitDropped = Atomic<UInt64>(0)
    private let transmitErrors = Atomic<UInt64>(0)

    /// All zero.
    package init() {}

    /// Counts frames received.
    package func received(packets: UInt64, bytes: UInt64) {
        self.receivedPackets.add(packets, ordering: .relaxed)
        self.receivedBytes.add(bytes, ordering: .relaxed)
    }

    /// Counts frames that came in and were lost for want of room, or were unusable.
    package func receiveFailed(dropped: UInt64 = 0, errors: UInt64 = 0) {
        if dropped != 0 { self.receiveDropped.add(dropped, ordering: .relaxed) }
        if errors != 0 { self.receiveErrors.add(errors, ordering: .relaxed) }
    }

    /// Counts frames sent, lost for want of room, refused.
    package func transmitted(packets: UInt64, bytes: UInt64, dropped: UInt64 = 0, errors: UInt64 = 0) {
        self.transmittedPackets.add(packets, ordering: .relaxed)
        self.transmittedBytes.add(bytes, ordering: .relaxed)
        if dropped != 0 { self.transmitDropped.add(dropped, ordering: .relaxed) }
        if errors != 0 { self.transmitErrors.add(errors, ordering: .relaxed) }
    }

    /// The counters now.
    package var statistics: PortStatistics {
        var result = PortStatistics()
        result.receivedPackets = self.receivedPackets.load(ordering: .relaxed)
        result.receivedBytes = self.receivedBytes.load(ordering: .relaxed)
        result.receiveDropped = self.receiveDropped.load(ordering: .relaxed)
        result.receiveErrors = self.receiveErrors.load(ordering: .relaxed)
        result.transmittedPackets = self.transmittedPackets.load(ordering: .relaxed)
        result.transmittedBytes = self.transmittedBytes.load(ordering: .relaxed)
        result.transmitDropped = self.transmitDropped.load(ordering: .relaxed)
        result.transmitErrors = self.transmitErrors.load(ordering: .relaxed)
        return result
    }
}
