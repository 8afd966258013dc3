/// FEATURES_REPLY, what the switch is and can do (1.0 §5.3.1 · 1.3 §7.3.1 · 1.5 §7.3.1).
///
/// 1.0 lists supported actions; 1.3 added the auxiliary id and moved the ports to a multipart reply.
public struct SwitchFeatures: Hashable, Sendable {
    /// What the switch can do.
    @frozen public struct Capabilities: OptionSet, Hashable, Sendable {
        /// The bits of 1.1 and later.
        public var rawValue: UInt32
        /// Makes a set from its bits.
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// Flow statistics.
        public static let flowStatistics = Capabilities(rawValue: 1 << 0)
        /// Table statistics.
        public static let tableStatistics = Capabilities(rawValue: 1 << 1)
        /// Port statistics.
        public static let portStatistics = Capabilities(rawValue: 1 << 2)
        /// Group statistics (1.1 and later; not written in 1.0, where the bit means 802.1D spanning tree).
        public static let groupStatistics = Capabilities(rawValue: 1 << 3)
        /// Reassembly of IP fragments.
        public static let ipReassembly = Capabilities(rawValue: 1 << 5)
        /// Queue statistics.
        public static let queueStatistics = Capabilities(rawValue: 1 << 6)
        /// Matching of IP addresses in ARP (1.0 to 1.2).
        public static let arpMatchesIP = Capabilities(rawValue: 1 << 7)
        /// The switch blocks looping ports (1.2 and later).
        public static let portBlocked = Capabilities(rawValue: 1 << 8)
        /// Bundles (1.4 and later).
        public static let bundles = Capabilities(rawValue: 1 << 9)
        /// Flow monitoring (1.4 and later).
        public static let flowMonitoring = Capabilities(rawValue: 1 << 10)
        /// 802.1D spanning tree (1.0 only; written there as bit 3).
        public static let spanningTree = Capabilities(rawValue: 1 << 31)
    }
    /// The switch's identity.
    public var datapathID: DatapathID = DatapathID(rawValue: 0)
    /// How many packets the switch can buffer.
    public var bufferCount: UInt32 = 0
    /// How many flow tables there are.
    public var tableCount: UInt8 = 0
    /// Which connection this is, 0 for the main one (1.3 and later).
    public var auxiliaryID: UInt8 = 0
    /// What the switch can do.
    public var capabilities: Capabilities = []
    /// Bit n says that action type n of 1.0 is supported (1.0 only).
    public var supportedActions: UInt32 = 0
    /// The ports (1.2 and earlier; later versions ask by multipart).
    ///
    /// No more are written than fit into one message; a PORT_DESC request tells all.
    public var ports: [PortDescription] = []

    /// Makes a value; every property has a default.
    public init(
        datapathID: DatapathID = DatapathID(rawValue: 0), bufferCount: UInt32 = 0, tableCount: UInt8 = 0,
        auxiliaryID: UInt8 = 0, capabilities: Capabilities = [], supportedActions: UInt32 = 0,
        ports: [PortDescription] = []
    ) {
        self.datapathID = datapathID
        self.bufferCount = bufferCount
        self.tableCount = tableCount
        self.auxiliaryID = auxiliaryID
        self.capabilities = capabilities
        self.supportedActions = supportedActions
        self.ports = ports
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension SwitchFeatures: WireStructure {
    /// How many ports fit into one message: header and fixed part take 32 bytes, a port 48 or 64.
    static func portCountMaximum(in version: OpenFlowVersion) -> Int { (0xffff - 32) / (version == .v1_0 ? 48 : 64) }

    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("datapathID", &self.datapathID)
        try wire.field("bufferCount", &self.bufferCount)
        try wire.field("tableCount", &self.tableCount)
        if wire.version >= .v1_3 {
            try wire.field("auxiliaryID", &self.auxiliaryID)
            try wire.reserved(2)
        } else {
            try wire.reserved(3)
        }
        var bits = self.capabilities.wire(in: wire.version)
        try wire.field("capabilities", &bits)
        self.capabilities = Capabilities(wire: bits, in: wire.version)
        if wire.version == .v1_0 {
            try wire.field("supportedActions", &self.supportedActions)
        } else {
            try wire.reserved(4)
        }
        guard wire.version.featuresReplyHasPorts else { return }
        if !wire.isReading { self.ports.removeLast(max(0, self.ports.count - Self.portCountMaximum(in: wire.version))) }
        try wire.list("ports", &self.ports)
    }
}

extension SwitchFeatures.Capabilities {
    /// The bits that a version has; 1.0 has spanning tree where later versions have groups.
    func wire(in version: OpenFlowVersion) -> UInt32 {
        var bits = self.rawValue & 0x7ff
        if version == .v1_0 {
            bits = bits & ~8 | (self.contains(.spanningTree) ? 8 : 0)
        }
        return bits & Self.known(in: version)
    }
    init(wire: UInt32, in version: OpenFlowVersion) {
        self.init(rawValue: wire & Self.known(in: version))
        if version == .v1_0, self.remove(.groupStatistics) != nil { self.insert(.spanningTree) }
    }
    private static func known(in version: OpenFlowVersion) -> UInt32 {
        switch version {
        case .v1_0: 0xef
        case .v1_1: 0xef
        case .v1_2: 0x1ef
        case .v1_3: 0x16f
        case .v1_4, .v1_5: 0x76f
        }
    }
}
