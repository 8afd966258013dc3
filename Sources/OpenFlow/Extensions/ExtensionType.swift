/// What kind of experimenter's message or multipart body, whatever its number.
///
/// Messages that became part of the protocol later have a number here for the versions before.
enum ExtensionType: UInt8, CaseIterable, Sendable {
    case roleRequest, roleReply, setFlowFormat, flowMod, flowRemoved, flowModTableID, setPacketInFormat, packetIn
    case flowAge, setAsyncConfig, setControllerID, flowMonitorCancel, flowMonitorPaused, flowMonitorResumed
    case tlvTableMod, tlvTableRequest, tlvTableReply, setAsyncConfig2, resume, connectionTrackingFlushZone, packetIn2
    case groupMod, connectionTrackingFlush, requestForward, bundleControl, bundleAdd, roleStatus

    /// The numbers.
    static let codes = ExtensionCodes<ExtensionType>([
        .nicira(.v1_0 ... .v1_5, 10, .roleRequest), .nicira(.v1_0 ... .v1_5, 11, .roleReply),
        .nicira(.v1_0 ... .v1_5, 12, .setFlowFormat), .nicira(.v1_0 ... .v1_0, 13, .flowMod),
        .nicira(.v1_0 ... .v1_0, 14, .flowRemoved), .nicira(.v1_0 ... .v1_5, 15, .flowModTableID),
        .nicira(.v1_0 ... .v1_5, 16, .setPacketInFormat), .nicira(.v1_0 ... .v1_5, 17, .packetIn),
        .nicira(.v1_0 ... .v1_5, 18, .flowAge), .nicira(.v1_0 ... .v1_5, 19, .setAsyncConfig),
        .nicira(.v1_0 ... .v1_5, 20, .setControllerID), .nicira(.v1_0 ... .v1_2, 21, .flowMonitorCancel),
        .nicira(.v1_0 ... .v1_2, 22, .flowMonitorPaused), .nicira(.v1_0 ... .v1_2, 23, .flowMonitorResumed),
        .nicira(.v1_0 ... .v1_5, 24, .tlvTableMod), .nicira(.v1_0 ... .v1_5, 25, .tlvTableRequest),
        .nicira(.v1_0 ... .v1_5, 26, .tlvTableReply), .nicira(.v1_0 ... .v1_3, 27, .setAsyncConfig2),
        .nicira(.v1_0 ... .v1_5, 28, .resume), .nicira(.v1_0 ... .v1_5, 29, .connectionTrackingFlushZone),
        .nicira(.v1_0 ... .v1_5, 30, .packetIn2), .nicira(.v1_0 ... .v1_0, 31, .groupMod),
        .nicira(.v1_0 ... .v1_5, 32, .connectionTrackingFlush), .nicira(.v1_0 ... .v1_2, 132, .requestForward),
        .onf(.v1_3 ... .v1_3, 1870, .flowMonitorCancel), .onf(.v1_3 ... .v1_3, 1871, .flowMonitorPaused),
        .onf(.v1_3 ... .v1_3, 1872, .flowMonitorResumed), .onf(.v1_3 ... .v1_3, 1911, .roleStatus),
        .onf(.v1_3 ... .v1_3, 2300, .bundleControl), .onf(.v1_3 ... .v1_3, 2301, .bundleAdd),
        .onf(.v1_3 ... .v1_3, 2350, .requestForward),
    ])
}

/// What kind of experimenter's multipart body, whatever its number.
enum ExtensionMultipartType: UInt8, CaseIterable, Sendable {
    case flow, aggregate, flowMonitor, bridgeExport, flowExport, group, groupDescription, groupFeatures

    /// The numbers.
    static let codes = ExtensionCodes<ExtensionMultipartType>([
        .nicira(.v1_0 ... .v1_0, 0, .flow), .nicira(.v1_0 ... .v1_0, 1, .aggregate),
        .nicira(.v1_0 ... .v1_2, 2, .flowMonitor), .onf(.v1_3 ... .v1_3, 1870, .flowMonitor),
        .nicira(.v1_0 ... .v1_5, 3, .bridgeExport), .nicira(.v1_0 ... .v1_5, 4, .flowExport),
        .nicira(.v1_0 ... .v1_0, 7, .group), .nicira(.v1_0 ... .v1_0, 8, .groupDescription),
        .nicira(.v1_0 ... .v1_1, 9, .groupFeatures),
    ])
}

/// Which experimenter and type stand for which meaning in which versions.
///
/// As ``CodePoints``, for numbers that are too far apart for arrays; the tables are short.
struct ExtensionCodes<Meaning: RawRepresentable & CaseIterable & Sendable>: Sendable
where Meaning.RawValue == UInt8 {
    /// An experimenter's number and what it calls its type.
    struct Code: Hashable, Sendable {
        let experimenter: UInt32
        let type: UInt32
    }
    /// One meaning's number in some versions.
    struct Row: Sendable {
        let meaning: Meaning
        let versions: ClosedRange<OpenFlowVersion>
        let code: Code

        static func nicira(_ versions: ClosedRange<OpenFlowVersion>, _ type: UInt32, _ meaning: Meaning) -> Row {
            Row(
                meaning: meaning, versions: versions,
                code: Code(experimenter: OXMIdentifier.niciraExperimenter, type: type))
        }
        static func onf(_ versions: ClosedRange<OpenFlowVersion>, _ type: UInt32, _ meaning: Meaning) -> Row {
            Row(
                meaning: meaning, versions: versions,
                code: Code(experimenter: OXMIdentifier.onfExperimenter, type: type))
        }
    }

    let rows: [Row]

    init(_ rows: [Row]) { self.rows = rows }

    /// The number of a meaning in a version, nil where the version lacks it (or has it as its own).
    func code(of meaning: Meaning, in version: OpenFlowVersion) -> Code? {
        for row in self.rows where row.meaning.rawValue == meaning.rawValue && row.versions.contains(version) {
            return row.code
        }
        return nil
    }

    /// The meaning of a number in a version, nil where it has none.
    func meaning(of code: Code, in version: OpenFlowVersion) -> Meaning? {
        for row in self.rows where row.code == code && row.versions.contains(version) { return row.meaning }
        return nil
    }
}
