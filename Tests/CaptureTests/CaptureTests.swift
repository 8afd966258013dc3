import NetworkTypes
import Testing

@testable import Capture

private typealias Fixture = CaptureFixture

@Suite("OpenFlow in captures")
struct CaptureTests {
    private static let first = Fixture.message(100)
    private static let second = Fixture.message(40, type: 3)
    private static let stream = first + second

    private static func frame(_ range: Range<Int>, _ base: UInt32 = 1000) -> [UInt8] {
        let payload = Array(Self.stream[range])
        return Fixture.ethernet(
            Fixture.ipv4(Fixture.tcp(from: 40000, to: 6653, sequence: base &+ UInt32(range.lowerBound), payload)))
    }

    private static func contents(_ frames: [[UInt8]]) throws -> [CapturedEvent.Content] {
        try Fixture.events(Fixture.pcap(frames)).map(\.content)
    }

    private static let whole: [CapturedEvent.Content] = [.message(first), .message(second)]

    @Test("Messages over several segments, and several in one, are found")
    func inOrder() throws {
        #expect(try Self.contents([Self.frame(0..<140)]) == Self.whole)
        #expect(try Self.contents([Self.frame(0..<3), Self.frame(3..<120), Self.frame(120..<140)]) == Self.whole)
        let events = try Fixture.events(Fixture.pcap([Self.frame(0..<60), Self.frame(60..<140)]))
        #expect(events[0].nanoseconds == 2_000_005_000)
        #expect(events[0].source.description == "192.0.2.1:40000")
        #expect(events[0].destination.description == "192.0.2.2:6653")
    }

    @Test("Segments out of order, repeated and overlapping give the same")
    func disorder() throws {
        let a = Self.frame(0..<50)
        let b = Self.frame(50..<110)
        let c = Self.frame(110..<140)
        #expect(try Self.contents([a, c, b]) == Self.whole)
        #expect(try Self.contents([a, a, b, a, b, c, c]) == Self.whole)
        #expect(try Self.contents([a, Self.frame(20..<140), b]) == Self.whole)
        #expect(try Self.contents([a, c, Self.frame(40..<130)]) == Self.whole)
    }

