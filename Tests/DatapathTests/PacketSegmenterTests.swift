import Testing

@testable import Datapath

@Suite("Segmentation of a host's frames")
struct PacketSegmenterTests {
    /// The segments of a TCP frame whose header says it has `words` words, or what is wrong with it.
    private func segments(headerWords words: UInt8, size: UInt16, isIPv6: Bool) -> Result<[Int], PacketError> {
        var tcp = Frames.tcp(1, 2, payload: [UInt8](repeating: 7, count: 40))
        tcp[12] = words << 4
        let frame =
            isIPv6 ? Frames.ethernet(0x86dd, Frames.ipv6(6, tcp)) : Frames.ethernet(0x0800, Frames.ipv4(6, tcp))
        var key = FlowKey()
        let layout = PacketParser.parse(frame.span.bytes, into: &key)
        return Result { () throws(PacketError) in
            var packet = try PacketBuffer(copying: frame.span.bytes)
            packet.offload.segmentationType = isIPv6 ? 4 : 1
            packet.offload.segmentSize = size
            var counts: [Int] = []
            try PacketSegmenter.segment(packet, layout) { (segment) throws(PacketError) in
                counts.append(segment.count)
            }
            return counts
        }
    }

    @Test("a TCP header that says it is shorter than any can be is refused", arguments: [true, false])
    func liesAboutHeaders(isIPv6: Bool) {
        for words in UInt8(0)..<5 {
            for size in [1, 2, 8, 12, 39, 40, 41, 65_535] as [UInt16] {
                #expect(self.segments(headerWords: words, size: size, isIPv6: isIPv6) == .failure(.truncated))
            }
        }
    }

    @Test("pieces have the headers and as much of the payload as was asked for", arguments: [true, false])
    func sizes(isIPv6: Bool) {
        let headers = 14 + (isIPv6 ? 40 : 20) + 20
        #expect(self.segments(headerWords: 5, size: 16, isIPv6: isIPv6) == .success([16, 16, 8].map { headers + $0 }))
        #expect(self.segments(headerWords: 5, size: 0, isIPv6: isIPv6) == .failure(.truncated))
        #expect(self.segments(headerWords: 15, size: 1, isIPv6: isIPv6) == .success([headers + 40]))
    }
}
