import NetworkTypes

extension StructureValue {
    /// What a value of this module consists of.
    public init(reflecting value: some Sendable) { self.init(any: value) }

    private init(any value: Any) {
        if let leaf = Self.leaf(value) ?? Self.identifier(value) ?? Self.flags(value) {
            self = leaf
            return
        }
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional: self = mirror.children.first.map { StructureValue(any: $0.value) } ?? .null
        case .collection, .set: self = .list(mirror.children.map { StructureValue(any: $0.value) })
        case .enum:
            guard let payload = mirror.children.first else {
                self = .text(Self.caseName(value))
                return
            }
            self = .object([Member(payload.label ?? "value", StructureValue(any: payload.value))])
        case .struct, .class, .tuple:
            let members = mirror.children.enumerated().map { index, child in
                // The parts of a tuple without labels are called .0, .1 and so on.
                Member(
                    child.label.map { $0.hasPrefix(".") ? "value\($0.dropFirst())" : $0 } ?? "value\(index)",
                    StructureValue(any: child.value))
            }
            // A number with a meaning is its number.
            self = members.count == 1 && members[0].name == "rawValue" ? members[0].value : .object(members)
        default: self = .text("\(value)")
        }
    }

    /// The name of an enumeration's case that carries nothing.
    static func caseName(_ value: Any) -> String { String(describing: value) }

    /// Values with a form of their own in text.
    private static func leaf(_ value: Any) -> StructureValue? {
        switch value {
        case let flag as Bool: .flag(flag)
        case let text as String: .text(text)
        case let bytes as [UInt8]: .text(bytes.hexadecimal(separator: ""))
        case let number as UInt128: .text(TextPart.hexadecimal(number))
        case let number as any FixedWidthInteger: .number(UInt64(truncatingIfNeeded: number))
        case let address as MACAddress: .text(address.description)
        case let address as IPv4Address: .text(address.description)
        case let address as IPv6Address: .text(address.description)
        case let type as EtherType: .text(type.text)
        case let match as Match:
            .object(
                match.entries.map { Member($0.field.name, .text($0.field.text($0.value, mask: $0.mask))) }
                    + match.longEntries.map { Member($0.field.name, .text($0.text)) })
        case let entry as MatchEntry:
            .object([
                Member("field", .text(entry.field.name)), Member("value", .text(TextPart.hexadecimal(entry.value))),
                Member("mask", .text(TextPart.hexadecimal(entry.mask))),
            ])
        case let field as MatchField: .text(field.name)
        case let field as FeatureField: .text((field.field?.name ?? "unknown") + (field.hasMask ? "/mask" : ""))
        case let action as Action: .text(action.description)
        case let instruction as Instruction: self.instruction(instruction)
        case let error as OpenFlowError.Code: .text(error.constant)
        default: nil
        }
    }

    private static func instruction(_ instruction: Instruction) -> StructureValue {
        switch instruction {
        case .applyActions(let actions):
            .object([Member("applyActions", .list(actions.map { .text($0.description) }))])
        case .writeActions(let actions):
            .object([Member("writeActions", .list(actions.map { .text($0.description) }))])
        default: .text(instruction.description)
        }
    }

    /// Numbers of things: a number, or the name of a reserved one.
    private static func identifier(_ value: Any) -> StructureValue? {
        switch value {
        case let port as PortNumber: port.isOrdinary ? .number(UInt64(port.rawValue)) : .text(port.description)
        case let cookie as Cookie: .text(cookie.description)
        case let datapath as DatapathID: .text(datapath.description)
        case let table as TableID: table == .all ? .text("all") : .number(UInt64(table.rawValue))
        case let group as GroupID:
            group == .any ? .text("any") : group == .all ? .text("all") : .number(UInt64(group.rawValue))
        case let queue as QueueID: queue == .all ? .text("all") : .number(UInt64(queue.rawValue))
        case let meter as MeterID: meter.text == meter.description ? .number(UInt64(meter.rawValue)) : .text(meter.text)
        case let buffer as BufferID: buffer == .none ? .null : .number(UInt64(buffer.rawValue))
        default: nil
        }
    }

    /// Sets of bits: the names of those that are set, and the rest as a number.
    private static func flags(_ value: Any) -> StructureValue? {
        if let versions = value as? VersionSet {
            return .list(OpenFlowVersion.allCases.filter { versions.contains($0) }.map { .text($0.description) })
        }
        guard let flags = value as? any NamedFlags else { return nil }
        return .list(flags.names.map { .text($0) })
    }
}

