/// What a BUNDLE_FEATURES request asks (1.5 §7.3.5.20).
public struct BundleFeaturesRequest: Hashable, Sendable {
    /// What the request carries.
    @frozen public struct Flags: OptionSet, Hashable, Sendable {
        /// The bits on the wire.
        public var rawValue: UInt32
        /// Makes flags from their bits.
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// The time property has a timestamp, by which the switch may set its clock.
        public static let timestamp = Flags(rawValue: 1)
        /// The time property proposes the bounds of scheduling.
        public static let setSchedule = Flags(rawValue: 2)
    }
    /// What the request carries.
    public var flags: Flags = []
    /// About time, if said.
    public var time: BundleTimeFeatures? = nil
    /// Experimenters' properties.
    public var properties: [Property] = []

    /// Makes a value; every property has a default.
    public init(flags: Flags = [], time: BundleTimeFeatures? = nil, properties: [Property] = []) {
        self.flags = flags
        self.time = time
        self.properties = properties
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// What bundles can do (1.5 §7.3.5.20).
public struct BundleFeatures: Hashable, Sendable {
    /// Which flags a bundle may have.
    public var capabilities: BundleFlags = []
    /// About time, if said.
    public var time: BundleTimeFeatures? = nil
    /// Experimenters' properties.
    public var properties: [Property] = []

    /// Makes a value; every property has a default.
    public init(capabilities: BundleFlags = [], time: BundleTimeFeatures? = nil, properties: [Property] = []) {
        self.capabilities = capabilities
        self.time = time
        self.properties = properties
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// How well a switch can schedule a commit (1.5 §7.3.5.20, property TIME_CAPABILITY: 72 bytes).
public struct BundleTimeFeatures: Hashable, Sendable {
    /// How exactly commits happen.
    public var accuracy: OpenFlowTime = OpenFlowTime(seconds: 0, nanoseconds: 0)
    /// How far ahead a commit may be.
    public var maximumFuture: OpenFlowTime = OpenFlowTime(seconds: 0, nanoseconds: 0)
    /// How far back a commit may be, which then happens at once.
    public var maximumPast: OpenFlowTime = OpenFlowTime(seconds: 0, nanoseconds: 0)
    /// The sender's clock.
    public var timestamp: OpenFlowTime = OpenFlowTime(seconds: 0, nanoseconds: 0)
    /// Makes a value of all defaults.
    public init() {}
}

extension BundleFeaturesRequest.Flags: WireScalar {}

extension BundleTimeFeatures: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.reserved(4)
        try self.accuracy.describe(to: &wire)
        try self.maximumFuture.describe(to: &wire)
        try self.maximumPast.describe(to: &wire)
        try self.timestamp.describe(to: &wire)
    }
}

extension BundleFeaturesRequest: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("flags", &self.flags)
        try wire.reserved(4)
        try wire.bundleFeatures(&self.time, others: &self.properties)
    }
}

extension BundleFeatures: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("capabilities", &self.capabilities)
        try wire.reserved(6)
        try wire.bundleFeatures(&self.time, others: &self.properties)
    }
}

extension WireVisitor where Self: ~Copyable & ~Escapable {
    fileprivate mutating func bundleFeatures(
        _ time: inout BundleTimeFeatures?, others: inout [Property]
    ) throws(WireError) {
        let present: [UInt16] = time == nil ? [] : [1]
        var features = time
        try self.properties(present: present, others: &others) { (wire, type) throws(WireError) in
            guard type == 1 else { return try wire.keepsExperimenters(type) }
            var value = features ?? BundleTimeFeatures()
            try value.describe(to: &wire)
            features = value
            return true
        }
        time = features
    }
}
