package import NetworkTypes

/// What the kernel says about a network interface (rtnetlink(7), `RTM_NEWLINK` and `RTM_DELLINK`).
package enum LinkEvent: Sendable, Hashable {
    /// An interface is there: it is new, or something about it changed.
    case present(LinkState)
    /// An interface went away, or left this network namespace.
    case removed(index: UInt32, name: String)
    /// Messages were lost; ask for all interfaces anew.
    case overrun
    /// Every interface that was asked for has been told (``LinkMonitor/requestAll()``).
    case allPresent

    /// An interface as a message describes it.
    package struct LinkState: Sendable, Hashable {
        /// The kernel's number for it.
        package var index: UInt32
        /// Its name.
        package var name: String
        /// `IFF_*` flags.
        package var flags: UInt32
        /// The longest payload, bytes; 0 when the message did not say.
        package var maximumTransmissionUnit: UInt32 = 0
        /// Its Ethernet address, when it has one.
        package var hardwareAddress: MACAddress?
        /// `IF_OPER_*` of RFC 2863: 6 is up, 2 down, 0 unknown.
        package var operationalState: UInt8 = 0

        /// Makes a state of what every message says.
        package init(index: UInt32, name: String, flags: UInt32) {
            self.index = index
            self.name = name
            self.flags = flags
        }

        /// Whether the administrator wants it up.
        package var isUp: Bool { self.flags & 0x1 != 0 }
        /// Whether it can carry packets (`IFF_RUNNING`).
        package var isRunning: Bool { self.flags & 0x40 != 0 }
    }
}

/// Reads link messages out of a netlink datagram; no I/O.
package enum LinkMessageParser {
    private static let newLink: UInt16 = 16
    private static let deleteLink: UInt16 = 17
    private static let done: UInt16 = 3
    private static let overrun: UInt16 = 4

    /// Appends the events in `datagram`; what is malformed ends the reading, what is of another type is
    /// passed over.
    package static func parse(_ datagram: RawSpan, into events: inout [LinkEvent]) {
        var offset = 0
        while datagram.byteCount - offset >= 16 {
            let length = Int(datagram.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
            guard length >= 16, length <= datagram.byteCount - offset else { return }
            let type = datagram.unsafeLoadUnaligned(fromByteOffset: offset + 4, as: UInt16.self)
            if type == Self.overrun {
                events.append(.overrun)
            } else if type == Self.done {
                events.append(.allPresent)
            } else if type == Self.newLink || type == Self.deleteLink,
                let state = Self.link(datagram.extracting(offset + 16..<offset + length))
            {
                events.append(
                    type == Self.newLink ? .present(state) : .removed(index: state.index, name: state.name))
            }
            offset += (length + 3) & ~3
        }
    }

    /// A `struct ifinfomsg` and its attributes.
    private static func link(_ body: RawSpan) -> LinkEvent.LinkState? {
        guard body.byteCount >= 16 else { return nil }
        // AF_BRIDGE and the like: the same interface from another angle, not a change of it.
        guard body.byte(0) == 0 else { return nil }
        var state = LinkEvent.LinkState(
            index: body.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt32.self), name: "",
            flags: body.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt32.self))
        var offset = 16
        while body.byteCount - offset >= 4 {
            let length = Int(body.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
            guard length >= 4, length <= body.byteCount - offset else { break }
            let type = body.unsafeLoadUnaligned(fromByteOffset: offset + 2, as: UInt16.self) & 0x3fff
            let count = length - 4
            switch type {
            case 1 where count == 6: state.hardwareAddress = MACAddress(rawValue: body.big48(offset + 4))
            case 3: state.name = Self.name(body, offset + 4, count)
            case 4 where count >= 4:
                state.maximumTransmissionUnit = body.unsafeLoadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
            case 16 where count >= 1: state.operationalState = body.byte(offset + 4)
            default: break
            }
            offset += (length + 3) & ~3
        }
        return state.name.isEmpty ? nil : state
    }

    private static func name(_ body: RawSpan, _ offset: Int, _ count: Int) -> String {
        var bytes: [UInt8] = []
        for place in 0..<count {
            let byte = body.byte(offset + place)
            if byte == 0 { break }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
