import Logging
import NIOCore
import NIOPosix

// Where others come in, and where they listen.
extension ConnectionManager {
    /// Opens a listener.
    func listen(_ index: Int) -> EventLoopFuture<any Channel> {
        let listener = self.listeners[index]
        do throws(AgentError) {
            if case .unix(let path) = listener.address.transport { try UnixSocketPath.prepare(path) }
        } catch {
            return self.eventLoop.makeFailedFuture(error)
        }
        return self.bootstrap.listen(
            listener.address, listener.settings, index: index, gate: listener.gate, tap: listener.tap,
            logger: self.logger
        )
        .flatMapErrorThrowing { throw ListenError.agentError($0, listener.address) }
        .hop(to: self.eventLoop)
    }

    /// A listener is open; returns its address with the port that the kernel chose.
    func listening(_ index: Int, _ channel: any Channel) -> ControllerAddress {
        self.listeners[index].channel = channel
        var address = self.listeners[index].address
        switch address.transport {
        case .tcp(let host, _):
            if let port = channel.localAddress?.port {
                address.transport = .tcp(host: host, port: UInt16(clamping: port))
            }
        case .tls(let host, _):
            if let port = channel.localAddress?.port {
                address.transport = .tls(host: host, port: UInt16(clamping: port))
            }
        case .unix: break
        }
        self.logger.info("listening on \(address)")
        return address
    }

    /// Opens the snoop socket, where one is configured; a bridge can do without.
    func listenForSnoopers() -> EventLoopFuture<Void> {
        guard let path = self.configuration.snoopPath else { return self.eventLoop.makeSucceededVoidFuture() }
        do throws(AgentError) {
            try UnixSocketPath.prepare(path)
        } catch {
            return self.eventLoop.makeFailedFuture(error)
        }
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        let address = ControllerAddress(.passive, .unix(path: path))
        let taps = self.controllers.map(\.tap) + self.listeners.compactMap(\.tap)
        return SnoopServer.listen(path: path, taps: taps, group: self.bootstrap.group)
            .flatMapErrorThrowing { throw ListenError.agentError($0, address) }
            .hop(to: self.eventLoop)
            .map { bound.value.snoopChannel = $0 }
    }

    /// Closes the snoop socket.
    func stopSnooping() {
        guard let channel = self.snoopChannel, let path = self.configuration.snoopPath else { return }
        channel.close(promise: nil)
        UnixSocketPath.remove(path)
        self.snoopChannel = nil
    }

    /// Lets those messages be logged that are asked for.
    func openMessageLogs() {
        let logged =
            self.controllers.map { ($0.settings.loggedMessages, $0.tap as ConversationTap?) }
            + self.listeners.map { ($0.settings.loggedMessages, $0.tap) }
        for case (let selection?, let tap?) in logged {
            tap.add(MessageLog(selection, logger: self.logger, clock: self.clock))
        }
    }

    /// Opens the files in which conversations are recorded; addresses with one path share a file.
    func openRecordings() throws(AgentError) {
        let recorded =
            self.controllers.map { ($0.settings.recordingPath, $0.tap as ConversationTap?) }
            + self.listeners.map { ($0.settings.recordingPath, $0.tap) }
        for (path, tap) in recorded {
            guard let path, let tap else { continue }
            let recorder: ConversationRecorder
            if let known = self.recorders[path] {
                recorder = known
            } else {
                recorder = try ConversationRecorder(path: path, logger: self.logger)
                self.recorders[path] = recorder
                self.logger.info("recording to \(path)")
            }
            tap.add(recorder)
        }
    }
}

extension ControllerAddress {
    /// Whether it is a unix socket where others come in: management connections, which are nobody's business.
    var isUnixListener: Bool {
        guard self.direction == .passive, case .unix = self.transport else { return false }
        return true
    }
}
