import NIOCore

/// What other threads may ask of a bridge's connections; waits for the control loop, which it must not be.
package struct ConnectionOperations: Sendable {
    let eventLoop: any EventLoop
    let status: @Sendable () -> ConnectionStatus
    let reconnect: @Sendable () -> Int

    /// The present status.
    func currentStatus() throws(ControlError) -> ConnectionStatus { try self.ask(self.status) }

    /// Calls all controllers anew; returns how many there are.
    func reconnectAll() throws(ControlError) -> Int { try self.ask(self.reconnect) }

    private func ask<Answer: Sendable>(_ body: @escaping @Sendable () -> Answer) throws(ControlError) -> Answer {
        do {
            return try self.eventLoop.submit(body).wait()
        } catch {
            throw ControlError("the bridge does not answer: \(error)")
        }
    }
}
