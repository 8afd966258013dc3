import NetworkTypes
import Testing

@testable import Capture

private typealias Fixture = CaptureFixture

@Suite("Fragments of IP packets put together")
struct FragmentTests {
    private static let message = Fixture.message(100)
    private static let segment = Fixture.tcp(from: 40000, to: 6653, sequence: 1000, message)

    private static func capture(_ frames: [[UInt8]]) throws -> (contents: [CapturedEvent.Content], lost: Int) {
        let file = Fixture.pcap(frames)
        var reader = try CaptureReader(file)
        var capture = OpenFlowCapture()
        var events: [CapturedEvent] = []
        while let packet = try reader.next() { events += capture.receive(packet, in: file) }
        events += capture.finish()
        return (events.map(\.content), capture.fragmentCount)
    }

    @Test("In any order, in both versions of IP", arguments: [[120], [64, 56], [8, 48, 64], [24, 24, 24, 24, 24]])
    func orders(sizes: [Int]) throws {
        for fragments in [
            Fixture.fragments(Self.segment, sizes: sizes), Fixture.fragments6(Self.segment, sizes: sizes),
        ] {
            for frames in [fragments, fragments.reversed(), Array(fragments[1...] + fragments[..<1])] {
                let found = try Self.capture(frames)
                #expect(found.contents == [.message(Self.message)])
                #expect(found.lost == 0)
            }
        }
    }

    @Test("An extension header may come between, and a fragment twice")
    func variants() throws {
        let options: [UInt8] = [6, 0, 1, 4, 0, 0, 0, 0]
        let found = try Self.capture(Fixture.fragments6(options + Self.segment, sizes: [64, 64], nextHeader: 60))
        #expect(found.contents == [.message(Self.message)])
        let fragments = Fixture.fragments(Self.segment, sizes: [40, 40, 40])
        let twice = try Self.capture([fragments[1], fragments[1], fragments[2], fragments[2], fragments[0]])
        #expect(twice.contents == [.message(Self.message)])
        #expect(twice.lost == 0)
    }

    @Test("Packets of other identifications do not mix")
    func interleaved() throws {
        let second = Fixture.tcp(from: 40000, to: 6653, sequence: 1100, Fixture.message(20))
        let a = Fixture.fragments(Self.segment, sizes: [80, 40], identification: 1)
        let b = Fixture.fragments(second, sizes: [16, 24], identification: 2)
        let found = try Self.capture([a[0], b[1], a[1], b[0]])
        #expect(found.contents == [.message(Self.message), .message(Fixture.message(20))])
    }

    @Test("What overlaps, contradicts or is cut is refused, with all that comes later of the packet")
    func refused() throws {
        let a = Fixture.fragments(Self.segment, sizes: [80, 40])
        var changed = a[0]
        changed[14 + 20 + 30] ^= 1
        let overlapping = Fixture.fragments(Self.segment, sizes: [64, 56])
        #expect(try Self.capture([a[0], changed, a[1]]) == ([], 3))
        #expect(try Self.capture([a[0], overlapping[1], a[1]]) == ([], 3))
        #expect(try Self.capture([overlapping[1], a[0], overlapping[0]]) == ([], 3))
        // The last fragment is not the last any more.
        let short = Fixture.fragments(Array(Self.segment[..<88]), sizes: [80, 8])
        #expect(try Self.capture([short[1], a[1], a[0]]) == ([], 3))
        // A length that no fragment but the last may have; bytes that the capture cut off.
        let odd = Fixture.ethernet(Fixture.ipv4(Array(Self.segment[..<81]), fragment: 0x2000))
        #expect(try Self.capture([odd]) == ([], 1))
        #expect(try Self.capture([Array(a[0][..<90]), a[1]]) == ([], 2))
        // Bytes beyond the longest packet.
        let far = Fixture.ethernet(Fixture.ipv4([UInt8](repeating: 0, count: 64), fragment: 0x1fff))
        #expect(try Self.capture([far]) == ([], 1))
    }

    @Test("A fragment without the others is counted, not waited for beyond a minute")
    func missing() throws {
        let a = Fixture.fragments(Self.segment, sizes: [80, 40])
        #expect(try Self.capture([a[0]]) == ([], 1))
        var reassembler = FragmentReassembler()
        let file = Array(Self.segment)
        func fragment(_ range: Range<Int>, hasMore: Bool, identification: UInt32 = 1) -> IPFragment {
            IPFragment(
                key: IPFragment.Key(
                    source: .ipv4(IPv4Address(rawValue: 1)), destination: .ipv4(IPv4Address(rawValue: 2)),
                    identification: identification, ipProtocol: 6),
                nextHeader: 6, offset: range.lowerBound, hasMore: hasMore, payload: range, sentByteCount: range.count)
        }
        #expect(reassembler.receive(fragment(0..<80, hasMore: true), in: file, nanoseconds: 1) == .waiting)
        let late = FragmentReassembler.waitMaximumNanoseconds + 2
        #expect(reassembler.receive(fragment(80..<120, hasMore: false), in: file, nanoseconds: late) == .waiting)
        #expect(reassembler.lostCount == 2)
        #expect(
            reassembler.receive(fragment(0..<80, hasMore: true), in: file, nanoseconds: late + 1)
                == .packet(bytes: file, nextHeader: 6))
        #expect(reassembler.lostCount == 1)
    }

    @Test("Packets, fragments and bytes that wait are limited; the oldest packet gives way")
    func limits() {
        let file = [UInt8](repeating: 1, count: 60000)
        func key(_ number: Int) -> IPFragment.Key {
            IPFragment.Key(
                source: .ipv4(IPv4Address(rawValue: 1)), destination: .ipv4(IPv4Address(rawValue: 2)),
                identification: UInt32(number), ipProtocol: 6)
        }
        func fragment(_ number: Int, _ range: Range<Int>) -> IPFragment {
            IPFragment(
                key: key(number), nextHeader: 6, offset: range.lowerBound, hasMore: true, payload: range,
                sentByteCount: range.count)
        }
        var many = FragmentReassembler()
        for number in 0..<300 { _ = many.receive(fragment(number, 0..<8), in: file, nanoseconds: 0) }
        #expect(many.lostCount == 300)
        // The oldest 44 were given up: what comes of the first begins anew, the last is known.
        var last = fragment(299, 8..<16)
        last.hasMore = false
        #expect(many.receive(last, in: file, nanoseconds: 0) == .packet(bytes: Array(file[..<16]), nextHeader: 6))
        var first = fragment(0, 8..<16)
        first.hasMore = false
        #expect(many.receive(first, in: file, nanoseconds: 0) == .waiting)

        var long = FragmentReassembler()
        for number in 0..<100 { _ = long.receive(fragment(number, 0..<60000), in: file, nanoseconds: 0) }
        #expect(long.lostCount == 100)
        #expect(long.receive(fragment(20, 0..<60000), in: file, nanoseconds: 0) == .waiting)

        var small = FragmentReassembler()
        var refused = 0
        for index in 0..<1100 {
            let range = 16 * index..<16 * index + 8
            if small.receive(fragment(1, range), in: file, nanoseconds: 0) == .refused { refused += 1 }
        }
        #expect(refused == 1100 - FragmentReassembler.fragmentsMaximum)
    }
}
