import CLinux
import Glibc
import NetworkTypes

/// The port of the embedded datapath for all Geneve tunnels (RFC 8926) by one UDP port: a socket of the host's, whose
/// routes and neighbours carry what is encapsulated.
///
/// What comes in carries its tunnel beside it, as with the kernel's port of that kind. Every packet is sent from the
/// tunnels' own UDP port, which is no hash of what is within, and fragmented where the way is too narrow. Frames are
/// Ethernet; other payloads are counted as errors.
package final class GenevePort: Sendable {
    /// The name, by which no device of the host is meant.
    package let name: String
    /// The UDP port of both ends.
    package let port: UInt16
    /// Counters.
    package let counters = PortCounters()
    private let descriptor: FileDescriptor
    private let isIPv6: Bool

    private static let headerBytes = 8
    private static let receiveBufferBytes: UInt32 = 4 * 1024 * 1024
    private static let ethernetType: UInt16 = 0x6558

    /// Opens the socket, in the network namespace of the calling thread.
    ///
    /// `busy` where another has the port, `system`.
    package init(port: UInt16) throws(DatapathError) {
        let operation = "open a socket for Geneve on UDP port \(port)"
        var isIPv6: Int32 = 0
        let number = clinux_tunnel_open(port, Self.receiveBufferBytes, &isIPv6)
        guard number >= 0 else {
            throw DatapathError(number == -EADDRINUSE ? .busy : .system, operation: operation, errno: -number)
        }
        self.name = TunnelProtocol.geneve(port: port).portName
        self.port = port
        self.descriptor = FileDescriptor(owning: number)
        self.isIPv6 = isIPv6 != 0
    }

    /// The descriptor to wait for.
    package var descriptorNumber: Int32 { self.descriptor.number }

    // MARK: Receiving

    /// Reads datagrams into the arena until none is left or the batch is full, each frame with its tunnel's key.
    func receive(into batch: inout ReceiveBatch, arena: inout PacketArena) -> ReceiveResult {
        let headroom = PacketBuffer.defaultHeadroom
        let capacity = PacketBuffer.maximumCount
        while !batch.isFull {
            guard let memory = arena.reserve(headroom + capacity) else { return .more }
            var outer = clinux_tunnel_header()
            let length = clinux_tunnel_receive(
                self.descriptor.number, self.isIPv6 ? 1 : 0, memory + headroom, capacity, &outer)
            switch -length {
            case EAGAIN: return .drained
            case EBADF: return .gone
            default: break
            }
            guard length >= 0, Int(length) <= capacity else {
                self.counters.receiveFailed(errors: 1)
                if length < 0 { return .drained }
                continue
            }
            let datagram = RawSpan(_unsafeStart: UnsafeRawPointer(memory + headroom), byteCount: Int(length))
            guard let start = Self.frameStart(in: datagram), Int(length) - start >= 14 else {
                self.counters.receiveFailed(errors: 1)
                continue
            }
            let key = self.key(of: datagram, optionsEnd: start, outer)
            arena.commit(headroom + Int(length))
            guard let metadata = arena.allocate(MemoryLayout<FlowKey>.size) else {
                self.counters.receiveFailed(dropped: 1)
                return .more
            }
            let place = metadata.bindMemory(to: FlowKey.self, capacity: 1)
            place.initialize(to: key)
            batch.append(
                ReceivedFrame(
                    memory: memory, capacity: headroom + Int(length), start: headroom + start,
                    count: Int(length) - start, offload: PacketOffload(), metadata: UnsafePointer(place)),
                vlan: nil)
        }
        return .more
    }

    /// Where the frame begins in a datagram; nil where that is none of version 0 with an Ethernet frame.
    static func frameStart(in datagram: RawSpan) -> Int? {
        guard datagram.byteCount >= Self.headerBytes, datagram.byte(0) >> 6 == 0,
            datagram.big16(2) == Self.ethernetType
        else { return nil }
        let start = Self.headerBytes + 4 * Int(datagram.byte(0) & 0x3f)
        return start <= datagram.byteCount ? start : nil
    }

    /// The tunnel of a datagram, as the kernel's keys have it.
    private func key(of datagram: RawSpan, optionsEnd: Int, _ outer: clinux_tunnel_header) -> FlowKey {
        var key = FlowKey()
        key.tunnelID = UInt64(datagram.big32(4) >> 8)
        key.tunnelFlags = TunnelFlag.key | (datagram.byte(1) & 0x80 != 0 ? TunnelFlag.oam : 0)
        let (source, destination) = (Self.address(outer.source), Self.address(outer.destination))
        if source >> 32 == 0xffff {
            key.tunnelIPv4Source = UInt32(truncatingIfNeeded: source)
            key.tunnelIPv4Destination = UInt32(truncatingIfNeeded: destination)
        } else {
            key.tunnelIPv6Source = source
            key.tunnelIPv6Destination = destination
        }
        key.tunnelTOS = outer.tos
        key.tunnelTTL = outer.ttl
        key.tunnelTransportSource = outer.source_port
        key.tunnelTransportDestination = self.port
        if optionsEnd > Self.headerBytes {
            key.setTunnelOptions(datagram.extracting(Self.headerBytes..<optionsEnd))
        }
        return key
    }

    private typealias AddressBytes = (
        UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8
    )

    private static func address(_ bytes: AddressBytes) -> UInt128 {
        withUnsafeBytes(of: bytes) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) }
    }

    private static func bytes(_ address: UInt128) -> AddressBytes {
        withUnsafeBytes(of: address.bigEndian) { $0.loadUnaligned(as: AddressBytes.self) }
    }

    // MARK: Sending

    /// The Geneve header of a packet: version 0, the options, the payload's type and the identifier.
    static func header(_ fields: TunnelFields) -> [UInt8] {
        let hasCritical = fields.options.tunnelOptions.contains { $0.type & 0x80 != 0 }
        var header: [UInt8] = [
            UInt8(truncatingIfNeeded: fields.options.count / 4) & 0x3f,
            (fields.flags & TunnelFlag.oam != 0 ? 0x80 : 0) | (hasCritical ? 0x40 : 0),
            UInt8(Self.ethernetType >> 8), UInt8(Self.ethernetType & 0xff),
        ]
        for shift in [16, 8, 0] as [UInt64] { header.append(UInt8(truncatingIfNeeded: fields.identifier >> shift)) }
        header.append(0)
        return header + fields.options
    }

    /// Encapsulates a frame and sends it; any thread.
    ///
    /// What cannot be sent is counted.
    func send(_ frame: UnsafeRawPointer, count: Int, _ fields: TunnelFields) {
        var outer = clinux_tunnel_header()
        let mapped = UInt128(0xffff_0000_0000)
        let isIPv4 = fields.ipv6Destination == 0
        outer.destination = Self.bytes(isIPv4 ? mapped | UInt128(fields.ipv4Destination) : fields.ipv6Destination)
        outer.source = Self.bytes(isIPv4 ? mapped | UInt128(fields.ipv4Source) : fields.ipv6Source)
        outer.destination_port = self.port
        outer.tos = fields.tos
        outer.ttl = fields.ttl
        let header = Self.header(fields)
        let result = header.withUnsafeBytes { header in
            clinux_tunnel_send(
                self.descriptor.number, self.isIPv6 ? 1 : 0, header.baseAddress, header.count, frame, count, &outer)
        }
        switch -result {
        case _ where result >= 0:
            self.counters.transmitted(packets: 1, bytes: UInt64(count), dropped: 0, errors: 0)
        case EAGAIN, ENOBUFS, ENETUNREACH, EHOSTUNREACH, ENETDOWN:
            self.counters.transmitted(packets: 0, bytes: 0, dropped: 1, errors: 0)
        default: self.counters.transmitted(packets: 0, bytes: 0, dropped: 0, errors: 1)
        }
    }
}
