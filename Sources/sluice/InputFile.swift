import Glibc

/// Reads a file or standard input whole.
enum InputFile {
    /// The most that is read; longer input is refused.
    static let bytesMaximum = 1 << 30

    /// Why input could not be read.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The bytes of the file, or of standard input if the path is `-`.
    static func read(_ path: String) throws(Failure) -> [UInt8] {
        var descriptor = STDIN_FILENO
        if path != "-" { descriptor = open(path, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw Failure(description: "\(path): \(Self.message(errno))") }
        defer { if path != "-" { close(descriptor) } }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(description: "\(path): \(Self.message(errno))") }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= Self.bytesMaximum else {
                throw Failure(description: "\(path): longer than \(Self.bytesMaximum) bytes")
            }
        }
    }

    private static func message(_ number: Int32) -> String { String(cString: strerror(number)) }
}
