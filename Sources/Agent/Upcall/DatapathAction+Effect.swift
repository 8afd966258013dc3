import Datapath

extension DatapathAction {
    /// Whether the action does more than change the packet: then the list that it is in must be executed.
    var hasEffect: Bool {
        switch self {
        case .output, .userspace, .recirculate, .connectionTracking: true
        case .sample(_, let nested), .clone(let nested): nested.contains { $0.hasEffect }
        default: false
        }
    }

    /// Whether it concerns the connection tracker, which only the kernel has.
    var isTracking: Bool {
        switch self {
        case .connectionTracking, .clearConnectionTracking: true
        default: false
        }
    }
}
