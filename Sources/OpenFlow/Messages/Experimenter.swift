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

/// A message whose type this version has, but which this module does not decode.
public struct UnsupportedMessage: Hashable, Sendable {
    /// The error that says so.
    public var error: OpenFlowError.Code = .requestBadType
    /// The body, kept byte for byte.
    public var body: [UInt8] = []
    /// The type in the header.
    public var type: UInt8 = 0

    /// Makes a value; every property has a default.
    public init(error: OpenFlowError.Code = .requestBadType, body: [UInt8] = [], type: UInt8 = 0) {
        self.error = error
        self.body = body
        self.type = type
    }
    /// Makes a value of all defaults.
    public init() {}
}
