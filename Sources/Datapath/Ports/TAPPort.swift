import CLinux
import Glibc

/// A port whose other end is a new network device of the host (TAP, `Documentation/networking/tuntap.rst`):
/// an internal port.
///
/// One frame per read and write, each with its virtio header. Any descriptor that keeps frame borders will do
/// in place of the TAP device: tests use a pair of sockets. The device vanishes with the port.
package final class TAPPort: Sendable {
    /// The device's name.
    package let name: String
    /// Counters.
    package let counters = PortCounters()
    private let descriptor: FileDescriptor

    /// Creates the device.
    ///
    /// `exists`, `busy`, `notPermitted`, `noSuchDevice` (no /dev/net/tun), `invalid` (name), `system`.
    package init(creating name: String) throws(DatapathError) {
        let operation = "create TAP device \(name)"
        guard NetworkInterface.isValidName(name) else {
            throw DatapathError(.invalid, operation: operation, detail: "not a device name")
        }
        guard !NetworkInterface.exists(name) else { throw DatapathError(.exists, operation: operation) }
        let number = clinux_tap_open(name)
        guard number >= 0 else {
            throw DatapathError(DatapathError.Code(deviceErrno: -number), operation: operation, errno: -number)
        }
        self.name = name
        self.descriptor = FileDescriptor(owning: number)
    }

    /// Takes over a non-blocking descriptor of which each read gives and each write takes one frame after its
    /// ten-byte header.
    package init(name: String, descriptor: FileDescriptor) {
        self.name = name
        self.descriptor = descriptor
    }

    /// The descriptor to wait for.
    package var descriptorNumber: Int32 { self.descriptor.number }

    /// Reads frames into the arena until none is left or the batch is full.
    func receive(into batch: inout ReceiveBatch, arena: inout PacketArena) -> ReceiveResult {
        let headroom = PacketBuffer.defaultHeadroom
        while !batch.isFull {
            guard let memory = arena.reserve(headroom + PacketBuffer.maximumCount) else { return .more }
            var received = clinux_received()
            let length = clinux_frame_read(
                self.descriptor.number, memory + headroom, PacketBuffer.maximumCount, &received)
            switch -length {
            case EAGAIN: return .drained
            case EPIPE, EBADF, EBADFD, ENODEV, ECONNRESET: return .gone
            default: break
            }
            guard length >= 14 else {
                self.counters.receiveFailed(errors: 1)
                // EIO: the device is down. Anything else unexpected also waits for the next wake-up.
                if length < 0, -length != EBADMSG { return .drained }
                continue
            }
            arena.commit(headroom + Int(length))
            batch.append(
                ReceivedFrame(
                    memory: memory, capacity: headroom + Int(length), start: headroom, count: Int(length),
                    offload: PacketOffload(received.header)),
                vlan: nil)
        }
        return .more
    }

    /// Writes one frame; 1, or a negated errno.
    func send(_ frames: UnsafePointer<clinux_frame>, head: UInt32) -> Int32 {
        let result = clinux_frame_write(self.descriptor.number, frames + Int(head))
        return result < 0 ? result : 1
    }
}
