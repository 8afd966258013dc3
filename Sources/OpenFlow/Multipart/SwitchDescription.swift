/// DESC: who made the switch (1.0 §5.3.5 · 1.3 §7.3.5.1).
///
/// Texts are cut to their space and end with a zero
/// byte.
public struct SwitchDescription: Hashable, Sendable {
    /// The manufacturer; 255 bytes.
    public var manufacturer: String = ""
    /// The hardware; 255 bytes.
    public var hardware: String = ""
    /// The software; 255 bytes.
    public var software: String = ""
    /// The serial number; 31 bytes.
    public var serialNumber: String = ""
    /// A name for people; 255 bytes.
    public var datapath: String = ""

    /// Makes a value; every property has a default.
    public init(
        manufacturer: String = "", hardware: String = "", software: String = "", serialNumber: String = "",
        datapath: String = ""
    ) {
        self.manufacturer = manufacturer
        self.hardware = hardware
        self.software = software
        self.serialNumber = serialNumber
        self.datapath = datapath
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension SwitchDescription: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.text("manufacturer", &self.manufacturer, bytes: 256)
        try wire.text("hardware", &self.hardware, bytes: 256)
        try wire.text("software", &self.software, bytes: 256)
        try wire.text("serialNumber", &self.serialNumber, bytes: 32)
        try wire.text("datapath", &self.datapath, bytes: 256)
    }
}
