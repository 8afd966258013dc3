import Testing

@testable import OpenFlow

/// Each fault gets the error that the specification names for it.
@Suite("Refusals")
struct RefusalTests {
    /// One broken message and what must answer it.
    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let version: OpenFlowVersion
        let bytes: [UInt8]
        let code: OpenFlowError.Code

        init(_ name: String, _ version: OpenFlowVersion, _ type: UInt8, _ body: [UInt8], _ code: OpenFlowError.Code) {
            self.testDescription = name
            self.version = version
            let length = body.count + 8
            self.bytes = [version.rawValue, type, UInt8(length >> 8), UInt8(length & 0xff), 0, 0, 0, 1] + body
            self.code = code
        }
    }

    /// A 1.3 FLOW_MOD with the match's fields and the instructions given.
    private static func flow(fields: [UInt8], instructions: [UInt8] = [], matchType: UInt8 = 1) -> [UInt8] {
        let length = fields.count + 4
        let padding = [UInt8](repeating: 0, count: (8 - length % 8) % 8)
        let head: [UInt8] = Array(repeating: 0, count: 24) + Array(repeating: 0xff, count: 12) + [0, 0, 0, 0]
        return head + [0, matchType, UInt8(length >> 8), UInt8(length & 0xff)] + fields + padding + instructions
    }
    private static func apply(_ actions: [UInt8]) -> [UInt8] {
        let length = actions.count + 8
        return [0, 4, UInt8(length >> 8), UInt8(length & 0xff), 0, 0, 0, 0] + actions
    }
    private static func fields(_ name: String, _ fields: [UInt8], _ code: OpenFlowError.Code) -> Fault {
        Fault(name, .v1_3, 14, Self.flow(fields: fields), code)
    }
    private static func action(
        _ name: String, _ actions: [UInt8], _ code: OpenFlowError.Code, version: OpenFlowVersion = .v1_3
    ) -> Fault {
        Fault(name, version, 14, Self.flow(fields: [], instructions: Self.apply(actions)), code)
    }

    private static func nicira(_ subtype: UInt8) -> [UInt8] { [0, 0, 0x23, 0x20, 0, 0, 0, subtype] }
    private static func onf(_ type: UInt16) -> [UInt8] {
        [0x4f, 0x4e, 0x46, 0, 0, 0, UInt8(type >> 8), UInt8(type & 0xff)]
    }
    private static func bundled(_ name: String, _ message: [UInt8], _ code: OpenFlowError.Code) -> Fault {
        Fault("in a bundle: \(name)", .v1_4, 34, [0, 0, 0, 1, 0, 0, 0, 0] + message, code)
    }
    /// A 1.4 FLOW_MONITOR request.
    private static func monitor(flags: UInt8, command: UInt8) -> [UInt8] {
        let any: [UInt8] = Array(repeating: 0xff, count: 8)
        return [0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] + any + [0, flags, 0xff, command, 0, 1, 0, 4, 0, 0, 0, 0]
    }
    /// A 1.5 TABLE_FEATURES request.
    private static func tableFeatures(command: UInt8, property: [UInt8] = []) -> [UInt8] {
        let length = UInt8(64 + property.count)
        let entry = [0, length, 0, command] + [UInt8](repeating: 0, count: 60) + property
        return [0, 12, 0, 0, 0, 0, 0, 0] + entry
    }

    static let faults: [Fault] = [
        Fault("unknown message type", .v1_3, 99, [], .requestBadType),
        Fault("a 1.1 type in 1.0", .v1_0, 22, [], .requestBadType),
        Fault("meter mod in 1.2", .v1_2, 29, Array(repeating: 0, count: 8), .requestBadType),
        Fault("flow mod too short", .v1_3, 14, [0, 0], .requestBadLength),
        Fault("features request with a body", .v1_3, 5, [1], .requestBadLength),
        Fault("unknown multipart type", .v1_3, 18, [0, 99, 0, 0, 0, 0, 0, 0], .requestBadMultipart),
        Fault("a match of type 0", .v1_3, 14, flow(fields: [], matchType: 0), .matchBadType),
        fields("an unknown field", [0x80, 0x00, 0x7e << 1, 1, 0], .matchBadField),
        fields("an unknown class", [0x12, 0x34, 0, 4, 0, 0, 0, 1], .matchBadField),
        fields("a field of wrong length", [0x80, 0x00, 0x00, 2, 0, 1], .matchBadLength),
        fields("a field that ends early", [0x80, 0x00, 0x00, 4, 0, 1], .matchBadLength),
        fields("a mask on a field without", [0x80, 0x00, 0x01, 8, 0, 0, 0, 1, 0, 0, 0, 0x0f], .matchBadMask),
        fields(
            "a value outside its mask", [0x80, 0x00, 0x07, 12, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0], .matchBadWildcards),
        fields("a value too great", [0x80, 0x00, 0x0c, 2, 0xff, 0xff], .matchBadValue),
        fields("a field twice", [0x80, 0, 0, 4, 0, 0, 0, 1, 0x80, 0, 0, 4, 0, 0, 0, 1], .matchDuplicateField),
        fields("IPv4 without its EtherType", [0x80, 0x00, 0x16, 4, 10, 0, 0, 1], .matchBadPrerequisite),
        fields(
            "TCP port before its protocol",
            [0x80, 0, 0x0a, 2, 8, 0, 0x80, 0, 0x1a, 2, 0, 80], .matchBadPrerequisite),
        Fault("unknown flow command", .v1_3, 14, flow(fields: []).replacing(17, with: 9), .flowModBadCommand),
        Fault("unknown flow flag", .v1_3, 14, flow(fields: []).replacing(37, with: 0x80), .flowModBadFlags),
        Fault(
            "unknown instruction", .v1_3, 14, flow(fields: [], instructions: [0, 99, 0, 8, 0, 0, 0, 0]),
            .instructionUnknown),
        Fault(
            "instruction of wrong length", .v1_3, 14,
            flow(fields: [], instructions: [0, 1, 0, 16] + Array(repeating: 0, count: 12)), .instructionBadLength),
        Fault(
            "instruction twice", .v1_3, 14,
            flow(fields: [], instructions: [0, 5, 0, 8, 0, 0, 0, 0, 0, 5, 0, 8, 0, 0, 0, 0]), .instructionDuplicate),
        Fault(
            "stat trigger without thresholds", .v1_5, 14, flow(fields: [], instructions: [0, 7, 0, 8, 0, 0, 0, 0]),
            .instructionBadLength
        ),
        action("unknown action", [0, 99, 0, 8, 0, 0, 0, 0], .actionBadType),
        action("action of length 4", [0, 18, 0, 4, 0, 0, 0, 0], .actionBadLength),
        action("action beyond the list", [0, 18, 0, 16, 0, 0, 0, 0], .actionBadLength),
        action("output of wrong length", [0, 0, 0, 8, 0, 0, 0, 1], .actionBadLength),
        action(
            "output to a port that cannot be",
            [0, 0, 0, 16, 0xff, 0xff, 0xff, 0x10, 0, 0, 0, 0, 0, 0, 0, 0], .actionBadOutPort),
        action("output to any", [0, 0, 0, 16, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0], .actionBadOutPort),
        action("group beyond the maximum", [0, 22, 0, 8, 0xff, 0xff, 0xff, 0xff], .actionBadOutGroup),
        action("push VLAN of an odd EtherType", [0, 17, 0, 8, 0x12, 0x34, 0, 0], .actionBadArgument),
        action("set an unknown field", [0, 25, 0, 16, 0x80, 0, 0xfc, 1, 0, 0, 0, 0, 0, 0, 0, 0], .actionBadSetType),
        action(
            "set a field of wrong length", [0, 25, 0, 16, 0x80, 0, 0x16, 2, 0, 0, 0, 0, 0, 0, 0, 0], .actionBadSetLength
        ),
        action(
            "set a field that cannot be", [0, 25, 0, 16, 0x80, 0, 0x0a, 2, 8, 0, 0, 0, 0, 0, 0, 0],
            .actionBadSetArgument),
        action(
            "set a field with a mask before 1.5",
            [0, 25, 0, 16, 0x80, 0, 0x17, 8, 10, 0, 0, 0, 255, 0, 0, 0], .actionBadSetMask),
        Fault(
            "1.0: VLAN too great", .v1_0, 14,
            Array(repeating: 0, count: 64) + [0, 1, 0, 8, 0xff, 0xff, 0, 0], .actionBadArgument),
        Fault("1.0: emergency flow", .v1_0, 14, Array(repeating: 0, count: 63) + [4], .flowModTableFull),
        Fault(
            "packet-out from a reserved port", .v1_3, 13,
            [255, 255, 255, 255, 255, 255, 255, 0xfa] + Array(repeating: 0, count: 8), .requestBadPort),
        Fault(
            "packet-out with too long a list", .v1_3, 13,
            [255, 255, 255, 255, 0, 0, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0], .requestBadLength),
        Fault("unknown role", .v1_3, 24, [0, 0, 0, 9] + Array(repeating: 0, count: 12), .roleRequestBadRole),
        Fault("unknown group type", .v1_3, 15, [0, 0, 9, 0, 0, 0, 0, 1], .groupModBadType),
        Fault("unknown group command", .v1_3, 15, [0, 9, 0, 0, 0, 0, 0, 1], .groupModBadCommand),
        Fault("bucket too short", .v1_3, 15, [0, 0, 0, 0, 0, 0, 0, 1, 0, 4, 0, 0], .groupModBadBucket),
        Fault("unknown meter flags", .v1_3, 29, [0, 0, 0xff, 0, 0, 0, 0, 1], .meterModBadFlags),
        Fault("unknown async property", .v1_4, 28, [0, 99, 0, 8, 0, 0, 0, 0], .asyncConfigUnsupported),
        Fault("property twice", .v1_4, 28, [0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0], .propertyDuplicateType),
        Fault("unknown bundle type", .v1_4, 33, [0, 0, 0, 1, 0, 9, 0, 0], .bundleBadType),
        Fault("a timed bundle before 1.5", .v1_4, 33, [0, 0, 0, 1, 0, 0, 0, 4], .bundleBadFlags),
        Fault(
            "unknown bundle property", .v1_4, 33, [0, 0, 0, 1, 0, 0, 0, 0, 0, 9, 0, 8, 0, 0, 0, 0], .propertyBadType),
        bundled("a message too short", [5, 20, 0, 7, 0, 0, 0, 1], .bundleMessageBadLength),
        bundled("a message too long", [5, 20, 0, 9, 0, 0, 0, 1], .bundleMessageBadLength),
        bundled("no message", [], .bundleMessageBadLength),
        bundled("a message of another transaction", [5, 20, 0, 8, 0, 0, 0, 2], .bundleMessageBadTransactionID),
        bundled("a message of another version", [4, 20, 0, 8, 0, 0, 0, 1], .bundleBadVersion),
        bundled("a message of no kind", [5, 99, 0, 8, 0, 0, 0, 1], .bundleMessageUnsupported),
        bundled(
            "a bundle", [5, 33, 0, 16, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0], .bundleMessageUnsupported),
        bundled("a broken message", [5, 15, 0, 16, 0, 0, 0, 1, 0, 9, 0, 0, 0, 0, 0, 1], .groupModBadCommand),
        Fault(
            "a bundle in ONF's form within one", .v1_3, 4,
            onf(2301) + [0, 0, 0, 1, 0, 0, 0, 0, 4, 4, 0, 32, 0, 0, 0, 1] + onf(2301)
                + [0, 0, 0, 1, 0, 0, 0, 0, 4, 20, 0, 8, 0, 0, 0, 1], .bundleMessageUnsupported),
        Fault("unknown flow monitor flags", .v1_4, 18, monitor(flags: 0x80, command: 0), .flowMonitorBadFlags),
        Fault("unknown flow monitor command", .v1_4, 18, monitor(flags: 1, command: 3), .flowMonitorBadCommand),
        Fault(
            "flow monitor of 1.0 with bits that must be zero", .v1_0, 16,
            [
                0xff, 0xff, 0, 0, 0, 0, 0x23, 0x20, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0xff, 0xff, 0, 0, 0xff, 0,
                1,
            ]
                + [0, 0, 0], .requestNiciraMustBeZero),
        Fault("unknown tunnel option command", .v1_3, 4, nicira(24) + [0, 9, 0, 0, 0, 0, 0, 0], .tlvTableBadCommand),
        Fault("unknown table features command", .v1_5, 18, tableFeatures(command: 7), .tableFeaturesBadCommand),
        Fault(
            "unknown table property", .v1_5, 18, tableFeatures(command: 0, property: [0, 99, 0, 8, 0, 0, 0, 0]),
            .propertyBadType),
        Fault(
            "a vacancy that cannot be", .v1_4, 17, [0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 8, 80, 20, 0, 0],
            .propertyBadValue),
        Fault("unknown packet-in property", .v1_3, 4, nicira(28) + [0, 99, 0, 4, 0, 0, 0, 0], .propertyBadType),
        Fault("property too short", .v1_4, 28, [0, 0, 0, 2, 0, 0, 0, 0], .propertyBadLength),
    ]

    @Test("A fault is answered with its own error", arguments: faults)
    func fault(fault: Fault) {
        do {
            let message = try MessageCodec.decode(fault.bytes, version: fault.version).message
            Issue.record("read as \(message)")
        } catch {
            #expect(error.code == fault.code, "\(error)")
        }
    }

    @Test("An experimenter that this module does not know says how to refuse its message")
    func unknownExperimenter() throws {
        let vendor = Fault("", .v1_3, 4, [0, 0x12, 0x34, 0x56, 0, 0, 0, 1], .requestBadType).bytes
        guard case .experimenter(let other) = try MessageCodec.decode(vendor, version: .v1_3).message else {
            Issue.record("not an experimenter's message")
            return
        }
        #expect(other.refusal == .requestBadExperimenter)
    }
}

extension [UInt8] {
    fileprivate func replacing(_ index: Int, with value: UInt8) -> [UInt8] {
        var copy = self
        copy[index] = value
        return copy
    }
}
