import OpenFlow

/// What the switch keeps for one session beside the session itself.
struct SessionState {
    /// The session.
    let session: ControllerSession
}
