import Testing

@testable import OpenFlow

/// Whatever bytes come, decoding gives a value or an error; it never traps and never reads beyond the message.
@Suite("Hostile input")
struct HostileInputTests {
    /// Decodes; what decodes must also encode or be inexpressible.
    private func tryOut(_ bytes: [UInt8], _ version: OpenFlowVersion) {
        guard let decoded = try? MessageCodec.decode(bytes, version: version) else { return }
        _ = try? MessageCodec.encode(
            decoded.message, version: version, transactionID: decoded.header.transactionID)
    }

    private static func withLength(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= 4 else { return bytes }
        var bytes = bytes
        bytes[2] = UInt8(bytes.count >> 8)
        bytes[3] = UInt8(bytes.count & 0xff)
        return bytes
    }

    /// How many places of a vector are tried here.
    ///
    /// Unoptimised code is too slow for all of them, which
    /// `make corruptions` tries, with every other value for every byte: `FuzzMessages --exhaustive`.
    private static let places = 8

    /// Places all over `count` bytes, others for each vector.
    private static func places(in count: Int, turn: Int) -> [Int] {
        guard count > Self.places else { return Array(0..<count) }
        let step = count / Self.places
        return stride(from: turn % step, to: count, by: step).map { $0 }
    }

    @Test("Every vector, cut at bytes all over it", arguments: OpenFlowVersion.allCases)
    func truncation(version: OpenFlowVersion) throws {
        for (turn, vector) in try Vector.all().enumerated() where vector.version == version {
            for count in Self.places(in: vector.bytes.count, turn: turn) {
                // As cut by the network (the header says more), and as a shorter message.
                let prefix = Array(vector.bytes[..<count])
                #expect(throws: OpenFlowError.self) { try MessageCodec.decode(prefix, version: version) }
                self.tryOut(Self.withLength(prefix), version)
            }
        }
    }

    @Test("Every vector, with bytes all over it changed in turn", arguments: OpenFlowVersion.allCases)
    func corruption(version: OpenFlowVersion) throws {
        for (turn, vector) in try Vector.all().enumerated() where vector.version == version {
            for index in Self.places(in: vector.bytes.count, turn: turn) {
                var bytes = vector.bytes
                // 101 and 255 have no common divisor: every other value comes.
                bytes[index] ^= UInt8(1 + (101 * turn + index) % 255)
                self.tryOut(bytes, version)
            }
        }
    }

    @Test("Every vector of one version, read as each other", arguments: OpenFlowVersion.allCases)
    func foreignVersion(version: OpenFlowVersion) throws {
        let files = ["openvswitch", "os-ken", "os-ken-packets"]
        for vector in try files.flatMap(Vector.load) where vector.version != version {
            var bytes = vector.bytes
            bytes[0] = version.rawValue
            self.tryOut(bytes, version)
        }
    }

    @Test("Random bytes behind every type", arguments: OpenFlowVersion.allCases)
    func noise(version: OpenFlowVersion) {
        var random = SeededGenerator(seed: UInt64(version.rawValue))
        for type in UInt8(0)..<40 {
            for _ in 0..<150 {
                let count = Int(random.next() % 200)
                var bytes: [UInt8] = [version.rawValue, type, 0, 0, 0, 0, 0, 1]
                // Small numbers are likelier to be lengths and types.
                bytes += (0..<count).map { _ in
                    let value = UInt8(truncatingIfNeeded: random.next())
                    return random.next() % 3 == 0 ? value : value & 0x1f
                }
                self.tryOut(Self.withLength(bytes), version)
            }
        }
    }

    @Test("A length below eight is refused in the header")
    func shortLength() {
        for length in UInt8(0)..<8 {
            let bytes: [UInt8] = [4, 0, 0, length, 0, 0, 0, 1]
            #expect(throws: OpenFlowError(.requestBadLength)) {
                try MessageCodec.decode(bytes, version: .v1_3)
            }
        }
    }
}
