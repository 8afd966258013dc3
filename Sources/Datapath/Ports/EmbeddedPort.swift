import CLinux
import Glibc

/// A port of the embedded datapath.
///
/// A closed set of kinds, so that calls per batch are direct.
package enum EmbeddedPort: Sendable {
    /// On an existing device.
    case packetSocket(PacketSocketPort)
    /// On a device of its own.
    case tap(TAPPort)
    /// Of Geneve tunnels.
    case geneve(GenevePort)

    /// The device's name, or the tunnels'.
    package var name: String {
        switch self {
        case .packetSocket(let port): port.name
        case .tap(let port): port.name
        case .geneve(let port): port.name
        }
    }

    /// Counters.
    package var counters: PortCounters {
        switch self {
        case .packetSocket(let port): port.counters
        case .tap(let port): port.counters
        case .geneve(let port): port.counters
        }
    }

    /// The descriptor to wait for.
    package var descriptorNumber: Int32 {
        switch self {
        case .packetSocket(let port): port.descriptorNumber
        case .tap(let port): port.descriptorNumber
        case .geneve(let port): port.descriptorNumber
        }
    }

    func receive(into batch: inout ReceiveBatch, arena: inout PacketArena) -> ReceiveResult {
        switch self {
        case .packetSocket(let port): port.receive(into: &batch, arena: &arena)
        case .tap(let port): port.receive(into: &batch, arena: &arena)
        case .geneve(let port): port.receive(into: &batch, arena: &arena)
        }
    }

    func releaseReceived() {
        if case .packetSocket(let port) = self { port.releaseReceived() }
    }

    func clearError() {
        if case .packetSocket(let port) = self { port.clearError() }
    }

    /// Sends the whole chain that begins at `head`; what cannot be sent is counted and skipped.
    ///
    /// Any thread.
    func send(_ frames: UnsafePointer<clinux_frame>, head: UInt32) {
        var next = head
        var packets: UInt64 = 0
        var bytes: UInt64 = 0
        var dropped: UInt64 = 0
        var errors: UInt64 = 0
        while next != .max {
            let sent =
                switch self {
                case .packetSocket(let port): port.send(frames, head: next)
                case .tap(let port): port.send(frames, head: next)
                // Without a tunnel there is nowhere to send it.
                case .geneve: -EDESTADDRREQ
                }
            if sent > 0 {
                for _ in 0..<sent {
                    packets &+= 1
                    bytes &+= UInt64(frames[Int(next)].length)
                    next = frames[Int(next)].next
                }
            } else {
                switch -sent {
                // No room with the device or the socket, or a device that is down (EIO: TAP): a drop. The
                // rest: an error.
                case EAGAIN, ENOBUFS, ENETDOWN, EIO: dropped &+= 1
                default: errors &+= 1
                }
                next = frames[Int(next)].next
            }
        }
        self.counters.transmitted(packets: packets, bytes: bytes, dropped: dropped, errors: errors)
    }
}
