import Testing

@testable import OpenFlow

/// For every message and multipart of every version there is a vector that others wrote.
@Suite("Vectors by others cover the protocol")
struct VectorCoverageTests {
    private static let files = [
        "openvswitch", "openvswitch-flows", "os-ken", "os-ken-actions", "os-ken-packets",
    ]

    /// What no implementation at hand writes, and why.
    private static let lacking: [(name: String, versions: ClosedRange<OpenFlowVersion>, reason: String)] = [
        ("multipartReply flow", .v1_0 ... .v1_0, "Open vSwitch is asked for, and answers with, Nicira's form"),
        ("multipartReply aggregate", .v1_0 ... .v1_0, "as above"),
        ("queueGetConfigReply", .v1_0 ... .v1_1, "os-ken lacks 1.1, and of 1.0 has requests only"),
        ("queueGetConfigRequest", .v1_1 ... .v1_1, "os-ken lacks 1.1"),
        ("portStatus", .v1_1 ... .v1_1, "as above"),
    ]

    /// `version.type`, and of multiparts `version.type.multipart`, of a message.
    private static func name(_ bytes: [UInt8]) -> String? {
        guard bytes.count >= 8, let version = OpenFlowVersion(rawValue: bytes[0]),
            let type = MessageType.codes.meaning(of: UInt16(bytes[1]), in: version)
        else { return nil }
        guard type == .multipartRequest || type == .multipartReply, bytes.count >= 10 else {
            return "\(version) \(type)"
        }
        let number = UInt16(bytes[8]) << 8 | UInt16(bytes[9])
        guard let kind = MultipartType.codes.meaning(of: number, in: version) else { return nil }
        return "\(version) \(type) \(kind)"
    }

    @Test("No code point is without one")
    func complete() throws {
        var seen: Set<String> = []
        for file in Self.files {
            for vector in try Vector.load(file) { if let name = Self.name(vector.bytes) { seen.insert(name) } }
        }
        var wanted: [(name: String, version: OpenFlowVersion)] = []
        for version in OpenFlowVersion.allCases {
            for type in MessageType.allCases where MessageType.codes.code(of: type, in: version) != nil {
                guard type == .multipartRequest || type == .multipartReply else {
                    wanted.append(("\(type)", version))
                    continue
                }
                for kind in MultipartType.allCases where MultipartType.codes.code(of: kind, in: version) != nil {
                    wanted.append(("\(type) \(kind)", version))
                }
            }
        }
        #expect(wanted.count > 250)
        for (name, version) in wanted where !seen.contains("\(version) \(name)") {
            let isKnown = Self.lacking.contains { $0.name == name && $0.versions.contains(version) }
            #expect(isKnown, "no vector of \(version) \(name)")
        }
    }
}
