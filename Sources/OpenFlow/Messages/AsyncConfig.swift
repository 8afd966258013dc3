/// The asynchronous messages a controller wants, by role (1.3 §7.3.10 · 1.5 §7.3.10; Nicira's subtype 19 below 1.3).
///
/// A mask has bit n set if messages of reason n are wanted. Up to 1.3 the first three kinds are always present; from
/// 1.4 a request may say only some, and the others stay as they are.
public struct AsyncConfig: Hashable, Sendable {
    /// A kind of asynchronous message.
    public enum Kind: Int, CaseIterable, Hashable, Sendable {
        /// PACKET_IN.
        case packetIn = 0
        /// PORT_STATUS.
        case portStatus = 1
        /// FLOW_REMOVED.
        case flowRemoved = 2
        /// ROLE_STATUS (1.4 and later).
        case roleStatus = 3
        /// TABLE_STATUS (1.4 and later).
        case tableStatus = 4
        /// REQUESTFORWARD (1.4 and later).
        case requestForward = 5
        /// Triggered flow statistics (1.5).
        case flowStatistics = 6
        /// CONTROLLER_STATUS (1.5).
        case controllerStatus = 7
    }
    /// Masks while the controller is primary or equal, by kind; nil where not said.
    public var primary: [UInt32?] = Array(repeating: nil, count: 8)
    /// Masks while the controller is secondary, by kind; nil where not said.
    public var secondary: [UInt32?] = Array(repeating: nil, count: 8)

    /// Makes a configuration that says nothing.
    public init() {}

    /// The mask of one kind for a role: secondary, or any other.
    public subscript(kind: Kind, role: ControllerRole) -> UInt32? {
        get { role == .secondary ? self.secondary[kind.rawValue] : self.primary[kind.rawValue] }
        set {
            if role == .secondary {
                self.secondary[kind.rawValue] = newValue
            } else {
                self.primary[kind.rawValue] = newValue
            }
        }
    }
}
