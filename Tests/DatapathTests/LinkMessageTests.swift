import Datapath
import NetworkTypes
import Testing

@Suite("Link messages of rtnetlink")
struct LinkMessageTests {
    private static func little(_ value: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func attribute(_ type: UInt32, _ payload: [UInt8]) -> [UInt8] {
        let body = Self.little(UInt32(payload.count + 4), 2) + Self.little(type, 2) + payload
        return body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
    }

    private static func message(_ type: UInt32, family: UInt8 = 0, attributes: [UInt8]) -> [UInt8] {
        let body = [family, 0, 1, 0] + Self.little(7, 4) + Self.little(0x41, 4) + Self.little(0, 4) + attributes
        return Self.little(UInt32(16 + body.count), 4) + Self.little(type, 2) + [0, 0] + Self.little(1, 4)
            + Self.little(0, 4) + body
    }

    private static let attributes =
        Self.attribute(3, Array("eth7".utf8) + [0]) + Self.attribute(1, [2, 0, 0, 0, 0, 9])
        + Self.attribute(4, Self.little(1400, 4)) + Self.attribute(16, [6])

    private static func events(_ datagram: [UInt8]) -> [LinkEvent] {
        var events: [LinkEvent] = []
        LinkMessageParser.parse(datagram.span.bytes, into: &events)
        return events
    }

    @Test("An interface that is there, one that went, and others' families passed over")
    func messages() throws {
        let datagram =
            Self.message(16, attributes: Self.attributes) + Self.message(16, family: 7, attributes: Self.attributes)
            + Self.message(17, attributes: Self.attributes)
        let events = Self.events(datagram)
        #expect(events.count == 2)
        guard case .present(let link)? = events.first else {
            Issue.record("\(events)")
            return
        }
        #expect(link.name == "eth7" && link.index == 7 && link.isUp && link.isRunning)
        #expect(link.maximumTransmissionUnit == 1400 && link.operationalState == 6)
        #expect(link.hardwareAddress?.description == "02:00:00:00:00:09")
        #expect(events.last == .removed(index: 7, name: "eth7"))
    }

    @Test("A datagram cut at every byte, or with any byte changed, is read without a trap")
    func robustness() {
        let datagram = Self.message(16, attributes: Self.attributes) + Self.message(4, attributes: [])
        #expect(Self.events(datagram).last == .overrun)
        for length in 0...datagram.count {
            #expect(Self.events(Array(datagram.prefix(length))).count <= 2)
        }
        for place in datagram.indices {
            for value: UInt8 in [0, 1, 3, 5, 0x7f, 0xff] {
                var changed = datagram
                changed[place] = value
                #expect(Self.events(changed).count <= 8)
            }
        }
    }
}
