/// What a table can do in the terms of ovs-ofctl's print, whichever message told it: TABLE_FEATURES since 1.3, the
/// statistics of tables before.
struct PrintedTable: Hashable, Sendable {
    /// What instructions with actions, or buckets, can hold.
    struct Actions: Hashable, Sendable {
        /// The actions' names.
        var actions: [String] = []
        /// The fields that can be set, by name.
        var fields: [String] = []
        /// The fields that can be copied (1.5), by name.
        var copyFields: [String] = []
    }
    /// What flows can do, or the table-miss flow.
    struct Instructions: Hashable, Sendable {
        var nextTables: [UInt8] = []
        var instructions: [String] = []
        var write = Actions()
        var apply = Actions()
    }

    var tableID = TableID(rawValue: 0)
    var name = ""
    /// The bits of metadata that can be matched and written; nil where the message has no room for them.
    var metadataMatch: UInt64?
    var metadataWrite: UInt64 = 0
    /// What becomes of packets without a flow, as 1.1 and 1.2 configure it.
    var missBehaviour: String?
    /// Whether eviction, and vacancy events, can be switched on; nil before 1.4.
    var hasEviction: Bool?
    var hasVacancyEvents: Bool?
    var maximumEntries: UInt32 = 0
    var flows = Instructions()
    var miss = Instructions()
    /// Fields with any mask; those matched in whole or not at all; those that a match must have.
    var maskable: [String] = []
    var optional: [String] = []
    var mandatory: [String] = []
    /// What ovs-ofctl has no words for, a line each.
    var others: [String] = []
}

extension PrintedTable {
    init(_ features: TableFeatures, _ version: OpenFlowVersion) {
        self.init()
        (self.tableID, self.name, self.maximumEntries) = (features.tableID, features.name, features.maximumEntries)
        (self.metadataMatch, self.metadataWrite) = (features.metadataMatch, features.metadataWrite)
        if version >= .v1_4 {
            self.hasEviction = features.capabilities & 4 != 0
            self.hasVacancyEvents = features.capabilities & 8 != 0
        }
        let rest = version >= .v1_4 ? features.capabilities & ~0xc : features.capabilities
        if rest != 0 { self.others.append("capabilities: \(TextPart.hexadecimal(rest))") }
        if features.features != 0 { self.others.append("features: \(Self.flagNames(features.features))") }
        if features.command != .replace { self.others.append("command: \(features.command)") }
        var (matches, wildcards) = ([FeatureField](), [FeatureField]())
        for property in features.properties where !property.isMiss { self.read(property, to: \.flows, version) }
        // What is not said of the table-miss flow is as for others.
        self.miss = self.flows
        for property in features.properties {
            if property.isMiss { self.read(property, to: \.miss, version) }
            switch property {
            case .match(let fields): matches = fields
            case .wildcards(let fields): wildcards = fields
            case .synchronizedFrom(let tables):
                self.others.append("synchronised from tables: \(Self.ranges(tables.map(\.rawValue)))")
            case .packetTypes(let types):
                let names = types.map { "(\($0 >> 16),\(TextPart.hexadecimal($0 & 0xffff)))" }
                self.others.append("packet types: \(names.joined(separator: " "))")
            case .other(let property):
                self.others.append("experimenter: \(property.body.hexadecimal(separator: ""))")
            default: break
            }
        }
        let masked = Set(matches.filter(\.hasMask).map(\.identifier))
        let free = Set(wildcards.map(\.identifier))
        self.maskable = Self.names(matches.filter { masked.contains($0.identifier) }, version)
        let exact = matches.filter { !masked.contains($0.identifier) }
        self.optional = Self.names(exact.filter { free.contains($0.identifier) }, version)
        self.mandatory = Self.names(exact.filter { !free.contains($0.identifier) }, version)
    }

