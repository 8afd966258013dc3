import CAllocations
import Foundation
import OpenFlow

/// Decodes changed messages until a number of executions is reached or something is wrong.
@main
struct FuzzMessages {
    static let memoryLimitKilobytes = 512 * 1024
    static let failureLimit = 20
    /// What decoding may ask for in all, whatever it frees again: so many bytes, and so many times the message's.
    private static let allowance = (bytes: 16_384, share: 64)

    private var executions = 20_000_000
    private var seed: UInt64 = 1
    private var corpusDirectory = "Tests/OpenFlowTests/Vectors"
    /// Of how many equal parts of the corpus every change is tried, one after the other; nil for changes by chance.
    private var part: (index: Int, count: Int)?
    private let cache = DecodingCache()
    private(set) var decoded = 0
    var failures = 0
    /// The most that decoding asked for, in hundredths of the message's bytes beyond a fixed allowance.
    private(set) var greatestShare = 0

    static func main() throws {
        var run = FuzzMessages()
        var arguments = CommandLine.arguments.dropFirst()
        while let name = arguments.popFirst(), let value = arguments.popFirst() {
            switch name {
            case "--executions": run.executions = Int(value) ?? run.executions
            case "--seed": run.seed = UInt64(value) ?? run.seed
            case "--corpus": run.corpusDirectory = value
            case "--exhaustive":
                let numbers = value.split(separator: "/").compactMap { Int($0) }
                guard numbers.count == 2, 1...numbers[1] ~= numbers[0] else { throw CocoaError(.featureUnsupported) }
                run.part = (numbers[0] - 1, numbers[1])
            default: throw CocoaError(.featureUnsupported)
            }
        }
        exit(try run.perform() ? 0 : 1)
    }

    /// Whether nothing was wrong.
    private mutating func perform() throws -> Bool {
        let corpus = try Corpus(directory: self.corpusDirectory)
        guard !corpus.messages.isEmpty else {
            print("no messages below \(self.corpusDirectory)")
            return false
        }
        // Tables that are made at their first use are not what a message asks for.
        for message in corpus.messages {
            guard let version = OpenFlowVersion(rawValue: message[0]) else { continue }
            _ = try? MessageCodec.decode(message, version: version)
        }
        if let part { return self.tryEveryChange(of: corpus.messages, part: part) }
        print("\(corpus.messages.count) messages, seed \(self.seed)")
        var mutator = MessageMutator(corpus: corpus.messages, seed: self.seed)
        let record = try CurrentInput(path: "fuzz-current.bin")
        let start = Date()
        for execution in 1...self.executions {
            let bytes = mutator.message()
            record.note(bytes)
            if let fault = self.fault(of: bytes) {
                self.failures += 1
                print("# \(fault)\n" + bytes.map { String(format: "%02x", $0) }.joined())
            }
            if execution.isMultiple(of: 1_000_000) || execution == self.executions {
                let memory = Self.residentKilobytes
                print(
                    "\(execution) executions, \(self.decoded) decoded, \(self.failures) faults, \(memory) KB, "
                        + "at most \(self.greatestShare / 100).\(self.greatestShare % 100) times the message, "
                        + "\(Int(Date().timeIntervalSince(start))) s")
                guard memory < Self.memoryLimitKilobytes else { return false }
            }
            guard self.failures < Self.failureLimit else { break }
        }
        return self.failures == 0
    }

    /// Whether a connection has a quicker way to read such a message; flow_mod has the same number in every version.
    private static func isFlowMod(_ bytes: [UInt8]) -> Bool { bytes[1] == 14 }

    /// The message as a connection reads it.
    private func decodedByConnection(_ bytes: [UInt8], _ version: OpenFlowVersion) -> Message? {
        try? bytes.withUnsafeBytes { bytes throws(OpenFlowError) in
            try MessageCodec.decode(bytes, version: version, options: [], cache: self.cache)
        }
    }

    /// What is wrong with how a message is read and written; nil if nothing is.
    mutating func fault(of bytes: [UInt8]) -> String? {
        OpenFlowVersion(rawValue: bytes[0]).flatMap { self.fault(of: bytes, version: $0) }
    }

    /// What is wrong with how a message is read and written by a connection of a version; nil if nothing is.
    mutating func fault(of bytes: [UInt8], version: OpenFlowVersion) -> String? {
        let transaction = TransactionID(rawValue: 1)
        let before = allocated_bytes()
        let decoded = try? MessageCodec.decode(bytes, version: version).message
        let asked = Int(allocated_bytes() - before)
        self.greatestShare = max(self.greatestShare, (asked - Self.allowance.bytes) * 100 / max(1, bytes.count))
        guard asked <= Self.allowance.bytes + Self.allowance.share * bytes.count else {
            return "decoding \(bytes.count) bytes asked for \(asked) bytes of memory"
        }
        let isWhole = bytes.count >= 4 && Int(bytes[2]) << 8 | Int(bytes[3]) == bytes.count
        if isWhole, Self.isFlowMod(bytes), self.decodedByConnection(bytes, version) != decoded {
            return "a connection reads another message"
        }
        guard let message = decoded else { return nil }
        self.decoded += 1
        guard let written = try? MessageCodec.encode(message, version: version, transactionID: transaction) else {
            return nil
        }
        // A long multipart reply becomes several messages.
        guard written.count >= 8, Int(written[2]) << 8 | Int(written[3]) == written.count else { return nil }
        // The same bytes but for the transaction would be read and written as before.
        if isWhole, written.count == bytes.count, written[..<4] == bytes[..<4], written[8...] == bytes[8...] {
            return nil
        }
        do {
            let again = try MessageCodec.decode(written, version: version).message
            let twice = try MessageCodec.encode(again, version: version, transactionID: transaction)
            return twice == written ? nil : "written differently the second time: \(message)"
        } catch {
            return "what was written is refused: \(error) in \(message)"
        }
    }

    static var residentKilobytes: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss
    }
}

/// A file in memory that holds the message being tried, so that it outlives the process.
struct CurrentInput {
    private static let size = 65536 + 4
    private let memory: UnsafeMutableRawPointer

    init(path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT, 0o644)
        guard descriptor >= 0, ftruncate(descriptor, off_t(Self.size)) == 0,
            let memory = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
            memory != MAP_FAILED
        else { throw CocoaError(.fileWriteUnknown) }
        close(descriptor)
        self.memory = memory
    }

    /// Keeps a message: its length in four bytes, then its bytes.
    func note(_ bytes: [UInt8]) {
        self.memory.storeBytes(of: UInt32(bytes.count), as: UInt32.self)
        bytes.withUnsafeBytes { source in
            guard let first = source.baseAddress else { return }
            (self.memory + 4).copyMemory(from: first, byteCount: source.count)
        }
    }
}
