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

    private static func vectors() throws -> [Vector] {
        try Vector.load("openvswitch") + Vector.load("os-ken") + Vector.load("os-ken-packets")
    }

    private static func withLength(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= 4 else { return bytes }
        var bytes = bytes
        bytes[2] = UInt8(bytes.count >> 8)
        bytes[3] = UInt8(bytes.count & 0xff)
        return bytes
    }

    @Test("Every vector, cut at every byte", arguments: OpenFlowVersion.allCases)
    func truncation(version: OpenFlowVersion) throws {
        for vector in try Self.vectors() where vector.version == version {
            for count in 0..<vector.bytes.count {
                // As cut by the network (the header says more), and as a shorter message.
                self.tryOut(Array(vector.bytes[..<count]), version)
                self.tryOut(Self.withLength(Array(vector.bytes[..<count])), version)
            }
        }
    }

    @Test("Every vector, with each byte changed in turn", arguments: OpenFlowVersion.allCases)
    func corruption(version: OpenFlowVersion) throws {
        var random = SeededGenerator(seed: 7)
        for vector in try Self.vectors() where vector.version == version && vector.bytes.count < 320 {
            for index in vector.bytes.indices {
                for value in [0, 0xff, UInt8(truncatingIfNeeded: random.next())] {
                    var bytes = vector.bytes
                    bytes[index] = value
                    self.tryOut(bytes, version)
                }
            }
        }
    }

    @Test("Every vector of one version, read as each other", arguments: OpenFlowVersion.allCases)
    func foreignVersion(version: OpenFlowVersion) throws {
        for vector in try Self.vectors() where vector.version != version {
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