    private mutating func read(
        _ property: TableFeatureProperty, to path: WritableKeyPath<PrintedTable, Instructions>,
        _ version: OpenFlowVersion
    ) {
        switch property {
        case .instructions(let ids, _): self[keyPath: path].instructions = InstructionType.printedNames(ids, version)
        case .nextTables(let tables, _): self[keyPath: path].nextTables = tables.map(\.rawValue)
        case .writeActions(let ids, _): self[keyPath: path].write.actions = ActionType.printedNames(ids, version)
        case .applyActions(let ids, _): self[keyPath: path].apply.actions = ActionType.printedNames(ids, version)
        case .writeSetField(let fields, _): self[keyPath: path].write.fields = Self.names(fields, version)
        case .applySetField(let fields, _): self[keyPath: path].apply.fields = Self.names(fields, version)
        case .writeCopyField(let fields, _): self[keyPath: path].write.copyFields = Self.names(fields, version)
        case .applyCopyField(let fields, _): self[keyPath: path].apply.copyFields = Self.names(fields, version)
        default: break
        }
    }

    private static func flagNames(_ flags: UInt32) -> String {
        let words: [(TableFeatures.Flags, String)] = [
            (.ingressTable, "ingress_table"), (.egressTable, "egress_table"), (.firstEgress, "first_egress"),
        ]
        let rest = flags & ~19
        let names =
            words.filter { TableFeatures.Flags(rawValue: flags).contains($0.0) }.map(\.1)
            + (rest == 0 ? [] : [TextPart.hexadecimal(rest)])
        return names.joined(separator: " ")
    }

    /// What the statistics of 1.0 to 1.2 tell; nil since 1.3.
    init?(_ statistics: TableStatistics, _ version: OpenFlowVersion) {
        guard version < .v1_3 else { return nil }
        self.init()
        (self.tableID, self.name) = (statistics.tableID, statistics.name)
        self.maximumEntries = statistics.maximumEntries
        let abilities = statistics.abilities
        if version == .v1_2 {
            (self.metadataMatch, self.metadataWrite) = (abilities.metadataMatch, abilities.metadataWrite)
        }
        if version > .v1_0 {
            self.missBehaviour = TableConfiguration.missBehaviour(abilities.configuration)
            self.flows.instructions = InstructionType.printedNames(bits: abilities.instructions, version)
            self.flows.write.actions = ActionType.printedNames(bits: abilities.writeActions, version)
            self.flows.apply.actions = ActionType.printedNames(bits: abilities.applyActions, version)
            self.flows.write.fields = Self.names(bits: abilities.writeSetFields, version)
            self.flows.apply.fields = Self.names(bits: abilities.applySetFields, version)
            self.miss = self.flows
        }
        // 1.0 tells only what may be left out.
        let match = version == .v1_0 ? abilities.wildcards : abilities.match
        self.optional = Self.names(bits: match & abilities.wildcards, version)
        self.mandatory = Self.names(bits: match & ~abilities.wildcards, version)
    }
}

extension TableFeatureProperty {
    /// Whether it is about the table-miss flow.
    fileprivate var isMiss: Bool {
        switch self {
        case .instructions(_, let miss), .writeActions(_, let miss), .applyActions(_, let miss),
            .nextTables(_, let miss), .writeSetField(_, let miss), .applySetField(_, let miss),
            .writeCopyField(_, let miss), .applyCopyField(_, let miss):
            miss
        default: false
        }
    }
}

