internal import Glibc

/// The message types and flags of `<linux/netlink.h>` that this program uses.
package enum Netlink {
    /// Bytes of `struct nlmsghdr`.
    package static let headerSize = 16
    /// Bytes before the attributes of an openvswitch message: netlink, generic netlink and `struct ovs_header`.
    package static let attributesOffset = 24

    /// NLMSG_ERROR: the outcome of a request; 0 is success.
    package static let typeError: UInt16 = 2
    /// NLMSG_DONE: the end of a dump.
    package static let typeDone: UInt16 = 3
    /// NLMSG_OVERRUN: data lost.
    package static let typeOverrun: UInt16 = 4

    /// NLM_F_REQUEST.
    package static let flagRequest: UInt16 = 0x1
    /// NLM_F_ACK: answer success too.
    package static let flagAcknowledge: UInt16 = 0x4
    /// NLM_F_ECHO: answer with what was changed.
    package static let flagEcho: UInt16 = 0x8
    /// NLM_F_DUMP: answer with everything.
    package static let flagDump: UInt16 = 0x300
    /// NLM_F_CREATE: a flow or port must not exist yet (the openvswitch families take it so).
    package static let flagCreate: UInt16 = 0x400
    /// NLM_F_CAPPED: an error message does not repeat the request.
    package static let flagCapped: UInt16 = 0x100
    /// NLM_F_ACK_TLVS: an error message ends in attributes.
    package static let flagExtendedAcknowledgement: UInt16 = 0x200
}

/// Walks the netlink messages of one datagram in place; lengths that make no sense end the walk.
package struct NetlinkMessages: ~Escapable {
    private let bytes: RawSpan
    private var next = 0
    private var start = 0
    private var end = 0
    /// Whether the datagram ended in something that is no message.
    package private(set) var isMalformed = false

    /// Walks `bytes`.
    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan) { self.bytes = bytes }

    /// Goes to the next message; false at the end.
    package mutating func advance() -> Bool {
        let left = self.bytes.byteCount &- self.next
        guard !self.isMalformed, left > 0 else { return false }
        guard left >= Netlink.headerSize, let length = Int(exactly: self.bytes.host32(self.next)),
            length >= Netlink.headerSize, length <= left
        else {
            self.isMalformed = true
            return false
        }
        self.start = self.next
        self.end = self.next &+ length
        self.next = min(self.next &+ ((length &+ 3) & ~3), self.bytes.byteCount)
        return true
    }

    /// The current message.
    package var message: NetlinkMessage {
        @_lifetime(copy self)
        get { NetlinkMessage(self.bytes.extracting(self.start..<self.end)) }
    }
}

/// One received netlink message, in place.
package struct NetlinkMessage: ~Escapable {
    /// All of it, at least 16 bytes.
    package let bytes: RawSpan

    /// Views `bytes`, which hold at least a header.
    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan) { self.bytes = bytes }

    /// Family, or a control message type.
    package var type: UInt16 { self.bytes.host16(4) }
    /// Flags.
    package var flags: UInt16 { self.bytes.host16(6) }
    /// Sequence number of the request that it answers.
    package var sequence: UInt32 { self.bytes.host32(8) }

    /// Whether it is long enough to be a message of an openvswitch family.
    package var isOpenVSwitch: Bool { self.bytes.byteCount >= Netlink.attributesOffset }
    /// The generic netlink command; 0 in a message too short to have one.
    package var command: UInt8 { self.bytes.byteCount > 16 ? self.bytes.byte(16) : 0 }
    /// The datapath it is about; 0 in a message too short to say.
    package var datapathInterfaceIndex: Int32 {
        self.isOpenVSwitch ? Int32(bitPattern: self.bytes.host32(20)) : 0
    }
    /// A reader of the attributes after `struct ovs_header`.
    package var attributes: NetlinkReader {
        @_lifetime(copy self)
        get {
            let start = min(Netlink.attributesOffset, self.bytes.byteCount)
            return NetlinkReader(self.bytes.extracting(start..<self.bytes.byteCount))
        }
    }

    /// What an NLMSG_ERROR says: nil is success.
    ///
    /// Its layout: errno (negative), the request's header, the request's payload unless capped, then attributes
    /// (`enum nlmsgerr_attrs`: 1 text, 2 offset).
    package var outcome: NetlinkError? {
        guard self.bytes.byteCount >= 20 else { return .malformed }
        let code = Int32(bitPattern: self.bytes.host32(16))
        guard code != 0 else { return nil }
        let errno = code == .min ? EIO : abs(code)
        guard self.flags & Netlink.flagExtendedAcknowledgement != 0, self.bytes.byteCount >= 36 else {
            return NetlinkError(errno: errno)
        }
        var start = 36
        if self.flags & Netlink.flagCapped == 0 {
            let request = Int(self.bytes.host32(20))
            guard request >= 16, request <= self.bytes.byteCount else { return NetlinkError(errno: errno) }
            start = 20 &+ ((request &+ 3) & ~3)
        }
        guard start <= self.bytes.byteCount else { return NetlinkError(errno: errno) }
        return Self.extended(errno, NetlinkReader(self.bytes.extracting(start..<self.bytes.byteCount)))
    }

    private static func extended(_ errno: Int32, _ attributes: consuming NetlinkReader) -> NetlinkError {
        var reader = attributes
        var text = ""
        var offset: UInt32?
        while reader.advance() {
            switch reader.type {
            case 1: text = reader.text()
            case 2: offset = reader.uint32()
            default: break
            }
        }
        return NetlinkError(errno: errno, message: text, offset: offset)
    }
}
