import Testing

@testable import OpenFlow

/// Constants of the specifications that are no message, action or field type; those have `CodePointTests`.
///
/// The lists are in the specifications' order, so that a row can be found by its place.
@Suite("Constants of the specifications")
struct ConstantTests {
    private static func bits<Bits: OptionSet>(_ values: [Bits], _ expected: [Bits.RawValue]) -> Bool
    where Bits.RawValue: Equatable {
        values.map(\.rawValue) == expected
    }

    /// Every case in turn has the next of these numbers, and there are no others.
    private static func cases<Value: RawRepresentable & CaseIterable>(_: Value.Type, _ expected: [Value.RawValue])
        -> Bool
    where Value.RawValue: Equatable {
        Value.allCases.map(\.rawValue) == expected
    }

    @Test("Reserved ports, in 32 and in 16 bits")
    func ports() {
        let ports: [(PortNumber, UInt32, UInt16?)] = [
            (.maximum, 0xffff_ff00, 0xff00), (.unset, 0xffff_fff7, nil), (.inPort, 0xffff_fff8, 0xfff8),
            (.table, 0xffff_fff9, 0xfff9), (.normal, 0xffff_fffa, 0xfffa), (.flood, 0xffff_fffb, 0xfffb),
            (.all, 0xffff_fffc, 0xfffc), (.controller, 0xffff_fffd, 0xfffd), (.local, 0xffff_fffe, 0xfffe),
            (.any, 0xffff_ffff, 0xffff),
        ]
        for (port, wide, narrow) in ports {
            #expect(port.rawValue == wide)
            if let narrow { #expect(PortNumber(rawValue16: narrow) == port) }
        }
    }

    @Test("Identifiers that stand for others")
    func identifiers() {
        #expect([GroupID.maximum, .all, .any].map(\.rawValue) == [0xffff_ff00, 0xffff_fffc, 0xffff_ffff])
        #expect(
            [BucketID.maximum, .first, .last, .all].map(\.rawValue)
                == [0xffff_ff00, 0xffff_fffd, 0xffff_fffe, 0xffff_ffff])
        #expect(
            [MeterID.maximum, .slowPath, .controller, .all].map(\.rawValue)
                == [0xffff_0000, 0xffff_fffd, 0xffff_fffe, 0xffff_ffff])
        #expect(QueueID.all.rawValue == 0xffff_ffff)
        #expect(TableID.all.rawValue == 255)
        #expect(BufferID.none.rawValue == 0xffff_ffff)
        #expect(QueueDescription.unconfiguredRate == 0xffff)
    }

    @Test("Capabilities of a switch; the bit of STP in 1.0 is that of groups later")
    func capabilities() throws {
        #expect(
            Self.bits(
                [
                    SwitchFeatures.Capabilities.flowStatistics, .tableStatistics, .portStatistics, .groupStatistics,
                    .ipReassembly, .queueStatistics, .arpMatchesIP, .portBlocked, .bundles, .flowMonitoring,
                ], [1, 2, 4, 8, 32, 64, 128, 256, 512, 1024]))
        let spanning = try MessageCodec.encode(
            .featuresReply(SwitchFeatures(capabilities: .spanningTree)), version: .v1_0,
            transactionID: TransactionID(rawValue: 1))
        #expect(spanning[24..<28] == [0, 0, 0, 8])
    }

    @Test("Flags of a switch's configuration")
    func configuration() {
        #expect(
            Self.bits(
                [
                    SwitchConfig.Flags.dropFragments, .reassembleFragments, .niciraMatchFragments, .fragmentMask,
                    .invalidTTLToController,
                ], [1, 2, 3, 3, 4]))
        #expect(SwitchConfig().missSendLength == 128)
        #expect(SwitchConfig.missSendLengthMaximum == 0xffe5)
        #expect(SwitchConfig.missSendLengthWhole == 0xffff)
    }

    @Test("Reasons of what a switch says unasked")
    func reasons() {
        #expect(Self.cases(PacketInReason.self, [0, 1, 2, 3, 4, 5]))
        #expect(Self.cases(FlowRemovedReason.self, [0, 1, 2, 3, 4, 5]))
        #expect(Self.cases(PortStatusReason.self, [0, 1, 2]))
        #expect(Self.cases(RoleStatusReason.self, [0, 1, 2]))
        #expect(Self.cases(TableStatusReason.self, [3, 4]))
        #expect(Self.cases(RequestForward.Reason.self, [0, 1]))
        #expect(Self.cases(FlowCountersReason.self, [0, 1]))
        #expect(Self.cases(ControllerStatusReason.self, [0, 1, 2, 3, 4, 5, 6]))
        #expect(Self.cases(ControllerStatus.ChannelStatus.self, [0, 1]))
    }

    @Test("Commands and flags of changes")
    func changes() {
        #expect(Self.cases(FlowMod.Command.self, [0, 1, 2, 3, 4]))
        #expect(
            Self.bits(
                [FlowMod.Flags.sendFlowRemoved, .checkOverlap, .resetCounts, .noPacketCounts, .noByteCounts],
                [1, 2, 4, 8, 16]))
        #expect(Self.cases(GroupMod.Command.self, [0, 1, 2, 3, 5, 0x8000]))
        #expect(Self.cases(GroupType.self, [0, 1, 2, 3]))
        #expect(
            Self.bits(
                [GroupFeatures.Capabilities.selectWeight, .selectLiveness, .chaining, .chainingChecks], [1, 2, 4, 8]))
        #expect(Self.cases(MeterMod.Command.self, [0, 1, 2]))
        #expect(
            Self.bits([MeterFlags.kilobitsPerSecond, .packetsPerSecond, .burst, .statistics], [1, 2, 4, 8]))
        #expect(Self.bits([MeterFeatures.Flags.actionSet, .anyPosition, .multipleInList], [1, 2, 4]))
        #expect(Self.cases(TableFeatures.Command.self, [0, 1, 2, 3]))
        #expect(Self.bits([TableFeatures.Flags.ingressTable, .egressTable, .firstEgress], [1, 2, 16]))
        #expect([TableConfiguration.eviction, TableConfiguration.vacancyEvents] == [4, 8])
        #expect(
            [
                TableConfiguration.evictionByOther, TableConfiguration.evictionByImportance,
                TableConfiguration.evictionByLifetime,
            ] == [1, 2, 4])
    }

    @Test("Ports: configuration, state, features")
    func portBits() {
        #expect(
            Self.bits(
                [
                    PortConfiguration.portDown, .noSpanningTree, .noReceive, .noReceiveSpanningTree, .noFlood,
                    .noForward, .noPacketIn,
                ], [1, 2, 4, 8, 16, 32, 64]))
        #expect(Self.bits([PortState.linkDown, .blocked, .live], [1, 2, 4]))
        #expect(
            Self.bits(
                [
                    PortState.spanningTreeLearning, .spanningTreeForwarding, .spanningTreeBlocking, .spanningTreeMask,
                ], [0x100, 0x200, 0x300, 0x300]))
        #expect(
            Self.bits(
                [
                    PortFeatures.half10Mb, .full10Mb, .half100Mb, .full100Mb, .half1Gb, .full1Gb, .full10Gb, .full40Gb,
                    .full100Gb, .full1Tb, .otherRate, .copper, .fiber, .autonegotiation, .pause, .asymmetricPause,
                ], (0..<16).map { 1 << $0 }))
        #expect(
            Self.bits(
                [
                    OpticalPortDescription.Features.receiverTunable, .transmitterTunable, .powerConfigurable,
                    .usesFrequency,
                ], [1, 2, 4, 8]))
        #expect(
            Self.bits(
                [
                    OpticalPortStatistics.Flags.receiverTuning, .transmitterTuning, .transmitPower, .receivePower,
                    .biasCurrent, .temperature,
                ], [1, 2, 4, 16, 32, 64]))
    }

    @Test("Features of ports have other bits from the media on in 1.0")
    func oldPortFeatures() throws {
        let features: PortFeatures = [.full10Gb, .copper, .fiber, .autonegotiation, .pause, .asymmetricPause]
        let port = PortDescription(current: features)
        let bytes = try MessageCodec.encode(
            .portStatus(PortStatus(port: port)), version: .v1_0, transactionID: TransactionID(rawValue: 1))
        // The features are the first of the last four words of the port.
        #expect(bytes[(bytes.count - 16)..<(bytes.count - 12)] == [0, 0, 0x0f, 0xc0])
        guard case .portStatus(let read) = try MessageCodec.decode(bytes, version: .v1_0).message else {
            Issue.record("not a port status")
            return
        }
        #expect(read.port.current == features)
    }

    @Test("Bundles, monitors, roles and triggers")
    func others() {
        #expect(Self.cases(BundleControl.Kind.self, [0, 1, 2, 3, 4, 5, 6, 7]))
        #expect(Self.bits([BundleFlags.atomic, .ordered, .timed], [1, 2, 4]))
        #expect(Self.bits([BundleFeaturesRequest.Flags.timestamp, .setSchedule], [1, 2]))
        #expect(Self.cases(FlowMonitorRequest.Command.self, [0, 1, 2]))
        #expect(
            Self.bits(
                [
                    FlowMonitorFlags.initial, .add, .removed, .modify, .instructions, .noAbbreviation, .onlyOwn,
                ], [1, 2, 4, 8, 16, 32, 64]))
        #expect(Self.cases(ControllerRole.self, [0, 1, 2, 3]))
        #expect(Self.bits([StatisticsTrigger.Flags.periodic, .onlyFirst], [1, 2]))
    }
}