extension PrintedTable {
    /// Numbers in a row as `1-3,7`.
    static func ranges(_ numbers: [UInt8]) -> String {
        var ranges: [ClosedRange<UInt8>] = []
        for number in Set(numbers).sorted() {
            if let last = ranges.last, last.upperBound < number, number - last.upperBound == 1 {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }

    /// Fields in the order of ovs-fields(7).
    private static func names(_ fields: [FeatureField], _ version: OpenFlowVersion) -> [String] {
        fields.map { ($0.field.map(\.abilityRank) ?? .max, Self.name($0)) }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.1)
    }

    private static func name(_ field: FeatureField) -> String {
        if let known = field.field { return known == .inPort ? "in_port_oxm" : known.name }
        let experimenter = field.identifier.experimenter
        let owner = experimenter == 0 ? "" : ":\(TextPart.hexadecimal(experimenter))"
        return "\(TextPart.hexadecimal(field.identifier.oxmClass))\(owner):\(field.identifier.number)"
    }

    private static func names(bits: UInt64, _ version: OpenFlowVersion) -> [String] {
        let fields: [(bit: Int, name: String, field: MatchField)]
        switch version {
        case .v1_0:
            fields = [
                (0, "in_port", .inPort), (1, "vlan_vid", .vlanID), (2, "eth_src", .ethernetSource),
                (3, "eth_dst", .ethernetDestination), (4, "eth_type", .etherType), (5, "nw_proto", .ipProtocol),
                (6, "tcp_src", .tcpSource), (7, "tcp_dst", .tcpDestination), (8, "ip_src", .ipv4Source),
                (14, "ip_dst", .ipv4Destination), (20, "vlan_pcp", .vlanPriority), (21, "nw_tos", .ipDSCP),
            ]
        case .v1_1:
            fields = [
                (0, "in_port", .inPort), (1, "vlan_vid", .vlanID), (2, "vlan_pcp", .vlanPriority),
                (3, "eth_type", .etherType), (4, "nw_tos", .ipDSCP), (5, "nw_proto", .ipProtocol),
                (6, "tcp_src", .tcpSource), (7, "tcp_dst", .tcpDestination), (8, "mpls_label", .mplsLabel),
                (9, "mpls_tc", .mplsTrafficClass), (11, "eth_src", .ethernetSource),
                (12, "eth_dst", .ethernetDestination), (13, "ip_src", .ipv4Source), (14, "ip_dst", .ipv4Destination),
                (15, "metadata", .metadata),
            ]
        default:
            // Open vSwitch sets bits of younger fields, too.
            let known = (0...35).filter { bits >> UInt64($0) & 1 == 1 }
            return Self.names(
                known.map { FeatureField(identifier: .basic(UInt8($0)), hasMask: false, length: 0) }, version)
        }
        return fields.filter { bits >> UInt64($0.bit) & 1 == 1 }.map { ($0.field.abilityRank, $0.name) }
            .sorted { $0.0 < $1.0 }.map(\.1)
    }
}

extension MatchField {
    /// Where ovs-ofctl names the field among those that a table knows: the order of ovs-fields(7).
    fileprivate var abilityRank: Int { Self.abilityRanks[self] ?? Int(self.rawValue) + 1000 }

    private static let abilityRanks: [MatchField: Int] = {
        let tunnel: [MatchField] = [
            .datapathHash, .recirculationID, .packetType, .conjunctionID, .tunnelID, .tunnelIPv4Source,
            .tunnelIPv4Destination, .tunnelIPv6Source, .tunnelIPv6Destination, .tunnelFlags, .tunnelGBPID,
            .tunnelGBPFlags, .tunnelERSPANIndex, .tunnelERSPANVersion, .tunnelERSPANDirection,
            .tunnelERSPANHardwareID, .tunnelGTPUFlags, .tunnelGTPUMessageType,
        ]
        let pipeline: [MatchField] = [
            .metadata, .inPort, .inPhysicalPort, .actionSetOutput, .packetMark, .connectionState, .connectionZone,
            .connectionMark, .connectionLabel, .connectionProtocol, .connectionIPv4Source, .connectionIPv4Destination,
            .connectionIPv6Source, .connectionIPv6Destination, .connectionTransportSource,
            .connectionTransportDestination,
        ]
        let headers: [MatchField] = [
            .ethernetSource, .ethernetDestination, .etherType, .vlanTCI, .vlanID, .vlanPriority, .mplsLabel,
            .mplsTrafficClass, .mplsBottomOfStack, .mplsTTL, .ipv4Source, .ipv4Destination, .ipv6Source,
            .ipv6Destination, .ipv6FlowLabel, .ipProtocol, .ipDSCP, .ipECN, .ipTTL, .ipFragment, .arpOperation,
            .arpSourceProtocolAddress, .arpTargetProtocolAddress, .arpSourceHardwareAddress,
            .arpTargetHardwareAddress, .tcpSource, .tcpDestination, .tcpFlags, .udpSource, .udpDestination,
            .sctpSource, .sctpDestination, .icmpv4Type, .icmpv4Code, .icmpv6Type, .icmpv6Code,
            .neighbourDiscoveryTarget, .neighbourDiscoverySourceAddress, .neighbourDiscoveryTargetAddress,
            .neighbourDiscoveryReserved, .neighbourDiscoveryOptionsType,
        ]
        let options = (0..<64).compactMap(MatchField.tunnelMetadata)
        let registers = Self.allCases.filter(\.isRegister)
        let order = tunnel + options + pipeline + registers + headers
        return Dictionary(order.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: min)
    }()
}

/// A kind of actions or instructions whose list ovs-ofctl prints by names.
protocol PrintedType: RawRepresentable, CaseIterable, Sendable where RawValue == UInt8 {
    /// The numbers of the types in each version.
    static var codes: CodePoints<Self> { get }
    /// Names in ovs-ofctl's order; those that it has none for are last.
    static var printed: [(Self, String)] { get }
}

extension PrintedType {
    static func printedNames(_ ids: [FeatureID], _ version: OpenFlowVersion) -> [String] {
        featureNames(ids) { id in
            let index = Self.printed.firstIndex { Self.codes.code(of: $0.0, in: version) == id.type }
            return index.map { ($0, Self.printed[$0].1) }
        }
    }

