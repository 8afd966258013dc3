import CLinux
import Glibc

/// What the kernel says of a network device (rtnetlink(7)).
package struct LinkEvent: Sendable, Hashable {
    /// What happened.
    package enum Kind: Sendable, Hashable {
        /// The device is there, new or changed; what it is like now has to be asked.
        case present
        /// The device is gone, renamed away or moved to another namespace.
        case gone
        /// Messages were lost (a full socket): anything may have changed; `device` is empty.
        case overrun
    }
    /// What happened.
    package var kind: Kind
    /// The device's name.
    package var device: String
    /// Makes an event.
    package init(kind: Kind, device: String) {
        self.kind = kind
        self.device = device
    }
}

/// Listens to what happens to the network devices of this network namespace (RTMGRP_LINK).
///
/// Owned by one thread, which calls ``receive(into:timeoutMilliseconds:)``; any thread may ``wake()`` it. Names are followed
/// by interface index, so that a renamed device is reported as gone under its old name.
package final class LinkMonitor: Sendable {
    private let socket: FileDescriptor
    private let wakeEvent: WakeEvent

    /// Opens and subscribes the socket. `notPermitted`, `system`.
    package init() throws(DatapathError) {
        let number = Glibc.socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), NETLINK_ROUTE)
        guard number >= 0 else { throw DatapathError(.system, operation: "open an rtnetlink socket", errno: errno) }
        let socket = FileDescriptor(owning: number)
        var address = sockaddr_nl()
        address.nl_family = sa_family_t(AF_NETLINK)
        address.nl_groups = UInt32(RTMGRP_LINK)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(number, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
            }
        }
        guard result == 0 else {
            throw DatapathError(
                errno == EPERM ? .notPermitted : .system, operation: "listen to rtnetlink", errno: errno)
        }
        self.socket = socket
        self.wakeEvent = try WakeEvent()
    }

    /// Makes a waiting ``receive(into:names:timeoutMilliseconds:)`` return.
    package func wake() { self.wakeEvent.signal() }

    /// Waits for news and appends it to `events`; returns at the time-out (nil: none) or after ``wake()`` without any.
    ///
    /// `names` maps interface indices to names and belongs to the caller, who passes the same one every time. `system`.
    package func receive(
        into events: inout [LinkEvent], names: inout [Int32: String], timeoutMilliseconds: Int?
    ) throws(DatapathError) {
        var items = [
            pollfd(fd: self.socket.number, events: Int16(POLLIN), revents: 0),
            pollfd(fd: self.wakeEvent.number, events: Int16(POLLIN), revents: 0),
        ]
        let timeout = timeoutMilliseconds.map { Int32(clamping: max(0, $0)) } ?? -1
        let ready = poll(&items, 2, timeout)
        guard ready > 0 else {
            guard ready == 0 || errno == EINTR else {
                throw DatapathError(.system, operation: "wait for rtnetlink", errno: errno)
            }
            return
        }
        if items[1].revents != 0 { self.wakeEvent.clear() }
        guard items[0].revents != 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 32 * 1024)
        while true {
            let count = recv(self.socket.number, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count >= 0 else {
                switch errno {
                case EINTR: continue
                case EAGAIN: return
                case ENOBUFS:
                    events.append(LinkEvent(kind: .overrun, device: ""))
                    continue
                default: throw DatapathError(.system, operation: "read rtnetlink", errno: errno)
                }
            }
            Self.parse(buffer[0..<count], names: &names, into: &events)
        }
    }

    /// Reads the link messages in one datagram; what is malformed is passed over.
    static func parse(_ datagram: ArraySlice<UInt8>, names: inout [Int32: String], into events: inout [LinkEvent]) {
        var rest = datagram
        // struct nlmsghdr: length u32, type u16, flags u16, sequence u32, port u32.
        while let length = rest.hostUInt32(at: 0), length >= 16, Int(length) <= rest.count,
            let type = rest.hostUInt16(at: 4)
        {
            let message = rest.prefix(Int(length)).dropFirst(16)
            // struct ifinfomsg: family u8, pad u8, type u16, index s32, flags u32, change u32; then attributes.
            if type == UInt16(RTM_NEWLINK) || type == UInt16(RTM_DELLINK), let index = message.hostUInt32(at: 4),
                message.hostUInt32(at: 12) != nil
            {
                self.note(
                    index: Int32(bitPattern: index), isGone: type == UInt16(RTM_DELLINK),
                    name: self.name(in: message.dropFirst(16)), names: &names, events: &events)
            }
            rest = rest.dropFirst((Int(length) + 3) & ~3)
        }
    }

    private static func note(
        index: Int32, isGone: Bool, name: String?, names: inout [Int32: String], events: inout [LinkEvent]
    ) {
        let known = names[index]
        if isGone {
            names[index] = nil
            if let device = name ?? known { events.append(LinkEvent(kind: .gone, device: device)) }
            return
        }
        guard let name else { return }
        if let known, known != name { events.append(LinkEvent(kind: .gone, device: known)) }
        names[index] = name
        events.append(LinkEvent(kind: .present, device: name))
    }

    /// The value of IFLA_IFNAME among attributes (length u16, type u16, value, padding to 4).
    private static func name(in attributes: ArraySlice<UInt8>) -> String? {
        var rest = attributes
        while let length = rest.hostUInt16(at: 0), length >= 4, Int(length) <= rest.count,
            let type = rest.hostUInt16(at: 2)
        {
            if type == UInt16(IFLA_IFNAME) {
                let value = rest.prefix(Int(length)).dropFirst(4).prefix { $0 != 0 }
                return String(decoding: value, as: UTF8.self)
            }
            rest = rest.dropFirst((Int(length) + 3) & ~3)
        }
        return nil
    }
}

extension ArraySlice<UInt8> {
    /// The 16-bit number in host byte order `offset` bytes after the start, or nil past the end.
    fileprivate func hostUInt16(at offset: Int) -> UInt16? {
        guard offset + 2 <= self.count else { return nil }
        let start = self.startIndex + offset
        return UInt16(littleEndian: UInt16(self[start]) | UInt16(self[start + 1]) << 8)
    }

    /// The 32-bit number in host byte order `offset` bytes after the start, or nil past the end.
    fileprivate func hostUInt32(at offset: Int) -> UInt32? {
        guard let low = self.hostUInt16(at: offset), let high = self.hostUInt16(at: offset + 2) else { return nil }
        return UInt32(low) | UInt32(high) << 16
    }
}
