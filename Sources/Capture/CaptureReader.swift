/// One packet of a capture file.
package struct CapturedPacket: Hashable, Sendable {
    /// When it was captured: nanoseconds since the start of 1970.
    package var nanoseconds: UInt64
    /// What its first header is, a LINKTYPE number of the pcap formats.
    package var linkType: UInt32
    /// Where its bytes are in the file.
    package var range: Range<Int>
}

/// Reads the packets of a pcap or pcapng file in their order (draft-ietf-opsawg-pcap, -pcapng).
///
/// A value over the file's bytes; nothing is copied. Blocks that hold no packets are passed over. Not shared
/// between threads.
package struct CaptureReader: Sendable {
    /// The file.
    package let bytes: [UInt8]
    private var position: Int
    private var isBigEndian: Bool
    private let isNextGeneration: Bool
    /// pcap: nanoseconds of one unit of the fraction; link type.
    private var fractionNanoseconds: UInt64 = 1000
    private var linkType: UInt32 = 0
    /// pcapng: the interfaces of the section.
    private var interfaces: [Interface] = []

    /// What pcapng tells of an interface.
    private struct Interface: Sendable {
        var linkType: UInt32
        /// Units of the time stamps in a second.
        var unitsPerSecond: UInt64 = 1_000_000
    }

    /// How many interfaces a section may describe; more are refused.
    private static let interfacesMaximum = 1024

    /// Takes a file whose first bytes say that it is a capture.
    package init(_ bytes: [UInt8]) throws(CaptureError) {
        self.bytes = bytes
        self.position = 0
        self.isBigEndian = true
        self.isNextGeneration = bytes.starts(with: [0x0a, 0x0d, 0x0d, 0x0a])
        if self.isNextGeneration { return }
        guard bytes.count >= 4 else { throw .notACapture }
        let magic = self.word(0)
        switch magic {
        case 0xa1b2_c3d4, 0xd4c3_b2a1: break
        case 0xa1b2_3c4d, 0x4d3c_b2a1: self.fractionNanoseconds = 1
        default: throw .notACapture
        }
        self.isBigEndian = magic >> 24 == 0xa1
        guard bytes.count >= 24 else { throw .truncated(offset: 0) }
        self.linkType = self.word(20) & 0x0fff_ffff
        self.position = 24
    }

    /// Whether a file begins like a capture.
    package static func isCapture(_ bytes: [UInt8]) -> Bool {
        do throws(CaptureError) {
            _ = try CaptureReader(bytes)
            return true
        } catch {
            return error != .notACapture
        }
    }

    /// The next packet; nil at the end of the file.
    package mutating func next() throws(CaptureError) -> CapturedPacket? {
        self.isNextGeneration ? try self.nextBlockPacket() : try self.nextRecord()
    }

    private func word(_ offset: Int) -> UInt32 {
        var value: UInt32 = 0
        for index in 0..<4 { value = value << 8 | UInt32(self.bytes[offset + index]) }
        return self.isBigEndian ? value : value.byteSwapped
    }

    private func half(_ offset: Int) -> UInt16 {
        let value = UInt16(self.bytes[offset]) << 8 | UInt16(self.bytes[offset + 1])
        return self.isBigEndian ? value : value.byteSwapped
    }

    /// A record of pcap: seconds, fraction, bytes kept, bytes there were; then the bytes.
    private mutating func nextRecord() throws(CaptureError) -> CapturedPacket? {
        let start = self.position
        guard start < self.bytes.count else { return nil }
        guard self.bytes.count - start >= 16 else { throw .truncated(offset: start) }
        let length = Int(self.word(start + 8))
        guard length <= self.bytes.count - start - 16 else {
            self.position = self.bytes.count
            throw .truncated(offset: start)
        }
        self.position = start + 16 + length
        let time = UInt64(self.word(start)) * 1_000_000_000 + UInt64(self.word(start + 4)) * self.fractionNanoseconds
        return CapturedPacket(
            nanoseconds: time, linkType: self.linkType, range: start + 16..<start + 16 + length)
    }

    /// Blocks of pcapng up to the next that holds a packet: type, length, body, length again.
    private mutating func nextBlockPacket() throws(CaptureError) -> CapturedPacket? {
        while self.position < self.bytes.count {
            let start = self.position
            guard self.bytes.count - start >= 12 else {
                self.position = self.bytes.count
                throw .truncated(offset: start)
            }
            let type = self.word(start)
            if type == 0x0a0d_0d0a { try self.beginSection(start) }
            let length = Int(self.word(start + 4))
            guard length >= 12, length % 4 == 0 else {
                self.position = self.bytes.count
                throw .badLength(offset: start + 4, length: length)
            }
            guard length <= self.bytes.count - start else {
                self.position = self.bytes.count
                throw .truncated(offset: start)
            }
            self.position = start + length
            let body = start + 8..<start + length - 4
            switch type {
            case 1: try self.describeInterface(body)
            case 3: return try self.simplePacket(body)
            case 6: return try self.enhancedPacket(body)
            default: continue
            }
        }
        return nil
    }

    /// A section header: its magic number tells the order of bytes.
    private mutating func beginSection(_ start: Int) throws(CaptureError) {
        self.isBigEndian = true
        switch self.word(start + 8) {
        case 0x1a2b_3c4d: break
        case 0x4d3c_2b1a: self.isBigEndian = false
        default:
            self.position = self.bytes.count
            throw .notACapture
        }
        self.interfaces = []
    }

    private mutating func describeInterface(_ body: Range<Int>) throws(CaptureError) {
        guard body.count >= 8, self.interfaces.count < Self.interfacesMaximum else {
            throw .badLength(offset: body.lowerBound, length: body.count)
        }
        var interface = Interface(linkType: UInt32(self.half(body.lowerBound)))
        var option = body.lowerBound + 8
        while option + 4 <= body.upperBound {
            let (code, length) = (self.half(option), Int(self.half(option + 2)))
            guard code != 0, option + 4 + length <= body.upperBound else { break }
            if code == 9, length >= 1 { interface.unitsPerSecond = Self.unitsPerSecond(self.bytes[option + 4]) }
            option += 4 + (length + 3) / 4 * 4
        }
        self.interfaces.append(interface)
    }

    /// The resolution: a negative power of ten, or of two if the top bit is set.
    private static func unitsPerSecond(_ resolution: UInt8) -> UInt64 {
        let power = Int(resolution & 0x7f)
        if resolution & 0x80 != 0 { return power < 63 ? 1 << UInt64(power) : 1 << 62 }
        return (0..<min(power, 18)).reduce(1) { value, _ in value * 10 }
    }

    /// Interface, time (upper, lower half), bytes kept, bytes there were; then the bytes.
    private mutating func enhancedPacket(_ body: Range<Int>) throws(CaptureError) -> CapturedPacket {
        guard body.count >= 20 else { throw .badLength(offset: body.lowerBound, length: body.count) }
        let number = Int(self.word(body.lowerBound))
        let length = Int(self.word(body.lowerBound + 12))
        guard length <= body.count - 20 else { throw .badLength(offset: body.lowerBound + 12, length: length) }
        guard number < self.interfaces.count else {
            throw .unknownInterface(offset: body.lowerBound, number: number)
        }
        let units = self.interfaces[number].unitsPerSecond
        let time = UInt64(self.word(body.lowerBound + 4)) << 32 | UInt64(self.word(body.lowerBound + 8))
        let (high, low) = (time / units).multipliedFullWidth(by: 1_000_000_000)
        let fraction = (time % units).multipliedFullWidth(by: 1_000_000_000)
        let nanoseconds = high == 0 ? low &+ units.dividingFullWidth(fraction).quotient : 0
        return CapturedPacket(
            nanoseconds: nanoseconds, linkType: self.interfaces[number].linkType,
            range: body.lowerBound + 20..<body.lowerBound + 20 + length)
    }

    /// Bytes there were, then the bytes, perhaps cut; no time, and always of the first interface.
    private mutating func simplePacket(_ body: Range<Int>) throws(CaptureError) -> CapturedPacket {
        guard body.count >= 4 else { throw .badLength(offset: body.lowerBound, length: body.count) }
        guard let interface = self.interfaces.first else {
            throw .unknownInterface(offset: body.lowerBound, number: 0)
        }
        let length = min(Int(self.word(body.lowerBound)), body.count - 4)
        return CapturedPacket(
            nanoseconds: 0, linkType: interface.linkType, range: body.lowerBound + 4..<body.lowerBound + 4 + length)
    }
}
