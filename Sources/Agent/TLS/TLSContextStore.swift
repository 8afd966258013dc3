import Glibc
import Logging
import Synchronization

/// The TLS context of one role, made anew when its files have changed.
///
/// Any thread. Files are looked at (four `stat`s) whenever a session is about to be made, so that the next connection
/// after a renewal uses what is there now, and no connection that is up is touched: each keeps the context it was
/// made with. Files that cannot be used, such as a key that was replaced before its certificate, leave the old context
/// in place; that is logged once for each state of the files.
final class TLSContextStore: Sendable {
    private struct State {
        var context: TLSContext
        var stamps: [TLSFileStamp?]
        var reloads: UInt64 = 0
    }

    private let configuration: TLSConfiguration
    private let role: TLSRole
    private let logger: Logger
    private let state: Mutex<State>

    /// Reads the files; throws what is wrong with them.
    init(configuration: TLSConfiguration, role: TLSRole, logger: Logger) throws(TLSError) {
        self.configuration = configuration
        self.role = role
        self.logger = logger
        // Looked at before they are read: a change in between is then found the next time.
        let stamps = TLSFileStamp.stamps(of: configuration)
        self.state = Mutex(State(context: try TLSContext(configuration: configuration, role: role), stamps: stamps))
    }

    /// The context for a new session.
    func current() -> TLSContext {
        self.state.withLock { state in
            let stamps = TLSFileStamp.stamps(of: self.configuration)
            guard stamps != state.stamps else { return state.context }
            state.stamps = stamps
            do throws(TLSError) {
                state.context = try TLSContext(configuration: self.configuration, role: self.role)
                state.reloads += 1
                let summary = state.context.certificate?.summary ?? "none"
                self.logger.notice("TLS: files have changed; new connections use certificate \(summary)")
            } catch {
                self.logger.error("\(error); the files have changed, and the old ones stay in use")
            }
            return state.context
        }
    }

    /// How often changed files were taken into use.
    var reloads: UInt64 { self.state.withLock { $0.reloads } }
}

/// Tells one state of a file from another, as `make` does.
struct TLSFileStamp: Hashable, Sendable {
    private let device: UInt
    private let inode: UInt
    private let byteCount: Int
    private let modifiedSeconds: Int
    private let modifiedNanoseconds: Int

    /// The stamp of the file at `path`, links followed; nil where there is none.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.device = UInt(status.st_dev)
        self.inode = UInt(status.st_ino)
        self.byteCount = Int(status.st_size)
        // By their places: which module the compiler takes these members to be of, and so whether it shows them here,
        // differs with the files that it compiles together.
        (self.modifiedSeconds, self.modifiedNanoseconds) = withUnsafeBytes(of: status.st_mtim) { time in
            let word = MemoryLayout<Int>.size
            guard time.count >= 2 * word else { return (0, 0) }
            return (time.load(as: Int.self), time.load(fromByteOffset: word, as: Int.self))
        }
    }

    /// The stamps of all files of a configuration.
    static func stamps(of configuration: TLSConfiguration) -> [TLSFileStamp?] {
        let paths = [configuration.privateKeyPath, configuration.certificatePath, configuration.authorityPath]
        return (paths + [configuration.revocationListPath].compactMap { $0 }).map { TLSFileStamp(path: $0) }
    }
}
