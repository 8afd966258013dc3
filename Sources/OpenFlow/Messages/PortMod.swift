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
    /// How an optical port is to be set (1.4 and later), if said.
    public var optical: OpticalPortMod? = nil
    /// Experimenters' properties (1.4 and later).
    public var properties: [Property] = []

    /// Makes a value; every property has a default.
    public init(
        port: PortNumber = .any, hardwareAddress: MACAddress = .zero, configuration: PortConfiguration = [],
        mask: PortConfiguration = [], advertise: PortFeatures = [], optical: OpticalPortMod? = nil,
        properties: [Property] = []
    ) {
        self.port = port
        self.hardwareAddress = hardwareAddress
        self.configuration = configuration
        self.mask = mask
        self.advertise = advertise
        self.optical = optical
        self.properties = properties
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
        var present: [UInt16] = self.advertise.isEmpty ? [] : [0]
        if self.optical != nil { present.append(1) }
        var (advertise, optical) = (self.advertise, self.optical)
        try wire.properties(present: present, others: &self.properties) { (wire, type) throws(WireError) in
            switch type {
            case 0: try wire.field("advertise", &advertise)
            case 1:
                var value = optical ?? OpticalPortMod()
                try value.describe(to: &wire)
                optical = value
            default: return try wire.keepsExperimenters(type)
            }
            return true
        }
        (self.advertise, self.optical) = (advertise, optical)
    }
}
