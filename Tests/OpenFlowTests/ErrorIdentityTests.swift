import Foundation
import Testing

@testable import OpenFlow

/// Every error identity is raised by the decoder for bytes that a test has, or belongs to the switch.
@Suite("Error identities")
struct ErrorIdentityTests {
    private typealias Fault = RefusalTests.Fault

    private static func nicira(_ subtype: UInt8) -> [UInt8] { [0, 0, 0x23, 0x20, 0, 0, 0, subtype] }
    /// A Nicira action with what follows its subtype.
    private static func action(_ subtype: UInt8, _ body: [UInt8]) -> [UInt8] {
        let length = 10 + body.count
        return [0xff, 0xff, UInt8(length >> 8), UInt8(length & 0xff), 0, 0, 0x23, 0x20, 0, subtype] + body
    }
    /// A 1.3 PACKET_OUT with actions.
    private static func packetOut(_ actions: [UInt8]) -> [UInt8] {
        let length = [UInt8(actions.count >> 8), UInt8(actions.count & 0xff)]
        return [255, 255, 255, 255, 0, 0, 0, 1] + length + [0, 0, 0, 0, 0, 0] + actions
    }
    /// Clones within clones.
    private static func clones(_ depth: Int) -> [UInt8] {
        (0..<depth).reduce([UInt8]()) { inner, _ in Self.action(42, [0, 0, 0, 0, 0, 0] + inner) }
    }
    private static let experimenterProperty: [UInt8] = [0xff, 0xff, 0, 12, 0, 0x12, 0x34, 0x56, 0, 0, 0, 1, 0, 0, 0, 0]
    /// A 1.4 PORT_MOD without its header, as far as its properties.
    private static let portMod14: [UInt8] = Array(repeating: 0, count: 24)

