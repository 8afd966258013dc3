import Datapath

/// Builds frames byte by byte, with checksums computed the slow, obvious way: the oracle of the packet tests.
enum Frames {
    static let hostA: [UInt8] = [0x02, 0, 0, 0, 0, 0x0a]
    static let hostB: [UInt8] = [0x02, 0, 0, 0, 0, 0x0b]
    static let addressA: [UInt8] = [10, 0, 0, 1]
    static let addressB: [UInt8] = [10, 0, 0, 2]
    static let longAddressA: [UInt8] = [0xfd, 0] + [UInt8](repeating: 0, count: 13) + [1]
    static let longAddressB: [UInt8] = [0xfd, 0] + [UInt8](repeating: 0, count: 13) + [2]

    static func big16(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 0xff), UInt8(value & 0xff)] }
    static func big32(_ value: UInt32) -> [UInt8] { Self.big16(Int(value >> 16)) + Self.big16(Int(value & 0xffff)) }

    /// The Internet checksum, sixteen bits at a time.
    static func checksum(_ bytes: [UInt8]) -> Int {
        var sum = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            sum += Int(bytes[index]) << 8 | (index + 1 < bytes.count ? Int(bytes[index + 1]) : 0)
        }
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        return ~sum & 0xffff
    }

    static func ethernet(
        _ type: Int, _ payload: [UInt8], tags: [(Int, Int)] = [], destination: [UInt8] = hostB,
        source: [UInt8] = hostA
    ) -> [UInt8] {
        destination + source + tags.flatMap { Self.big16($0.0) + Self.big16($0.1) } + Self.big16(type) + payload
    }

    static func ipv4(
        _ proto: UInt8, _ payload: [UInt8], source: [UInt8] = addressA, destination: [UInt8] = addressB,
        tos: UInt8 = 0, ttl: UInt8 = 64, fragment: Int = 0, options: [UInt8] = []
    ) -> [UInt8] {
        let length = 20 + options.count
        let front = [UInt8(0x40 | length / 4), tos] + Self.big16(length + payload.count) + [0x12, 0x34]
        let middle = Self.big16(fragment) + [ttl, proto]
        let back = source + destination + options
        let sum = Self.checksum(front + middle + [0, 0] + back)
        return front + middle + Self.big16(sum) + back + payload
    }

    static func ipv6(
        _ next: UInt8, _ payload: [UInt8], source: [UInt8] = longAddressA, destination: [UInt8] = longAddressB,
        trafficClass: UInt32 = 0, label: UInt32 = 0, hopLimit: UInt8 = 64
    ) -> [UInt8] {
        Self.big32(6 << 28 | trafficClass << 20 | label) + Self.big16(payload.count) + [next, hopLimit]
            + source + destination + payload
    }

    /// The transport checksum over pseudo-header and segment (whose checksum field must be zero).
    static func transportChecksum(_ segment: [UInt8], _ proto: UInt8, _ source: [UInt8], _ destination: [UInt8]) -> Int
    {
        Self.checksum(source + destination + Self.big32(UInt32(segment.count)) + [0, 0, 0, proto] + segment)
    }

    static func tcp(
        _ source: Int, _ destination: Int, flags: Int = 0x10, payload: [UInt8] = [], options: [UInt8] = [],
        between addresses: ([UInt8], [UInt8]) = (addressA, addressB)
    ) -> [UInt8] {
        let front = Self.big16(source) + Self.big16(destination) + Self.big32(1000) + Self.big32(2000)
        let middle = Self.big16((5 + options.count / 4) << 12 | flags) + Self.big16(512)
        let back = [0, 0] + options + payload
        let sum = Self.transportChecksum(front + middle + [0, 0] + back, 6, addresses.0, addresses.1)
        return front + middle + Self.big16(sum) + back
    }

    static func udp(
        _ source: Int, _ destination: Int, payload: [UInt8] = [1, 2, 3, 4, 5],
        between addresses: ([UInt8], [UInt8]) = (addressA, addressB)
    ) -> [UInt8] {
        let front = Self.big16(source) + Self.big16(destination) + Self.big16(8 + payload.count)
        let sum = Self.transportChecksum(front + [0, 0] + payload, 17, addresses.0, addresses.1)
        return front + Self.big16(sum == 0 ? 0xffff : sum) + payload
    }

    static func sctp(_ source: Int, _ destination: Int, payload: [UInt8] = [9, 9, 9, 9]) -> [UInt8] {
        let front = Self.big16(source) + Self.big16(destination) + [0, 0, 0, 7]
        return front + Self.crc32c(front + [0, 0, 0, 0] + payload) + payload
    }

    /// CRC-32C bit by bit, in the order SCTP sends it (RFC 9260 appendix A).
    static func crc32c(_ bytes: [UInt8]) -> [UInt8] {
        var value = UInt32.max
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 != 0 ? value >> 1 ^ 0x82f6_3b78 : value >> 1 }
        }
        let result = ~value
        return (0..<4).map { UInt8(truncatingIfNeeded: result >> (8 * $0)) }
    }

    static func icmp(_ type: UInt8, _ code: UInt8, body: [UInt8] = [0, 1, 0, 2, 7, 7, 7]) -> [UInt8] {
        [type, code] + Self.big16(Self.checksum([type, code, 0, 0] + body)) + body
    }

    static func icmpv6(_ type: UInt8, _ code: UInt8, body: [UInt8]) -> [UInt8] {
        let sum = Self.transportChecksum([type, code, 0, 0] + body, 58, Self.longAddressA, Self.longAddressB)
        return [type, code] + Self.big16(sum) + body
    }

    static func neighbourSolicitation(options: [UInt8]) -> [UInt8] {
        Self.ipv6(58, Self.icmpv6(135, 0, body: [0, 0, 0, 0] + Self.longAddressB + options), hopLimit: 255)
    }

    static func arp(operation: Int = 1) -> [UInt8] {
        [0, 1, 8, 0, 6, 4] + Self.big16(operation) + Self.hostA + Self.addressA + [0, 0, 0, 0, 0, 0]
            + Self.addressB
    }

    /// One frame of every kind that the parser knows, with a name for messages.
    static let everyKind: [(String, [UInt8])] = [
        ("arp", ethernet(0x0806, arp())),
        ("rarp", ethernet(0x8035, arp(operation: 3))),
        ("tcp", ethernet(0x0800, ipv4(6, tcp(1000, 80, payload: [1, 2, 3])))),
        ("tcp with options", ethernet(0x0800, ipv4(6, tcp(1, 2, options: [1, 1, 1, 0]), options: [1, 1, 1, 0]))),
        ("udp", ethernet(0x0800, ipv4(17, udp(53, 5353)))),
        ("sctp", ethernet(0x0800, ipv4(132, sctp(7, 8)))),
        ("icmp", ethernet(0x0800, ipv4(1, icmp(8, 0)))),
        ("igmp", ethernet(0x0800, ipv4(2, [0x16, 0, 0, 0, 224, 0, 0, 9]))),
        ("first fragment", ethernet(0x0800, ipv4(17, udp(53, 54), fragment: 0x2000))),
        ("later fragment", ethernet(0x0800, ipv4(17, [1, 2, 3, 4, 5, 6, 7, 8], fragment: 0x2010))),
        ("one tag", ethernet(0x0800, ipv4(17, udp(1, 2)), tags: [(0x8100, 0x6064)])),
        ("two tags", ethernet(0x0800, ipv4(17, udp(1, 2)), tags: [(0x88a8, 0x0064), (0x8100, 0x00c8)])),
        ("three tags", ethernet(0x0800, ipv4(17, udp(1, 2)), tags: [(0x8100, 1), (0x8100, 2), (0x8100, 3)])),
        ("802.3 with LLC", ethernet(0x0026, [0x42, 0x42, 3] + [UInt8](repeating: 0, count: 35))),
        ("SNAP", ethernet(36, [0xaa, 0xaa, 3, 0, 0, 0, 8, 0] + ipv4(17, udp(1, 2)))),
        ("mpls", ethernet(0x8847, big32(0x0010_0140) + ipv4(17, udp(1, 2)))),
        ("four labels", ethernet(0x8848, [1, 2, 3, 4].flatMap { big32($0 << 12 | ($0 == 4 ? 0x140 : 0x40)) })),
        ("tcp6", ethernet(0x86dd, ipv6(6, tcp(1, 2, between: (longAddressA, longAddressB))))),
        (
            "udp6 behind extensions",
            ethernet(
                0x86dd,
                ipv6(
                    0,
                    [43, 0, 0, 0, 0, 0, 0, 0] + [60, 0, 2, 0, 0, 0, 0, 0] + [51, 1] + [UInt8](repeating: 0, count: 14)
                        + [17, 4] + [UInt8](repeating: 0, count: 22)
                        + udp(5, 6, between: (longAddressA, longAddressB))))
        ),
        (
            "first fragment 6",
            ethernet(0x86dd, ipv6(44, [17, 0, 0, 1, 0, 0, 0, 1] + udp(5, 6, between: (longAddressA, longAddressB))))
        ),
        ("later fragment 6", ethernet(0x86dd, ipv6(44, [17, 0, 0, 0x11, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8]))),
        ("icmp6", ethernet(0x86dd, ipv6(58, icmpv6(128, 0, body: [0, 1, 0, 1])))),
        ("neighbour solicitation", ethernet(0x86dd, neighbourSolicitation(options: [1, 1] + hostA))),
    ]
}

extension FlowKey {
    /// The key that the parser makes of `frame`.
    init(parsing frame: [UInt8]) {
        self.init()
        PacketParser.parse(frame.span.bytes, into: &self)
    }
}

/// A small generator for property tests (SplitMix64), so that a seed replays a failure.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { self.state = seed }
    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var value = self.state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
