/// What a multipart message asks or answers, whatever its number.
enum MultipartType: UInt8, CaseIterable, Sendable {
    case description, flow, aggregate, table, port, queue, group, groupDescription, groupFeatures
    case meter, meterConfiguration, meterFeatures, tableFeatures, portDescription
    case tableDescription, queueDescription, flowMonitor, flowStatistics, controllerStatus, bundleFeatures
    case experimenter

    /// The numbers.
    ///
    /// PORT_DESC is spoken in older versions too, as Open vSwitch does.
    static let codes = CodePoints<MultipartType>([
        .since(.v1_0, 0, .description), .since(.v1_0, 1, .flow), .since(.v1_0, 2, .aggregate),
        .since(.v1_0, 3, .table), .since(.v1_0, 4, .port), .since(.v1_0, 5, .queue),
        .since(.v1_1, 6, .group), .since(.v1_1, 7, .groupDescription), .since(.v1_2, 8, .groupFeatures),
        .since(.v1_3, 9, .meter), .since(.v1_3, 10, .meterConfiguration), .since(.v1_3, 11, .meterFeatures),
        .since(.v1_3, 12, .tableFeatures), .since(.v1_0, 13, .portDescription),
        .since(.v1_4, 14, .tableDescription), .since(.v1_4, 15, .queueDescription),
        .since(.v1_4, 16, .flowMonitor), .since(.v1_5, 17, .flowStatistics),
        .since(.v1_5, 18, .controllerStatus), .since(.v1_5, 19, .bundleFeatures),
        .since(.v1_0, 0xffff, .experimenter),
    ])
}
