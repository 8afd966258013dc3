import NetworkTypes

/// Writes conversations as a capture file that Wireshark opens and decodes, as a value: bytes in, blocks out.
///
/// The format is pcapng (draft-ietf-opsawg-pcapng): a section header, an interface of raw IP, and an enhanced packet
/// block for each stretch of messages. Messages are put into TCP segments of our own making, since what TLS carries
/// would be of no use as it was on the wire: true addresses, the controller's end always on port 6653, by which
/// Wireshark knows OpenFlow, and each connection on a port of its own.
struct PcapngConversation {
    private struct Connection {
        var local: IPv6Address
        var remote: IPv6Address
        var port: UInt16
        /// The number of the next byte, sent and received.
        var sent: UInt32 = 1
        var received: UInt32 = 1
    }

    private static let controllerPort: UInt16 = 6653
    private static let segmentBytesMaximum = 32 * 1024
    private static let loopback = IPv6Address(rawValue: 0xffff_7f00_0001)

    private var connections: [UInt64: Connection] = [:]

    /// The blocks that begin a file, or a new part of one.
    static func header() -> [UInt8] {
        var section = PcapngBlock(type: 0x0a0d_0d0a)
        section.add(UInt32(0x1a2b_3c4d))
        section.add(UInt16(1))
        section.add(UInt16(0))
        section.add(UInt64.max)  // of unknown length
        section.addOption(4, Array("sluice".utf8))  // shb_userappl
        section.endOptions()
        var interface = PcapngBlock(type: 1)
        interface.add(UInt16(101))  // LINKTYPE_RAW: IPv4 or IPv6
        interface.add(UInt16(0))
        interface.add(UInt32(0))
        interface.addOption(2, Array("openflow".utf8))  // if_name
        interface.addOption(9, [9])  // if_tsresol: nanoseconds
        interface.endOptions()
        return section.finish() + interface.finish()
    }

    /// A connection between these addresses is open; nil stands for the host itself.
    mutating func open(_ connection: UInt64, local: String?, remote: String?) {
        self.connections[connection] = Connection(
            local: Self.address(local), remote: Self.address(remote), port: UInt16(1024 + connection % 64_000))
    }

    /// A connection is over.
    mutating func close(_ connection: UInt64) { self.connections[connection] = nil }

    /// The blocks of messages that were said at a moment, in nanoseconds since 1970.
    mutating func blocks(
        _ bytes: [UInt8], _ direction: ConversationDirection, on connection: UInt64, at nanoseconds: UInt64
    ) -> [UInt8] {
        if self.connections[connection] == nil { self.open(connection, local: nil, remote: nil) }
        guard var state = self.connections[connection] else { return [] }
        var output: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.segmentBytesMaximum)
            rest = rest.dropFirst(part.count)
            let packet = Self.packet(part, direction, state)
            if direction == .sent {
                state.sent &+= UInt32(part.count)
            } else {
                state.received &+= UInt32(part.count)
            }
            var block = PcapngBlock(type: 6)
            block.add(UInt32(0))
            block.add(UInt32(truncatingIfNeeded: nanoseconds >> 32))
            block.add(UInt32(truncatingIfNeeded: nanoseconds))
            block.add(UInt32(packet.count))
            block.add(UInt32(packet.count))
            block.add(packet)
            block.addOption(2, direction == .sent ? [2, 0, 0, 0] : [1, 0, 0, 0])  // epb_flags
            block.endOptions()
            output += block.finish()
        }
        self.connections[connection] = state
        return output
    }

    private static func address(_ text: String?) -> IPv6Address {
        guard let text else { return Self.loopback }
        let bare = String(text.prefix { $0 != "%" })
        if let address = IPv4Address(bare) {
            return IPv6Address(rawValue: 0xffff_0000_0000 | UInt128(address.rawValue))
        }
        let mapped = "::ffff:"
        if bare.hasPrefix(mapped), bare.contains(".") { return Self.address(String(bare.dropFirst(mapped.count))) }
        return IPv6Address(bare) ?? Self.loopback
    }

    /// A TCP segment in an IPv4 or IPv6 packet; checksums of TCP are left out, as network cards do on the way out.
    private static func packet(
        _ payload: ArraySlice<UInt8>, _ direction: ConversationDirection, _ connection: Connection
    ) -> [UInt8] {
        let isSent = direction == .sent
        let source = isSent ? connection.local : connection.remote
        let destination = isSent ? connection.remote : connection.local
        var tcp: [UInt8] = []
        Self.append(isSent ? connection.port : Self.controllerPort, to: &tcp)
        Self.append(isSent ? Self.controllerPort : connection.port, to: &tcp)
        Self.append(isSent ? connection.sent : connection.received, to: &tcp)
        Self.append(isSent ? connection.received : connection.sent, to: &tcp)
        tcp += [5 << 4, 0x18, 0xff, 0xff, 0, 0, 0, 0]  // 20 bytes, PSH and ACK, window
        let mapped: UInt128 = 0xffff << 32
        let isIPv4 = (source.rawValue & ~0xffff_ffff) == mapped && (destination.rawValue & ~0xffff_ffff) == mapped
        var packet: [UInt8] = []
        if isIPv4 {
            packet += [0x45, 0]
            Self.append(UInt16(20 + tcp.count + payload.count), to: &packet)
            packet += [0, 0, 0x40, 0, 64, 6, 0, 0]
            Self.append(UInt32(truncatingIfNeeded: source.rawValue), to: &packet)
            Self.append(UInt32(truncatingIfNeeded: destination.rawValue), to: &packet)
            let checksum = Self.checksum(packet)
            packet[10] = UInt8(checksum >> 8)
            packet[11] = UInt8(truncatingIfNeeded: checksum)
        } else {
            packet += [0x60, 0, 0, 0]
            Self.append(UInt16(tcp.count + payload.count), to: &packet)
            packet += [6, 64]
            for address in [source, destination] {
                Self.append(address.high, to: &packet)
                Self.append(address.low, to: &packet)
            }
        }
        return packet + tcp + payload
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// The internet checksum (RFC 1071) of a header of an even number of bytes.
    private static func checksum(_ header: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: header.count - 1, by: 2) {
            sum += UInt32(header[index]) << 8 | UInt32(header[index + 1])
        }
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        return ~UInt16(truncatingIfNeeded: sum)
    }
}

/// A block of a pcapng file, little-endian, padded to 32 bits.
struct PcapngBlock {
    private var bytes: [UInt8] = []
    private let type: UInt32

    init(type: UInt32) { self.type = type }

    mutating func add(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { self.bytes.append(contentsOf: $0) }
    }

    mutating func add(_ data: [UInt8]) {
        self.bytes += data
        self.pad()
    }

    mutating func addOption(_ code: UInt16, _ value: [UInt8]) {
        self.add(code)
        self.add(UInt16(clamping: value.count))
        self.add(value)
    }

    mutating func endOptions() { self.add(UInt32(0)) }

    /// The whole block, its length at both ends.
    consuming func finish() -> [UInt8] {
        let length = UInt32(self.bytes.count + 12)
        var block = PcapngBlock(type: self.type)
        block.add(self.type)
        block.add(length)
        block.bytes += self.bytes
        block.add(length)
        return block.bytes
    }

    private mutating func pad() {
        while self.bytes.count % 4 != 0 { self.bytes.append(0) }
    }
}
