import Foundation
import Testing

/// A program made by others that tests ask; `make test` installs it first, and a test without it fails.
struct ExternalProgram: Sendable {
    /// Where it may be.
    let paths: [String]
    /// What brings it.
    let source: String

    /// Open vSwitch's tool.
    static let ovsOfctl = ExternalProgram(paths: ["/usr/bin/ovs-ofctl", "/usr/local/bin/ovs-ofctl"])
    /// Wireshark's dissector.
    static let tshark = ExternalProgram(paths: ["/usr/bin/tshark", "/usr/local/bin/tshark"])
    /// A Python that has Ryu.
    static let ryu = ExternalProgram(
        paths: [".build/controllers/bin/python", "../.build/controllers/bin/python"].map {
            Self.root.appendingPathComponent($0).path
        })

    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private init(paths: [String]) {
        self.paths = paths
        self.source = "Scripts/install-dependencies test (make dependencies)"
    }

    /// What the program writes; it must end well.
    func run(_ arguments: [String], input: URL? = nil) throws -> String {
        let path = try #require(
            self.paths.first { FileManager.default.isExecutableFile(atPath: $0) },
            "none of \(self.paths) is there; \(self.source) installs it")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        if let input { process.standardInput = try FileHandle(forReadingFrom: input) }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(path) \(arguments)")
        return text
    }
}
