import Testing

@testable import OpenFlow

/// Sizes of bodies, without the header of eight bytes, as Open vSwitch's header files assert them.
@Suite("Structure sizes")
struct StructureSizeTests {
    private static func size(_ message: Message, _ version: OpenFlowVersion) throws -> Int {
        try MessageCodec.encode(message, version: version, transactionID: TransactionID(rawValue: 1)).count - 8
    }

    private static func replySize(_ body: MultipartReply.Body, _ version: OpenFlowVersion) throws -> Int {
        try self.size(.multipartReply(MultipartReply(body: body)), version) - (version == .v1_0 ? 4 : 8)
    }

    private static func check(_ sizes: [Int?], _ measure: (OpenFlowVersion) throws -> Int) throws {
        for (version, size) in zip(OpenFlowVersion.allCases, sizes) {
            guard let size else { continue }
            #expect(try measure(version) == size, "\(version)")
        }
    }

    @Test("Messages")
    func messages() throws {
        try Self.check([24, 24, 24, 24, 24, 24]) { try Self.size(.featuresReply(SwitchFeatures()), $0) }
        try Self.check([4, 4, 4, 4, 4, 4]) { try Self.size(.setConfig(SwitchConfig()), $0) }
        try Self.check([64, 40 + 88, 40 + 8, 40 + 8, 40 + 8, 40 + 8]) { try Self.size(.flowMod(FlowMod()), $0) }
        try Self.check([8, 16, 16, 16, 16, 8 + 16]) { try Self.size(.packetOut(PacketOut()), $0) }
        // The 1.0 structure ends with two bytes that belong to the packet's alignment.
        try Self.check([10, 16, 8 + 16 + 2, 16 + 16 + 2, 16 + 16 + 2, 16 + 16 + 2]) {
            try Self.size(.packetIn(PacketIn()), $0)
        }
        try Self.check([80, 40 + 88, 40 + 8, 40 + 8, 40 + 8, 16 + 8 + 40]) {
            try Self.size(.flowRemoved(FlowRemoved()), $0)
        }
        try Self.check([8 + 48, 8 + 64, 8 + 64, 8 + 64, 8 + 72, 8 + 72]) {
            try Self.size(.portStatus(PortStatus()), $0)
        }
        try Self.check([24, 32, 32, 32, 24, 24]) { try Self.size(.portMod(PortMod()), $0) }
        try Self.check([nil, 8, 8, 8, 8, 16]) { try Self.size(.groupMod(GroupMod()), $0) }
        try Self.check([nil, 8, 8, 8, 8, 8]) { try Self.size(.tableMod(TableMod()), $0) }
        try Self.check([nil, nil, nil, 8, 8, 8]) { try Self.size(.meterMod(MeterMod()), $0) }
        try Self.check([nil, nil, 16, 16, 16, 16]) { try Self.size(.roleRequest(RoleMessage(generationID: 1)), $0) }
        try Self.check([8 + 24, 8 + 24, 8 + 24, 24, 0, 0]) { try Self.size(.setAsync(AsyncConfig()), $0) }
        try Self.check([8 + 8, 8 + 8, 8 + 8, 8 + 8, nil, nil]) {
            try Self.size(.queueGetConfigReply(QueueConfiguration(queues: [QueueDescription()])), $0)
                - ($0 >= .v1_2 ? 8 : 0)
        }
    }