    /// Bytes for what the other table of faults does not have.
    private static let faults: [Fault] = [
        Fault("unknown reason of a port", .v1_3, 12, [9] + Array(repeating: 0, count: 71), .requestNiciraBadReason),
        Fault("unknown packet-in format", .v1_0, 4, nicira(16) + [0, 0, 0, 9], .requestNotPermitted),
        Fault(
            "unknown event of a flow monitor", .v1_4, 19, [0, 16, 0, 0, 0, 0, 0, 0, 0, 8, 0, 99, 0, 0, 0, 0],
            .requestNiciraFlowMonitorBadEvent),
        Fault(
            "header fields of a packet-out", .v1_5, 13,
            [255, 255, 255, 255, 0, 0, 0, 0, 0, 1, 0, 10, 0x80, 0, 0x0a, 2, 8, 0, 0, 0, 0, 0, 0, 0],
            .requestPipelineFieldsOnly),
        Fault(
            "conjunction of a clause that is not there", .v1_3, 13, packetOut(action(34, [5, 2, 0, 0, 0, 1])),
            .actionNiciraBadConjunction),
        Fault(
            "encapsulation in what is no header", .v1_3, 13, packetOut(action(46, [0, 0, 0, 5, 0, 5])),
            .actionNiciraBadHeaderType),
        Fault(
            "unknown property of an encapsulation", .v1_3, 13,
            packetOut(action(46, [0, 0, 0, 1, 0x89, 0x4f, 0, 9, 1, 8, 0, 0, 0, 0])),
            .actionNiciraUnknownEncapDecapProperty),
        Fault(
            "property of an encapsulation too short", .v1_3, 13,
            packetOut(action(46, [0, 0, 0, 1, 0x89, 0x4f, 0, 4, 1, 4, 0, 0, 0, 0])),
            .actionNiciraBadEncapDecapProperty),
        Fault("actions too deep", .v1_3, 13, packetOut(clones(40)), .actionTooMany),
        Fault(
            "ONF's copy in 1.5", .v1_5, 14,
            Array(repeating: 0, count: 24) + Array(repeating: 0xff, count: 12) + [0, 0, 0, 0, 0, 1, 0, 4, 0, 0, 0, 0]
                + [0, 4, 0, 32, 0, 0, 0, 0, 0xff, 0xff, 0, 24, 0x4f, 0x4e, 0x46, 0, 0x0c, 0x80]
                + Array(repeating: 0, count: 14), .actionBadExperimenterType),
        Fault(
            "1.0: emergency flow that ends", .v1_0, 14,
            Array(repeating: 0, count: 51) + [1] + Array(repeating: 0, count: 11) + [4],
            .flowModBadEmergencyTimeout),
        Fault(
            "a bucket twice", .v1_5, 15,
            [
                0, 0, 0, 0, 0, 0, 0, 1, 0, 16, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 8, 0, 0, 0, 0, 0, 1, 0, 8, 0, 0, 0, 0,
                0, 1,
            ],
            .groupModBucketExists),
        Fault("unknown meter command", .v1_3, 29, [0, 9, 0, 1, 0, 0, 0, 1], .meterModBadCommand),
        Fault(
            "unknown meter band", .v1_3, 29, [0, 0, 0, 1, 0, 0, 0, 1, 0, 9, 0, 16] + Array(repeating: 0, count: 12),
            .meterModBadBand),
        Fault(
            "unknown selection method property", .v1_5, 15,
            [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]
                + [0xff, 0xff, 0, 12, 0, 0, 0x15, 0x4d, 0, 0, 0, 9, 0, 0, 0, 0], .propertyBadExperimenterType),
        Fault("reasons that are none", .v1_4, 28, [0, 0, 0, 8, 0xff, 0, 0, 0], .asyncConfigInvalid),
        Fault(
            "more properties than any list has", .v1_4, 16,
            portMod14 + Array(repeating: experimenterProperty, count: 257).flatMap { $0 }, .propertyTooMany),
        Fault(
            "tunnel option of an odd length", .v1_3, 4, nicira(24) + [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 5, 0, 1, 0, 0],
            .tlvTableBadOptionLength),
        Fault(
            "a tunnel option twice", .v1_3, 4,
            nicira(24) + [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 0, 1, 0, 0, 0, 1, 2, 4, 0, 2, 0, 0],
            .tlvTableDuplicateEntry),
        Fault(
            "two tunnel options of a field", .v1_3, 4,
            nicira(24) + [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 0, 1, 0, 0, 0, 1, 3, 4, 0, 1, 0, 0],
            .tlvTableAlreadyMapped),
        Fault(
            "a flow added in Nicira's form with a cookie that selects", .v1_0, 4,
            nicira(13) + Array(repeating: 0, count: 14) + [0x80, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 20]
                + [0, 0, 0, 0, 0, 0, 0, 1, 0x3d, 16, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 0, 0],
            .requestNiciraNXMInvalid),
        Fault(
            "learning with bytes that must be zero", .v1_3, 13,
            packetOut(
                action(45, Array(repeating: 0, count: 12) + [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])),
            .actionNiciraMustBeZero),
        Fault(
            "tunnel option of a field that is none", .v1_3, 4,
            nicira(24) + [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 0, 64, 0, 0], .tlvTableBadFieldIndex),
    ]

    @Test("A fault is answered with its own error", arguments: faults)
    func fault(fault: RefusalTests.Fault) {
        do {
            let message = try MessageCodec.decode(fault.bytes, version: fault.version).message
            Issue.record("read as \(message)")
        } catch {
            #expect(error.code == fault.code, "\(error)")
        }
    }