    /// - Parameter bits: bit n for type n.
    static func printedNames(bits: UInt32, _ version: OpenFlowVersion) -> [String] {
        Self.printedNames(FeatureID.identifiers(bits: bits), version)
    }
}

extension InstructionType: PrintedType {
    static let printed: [(InstructionType, String)] = [
        (.meter, "meter"), (.applyActions, "apply_actions"), (.clearActions, "clear_actions"),
        (.writeActions, "write_actions"), (.writeMetadata, "write_metadata"), (.gotoTable, "goto_table"),
        (.statisticsTrigger, "stat_trigger"),
    ]
}

extension ActionType: PrintedType {
    static let printed: [(ActionType, String)] = [
        (.output, "output"), (.group, "group"), (.enqueue, "enqueue"), (.setField, "set_field"),
        (.setVLANID, "set_vlan_vid"), (.setVLANPriority, "set_vlan_pcp"), (.popVLAN, "strip_vlan"),
        (.pushVLAN, "push_vlan"), (.setEthernetSource, "mod_dl_src"), (.setEthernetDestination, "mod_dl_dst"),
        (.setNetworkSource, "mod_nw_src"), (.setNetworkDestination, "mod_nw_dst"), (.setNetworkTOS, "mod_nw_tos"),
        (.setNetworkECN, "mod_nw_ecn"), (.setNetworkTTL, "mod_nw_ttl"), (.setTransportSource, "mod_tp_src"),
        (.setTransportDestination, "mod_tp_dst"), (.decrementNetworkTTL, "dec_ttl"), (.setMPLSLabel, "set_mpls_label"),
        (.setMPLSTrafficClass, "set_mpls_tc"), (.setMPLSTTL, "set_mpls_ttl"), (.decrementMPLSTTL, "dec_mpls_ttl"),
        (.pushMPLS, "push_mpls"), (.popMPLS, "pop_mpls"), (.setQueue, "set_queue"), (.copyTTLOut, "copy_ttl_out"),
        (.copyTTLIn, "copy_ttl_in"), (.pushPBB, "push_pbb"), (.popPBB, "pop_pbb"), (.copyField, "copy_field"),
        (.meter, "meter"),
    ]
}

extension FeatureID {
    /// The types whose bits are set.
    fileprivate static func identifiers(bits: UInt32) -> [FeatureID] {
        (0..<32).filter { bits >> UInt32($0) & 1 == 1 }.map { FeatureID(type: UInt16($0)) }
    }
}

/// The names of types in their order, then those without a name as numbers.
private func featureNames(_ ids: [FeatureID], known: (FeatureID) -> (rank: Int, name: String)?) -> [String] {
    let ranked = ids.map { id in
        if let known = known(id), id.type != 0xffff { return known }
        let owner = id.type == 0xffff ? "experimenter:\(TextPart.hexadecimal(id.experimenter))" : "type:\(id.type)"
        return (1000 + Int(id.type), owner)
    }
    return ranked.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.1)
}
