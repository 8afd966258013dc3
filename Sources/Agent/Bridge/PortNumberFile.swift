import Datapath
import Glibc
package import OpenFlow

/// Where a bridge's port numbers are kept, so that a name has the same number after a restart of the agent.
///
/// A text file, one line for each name: the number, a space, the name. It is replaced as a whole, so that a crash
/// leaves the old one or the new one. Confined to the bridge's control loop.
package struct PortNumberFile {
    /// The longest file that is read, in bytes.
    private static let bytesMaximum = 1 << 20

    /// Where it is.
    package let path: String
    private var saved: [String: PortNumber] = [:]

    /// Names the file.
    package init(path: String) { self.path = path }

    /// Reads the file; empty where there is none, without lines that are none of ours.
    package mutating func read() -> [String: PortNumber] {
        let descriptor = open(self.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return [:] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Self.bytesMaximum)
        var end = 0
        while end < bytes.count {
            let start = end
            let count = bytes.withUnsafeMutableBytes { buffer -> Int in
                guard let base = buffer.baseAddress else { return 0 }
                return Glibc.read(descriptor, base + start, buffer.count - start)
            }
            guard count > 0 else { break }
            end += count
        }
        self.saved = Self.parse(bytes[..<end])
        return self.saved
    }

    /// The names and numbers that a text says.
    package static func parse(_ text: some Collection<UInt8>) -> [String: PortNumber] {
        var numbers: [String: PortNumber] = [:]
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "), maxSplits: 1)
            guard words.count == 2, let number = UInt32(String(decoding: words[0], as: UTF8.self)),
                (1...PortTable.greatestNumber).contains(number)
            else { continue }
            let name = String(decoding: words[1], as: UTF8.self)
            guard NetworkInterface.isValidName(name) else { continue }
            numbers[name] = PortNumber(rawValue: number)
        }
        return numbers
    }

    /// Replaces the file where the numbers are others than those in it; says what went wrong, or nil.
    package mutating func write(_ numbers: [String: PortNumber]) -> String? {
        let ordinary = numbers.filter { $0.value != .local }
        guard ordinary != self.saved else { return nil }
        let text = ordinary.sorted { ($0.value.rawValue, $0.key) < ($1.value.rawValue, $1.key) }
            .map { "\($0.value.rawValue) \($0.key)\n" }.joined()
        let temporary = self.path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { return Self.failure("open", temporary) }
        let bytes = Array(text.utf8)
        let count = Glibc.write(descriptor, bytes, bytes.count)
        let isSafe = count == bytes.count && fsync(descriptor) == 0
        close(descriptor)
        guard isSafe else { return Self.failure("write", temporary) }
        guard rename(temporary, self.path) == 0 else { return Self.failure("replace", self.path) }
        self.saved = ordinary
        return nil
    }

    private static func failure(_ operation: String, _ path: String) -> String {
        "cannot \(operation) \(path): \(ConnectionErrorText.describe(errno: errno))"
    }
}
