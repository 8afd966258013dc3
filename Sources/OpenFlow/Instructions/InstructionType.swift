/// What kind of instruction, whatever its number.
enum InstructionType: UInt8, CaseIterable, Sendable {
    case gotoTable, writeMetadata, writeActions, applyActions, clearActions, meter, statisticsTrigger
    case experimenter

    /// The numbers (1.1 §A.2.4, 1.5 §7.2.4); the meter instruction is deprecated in 1.5 but still spoken.
    static let codes = CodePoints<InstructionType>([
        .since(.v1_1, 1, .gotoTable), .since(.v1_1, 2, .writeMetadata), .since(.v1_1, 3, .writeActions),
        .since(.v1_1, 4, .applyActions), .since(.v1_1, 5, .clearActions), .since(.v1_3, 6, .meter),
        .since(.v1_5, 7, .statisticsTrigger), .since(.v1_1, 0xffff, .experimenter),
    ])
}
