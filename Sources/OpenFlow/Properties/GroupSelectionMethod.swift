/// How a select group selects a bucket: Netronome's experimenter property of a group (experimenter 0x154d, type 1).
public struct GroupSelectionMethod: Hashable, Sendable {
    /// The method, such as `hash` or `dp_hash`; at most 15 bytes.
    public var method: String = ""
    /// What the parameter means is the method's business.
    public var parameter: UInt64 = 0
    /// Which fields count; the value of an entry says which bits of the field do.
    public var fields: [MatchEntry] = []

    /// Makes a value; every property has a default.
    public init(method: String = "", parameter: UInt64 = 0, fields: [MatchEntry] = []) {
        self.method = method
        self.parameter = parameter
        self.fields = fields
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension GroupSelectionMethod: WireStructure {
    /// Netronome's number.
    fileprivate static let experimenter: UInt32 = 0x154d
    /// A number that was used by mistake and is still read.
    fileprivate static let formerExperimenter: UInt32 = 0x1540

    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.constant("experimenter", Self.experimenter)
        var type: UInt32 = 1
        try wire.field("experimenterType", &type)
        guard type == 1 || !wire.isReading else {
            throw wire.refusal(.propertyBadExperimenterType, value: UInt64(type))
        }
        try wire.reserved(4)
        try wire.text("method", &self.method, bytes: 16)
        try wire.field("parameter", &self.parameter)
        try wire.fieldList(&self.fields)
    }
}

extension WireVisitor where Self: ~Copyable & ~Escapable {
    /// The properties of a group, all of which are experimenters'.
    mutating func groupProperties(
        _ method: inout GroupSelectionMethod?, others: inout [Property]
    ) throws(WireError) {
        let present: [UInt16] = method == nil ? [] : [0xffff]
        var selection = method
        try self.properties(present: present, others: &others) { (wire, type) throws(WireError) in
            let isSelection =
                wire.nextWord == GroupSelectionMethod.experimenter
                || wire.nextWord == GroupSelectionMethod.formerExperimenter
            guard type == 0xffff, !wire.isReading || isSelection else {
                return try wire.keepsExperimenters(type)
            }
            var value = selection ?? GroupSelectionMethod()
            try value.describe(to: &wire)
            selection = value
            return true
        }
        method = selection
    }
}