    @Test("Multipart replies")
    func replies() throws {
        try Self.check([1056, 1056, 1056, 1056, 1056, 1056]) {
            try Self.replySize(.description(SwitchDescription()), $0)
        }
        try Self.check([88, 48 + 88, 48 + 8, 48 + 8, 48 + 8, 24 + 8 + 40]) {
            try Self.replySize(.flow([FlowStatisticsEntry()]), $0)
        }
        try Self.check([24, 24, 24, 24, 24, 40]) { try Self.replySize(.aggregate(AggregateStatistics()), $0) }
        try Self.check([64, 88, 128, 24, 24, 24]) { try Self.replySize(.table([TableStatistics()]), $0) }
        try Self.check([104, 104, 104, 112, 120, 120]) { try Self.replySize(.port([PortStatistics()]), $0) }
        try Self.check([32, 32, 32, 40, 48, 48]) { try Self.replySize(.queue([QueueStatistics()]), $0) }
        try Self.check([48, 64, 64, 64, 72, 72]) { try Self.replySize(.portDescription([PortDescription()]), $0) }
        try Self.check([nil, 32, 32, 40, 40, 40]) { try Self.replySize(.group([GroupStatistics()]), $0) }
        try Self.check([nil, 8 + 16, 8 + 16, 8 + 16, 8 + 16, 16 + 8]) {
            try Self.replySize(.groupDescription([GroupDescription(buckets: [Bucket()])]), $0)
        }
        try Self.check([nil, nil, 40, 40, 40, 40]) { try Self.replySize(.groupFeatures(GroupFeatures()), $0) }
        try Self.check([nil, nil, nil, 40, 40, 40]) { try Self.replySize(.meter([MeterStatistics()]), $0) }
        try Self.check([nil, nil, nil, 8 + 16, 8 + 16, 8 + 16]) {
            try Self.replySize(.meterConfiguration([MeterConfiguration(bands: [MeterBand()])]), $0)
        }
        try Self.check([nil, nil, nil, 16, 16, 24]) { try Self.replySize(.meterFeatures(MeterFeatures()), $0) }
        try Self.check([nil, nil, nil, 64, 64, 64]) { try Self.replySize(.tableFeatures([TableFeatures()]), $0) }
        try Self.check([nil, nil, nil, nil, 8, 8]) { try Self.replySize(.tableDescription([TableDescription()]), $0) }
        try Self.check([nil, nil, nil, nil, 16, 16]) { try Self.replySize(.queueDescription([QueueDescription()]), $0) }
    }

    @Test("A reply longer than a message becomes several, split between entries, each but the last saying MORE")
    func splitting() throws {
        let entries = (0..<2000).map { FlowStatisticsEntry(cookie: Cookie(rawValue: UInt64($0))) }
        for version in OpenFlowVersion.allCases {
            let bytes = try MessageCodec.encode(
                .multipartReply(MultipartReply(body: .flow(entries))), version: version,
                transactionID: TransactionID(rawValue: 5))
            var rest = bytes[...]
            var read: [FlowStatisticsEntry] = []
            var messages = 0
            while !rest.isEmpty {
                let length = Int(rest[rest.startIndex + 2]) << 8 | Int(rest[rest.startIndex + 3])
                let decoded = try MessageCodec.decode(Array(rest.prefix(length)), version: version)
                #expect(decoded.header.transactionID.rawValue == 5)
                rest = rest.dropFirst(length)
                guard case .multipartReply(let reply) = decoded.message, case .flow(let part) = reply.body else {
                    Issue.record("not a flow reply")
                    return
                }
                #expect(reply.more == !rest.isEmpty)
                read += part
                messages += 1
            }
            #expect(messages > 1)
            #expect(read.map(\.cookie) == entries.map(\.cookie))
        }
    }

    @Test("A dump can be taken out piece by piece")
    func streaming() throws {
        var writer = try MultipartReplyWriter(.flow, version: .v1_3, transactionID: TransactionID(rawValue: 5))
        var bytes: [UInt8] = []
        for cookie in UInt64(0)..<5000 {
            try writer.append(FlowStatisticsEntry(cookie: Cookie(rawValue: cookie)))
            if cookie % 100 == 0 { bytes += writer.take() }
            #expect(writer.byteCount <= 2 * 0xffff)
        }
        bytes += writer.finish()
        let whole = try MessageCodec.encode(
            .multipartReply(
                MultipartReply(
                    body: .flow((0..<5000).map { FlowStatisticsEntry(cookie: Cookie(rawValue: UInt64($0))) }))),
            version: .v1_3, transactionID: TransactionID(rawValue: 5))
        #expect(bytes == whole)
    }
}
