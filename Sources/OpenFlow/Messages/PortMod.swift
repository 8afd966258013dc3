public import NetworkTypes

/// PORT_MOD (1.0 §5.3.3 · 1.3 §7.3.4.3 · 1.5 §7.3.4.4).
public struct PortMod: Hashable, Sendable {
    /// The port.
    public var port: PortNumber = .any
    /// The port's address, as a check that both sides mean the same device.
    public var hardwareAddress: MACAddress = .zero
    /// The new configuration, where the mask has ones.
    public var configuration: PortConfiguration = []
    /// Which bits of the configuration change.
    public var mask: PortConfiguration = []
    /// What to advertise; empty for no change.
    public var advertise: PortFeatures = []

    /// Makes a value; every property has a default.
    public init(
        port: PortNumber = .any, hardwareAddress: MACAddress = .zero, configuration: PortConfiguration = [],
        mask: PortConfiguration = [], advertise: PortFeatures = []
    ) {
        self.port = port
        self.hardwareAddress = hardwareAddress
        self.configuration = configuration
        self.mask = mask
        self.advertise = advertise
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension PortMod: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("port", &self.port)
        if wire.version.portNumbersAre32Bit { try wire.reserved(4) }
        try wire.field("hardwareAddress", &self.hardwareAddress)
        if wire.version.portNumbersAre32Bit { try wire.reserved(2) }
        try wire.field("configuration", &self.configuration)
        try wire.field("mask", &self.mask)
        guard wire.version.hasProperties else {
            try wire.field("advertise", &self.advertise)
            return try wire.reserved(4)
        }
        var others: [Property] = []
        let present: [UInt16] = self.advertise.isEmpty ? [] : [0]
        var advertise = self.advertise
        try wire.properties(present: present, others: &others) { (wire, type) throws(WireError) in
            guard type == 0 else { throw wire.refusal(.propertyBadType, value: UInt64(type)) }
            try wire.field("advertise", &advertise)
            return true
        }
        self.advertise = advertise
    }
}
