@testable import OpenFlow

/// A generated message, for decoders that others wrote.
struct MessageSample: Sendable {
    /// The name of the subject that made it.
    let subject: String
    let version: OpenFlowVersion
    let seed: UInt64
    let bytes: [UInt8]

    /// The messages of every subject that a version has, tame ones, of a few seeds; those of several parts are left
    /// out.
    static func all(version: OpenFlowVersion, seeds: ClosedRange<UInt64>) throws -> [MessageSample] {
        var samples: [MessageSample] = []
        for subject in messageSubjects where subject.versions.contains(version) {
            for seed in seeds {
                var wire = WireGenerator(version: version, seed: seed)
                wire.isTame = true
                let message: Message
                do throws(WireError) { message = try subject.make(&wire) } catch { continue }
                let bytes = try MessageCodec.encode(
                    message, version: version, transactionID: TransactionID(rawValue: UInt32(seed)))
                guard bytes.count >= 8, Int(bytes[2]) << 8 | Int(bytes[3]) == bytes.count else { continue }
                samples.append(
                    MessageSample(subject: subject.testDescription, version: version, seed: seed, bytes: bytes))
            }
        }
        return samples
    }
}
