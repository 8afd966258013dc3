import Foundation
import OpenFlow

extension FuzzMessages {
    /// Tries every prefix of every message, and every message with each byte of it replaced by each of the other 255
    /// values.
    ///
    /// A prefix is tried as the network cuts it, and as a shorter message whose header says its length. Returns whether
    /// nothing was wrong.
    mutating func tryEveryChange(of messages: [[UInt8]], part: (index: Int, count: Int)) -> Bool {
        let start = Date()
        var (prefixes, corruptions) = (0, 0)
        // By turns, so that the parts take equally long.
        for index in stride(from: part.index, to: messages.count, by: part.count) {
            guard let version = OpenFlowVersion(rawValue: messages[index][0]) else { continue }
            prefixes += self.tryPrefixes(of: messages[index], version)
            corruptions += self.tryCorruptions(of: messages[index], version)
            guard self.failures < Self.failureLimit else { break }
            guard Self.residentKilobytes < Self.memoryLimitKilobytes else {
                print("grew to \(Self.residentKilobytes) KB")
                return false
            }
        }
        print(
            "part \(part.index + 1) of \(part.count) of \(messages.count) messages: \(prefixes) prefixes and "
                + "\(corruptions) corruptions of one byte, \(self.decoded) decoded, \(self.failures) faults, "
                + "\(Self.residentKilobytes) KB, at most \(Double(self.greatestShare) / 100) times the message, "
                + "\(Int(Date().timeIntervalSince(start))) s")
        return self.failures == 0
    }

    private mutating func tryPrefixes(of message: [UInt8], _ version: OpenFlowVersion) -> Int {
        for count in 0..<message.count {
            var bytes = Array(message[..<count])
            self.report(bytes, version)
            guard count >= 4 else { continue }
            (bytes[2], bytes[3]) = (UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count))
            self.report(bytes, version)
        }
        return message.count
    }

    private mutating func tryCorruptions(of message: [UInt8], _ version: OpenFlowVersion) -> Int {
        var bytes = message
        for index in bytes.indices {
            for difference in UInt8(1)...255 {
                bytes[index] = message[index] ^ difference
                self.report(bytes, version)
            }
            bytes[index] = message[index]
        }
        return 255 * message.count
    }

    private mutating func report(_ bytes: [UInt8], _ version: OpenFlowVersion) {
        guard let fault = self.fault(of: bytes, version: version) else { return }
        self.failures += 1
        print("# \(fault)\n" + bytes.map { String(format: "%02x", $0) }.joined())
    }
}
