/// One thing found in a capture, in the order of the packets that completed it.
package struct CapturedEvent: Hashable, Sendable {
    /// What it is.
    package enum Content: Hashable, Sendable {
        /// A message.
        case message([UInt8])
        /// Bytes that belong to no whole message.
        case stray(byteCount: Int)
        /// Bytes that the capture lacks.
        case gap(byteCount: Int)
    }
    /// When the packet was captured that completed it: nanoseconds since the start of 1970.
    package var nanoseconds: UInt64
    /// The sender.
    package var source: Endpoint
    /// The receiver.
    package var destination: Endpoint
    /// What it is.
    package var content: Content
}

/// Finds OpenFlow in the packets of a capture: TCP connections with an OpenFlow port at one end.
///
/// Bounded: at most ``streamsMaximum`` directions of connections are followed; the one silent for longest gives way.
package struct OpenFlowCapture: Sendable {
    /// How many directions of connections are followed at a time.
    package static let streamsMaximum = 4096
    /// The ports that are OpenFlow's unless others are given.
    package static let defaultPorts: Set<UInt16> = [6633, 6653]

    /// A direction of a connection.
    private struct Direction: Hashable, Sendable {
        var source: Endpoint
        var destination: Endpoint
    }
    private struct Stream: Sendable {
        var bytes = TCPStream()
        var messages = MessageSplitter()
        var lastPacket = 0
        var lastNanoseconds: UInt64 = 0
    }

    private let ports: Set<UInt16>
    private var streams: [Direction: Stream] = [:]
    /// How many packets were looked at.
    package private(set) var packetCount = 0
    /// How many fragments of IP packets with TCP became no packet: others are missing, overlap or are cut.
    package var fragmentCount: Int { self.fragments.lostCount }
    private var fragments = FragmentReassembler()

    /// Looks for connections with one of `ports` at one end.
    package init(ports: Set<UInt16> = OpenFlowCapture.defaultPorts) { self.ports = ports }

    /// Takes the next packet of the file.
    package mutating func receive(_ packet: CapturedPacket, in file: [UInt8]) -> [CapturedEvent] {
        self.packetCount += 1
        switch packet.content(in: file) {
        case .other: return []
        case .fragment(let fragment):
            let outcome = self.fragments.receive(fragment, in: file, nanoseconds: packet.nanoseconds)
            guard case .packet(let bytes, let nextHeader) = outcome,
                let segment = TCPSegment(in: bytes, nextHeader: nextHeader, of: fragment.key)
            else { return [] }
            return self.receive(segment, in: bytes, packet.nanoseconds)
        case .segment(let segment): return self.receive(segment, in: file, packet.nanoseconds)
        }
    }

    private mutating func receive(_ segment: TCPSegment, in bytes: [UInt8], _ time: UInt64) -> [CapturedEvent] {
        let isOpenFlow = self.ports.contains(segment.source.port) || self.ports.contains(segment.destination.port)
        return isOpenFlow ? self.receive(segment, Array(bytes[segment.payload]), time) : []
    }

    private mutating func receive(_ segment: TCPSegment, _ bytes: [UInt8], _ time: UInt64) -> [CapturedEvent] {
        let direction = Direction(source: segment.source, destination: segment.destination)
        var events: [CapturedEvent] = []
        var stream = self.streams.removeValue(forKey: direction) ?? Stream()
        (stream.lastPacket, stream.lastNanoseconds) = (self.packetCount, time)
        let received = stream.bytes.receive(
            sequence: segment.sequence, isSynchronizing: segment.isSynchronizing, bytes: bytes)
        Self.split(received, direction, time, &stream, &events)
        if self.streams.count >= Self.streamsMaximum,
            let oldest = self.streams.min(by: { $0.value.lastPacket < $1.value.lastPacket })
        {
            events += self.close(oldest.key)
        }
        self.streams[direction] = stream
        return events
    }

    /// The file ends: what waited comes out.
    package mutating func finish() -> [CapturedEvent] {
        let directions = self.streams.sorted { $0.value.lastPacket < $1.value.lastPacket }.map(\.key)
        return directions.flatMap { self.close($0) }
    }

    private mutating func close(_ direction: Direction) -> [CapturedEvent] {
        guard var stream = self.streams.removeValue(forKey: direction) else { return [] }
        var events: [CapturedEvent] = []
        let time = stream.lastNanoseconds
        Self.split(stream.bytes.finish(), direction, time, &stream, &events)
        Self.append(stream.messages.interrupt(), direction, time, &events)
        return events
    }

    private static func split(
        _ received: [TCPStream.Event], _ direction: Direction, _ time: UInt64, _ stream: inout Stream,
        _ events: inout [CapturedEvent]
    ) {
        for event in received {
            switch event {
            case .bytes(let bytes): self.append(stream.messages.append(bytes), direction, time, &events)
            case .gap(let count):
                self.append(stream.messages.interrupt(), direction, time, &events)
                events.append(self.event(.gap(byteCount: count), direction, time))
            }
        }
    }

    private static func append(
        _ parts: [MessageSplitter.Part], _ direction: Direction, _ time: UInt64, _ events: inout [CapturedEvent]
    ) {
        for part in parts {
            switch part {
            case .message(let bytes): events.append(self.event(.message(bytes), direction, time))
            case .stray(let bytes): events.append(self.event(.stray(byteCount: bytes.count), direction, time))
            }
        }
    }

    private static func event(_ content: CapturedEvent.Content, _ direction: Direction, _ time: UInt64) -> CapturedEvent
    {
        CapturedEvent(nanoseconds: time, source: direction.source, destination: direction.destination, content: content)
    }
}
