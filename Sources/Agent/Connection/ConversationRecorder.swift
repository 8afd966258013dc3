import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Records conversations in a pcapng file (``PcapngConversation``).
///
/// Any thread gives it messages; a thread of its own writes them. What waits to be written is bounded: beyond that,
/// messages are left out, and counted. An existing file is added to: the format allows parts one after the other.
final class ConversationRecorder: ConversationListener {
    private enum Item {
        case opened(UInt64, local: String?, remote: String?)
        case heard([UInt8], ConversationDirection, UInt64, nanoseconds: UInt64)
        case closed(UInt64)
    }

    private struct Pending {
        var items: [Item] = []
        var bytes = 0
        var isScheduled = false
        var omitted: UInt64 = 0
    }

    /// What only the writing thread touches.
    private struct File {
        var descriptor: Int32
        var conversation = PcapngConversation()
        var hasFailed = false
    }

    private let path: String
    private let group: MultiThreadedEventLoopGroup
    private let pending = Mutex(Pending())
    private let file: Mutex<File>
    private let logger: Logger

    /// Opens the file; throws `failed` or `notPermitted` with its name.
    init(path: String, logger: Logger) throws(AgentError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let code = errno
            throw AgentError(
                code == EACCES || code == EPERM ? .notPermitted : .failed,
                "cannot record to \(path): \(ConnectionErrorText.describe(errno: code))")
        }
        self.path = path
        self.logger = logger
        self.file = Mutex(File(descriptor: descriptor))
        self.group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        self.file.withLock { self.write(PcapngConversation.header(), &$0) }
    }

    /// Messages left out because too much waited to be written.
    var omitted: UInt64 { self.pending.withLock { $0.omitted } }

    func opened(_ connection: UInt64, local: String?, remote: String?) {
        self.add(.opened(connection, local: local, remote: remote), bytes: 0)
    }

    func heard(_ bytes: [UInt8], _ direction: ConversationDirection, on connection: UInt64) {
        self.add(
            .heard(bytes, direction, connection, nanoseconds: SystemClock.nanosecondsSince1970()), bytes: bytes.count)
    }

    func closed(_ connection: UInt64) { self.add(.closed(connection), bytes: 0) }

    /// Writes what waits, then ends; nothing is recorded any more.
    func close() {
        self.group.shutdownGracefully { [self] _ in
            self.writePending()
            self.file.withLock { file in
                if file.descriptor >= 0 { Glibc.close(file.descriptor) }
                file.descriptor = -1
            }
        }
    }

    private func add(_ item: Item, bytes: Int) {
        let schedules = self.pending.withLock { pending in
            guard pending.bytes + bytes <= AgentLimits.recordingBytesMaximum else {
                pending.omitted += 1
                return false
            }
            pending.items.append(item)
            pending.bytes += bytes
            defer { pending.isScheduled = true }
            return !pending.isScheduled
        }
        if schedules { self.group.next().execute { self.writePending() } }
    }

    private func writePending() {
        let items = self.pending.withLock { pending in
            defer {
                pending.items = []
                pending.bytes = 0
                pending.isScheduled = false
            }
            return pending.items
        }
        self.file.withLock { file in
            var bytes: [UInt8] = []
            for item in items {
                switch item {
                case .opened(let connection, let local, let remote):
                    file.conversation.open(connection, local: local, remote: remote)
                case .heard(let messages, let direction, let connection, let nanoseconds):
                    bytes += file.conversation.blocks(messages, direction, on: connection, at: nanoseconds)
                case .closed(let connection): file.conversation.close(connection)
                }
            }
            self.write(bytes, &file)
        }
    }

    /// Writes bytes; the first failure is logged and ends the recording, since a part of a block spoils the file.
    private func write(_ bytes: [UInt8], _ file: inout File) {
        var rest = bytes[...]
        while !rest.isEmpty, !file.hasFailed, file.descriptor >= 0 {
            let count = rest.withUnsafeBytes { Glibc.write(file.descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                file.hasFailed = true
                let text = ConnectionErrorText.describe(errno: errno)
                self.logger.error("recording to \(self.path) ends: \(text)")
                return
            }
            rest = rest.dropFirst(count)
        }
    }
}
