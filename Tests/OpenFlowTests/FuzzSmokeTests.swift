import Testing

@testable import OpenFlow

/// A few seconds of what `Fuzzing` does for hours, and every message that it ever found a fault with.
@Suite("Fuzzing, briefly")
struct FuzzSmokeTests {
    /// What is wrong with how a message is read and written; nil if nothing is.
    private static func fault(of bytes: [UInt8]) -> String? {
        guard let version = OpenFlowVersion(rawValue: bytes[0]),
            let message = try? MessageCodec.decode(bytes, version: version).message
        else { return nil }
        let transaction = TransactionID(rawValue: 1)
        guard let written = try? MessageCodec.encode(message, version: version, transactionID: transaction),
            // A long multipart reply becomes several messages.
            Int(written[2]) << 8 | Int(written[3]) == written.count
        else { return nil }
        do {
            let again = try MessageCodec.decode(written, version: version).message
            let twice = try MessageCodec.encode(again, version: version, transactionID: transaction)
            return twice == written ? nil : "written differently the second time: \(message)"
        } catch {
            return "what was written is refused: \(error) in \(message)"
        }
    }

    @Test("Changed messages are refused, or read and written to the same bytes again", arguments: UInt64(1)...4)
    func smoke(seed: UInt64) throws {
        let corpus = try Vector.all().map(\.bytes)
        #expect(corpus.count > 3000)
        var mutator = MessageMutator(corpus: corpus, seed: seed)
        for _ in 0..<10_000 {
            let bytes = mutator.message()
            if let fault = Self.fault(of: bytes) { Issue.record("seed \(seed): \(fault)\n\(Vector.text(bytes))") }
        }
    }

    @Test("What fuzzing found stays mended")
    func failures() throws {
        for vector in try Vector.load("fuzz-failures") {
            if let fault = Self.fault(of: vector.bytes) { Issue.record("\(vector.testDescription): \(fault)") }
        }
    }
}
