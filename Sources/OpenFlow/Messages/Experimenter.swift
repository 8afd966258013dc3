/// An experimenter message or multipart body that this module does not know further, kept byte for byte.
public struct Experimenter: Hashable, Sendable {
    /// The experimenter's number (an IEEE OUI, or one given by the ONF).
    public var experimenter: UInt32 = 0
    /// The experimenter's message type; 0 where a 1.0 message is too short to have one.
    public var type: UInt32 = 0
    /// What follows.
    public var body: [UInt8] = []

    /// Makes a value; every property has a default.
    public init(experimenter: UInt32 = 0, type: UInt32 = 0, body: [UInt8] = []) {
        self.experimenter = experimenter
        self.type = type
        self.body = body
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension Experimenter: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("experimenter", &self.experimenter)
        // 1.0 asks for no type; later versions do, and so do Nicira's messages.
        let isShort10 =
            wire.version == .v1_0 && wire.isReading && wire.remaining < 4
            && self.experimenter != OXMIdentifier.niciraExperimenter
        if !isShort10 { try wire.field("type", &self.type) }
        try wire.rest("body", &self.body)
    }
}
