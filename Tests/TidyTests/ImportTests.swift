import Foundation
import Support
import Testing

/// What each room of the house may import: ARCHITECTURE.md's arrows, held against the sources.
@Suite("Imports by folder")
struct ImportTests {
    /// A folder of `Sources`, and the modules that its files may import.
    struct Room: Sendable, CustomStringConvertible {
        /// Path below `Sources`, with a slash at the end.
        let folder: String
        /// Allowed modules; `Swift`, `Synchronization` and `Glibc` are allowed where the room names them.
        let allowed: Set<String>
        /// Sub-folders with rules of their own.
        var except: [String] = []

        var description: String { self.folder }
    }

    private static let rooms = [
        Room(folder: "NetworkTypes/", allowed: []),
        Room(folder: "OpenFlow/", allowed: ["NetworkTypes"]),
        Room(folder: "Capture/", allowed: ["NetworkTypes"]),
        Room(
            folder: "Datapath/", allowed: ["NetworkTypes", "Glibc", "Synchronization"],
            except: ["Datapath/Netlink/", "Datapath/Ports/", "Datapath/System/", "Datapath/Userspace/"]),
        Room(folder: "Datapath/Userspace/", allowed: ["NetworkTypes", "Glibc", "Synchronization", "CLinux"]),
        Room(folder: "Datapath/Ports/", allowed: ["NetworkTypes", "Glibc", "Synchronization", "CLinux"]),
        Room(folder: "Datapath/System/", allowed: ["NetworkTypes", "Glibc", "Synchronization", "CLinux"]),
        Room(
            folder: "Datapath/Netlink/",
            allowed: ["NetworkTypes", "Glibc", "Synchronization", "CLinux", "CNetlink"]),
        Room(
            folder: "Agent/TLS/",
            allowed: ["COpenSSL", "NetworkTypes", "NIOCore", "Glibc", "Synchronization", "Logging"]),
        // CLinux for an instruction of the processor that Swift has no word for.
        Room(
            folder: "Agent/Pipeline/",
            allowed: ["NetworkTypes", "OpenFlow", "Datapath", "Glibc", "Synchronization", "CLinux"]),
        Room(folder: "Agent/Translation/", allowed: ["NetworkTypes", "OpenFlow", "Datapath", "Synchronization"]),
        Room(folder: "Agent/Switch/", allowed: ["NetworkTypes", "OpenFlow", "Datapath", "Synchronization", "Logging"]),
        Room(
            folder: "Agent/Upcall/",
            allowed: ["NetworkTypes", "OpenFlow", "Datapath", "Glibc", "Synchronization", "Logging", "CLinux"]),
        Room(folder: "sluice/", allowed: ["Agent", "ArgumentParser", "Capture", "Glibc", "Logging", "OpenFlow"]),
    ]

    @Test("each folder imports only what it may", arguments: Self.rooms)
    func imports(_ room: Room) throws {
        let folder = "\(Repository.root)/Sources/\(room.folder)"
        let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        var wrong: [String] = []
        for path in paths
        where path.hasSuffix(".swift") && !room.except.contains(where: { "\(room.folder)\(path)".hasPrefix($0) }) {
            let text = try String(contentsOfFile: folder + path, encoding: .utf8)
            for line in text.components(separatedBy: "\n") {
                guard let module = Self.imported(line), !room.allowed.contains(module) else { continue }
                wrong.append("\(room.folder)\(path): \(module)")
            }
        }
        #expect(wrong.isEmpty, "\(wrong)")
    }

    @Test("only Agent/TLS knows OpenSSL, and Foundation is nowhere")
    func everywhere() throws {
        let folder = "\(Repository.root)/Sources/"
        let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        var wrong: [String] = []
        for path in paths where path.hasSuffix(".swift") {
            let text = try String(contentsOfFile: folder + path, encoding: .utf8)
            let modules = text.components(separatedBy: "\n").compactMap(Self.imported)
            if modules.contains("COpenSSL"), !path.hasPrefix("Agent/TLS/") { wrong.append("\(path): COpenSSL") }
            if modules.contains("Foundation") { wrong.append("\(path): Foundation") }
        }
        #expect(wrong.isEmpty, "\(wrong)")
    }

    /// The module that `line` imports; nil where it is no import.
    private static func imported(_ line: String) -> String? {
        let words = line.split(separator: " ").map(String.init)
        let attributes: Set<String> = ["public", "package", "internal", "fileprivate", "private", "@preconcurrency"]
        guard let keyword = words.firstIndex(of: "import"), words[..<keyword].allSatisfy(attributes.contains) else {
            return nil
        }
        let kinds: Set<String> = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
        let rest = words[(keyword + 1)...].drop { kinds.contains($0) }
        return rest.first.map { String($0.prefix { $0 != "." && $0 != ";" }) }
    }
}
