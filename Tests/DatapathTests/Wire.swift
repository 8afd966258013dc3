import CLinux
import Datapath
import Glibc

/// The far end of a port in a test: puts frames in and sees what comes out.
protocol Wire: AnyObject {
    /// Sends a frame towards the datapath.
    func send(_ frame: [UInt8], offload: PacketOffload) throws
    /// The next frame that came out of the datapath; nil after `timeoutMilliseconds`.
    func receive(timeoutMilliseconds: Int) -> [UInt8]?
}

extension Wire {
    func send(_ frame: [UInt8]) throws { try self.send(frame, offload: PacketOffload()) }
    /// The next frame; a minute is more than any machine needs.
    func receive() -> [UInt8]? { self.receive(timeoutMilliseconds: 60_000) }
}

struct WireError: Error { var text: String }

/// A wire of two connected sockets; the datapath's end is a ``TAPPort`` over the other one.
final class SocketWire: Wire {
    let port: EmbeddedPort
    private let near: FileDescriptor

    init(name: String) throws {
        var pair: [Int32] = [0, 0]
        let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &pair) == 0 else { throw WireError(text: "socketpair: \(errno)") }
        var size: Int32 = 4 << 20
        for end in pair { setsockopt(end, SOL_SOCKET, SO_SNDBUF, &size, 4) }
        self.near = FileDescriptor(owning: pair[0])
        self.port = .tap(TAPPort(name: name, descriptor: FileDescriptor(owning: pair[1])))
    }

    func send(_ frame: [UInt8], offload: PacketOffload) throws {
        var header = clinux_frame()
        header.header = (
            (offload.needsChecksum ? 1 : 0) | UInt16(offload.segmentationType) << 8, offload.headersLength,
            offload.segmentSize, offload.checksumStart, offload.checksumOffset
        )
        let number = self.near.number
        let result = frame.withUnsafeBytes { bytes -> Int32 in
            header.data = bytes.baseAddress
            header.length = UInt32(bytes.count)
            return clinux_frame_write(number, &header)
        }
        if result < 0 { throw WireError(text: "write: \(-result)") }
    }

    func receive(timeoutMilliseconds: Int) -> [UInt8]? {
        var item = pollfd(fd: self.near.number, events: Int16(POLLIN), revents: 0)
        guard poll(&item, 1, Int32(timeoutMilliseconds)) > 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 70_000)
        var received = clinux_received()
        let number = self.near.number
        let length = bytes.withUnsafeMutableBytes { clinux_frame_read(number, $0.baseAddress, $0.count, &received) }
        return length < 0 ? nil : Array(bytes.prefix(Int(length)))
    }
}

/// A wire on a network device: what the far end of a veth pair sends and receives.
final class DeviceWire: Wire {
    private let descriptor: FileDescriptor
    private let isWanted: ([UInt8]) -> Bool

    /// Opens the device; frames for which `isWanted` says no (a host's own chatter) are passed over.
    init(device: String, isWanted: @escaping ([UInt8]) -> Bool = { _ in true }) throws {
        let interface = try NetworkInterface(named: device)
        let number = clinux_packet_open(interface.index, 1 << 20, 1 << 20)
        guard number >= 0, clinux_packet_bind(number, interface.index) == 0 else {
            throw WireError(text: "packet socket on \(device): \(number)")
        }
        self.descriptor = FileDescriptor(owning: number)
        self.isWanted = isWanted
    }

    func send(_ frame: [UInt8], offload: PacketOffload) throws {
        var header = clinux_frame()
        header.next = .max
        header.header.0 = (offload.needsChecksum ? 1 : 0) | UInt16(offload.segmentationType) << 8
        header.header.1 = offload.headersLength
        header.header.2 = offload.segmentSize
        header.header.3 = offload.checksumStart
        header.header.4 = offload.checksumOffset
        let number = self.descriptor.number
        let result = frame.withUnsafeBytes { bytes -> Int32 in
            header.data = bytes.baseAddress
            header.length = UInt32(bytes.count)
            return clinux_packet_send(number, &header, 0)
        }
        if result < 0 { throw WireError(text: "send: \(-result)") }
    }

    func receive(timeoutMilliseconds: Int) -> [UInt8]? {
        let deadline = MonotonicClock.nowNanoseconds() + UInt64(timeoutMilliseconds) * 1_000_000
        while true {
            let now = MonotonicClock.nowNanoseconds()
            guard now < deadline else { return nil }
            var item = pollfd(fd: self.descriptor.number, events: Int16(POLLIN), revents: 0)
            guard poll(&item, 1, Int32((deadline - now) / 1_000_000 + 1)) > 0 else { continue }
            var bytes = [UInt8](repeating: 0, count: 70_000)
            var received = clinux_received()
            let number = self.descriptor.number
            let length = bytes.withUnsafeMutableBytes {
                clinux_packet_receive(number, $0.baseAddress, $0.count, &received)
            }
            guard length >= 0 else { continue }
            var frame = Array(bytes.prefix(Int(length)))
            if received.has_vlan != 0 {
                frame.insert(
                    contentsOf: Frames.big16(Int(received.vlan_tpid)) + Frames.big16(Int(received.vlan_tci)), at: 12)
            }
            if self.isWanted(frame) { return frame }
        }
    }
}