    @Test("A message of another version than the connection's is refused")
    func version() {
        #expect(throws: OpenFlowError(.requestBadVersion, offset: 0, value: 5)) {
            try MessageCodec.decode([5, 5, 0, 8, 0, 0, 0, 1], version: .v1_3)
        }
    }

    /// What the decoder keeps byte for byte, with the error that a switch answers which does not know it either.
    @Test("Experimenters' parts say how they are refused")
    func experimenters() throws {
        func message(_ type: UInt8, _ body: [UInt8], _ version: OpenFlowVersion = .v1_3) throws -> Message {
            let length = body.count + 8
            let head = [version.rawValue, type, UInt8(length >> 8), UInt8(length & 0xff), 0, 0, 0, 1]
            return try MessageCodec.decode(head + body, version: version).message
        }
        guard case .experimenter(let other) = try message(4, [0, 0x12, 0x34, 0x56, 0, 0, 0, 1]),
            case .experimenter(let unknown) = try message(4, Self.nicira(99)),
            case .packetOut(let packetOut) = try message(
                13, Self.packetOut([0xff, 0xff, 0, 16, 0, 0x12, 0x34, 0x56, 0, 0, 0, 0, 0, 0, 0, 0]))
        else {
            Issue.record("not experimenters' messages")
            return
        }
        #expect(other.refusal == .requestBadExperimenter)
        #expect(unknown.refusal == .requestBadExperimenterType)
        #expect(packetOut.actions.first?.experimenterRefusal == .actionBadExperimenter)
        #expect(Instruction.experimenter(0x0012_3456, []).experimenterRefusal == .instructionBadExperimenter)
        #expect(Instruction.experimenter(0x2320, []).experimenterRefusal == .instructionBadExperimenterType)
        let portMod = try message(16, Self.portMod14 + Self.experimenterProperty, .v1_4)
        #expect(portMod.experimenterRefusal?.code == .propertyBadExperimenter)
    }
    private static let told: Set<OpenFlowError.Code> = [
        .requestBadVersion, .requestBadExperimenter, .requestBadExperimenterType, .actionBadExperimenter,
        .propertyBadExperimenter, .instructionBadExperimenter, .instructionBadExperimenterType,
    ]

    /// What bytes alone cannot show: it takes the switch's state, ports, limits or configuration.
    private static let belongsToSwitch: [(reason: String, codes: Set<OpenFlowError.Code>)] = [
        (
            "what the connection has agreed on or may do",
            [
                .helloIncompatible, .helloNotPermitted, .requestIsSecondary, .roleRequestStale, .roleRequestUnsupported,
                .roleRequestIDUnsupported, .roleRequestIDInUse, .actionNotPermitted, .instructionNotPermitted,
                .matchNotPermitted, .flowModNotPermitted, .groupModNotPermitted, .portModNotPermitted,
                .tableModNotPermitted, .queueOperationNotPermitted, .switchConfigNotPermitted, .propertyNotPermitted,
                .asyncConfigNotPermitted, .bundleNotPermitted, .tableFeaturesNotPermitted,
            ]
        ),
        (
            "buffers, and requests of several parts",
            [
                .requestBufferEmpty, .requestBufferUnknown, .requestBadPacket, .requestMultipartBufferOverflow,
                .requestMultipartRequestTimeout, .requestMultipartReplyTimeout, .requestMultipartBadSchedule,
                .requestUnknown,
            ]
        ),
        (
            "tables, flows and what their actions and matches ask of the packet",
            [
                .requestBadTableID, .instructionUnsupported, .instructionBadTableID, .instructionUnsupportedMetadata,
                .instructionUnsupportedMetadataMask,
                .actionBadQueue, .actionBadMeter, .actionMatchInconsistent, .actionUnsupportedOrder, .actionBadTag,
                .matchBadTag, .matchBadDatalinkAddressMask, .matchBadNetworkAddressMask,
                .actionNiciraConnectionTrackingDatapathSupport, .matchNiciraConnectionTrackingDatapathSupport,
                .flowModUnknown, .flowModBadTableID, .flowModOverlap, .flowModBadTimeout, .flowModCannotSync,
                .flowModBadPriority, .flowModIsSync, .flowModUnsupported, .flowModNiciraHardware,
                .flowModNiciraBadTableID, .flowModNiciraInvalidTLVField, .tableModBadTable, .tableModBadConfig,
                .tableFeaturesBadTable, .tableFeaturesBadMetadata, .tableFeaturesBadCapabilities,
                .tableFeaturesBadMaximumEntries, .tableFeaturesBadFeatures, .tableFeaturesTooMany,
                .tableFeaturesNiciraDuplicateTable,
            ]
        ),
        (
            "groups and meters there are, and what the datapath can",
            [
                .groupModGroupExists, .groupModInvalidGroup, .groupModWeightUnsupported, .groupModOutOfGroups,
                .groupModOutOfBuckets, .groupModChainingUnsupported, .groupModWatchUnsupported, .groupModLoop,
                .groupModUnknownGroup, .groupModChainedGroup, .groupModBadWatch, .groupModUnknownBucket,
                .meterModUnknown, .meterModMeterExists, .meterModInvalidMeter, .meterModUnknownMeter, .meterModBadRate,
                .meterModBadBurst, .meterModBadBandValue, .meterModOutOfMeters, .meterModOutOfBands,
            ]
        ),
        (
            "ports, queues and configuration",
            [
                .portModBadPort, .portModBadHardwareAddress, .portModBadConfig, .portModBadAdvertise,
                .queueOperationBadPort, .queueOperationBadQueue, .queueOperationNiciraQueueError,
                .switchConfigBadFlags, .switchConfigBadLength, .propertyBadExperimenterValue,
            ]
        ),
        (
            "bundles that are open",
            [
                .bundleUnknown, .bundleBadID, .bundleExists, .bundleClosed, .bundleOutOfBundles,
                .bundleMessageConflict, .bundleMessageTooMany, .bundleMessageFailed, .bundleTimeout,
                .bundleInProgress, .bundleScheduleNotSupported, .bundleScheduleFuture, .bundleSchedulePast,
            ]
        ),
        (
            "flow monitors, tunnel options and continuations there are",
            [
                .flowMonitorUnknown, .flowMonitorExists, .flowMonitorInvalidMonitor, .flowMonitorUnknownMonitor,
                .flowMonitorBadTableID, .flowMonitorBadOut, .tlvTableFull, .tlvTableInvalidTLVDelete,
                .resumeNotSupported, .resumeStale,
                .statisticsNiciraNotConfigured,
            ]
        ),
        (
            "older names of Open vSwitch for what another identity says better here",
            [
                .requestNiciraNXMBadType, .requestNiciraUnencodableError,
            ]
        ),
    ]

    @Test("None of them is without a place")
    func complete() {
        let raised = Set((RefusalTests.faults + Self.faults).map(\.code)).union(Self.told)
        let elsewhere = Self.belongsToSwitch.flatMap(\.codes)
        #expect(Set(elsewhere).count == elsewhere.count)
        #expect(raised.isDisjoint(with: elsewhere), "\(raised.intersection(elsewhere))")
        let missing = Set(OpenFlowError.Code.allCases).subtracting(raised).subtracting(elsewhere)
        #expect(missing.isEmpty, "\(missing)")
    }

    @Test("What nothing raises is on the page on conformance")
    func unraised() throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        var source = ""
        for folder in ["Sources/OpenFlow", "Sources/Agent"] {
            let path = root.appendingPathComponent(folder).resolvingSymlinksInPath()
            let files = try #require(FileManager.default.enumerator(at: path, includingPropertiesForKeys: nil))
            for case let file as URL in files where file.pathExtension == "swift" {
                // The tables of errors name them all, and text raises none.
                if file.lastPathComponent.hasPrefix("OpenFlowError") || file.path.contains("/Text/") { continue }
                source += try String(contentsOf: file, encoding: .utf8)
            }
        }
        let words = Set(
            source.split { !($0.isLetter || $0.isNumber || $0 == ".") }.flatMap { $0.split(separator: ".") })
        let page = try String(contentsOf: root.appendingPathComponent("docs/conformance.md"), encoding: .utf8)
        let section = try #require(page.components(separatedBy: "\n## ").first { $0.hasPrefix("Errors that are not") })
        let listed = Set(section.split(separator: "`").filter { $0.hasPrefix("OFP") || $0.hasPrefix("NX") })
        for code in OpenFlowError.Code.allCases where !words.contains(Substring("\(code)")) {
            #expect(listed.contains(Substring(code.constant)), "\(code.constant)")
        }
        // The first reason names one that is raised instead of others.
        let raised = OpenFlowError.Code.allCases.filter {
            words.contains(Substring("\($0)")) && $0 != .requestIsSecondary
        }
        for code in raised { #expect(!listed.contains(Substring(code.constant)), "\(code.constant) is raised") }
        #expect(listed.count > 20)
    }
}