/// A set of bits that have names.
protocol NamedFlags: OptionSet where RawValue: FixedWidthInteger & UnsignedInteger {
    /// The names of the bits, in the order to print them.
    static var words: [(word: String, flag: Self)] { get }
}

extension NamedFlags {
    /// The names of the bits that are set, and what has no name in hexadecimal.
    var names: [String] {
        var (names, rest) = ([String](), self.rawValue)
        for (word, flag) in Self.words where self.rawValue & flag.rawValue == flag.rawValue {
            names.append(word)
            rest &= ~flag.rawValue
        }
        return rest == 0 ? names : names + ["0x" + String(rest, radix: 16)]
    }
}

extension FlowMod.Flags: NamedFlags {}
extension MeterFlags: NamedFlags {}
extension PortConfiguration: NamedFlags {
    static let words: [(word: String, flag: PortConfiguration)] = [
        ("PORT_DOWN", .portDown), ("NO_STP", .noSpanningTree), ("NO_RECV", .noReceive),
        ("NO_RECV_STP", .noReceiveSpanningTree), ("NO_FLOOD", .noFlood), ("NO_FWD", .noForward),
        ("NO_PACKET_IN", .noPacketIn),
    ]
}
extension PortState: NamedFlags {
    static let words: [(word: String, flag: PortState)] = [
        ("LINK_DOWN", .linkDown), ("BLOCKED", .blocked), ("LIVE", .live),
    ]
}
extension PortFeatures: NamedFlags {
    static let words: [(word: String, flag: PortFeatures)] = [
        ("10MB-HD", .half10Mb), ("10MB-FD", .full10Mb), ("100MB-HD", .half100Mb), ("100MB-FD", .full100Mb),
        ("1GB-HD", .half1Gb), ("1GB-FD", .full1Gb), ("10GB-FD", .full10Gb), ("40GB-FD", .full40Gb),
        ("100GB-FD", .full100Gb), ("1TB-FD", .full1Tb), ("OTHER", .otherRate), ("COPPER", .copper),
        ("FIBER", .fiber), ("AUTO_NEG", PortFeatures(rawValue: 1 << 13)), ("PAUSE", PortFeatures(rawValue: 1 << 14)),
        ("PAUSE_ASYM", PortFeatures(rawValue: 1 << 15)),
    ]
}
extension OpticalPortStatistics.Flags: NamedFlags {
    static let words: [(word: String, flag: OpticalPortStatistics.Flags)] = [
        ("rx_tune", .receiverTuning), ("tx_tune", .transmitterTuning), ("tx_pwr", .transmitPower),
        ("rx_pwr", .receivePower), ("tx_bias", .biasCurrent), ("tx_temp", .temperature),
    ]
}
extension OpticalPortDescription.Features: NamedFlags {
    static let words: [(word: String, flag: OpticalPortDescription.Features)] = [
        ("rx_tune", .receiverTunable), ("tx_tune", .transmitterTunable), ("tx_pwr", .powerConfigurable),
        ("use_freq", .usesFrequency),
    ]
}
extension SwitchFeatures.Capabilities: NamedFlags {
    static let words: [(word: String, flag: SwitchFeatures.Capabilities)] = [
        ("FLOW_STATS", .flowStatistics), ("TABLE_STATS", .tableStatistics), ("PORT_STATS", .portStatistics),
        ("GROUP_STATS", .groupStatistics), ("IP_REASM", .ipReassembly), ("QUEUE_STATS", .queueStatistics),
        ("ARP_MATCH_IP", .arpMatchesIP), ("PORT_BLOCKED", .portBlocked), ("BUNDLES", .bundles),
        ("FLOW_MONITORING", .flowMonitoring), ("STP", .spanningTree),
    ]
}
