/// What kind of action, whatever its number.
enum ActionType: UInt8, CaseIterable, Sendable {
    case output, setVLANID, setVLANPriority, popVLAN, setEthernetSource, setEthernetDestination
    case setNetworkSource, setNetworkDestination, setNetworkTOS, setNetworkECN
    case setTransportSource, setTransportDestination, enqueue, copyTTLOut, copyTTLIn
    case setMPLSLabel, setMPLSTrafficClass, setMPLSTTL, decrementMPLSTTL, pushVLAN, pushMPLS, popMPLS
    case setQueue, group, setNetworkTTL, decrementNetworkTTL, setField, pushPBB, popPBB, copyField, meter
    case experimenter

    /// The numbers (1.0 §5.2.4, 1.1 and later §7.2.6).
    static let codes = CodePoints<ActionType>([
        .since(.v1_0, 0, .output),
        .only(.v1_0 ... .v1_1, 1, .setVLANID), .only(.v1_0 ... .v1_1, 2, .setVLANPriority),
        .only(.v1_0 ... .v1_0, 3, .popVLAN), .since(.v1_1, 18, .popVLAN),
        .only(.v1_0 ... .v1_0, 4, .setEthernetSource), .only(.v1_1 ... .v1_1, 3, .setEthernetSource),
        .only(.v1_0 ... .v1_0, 5, .setEthernetDestination),
        .only(.v1_1 ... .v1_1, 4, .setEthernetDestination),
        .only(.v1_0 ... .v1_0, 6, .setNetworkSource), .only(.v1_1 ... .v1_1, 5, .setNetworkSource),
        .only(.v1_0 ... .v1_0, 7, .setNetworkDestination),
        .only(.v1_1 ... .v1_1, 6, .setNetworkDestination),
        .only(.v1_0 ... .v1_0, 8, .setNetworkTOS), .only(.v1_1 ... .v1_1, 7, .setNetworkTOS),
        .only(.v1_1 ... .v1_1, 8, .setNetworkECN),
        .only(.v1_0 ... .v1_1, 9, .setTransportSource), .only(.v1_0 ... .v1_1, 10, .setTransportDestination),
        .only(.v1_0 ... .v1_0, 11, .enqueue),
        .since(.v1_1, 11, .copyTTLOut), .since(.v1_1, 12, .copyTTLIn),
        .only(.v1_1 ... .v1_1, 13, .setMPLSLabel), .only(.v1_1 ... .v1_1, 14, .setMPLSTrafficClass),
        .since(.v1_1, 15, .setMPLSTTL), .since(.v1_1, 16, .decrementMPLSTTL), .since(.v1_1, 17, .pushVLAN),
        .since(.v1_1, 19, .pushMPLS), .since(.v1_1, 20, .popMPLS), .since(.v1_1, 21, .setQueue),
        .since(.v1_1, 22, .group), .since(.v1_1, 23, .setNetworkTTL), .since(.v1_1, 24, .decrementNetworkTTL),
        .since(.v1_2, 25, .setField), .since(.v1_3, 26, .pushPBB), .since(.v1_3, 27, .popPBB),
        .since(.v1_5, 28, .copyField), .since(.v1_5, 29, .meter), .since(.v1_0, 0xffff, .experimenter),
    ])
}
