/// Why a connection ended; its description is the "last error" of a controller.
package enum CloseReason: Error, Hashable, Sendable {
    /// The peer closed the connection.
    case closedByPeer
    /// The peer said nothing, or no whole HELLO, in time.
    case noHello
    /// There is no version that both sides speak; the text says what each side speaks.
    case incompatible(String)
    /// The peer refused our HELLO.
    case refusedByPeer
    /// The peer's first message was not a HELLO, but of this type.
    case messageBeforeHello(type: UInt8)
    /// A header had a length below 8, or above the limit.
    case badLength(Int)
    /// The peer did not answer an echo request in time.
    case inactive
    /// The peer did not read what it had asked for in time.
    case notReading
    /// The listener holds as many connections as it may.
    case tooManyConnections
    /// The peer's address is in none of the ranges that the listener admits.
    case notAllowed
    /// The peer did not finish its TLS handshake in time.
    case noTLSHandshake
    /// The main connection of this auxiliary one has ended.
    case mainConnectionEnded
    /// The switch asked for it.
    case closedBySwitch
    /// Somebody asked us to call the controller anew.
    case reconnect
    /// The agent ends, or the controller was taken out of the configuration.
    case shutdown
    /// The operating system's words.
    case system(String)
}

extension CloseReason: CustomStringConvertible {
    /// A few words for logs and statistics.
    package var description: String {
        switch self {
        case .closedByPeer: "connection closed by peer"
        case .noHello: "no HELLO in time"
        case .incompatible(let text): text
        case .refusedByPeer: "peer refused our HELLO"
        case .messageBeforeHello(let type): "message of type \(type) before HELLO"
        case .badLength(let length): "message with impossible length \(length)"
        case .inactive: "no answer to echo request"
        case .notReading: "peer does not read"
        case .tooManyConnections: "too many connections"
        case .notAllowed: "not among the peers allowed"
        case .noTLSHandshake: "no end of the TLS handshake in time"
        case .mainConnectionEnded: "the main connection has ended"
        case .closedBySwitch: "closed by the switch"
        case .reconnect: "closed by us, to be called anew"
        case .shutdown: "closed by us"
        case .system(let text): text
        }
    }
}
