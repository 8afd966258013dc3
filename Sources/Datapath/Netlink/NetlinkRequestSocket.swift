internal import Glibc

/// A netlink socket of another family than the generic one, for one call and its few requests.
struct NetlinkRequestSocket: ~Copyable {
    /// Families of <linux/netlink.h>, which Glibc's module does not have.
    enum Family: Int32 {
        /// `NETLINK_ROUTE`.
        case route = 0
        /// `NETLINK_NETFILTER`.
        case netfilter = 12
    }
    private let descriptor: FileDescriptor

    /// Opens a socket.
    ///
    /// EMFILE and the like.
    init(_ family: Family) throws(NetlinkError) {
        let number = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), family.rawValue)
        guard number >= 0 else { throw NetlinkError(errno: errno) }
        self.descriptor = FileDescriptor(owning: number)
        // The kernel answers within the request; this only bounds what a lost answer costs.
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        _ = setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Sends a request of netfilter's, whose own header says an address family, and visits its answer.
    func request(
        _ type: UInt16, flags: UInt16, family: UInt8, _ fill: (inout NetlinkWriter) -> Void,
        visit: (borrowing NetlinkMessage) -> Void
    ) throws(NetlinkError) {
        try self.request(type, flags: flags, header: [family, 0, 0, 0], fill, visit: visit)
    }

    /// Sends a request with a header of the family's own, and visits the messages of its answer, up to its end.
    func request(
        _ type: UInt16, flags: UInt16, header: [UInt8], _ fill: (inout NetlinkWriter) -> Void,
        visit: (borrowing NetlinkMessage) -> Void
    ) throws(NetlinkError) {
        var writer = NetlinkWriter()
        let start = writer.beginMessage(
            family: type, flags: Netlink.flagRequest | flags, sequence: 1, portID: 0, command: 0, version: 0,
            datapathInterfaceIndex: 0)
        // Behind netlink's header comes the family's, in place of the generic one.
        writer.truncate(to: start + 16)
        writer.raw(header)
        fill(&writer)
        writer.endMessage(start)
        let number = self.descriptor.number
        let sent = writer.withUnsafeBytes { Glibc.send(number, $0.baseAddress, $0.count, 0) }
        guard sent == writer.count else { throw NetlinkError(errno: errno) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let length = buffer.withUnsafeMutableBytes { recv(number, $0.baseAddress, $0.count, 0) }
            guard length >= 0 else {
                if errno == EINTR { continue }
                throw NetlinkError(errno: errno)
            }
            var messages = NetlinkMessages(buffer.span.bytes.extracting(0..<length))
            while messages.advance() {
                let message = messages.message
                switch message.type {
                case Netlink.typeDone: return
                case Netlink.typeError:
                    if let error = message.outcome { throw error }
                    return
                default: visit(message)
                }
            }
            if messages.isMalformed { throw .malformed }
        }
    }
}
