import Logging
import NIOCore
import NIOPosix

// Where others come in, and where they listen.
extension ConnectionManager {
    /// Opens a listener; the future gives its address with the port that the kernel chose, or fails with an
    /// ``AgentError``.
    func listen(_ listener: Listener) -> EventLoopFuture<ControllerAddress> {
        listener.terms.change(listener.settings, self.bootstrap.tls)
        do throws(AgentError) {
            if case .unix(let path) = listener.address.transport { try UnixSocketPath.prepare(path) }
        } catch {
            return self.eventLoop.makeFailedFuture(error)
        }
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        let (address, identifier) = (listener.address, listener.identifier)
        return self.bootstrap.listen(
            address, listener.terms, identifier: identifier, gate: listener.gate, tap: listener.tap,
            logger: self.logger
        )
        .flatMapErrorThrowing { throw ListenError.agentError($0, address) }
        .hop(to: self.eventLoop)
        .map { channel in bound.value.listening(identifier, address, channel) }
    }

    /// A listener is open; returns its address with the port that the kernel chose.
    private func listening(
        _ identifier: Int, _ configured: ControllerAddress, _ channel: any Channel
    ) -> ControllerAddress {
        guard let place = self.listeners.firstIndex(where: { $0.identifier == identifier }), !self.isStopping else {
            // Taken out of the configuration, or the agent ends, before it was open.
            channel.close(promise: nil)
            return configured
        }
        self.listeners[place].channel = channel
        var address = configured
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
        return SnoopServer.listen(path: path, audience: self.snoopers, group: self.bootstrap.group)
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

    /// The recorder of a file, which addresses with one path share; opens it where it is not open.
    func recorder(_ path: String) throws(AgentError) -> ConversationRecorder {
        if let known = self.recorders[path] { return known }
        let recorder = try ConversationRecorder(path: path, logger: self.logger)
        self.recorders[path] = recorder
        self.logger.info("recording to \(path)")
        return recorder
    }

    /// What the settings want to have listened to the conversations of an address.
    func ears(_ settings: ConnectionSettings) throws(AgentError) -> [any ConversationListener] {
        var ears: [any ConversationListener] = []
        if let path = settings.recordingPath { ears.append(try self.recorder(path)) }
        if let selection = settings.loggedMessages {
            ears.append(MessageLog(selection, logger: self.logger, clock: self.clock))
        }
        return ears
    }

    /// Begins to record and to log what the settings say, of every address.
    func openEars() throws(AgentError) {
        for controller in self.controllers {
            controller.ears = try self.ears(controller.settings)
            for ear in controller.ears { controller.tap.add(ear) }
        }
        for place in self.listeners.indices {
            guard let tap = self.listeners[place].tap else { continue }
            self.listeners[place].ears = try self.ears(self.listeners[place].settings)
            for ear in self.listeners[place].ears { tap.add(ear) }
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
