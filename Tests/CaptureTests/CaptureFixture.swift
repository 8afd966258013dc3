@testable import Capture

/// Writes packets and capture files byte by byte.
enum CaptureFixture {
    static func half(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)] }
    static func word(_ value: UInt32) -> [UInt8] {
        Self.half(UInt16(value >> 16)) + Self.half(UInt16(truncatingIfNeeded: value))
    }
    static func little(_ value: UInt32) -> [UInt8] { Self.word(value).reversed() }

    /// A TCP header and payload.
    static func tcp(from: UInt16, to: UInt16, sequence: UInt32, flags: UInt8 = 0x10, _ payload: [UInt8]) -> [UInt8] {
        Self.half(from) + Self.half(to) + Self.word(sequence) + Self.word(0) + [0x50, flags] + Self.half(1000)
            + Self.half(0) + Self.half(0) + payload
    }

    /// An IPv4 packet from 192.0.2.1 to 192.0.2.2.
    static func ipv4(_ payload: [UInt8], fragment: UInt16 = 0) -> [UInt8] {
        [0x45, 0] + Self.half(UInt16(20 + payload.count)) + Self.half(1) + Self.half(fragment) + [64, 6, 0, 0]
            + [192, 0, 2, 1] + [192, 0, 2, 2] + payload
    }

    /// Fragments of an IPv4 packet, each of so many bytes of what follows its header.
    static func fragments(_ payload: [UInt8], sizes: [Int], identification: UInt16 = 7) -> [[UInt8]] {
        var (fragments, offset) = ([[UInt8]](), 0)
        for size in sizes {
            let isLast = offset + size >= payload.count
            let bytes = payload[offset..<min(payload.count, offset + size)]
            var packet = Self.ipv4(Array(bytes), fragment: UInt16(offset / 8) | (isLast ? 0 : 0x2000))
            packet.replaceSubrange(4..<6, with: Self.half(identification))
            fragments.append(Self.ethernet(packet))
            offset += size
        }
        return fragments
    }

    /// Fragments of an IPv6 packet, as above; what follows the fragment header is of a kind.
    static func fragments6(_ payload: [UInt8], sizes: [Int], nextHeader: UInt8 = 6) -> [[UInt8]] {
        var (fragments, offset) = ([[UInt8]](), 0)
        for size in sizes {
            let isLast = offset + size >= payload.count
            let bytes = payload[offset..<min(payload.count, offset + size)]
            let header = [nextHeader, 0] + Self.half(UInt16(offset) | (isLast ? 0 : 1)) + Self.word(99)
            var packet = Self.ipv6(header + bytes)
            // The hop-by-hop header is followed by the fragment header.
            packet[40] = 44
            fragments.append(Self.ethernet(packet, type: 0x86dd))
            offset += size
        }
        return fragments
    }

    /// An IPv6 packet from 2001:db8::1 to 2001:db8::2, with a hop-by-hop header.
    static func ipv6(_ payload: [UInt8]) -> [UInt8] {
        let address: [UInt8] = [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11)
        return [0x60, 0, 0, 0] + Self.half(UInt16(8 + payload.count)) + [0, 64] + address + [1] + address + [2]
            + [6, 0, 1, 4, 0, 0, 0, 0] + payload
    }

    static func ethernet(_ payload: [UInt8], type: UInt16 = 0x0800, tags: [UInt16] = []) -> [UInt8] {
        var frame = [UInt8](repeating: 2, count: 12)
        for tag in tags { frame += Self.half(0x8100) + Self.half(tag) }
        frame += Self.half(type) + payload
        // Short frames are filled up, and the filling is no part of the packet.
        return frame + [UInt8](repeating: 0xee, count: max(0, 60 - frame.count))
    }

    /// A pcap file with one packet a second.
    static func pcap(_ frames: [[UInt8]], linkType: UInt32 = 1) -> [UInt8] {
        var file = Self.word(0xa1b2_c3d4) + Self.half(2) + Self.half(4) + Self.word(0) + Self.word(0)
        file += Self.word(65535) + Self.word(linkType)
        for (index, frame) in frames.enumerated() {
            file += Self.word(UInt32(index + 1)) + Self.word(5) + Self.word(UInt32(frame.count))
            file += Self.word(UInt32(frame.count)) + frame
        }
        return file
    }

    /// A pcapng file in the other order of bytes, with nanoseconds.
    static func pcapng(_ frames: [[UInt8]]) -> [UInt8] {
        func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
            let padded = body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
            let length = Self.little(UInt32(padded.count + 12))
            return Self.little(type) + length + padded + length
        }
        var file = block(0x0a0d_0d0a, Self.little(0x1a2b_3c4d) + [1, 0, 0, 0] + [UInt8](repeating: 0xff, count: 8))
        file += block(1, [1, 0, 0, 0, 0, 0, 0, 0] + [9, 0, 1, 0, 9, 0, 0, 0] + [0, 0, 0, 0])
        for frame in frames {
            let length = Self.little(UInt32(frame.count))
            file += block(6, Self.little(0) + Self.little(1) + Self.little(705_032_704) + length + length + frame)
            file += block(5, [1, 2, 3, 4])
        }
        return file
    }

    /// Everything that is found in a file.
    static func events(_ file: [UInt8]) throws(CaptureError) -> [CapturedEvent] {
        var reader = try CaptureReader(file)
        var capture = OpenFlowCapture()
        var events: [CapturedEvent] = []
        while let packet = try reader.next() { events += capture.receive(packet, in: file) }
        return events + capture.finish()
    }

    /// A message of so many bytes.
    static func message(_ length: UInt16, type: UInt8 = 2) -> [UInt8] {
        [4, type] + Self.half(length) + (0..<(length - 4)).map { UInt8(truncatingIfNeeded: $0) }
    }
}