    @Test("Numbers that pass zero are in order, and a SYN begins anew")
    func wrapping() throws {
        #expect(try Self.contents([Self.frame(0..<50, 0xffff_ffe0), Self.frame(50..<140, 0xffff_ffe0)]) == Self.whole)
        let open = Fixture.ethernet(
            Fixture.ipv4(Fixture.tcp(from: 40000, to: 6653, sequence: 999, flags: 2, [])))
        #expect(try Self.contents([open, Self.frame(50..<140), Self.frame(0..<50)]) == Self.whole)
        #expect(
            try Self.contents([Self.frame(0..<140, 5), open, Self.frame(0..<140)]) == Self.whole + Self.whole)
    }

    @Test("Missing bytes are reported, and the next message is found")
    func gap() throws {
        #expect(
            try Self.contents([Self.frame(0..<50), Self.frame(100..<140)])
                == [.stray(byteCount: 50), .gap(byteCount: 50), .message(Self.second)])
        #expect(try Self.contents([Self.frame(0..<120)]) == [.message(Self.first), .stray(byteCount: 20)])
    }

    @Test("What waits for missing bytes is bounded")
    func bounded() {
        var stream = TCPStream()
        _ = stream.receive(sequence: 0, isSynchronizing: true, bytes: [])
        var gaps = 0
        for index in UInt32(0)..<200 {
            let events = stream.receive(
                sequence: 1000 + index * 20000, isSynchronizing: false, bytes: [UInt8](repeating: 0, count: 10000))
            gaps += events.count { if case .gap = $0 { true } else { false } }
        }
        #expect(gaps == 200 - TCPStream.pendingBytesMaximum / 10000)
        #expect(stream.finish().count == 2 * (TCPStream.pendingBytesMaximum / 10000))
    }

    @Test("Every kind of link is read")
    func links() throws {
        let segment = Fixture.tcp(from: 6633, to: 50000, sequence: 1, Self.first)
        let (v4, v6) = (Fixture.ipv4(segment), Fixture.ipv6(segment))
        let cooked: [UInt8] = [0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0]
        let cooked2: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0]
        let files = [
            Fixture.pcap([Fixture.ethernet(v4, tags: [5, 6])]), Fixture.pcap([Fixture.ethernet(v6, type: 0x86dd)]),
            Fixture.pcap([cooked + [0x08, 0x00] + v4], linkType: 113),
            Fixture.pcap([[0x86, 0xdd] + cooked2.dropFirst(2) + v6], linkType: 276),
            Fixture.pcap([[2, 0, 0, 0] + v4], linkType: 0), Fixture.pcap([[0, 0, 0, 30] + v6], linkType: 108),
            Fixture.pcap([v4], linkType: 101), Fixture.pcap([v6], linkType: 229),
            Fixture.pcapng([Fixture.ethernet(v4)]),
        ]
        for file in files { #expect(try Fixture.events(file).map(\.content) == [.message(Self.first)]) }
        #expect(try Fixture.events(files[8])[0].nanoseconds == 5_000_000_000)
        #expect(try Fixture.events(files[1])[0].source.description == "[2001:db8::1]:6633")
    }

    @Test("Other ports are passed over, and fragments are counted")
    func passedOver() throws {
        let other = Fixture.ethernet(Fixture.ipv4(Fixture.tcp(from: 1, to: 2, sequence: 1, Self.first)))
        let fragment = Fixture.ethernet(
            Fixture.ipv4(Fixture.tcp(from: 1, to: 6653, sequence: 1, Self.first), fragment: 0x2000))
        let file = Fixture.pcap([other, fragment])
        var reader = try CaptureReader(file)
        var capture = OpenFlowCapture()
        while let packet = try reader.next() { #expect(capture.receive(packet, in: file).isEmpty) }
        #expect(capture.packetCount == 2)
        #expect(capture.fragmentCount == 1)
    }

    @Test("A damaged file is refused where it is damaged")
    func damaged() throws {
        #expect(throws: CaptureError.notACapture) { try CaptureReader([1, 2, 3, 4, 5]) }
        #expect(throws: CaptureError.notACapture) { try CaptureReader([]) }
        let file = Fixture.pcap([Self.frame(0..<140)])
        #expect(throws: CaptureError.truncated(offset: 24)) { try Fixture.events(Array(file.dropLast())) }
        var long = file
        long[32] = 0x7f
        #expect(throws: CaptureError.truncated(offset: 24)) { try Fixture.events(long) }
        var next = Fixture.pcapng([Self.frame(0..<140)])
        next[4] = 5
        #expect(throws: CaptureError.badLength(offset: 4, length: 5)) { try Fixture.events(next) }
    }

    @Test("Every prefix and every changed byte of a capture is read or refused, and never traps")
    func hostile() {
        let frames = [
            Self.frame(0..<50), Self.frame(100..<140), Self.frame(50..<100),
            Fixture.ethernet(
                Fixture.ipv6(Fixture.tcp(from: 6653, to: 9, sequence: 7, Self.second)), type: 0x86dd, tags: [3]),
        ]
        var found = 0
        for file in [Fixture.pcap(frames), Fixture.pcapng(frames)] {
            for length in 0..<file.count { found += Self.count(Array(file[..<length])) }
            for index in file.indices {
                for value: UInt8 in [0, 1, 0x7f, 0x80, 0xff, file[index] ^ 0x10] {
                    var changed = file
                    changed[index] = value
                    found += Self.count(changed)
                }
            }
        }
        #expect(found > 1000)
    }

    private static func count(_ file: [UInt8]) -> Int {
        guard let events = try? Fixture.events(file) else { return 0 }
        return events.count
    }
}
