internal import Glibc
internal import Synchronization

/// One handler's socket for upcalls, with the memory that they are received into.
///
/// One thread at a time receives; a second one would wait for the first. ``wake()`` may be called by any.
package final class UpcallReceiver: Sendable {
    /// Datagrams taken by one system call; each holds one upcall.
    private static let batchMaximum = 64
    /// The longest upcall: a frame of 64 KiB with its key and the rest.
    ///
    /// Only pages that were used cost memory.
    private static let datagramBytesMaximum = 68 * 1024

    private let transport: any NetlinkTransport
    private let slab = Mutex(DatagramSlab(slots: batchMaximum, stride: datagramBytesMaximum))
    private let overruns = Atomic<UInt64>(0)
    private let malformed = Atomic<UInt64>(0)

    /// A receiver on a socket.
    package init(_ transport: any NetlinkTransport) { self.transport = transport }

    /// The socket's address.
    package var portID: UInt32 { self.transport.portID }
    /// How often the socket was found to have overflowed; each time at least one upcall was lost.
    package var overrunCount: UInt64 { self.overruns.load(ordering: .relaxed) }
    /// Messages that made no sense.
    package var malformedCount: UInt64 { self.malformed.load(ordering: .relaxed) }

    /// Appends up to `maximum` upcalls, waiting for the first; returns how many.
    package func receive(
        into batch: inout [Upcall], maximum: Int, timeoutMilliseconds: Int?, client: OpenVSwitchClient
    ) throws(NetlinkError) -> Int {
        guard maximum > 0 else { return 0 }
        return try self.slab.withLock { slab throws(NetlinkError) in
            let count: Int
            do throws(NetlinkError) {
                count = try self.transport.receive(
                    into: &slab, maximum: maximum, timeoutMilliseconds: timeoutMilliseconds)
            } catch {
                guard error.errno == ENOBUFS else { throw error }
                self.overruns.add(1, ordering: .relaxed)
                return 0
            }
            let before = batch.count
            for slot in 0..<count { self.read(slab, slot, into: &batch, client) }
            return batch.count - before
        }
    }

    /// Makes a waiting ``receive(into:maximum:timeoutMilliseconds:client:)`` return at once.
    package func wake() { self.transport.wake() }

    private func read(
        _ slab: borrowing DatagramSlab, _ slot: Int, into batch: inout [Upcall], _ client: OpenVSwitchClient
    ) {
        guard !slab.isTruncated(slot) else {
            self.malformed.add(1, ordering: .relaxed)
            return
        }
        slab.withDatagram(slot) { bytes in
            var messages = NetlinkMessages(bytes)
            while messages.advance() {
                if let upcall = client.upcall(messages.message) {
                    batch.append(upcall)
                } else {
                    self.malformed.add(1, ordering: .relaxed)
                }
            }
            if messages.isMalformed { self.malformed.add(1, ordering: .relaxed) }
        }
    }
}
