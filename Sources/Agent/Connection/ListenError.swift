import Glibc
import NIOCore

/// Turns the failure to listen into the one line and exit code that a start-up error has.
enum ListenError {
    /// What a failed bind means.
    static func agentError(_ error: any Error, _ address: ControllerAddress) -> AgentError {
        if let error = error as? AgentError { return error }
        let text = "cannot listen on \(address): \(ConnectionErrorText.describe(error))"
        guard let error = error as? IOError else { return AgentError(.configuration, text) }
        switch error.errnoCode {
        case EADDRINUSE: return AgentError(.addressInUse, text)
        case EACCES, EPERM: return AgentError(.notPermitted, text)
        case EADDRNOTAVAIL, ENOENT, ENOTDIR, EAFNOSUPPORT: return AgentError(.configuration, text)
        default: return AgentError(.failed, text)
        }
    }
}
