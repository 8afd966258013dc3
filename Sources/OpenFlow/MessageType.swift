/// What kind of message, whatever its number.
enum MessageType: UInt8, CaseIterable, Sendable {
    case hello, error, echoRequest, echoReply, experimenter, featuresRequest, featuresReply
    case getConfigRequest, getConfigReply, setConfig, packetIn, flowRemoved, portStatus, packetOut, flowMod
    case groupMod, portMod, tableMod, multipartRequest, multipartReply, barrierRequest, barrierReply
    case queueGetConfigRequest, queueGetConfigReply, roleRequest, roleReply
    case getAsyncRequest, getAsyncReply, setAsync, meterMod
    case roleStatus, tableStatus, requestForward, bundleControl, bundleAdd, controllerStatus

    /// The numbers (the table of message types in each version's §7.1).
    static let codes = CodePoints<MessageType>([
        .since(.v1_0, 0, .hello), .since(.v1_0, 1, .error), .since(.v1_0, 2, .echoRequest),
        .since(.v1_0, 3, .echoReply), .since(.v1_0, 4, .experimenter), .since(.v1_0, 5, .featuresRequest),
        .since(.v1_0, 6, .featuresReply), .since(.v1_0, 7, .getConfigRequest),
        .since(.v1_0, 8, .getConfigReply), .since(.v1_0, 9, .setConfig), .since(.v1_0, 10, .packetIn),
        .since(.v1_0, 11, .flowRemoved), .since(.v1_0, 12, .portStatus), .since(.v1_0, 13, .packetOut),
        .since(.v1_0, 14, .flowMod),
        .only(.v1_0 ... .v1_0, 15, .portMod), .since(.v1_1, 16, .portMod),
        .since(.v1_1, 15, .groupMod), .since(.v1_1, 17, .tableMod),
        .only(.v1_0 ... .v1_0, 16, .multipartRequest), .since(.v1_1, 18, .multipartRequest),
        .only(.v1_0 ... .v1_0, 17, .multipartReply), .since(.v1_1, 19, .multipartReply),
        .only(.v1_0 ... .v1_0, 18, .barrierRequest), .since(.v1_1, 20, .barrierRequest),
        .only(.v1_0 ... .v1_0, 19, .barrierReply), .since(.v1_1, 21, .barrierReply),
        .only(.v1_0 ... .v1_0, 20, .queueGetConfigRequest),
        .only(.v1_1 ... .v1_3, 22, .queueGetConfigRequest),
        .only(.v1_0 ... .v1_0, 21, .queueGetConfigReply),
        .only(.v1_1 ... .v1_3, 23, .queueGetConfigReply),
        .since(.v1_2, 24, .roleRequest), .since(.v1_2, 25, .roleReply),
        .since(.v1_3, 26, .getAsyncRequest), .since(.v1_3, 27, .getAsyncReply), .since(.v1_3, 28, .setAsync),
        .since(.v1_3, 29, .meterMod), .since(.v1_4, 30, .roleStatus), .since(.v1_4, 31, .tableStatus),
        .since(.v1_4, 32, .requestForward), .since(.v1_4, 33, .bundleControl), .since(.v1_4, 34, .bundleAdd),
        .since(.v1_5, 35, .controllerStatus),
    ])
}
