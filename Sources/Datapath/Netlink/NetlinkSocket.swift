internal import CLinux
internal import CNetlink
internal import Glibc

/// The kernel of this host: generic netlink sockets, set up by libnl.
package struct KernelNetlink: NetlinkProvider {
    /// The kernel.
    package init() {}

    package func open(receiveBufferBytes: Int) throws(NetlinkError) -> any NetlinkTransport {
        try NetlinkSocket(receiveBufferBytes: receiveBufferBytes)
    }

    package func resolve(_ family: OpenVSwitch.Family) throws(NetlinkError) -> UInt16 {
        try NetlinkSocket(receiveBufferBytes: 0).resolve(family.rawValue)
    }
}

/// A connected generic netlink socket.
///
/// libnl allocates it, chooses its port id and resolves families; messages travel by system calls of ours, straight
/// from and to flat memory, because libnl copies each message into an object of its own.
///
/// `@unchecked Sendable`: the only state is a pointer and a descriptor that do not change after `init`. The pointer
/// is used by `init`, ``resolve(_:)`` (before the socket is shared) and `deinit`; the kernel serialises what is done
/// with the descriptor.
package final class NetlinkSocket: NetlinkTransport, @unchecked Sendable {
    private let socket: OpaquePointer
    private let descriptor: Int32
    private let wakeEvent: WakeEvent
    package let portID: UInt32

    /// Opens and connects a socket.
    ///
    /// EPROTONOSUPPORT where the kernel has no generic netlink; EMFILE and the like.
    package init(receiveBufferBytes: Int) throws(NetlinkError) {
        do { self.wakeEvent = try WakeEvent() } catch { throw NetlinkError(errno: error.errno) }
        guard let socket = nl_socket_alloc() else { throw NetlinkError(errno: ENOMEM) }
        let result = genl_connect(socket)
        guard result == 0 else {
            nl_socket_free(socket)
            throw Self.error(result)
        }
        self.socket = socket
        self.descriptor = nl_socket_get_fd(socket)
        self.portID = nl_socket_get_local_port(socket)
        self.enable(NETLINK_EXT_ACK)
        self.enable(NETLINK_CAP_ACK)
        if receiveBufferBytes > 0 { self.widenReceiveBuffer(to: receiveBufferBytes) }
    }

    deinit { nl_socket_free(self.socket) }

    /// Sets a netlink option; old kernels may lack it, and work without.
    private func enable(_ option: Int32) {
        var one: Int32 = 1
        // SOL_NETLINK of <linux/socket.h>, which Glibc's module does not have.
        let level: Int32 = 270
        _ = setsockopt(self.descriptor, level, option, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Beyond the system's limit where this process may (CAP_NET_ADMIN), else as far as the limit goes.
    private func widenReceiveBuffer(to count: Int) {
        var bytes = Int32(clamping: count)
        let size = socklen_t(MemoryLayout<Int32>.size)
        if setsockopt(self.descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, size) != 0 {
            _ = setsockopt(self.descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, size)
        }
    }

    /// The number of a generic netlink family, which may make the kernel load its module.
    ///
    /// ENOENT where there is none.
    func resolve(_ family: String) throws(NetlinkError) -> UInt16 {
        let result = genl_ctrl_resolve(self.socket, family)
        guard result >= 0 else { throw Self.error(result) }
        return UInt16(truncatingIfNeeded: result)
    }

    /// libnl's error numbers as the errno that they stand for.
    private static func error(_ result: Int32) -> NetlinkError {
        switch -result {
        case NLE_OBJ_NOTFOUND: NetlinkError(errno: ENOENT)
        case NLE_PERM: NetlinkError(errno: EPERM)
        case NLE_NOACCESS: NetlinkError(errno: EACCES)
        case NLE_NOMEM: NetlinkError(errno: ENOMEM)
        case NLE_PROTO_MISMATCH, NLE_AF_NOSUPPORT: NetlinkError(errno: EPROTONOSUPPORT)
        default: NetlinkError(errno: EIO, message: nl_geterror(result).map { String(cString: $0) } ?? "")
        }
    }

    package func send(_ datagram: UnsafeRawBufferPointer) throws(NetlinkError) {
        while true {
            // The address family alone: port 0 is the kernel.
            var kernel = sockaddr_nl()
            kernel.nl_family = sa_family_t(AF_NETLINK)
            let sent = withUnsafePointer(to: &kernel) { address in
                address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(
                        self.descriptor, datagram.baseAddress, datagram.count, 0, $0,
                        socklen_t(MemoryLayout<sockaddr_nl>.size))
                }
            }
            if sent == datagram.count { return }
            if sent >= 0 { throw NetlinkError(errno: EMSGSIZE) }
            guard errno == EINTR else { throw NetlinkError(errno: errno) }
        }
    }

    package func receive(
        into slab: inout DatagramSlab, maximum: Int, timeoutMilliseconds: Int?
    ) throws(NetlinkError) -> Int {
        let wanted = UInt32(clamping: min(max(1, maximum), slab.slots))
        // Answers to requests are there before the request returns, so look before waiting.
        for isRetry in [false, true] {
            var result: Int32
            repeat {
                result = slab.fill { base, stride, lengths in
                    clinux_receive_datagrams(self.descriptor, base, stride, wanted, lengths, Int32(MSG_DONTWAIT))
                }
            } while result == -EINTR
            if result >= 0 { return Int(result) }
            guard result == -EAGAIN else { throw NetlinkError(errno: -result) }
            guard !isRetry, self.waitReadable(timeoutMilliseconds) else { return 0 }
        }
        return 0
    }

    /// Waits for a datagram; false after the time-out, a signal or a wake-up.
    private func waitReadable(_ timeoutMilliseconds: Int?) -> Bool {
        var items = (
            pollfd(fd: self.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: self.wakeEvent.number, events: Int16(POLLIN), revents: 0)
        )
        let timeout = timeoutMilliseconds.map { Int32(clamping: max(0, $0)) } ?? -1
        let ready = withUnsafeMutableBytes(of: &items) { bytes in
            poll(bytes.assumingMemoryBound(to: pollfd.self).baseAddress, 2, timeout)
        }
        guard ready > 0 else { return false }
        if items.1.revents != 0 {
            self.wakeEvent.clear()
            return false
        }
        return true
    }

    package func wake() { self.wakeEvent.signal() }
}
