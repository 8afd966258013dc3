import Datapath

extension DatapathAction {
    /// Whether the action does more than change the packet: then the list that it is in must be executed.
    var hasEffect: Bool {
        switch self {
        case .output, .userspace, .recirculate, .connectionTracking, .packetSample: true
        case .sample(_, let nested), .clone(let nested): nested.contains { $0.hasEffect }
        case .checkPacketLength(_, let longer, let notLonger): (longer + notLonger).contains { $0.hasEffect }
        default: false
        }
    }

    /// Whether what comes after it gets a changed packet.
    var changesPacket: Bool {
        switch self {
        case .set, .pushVLAN, .popVLAN, .pushMPLS, .popMPLS, .edit, .hash, .pushEthernet, .popEthernet,
            .pushServiceHeader, .popServiceHeader, .encapsulateMPLS:
            true
        default: false
        }
    }
}
