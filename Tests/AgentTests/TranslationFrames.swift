import Datapath
import NetworkTypes

/// A frame described by its fields, built byte by byte with checksums computed from nothing.
struct TestFrame: Sendable, Hashable {
    enum Payload: Sendable, Hashable {
        case arp(operation: UInt16, sender: UInt32, target: UInt32)
        case ipv4(IP)
        case ipv6(IP)
        case other(type: UInt16)
    }
    struct IP: Sendable, Hashable {
        var source: UInt32 = 0x0a00_0001
        var destination: UInt32 = 0x0a00_0002
        var tos: UInt8 = 0
        var ttl: UInt8 = 64
        /// 6, 17, 1 or anything else (no transport header).
        var protocolNumber: UInt8 = 17
        /// 0 whole, 1 first fragment, 3 later fragment (IPv4 only).
        var fragment: UInt8 = 0
        var sourcePort: UInt16 = 1000
        var destinationPort: UInt16 = 2000
    }
    var destination: UInt64 = 0x0200_0000_0002
    var source: UInt64 = 0x0200_0000_0001
    /// Outermost first: TPID and TCI without the presence bit.
    var tags: [(tpid: UInt16, tci: UInt16)] = []
    var payload = Payload.ipv4(IP())

    static func == (left: Self, right: Self) -> Bool { left.bytes == right.bytes }
    func hash(into hasher: inout Hasher) { hasher.combine(self.bytes) }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for address in [self.destination, self.source] { bytes.append(big: address, count: 6) }
        for tag in self.tags {
            bytes.append(big: UInt64(tag.tpid), count: 2)
            bytes.append(big: UInt64(tag.tci), count: 2)
        }
        switch self.payload {
        case .other(let type):
            bytes.append(big: UInt64(type), count: 2)
            bytes += [UInt8](repeating: 0xab, count: 46)
        case .arp(let operation, let sender, let target):
            bytes.append(big: 0x0806_0001_0800_0604, count: 8)
            bytes.append(big: UInt64(operation), count: 2)
            bytes.append(big: self.source, count: 6)
            bytes.append(big: UInt64(sender), count: 4)
            bytes.append(big: 0, count: 6)
            bytes.append(big: UInt64(target), count: 4)
        case .ipv4(let ip): bytes += [0x08, 0x00] + Self.ipv4(ip)
        case .ipv6(let ip): bytes += [0x86, 0xdd] + Self.ipv6(ip)
        }
        return bytes
    }

    private static func transport(_ ip: IP) -> [UInt8] {
        var bytes: [UInt8] = []
        switch ip.protocolNumber {
        case 6:
            bytes.append(big: UInt64(ip.sourcePort), count: 2)
            bytes.append(big: UInt64(ip.destinationPort), count: 2)
            bytes += [0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x10, 0x20, 0, 0, 0, 0, 0]
        case 17:
            bytes.append(big: UInt64(ip.sourcePort), count: 2)
            bytes.append(big: UInt64(ip.destinationPort), count: 2)
            bytes += [0, 16, 0, 0]
        case 1, 58:
            bytes += [UInt8(truncatingIfNeeded: ip.sourcePort), UInt8(truncatingIfNeeded: ip.destinationPort), 0, 0]
            bytes += [0, 1, 0, 2]
        default: break
        }
        return bytes + [1, 2, 3, 4, 5, 6, 7, 8]
    }

    private static func ipv4(_ ip: IP) -> [UInt8] {
        let body = ip.fragment == 3 ? [UInt8](repeating: 9, count: 16) : Self.transport(ip)
        var bytes: [UInt8] = [0x45, ip.tos]
        bytes.append(big: UInt64(20 + body.count), count: 2)
        bytes += [0, 7]
        bytes.append(big: ip.fragment == 0 ? 0 : ip.fragment == 1 ? 0x2000 : 0x0010, count: 2)
        bytes += [ip.ttl, ip.protocolNumber, 0, 0]
        bytes.append(big: UInt64(ip.source), count: 4)
        bytes.append(big: UInt64(ip.destination), count: 4)
        bytes += body
        TestChecksums.repair(ip: &bytes)
        return bytes
    }

    private static func ipv6(_ ip: IP) -> [UInt8] {
        var bytes: [UInt8] = [0x60 | ip.tos >> 4, ip.tos << 4, 0, 0]
        let body = Self.transport(ip)
        bytes.append(big: UInt64(body.count), count: 2)
        bytes += [ip.protocolNumber, ip.ttl]
        for address in [ip.source, ip.destination] {
            bytes += [0x20, 0x01] + [UInt8](repeating: 0, count: 10)
            bytes.append(big: UInt64(address), count: 4)
        }
        bytes += body
        TestChecksums.repair(ip: &bytes)
        return bytes
    }

    /// The key that the parser makes of the frame, come in by `port`.
    func key(inPort port: UInt32) -> FlowKey { Self.key(of: self.bytes, inPort: port) }

    static func key(of bytes: [UInt8], inPort port: UInt32) -> FlowKey {
        var key = FlowKey()
        PacketParser.parse(bytes.span.bytes, into: &key)
        key.inPort = port
        return key
    }
}

extension [UInt8] {
    mutating func append(big value: UInt64, count: Int) {
        for index in 0..<count { self.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - index)))) }
    }
}

/// Checksums from nothing, for the bytes of an IP packet (from the IP header on).
enum TestChecksums {
    static func sum(_ bytes: some Collection<UInt8>) -> UInt32 {
        var sum: UInt32 = 0
        for (index, byte) in bytes.enumerated() { sum += index % 2 == 0 ? UInt32(byte) << 8 : UInt32(byte) }
        return sum
    }
    static func fold(_ sum: UInt32) -> UInt16 {
        var sum = sum
        while sum > 0xffff { sum = sum >> 16 + sum & 0xffff }
        return ~UInt16(truncatingIfNeeded: sum)
    }

    static func repair(ip bytes: inout [UInt8]) {
        let isIPv4 = bytes[0] >> 4 == 4
        let start = isIPv4 ? 20 : 40
        let number = isIPv4 ? bytes[9] : bytes[6]
        if isIPv4 {
            bytes[10] = 0
            bytes[11] = 0
            let checksum = Self.fold(Self.sum(bytes[0..<20]))
            bytes[10] = UInt8(checksum >> 8)
            bytes[11] = UInt8(checksum & 0xff)
            if (UInt16(bytes[6]) << 8 | UInt16(bytes[7])) & 0x3fff != 0 { return }
        }
        let place: Int
        switch number {
        case 6: place = start + 16
        case 17: place = start + 6
        case 1, 58: place = start + 2
        default: return
        }
        bytes[place] = 0
        bytes[place + 1] = 0
        var sum = Self.sum(bytes[start...])
        if number != 1 {
            sum += Self.sum(isIPv4 ? bytes[12..<20] : bytes[8..<40]) + UInt32(number) + UInt32(bytes.count - start)
        }
        var checksum = Self.fold(sum)
        if number == 17, checksum == 0 { checksum = 0xffff }
        bytes[place] = UInt8(checksum >> 8)
        bytes[place + 1] = UInt8(checksum & 0xff)
    }
}
