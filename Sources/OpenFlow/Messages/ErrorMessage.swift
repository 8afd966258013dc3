/// ERROR, which refuses a request (1.0 §5.4.4 · 1.3 §7.4.4 · 1.5 §7.5.4).
public struct ErrorMessage: Hashable, Sendable {
    /// Which error the numbers mean.
    public enum Identity: Hashable, Sendable {
        /// One that this module knows.
        case known(OpenFlowError.Code)
        /// Any other; the experimenter is 0 unless the type is 0xffff (or Nicira's envelope).
        case unknown(type: UInt16, code: UInt16, experimenter: UInt32)
    }
    /// Which error.
    public var error: Identity = .known(.requestUnknown)
    /// The start of the refused message, at least 64 bytes of it or all; text for a failed HELLO.
    public var data: [UInt8] = []

    /// Makes a value; every property has a default.
    public init(error: Identity = .known(.requestUnknown), data: [UInt8] = []) {
        self.error = error
        self.data = data
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension ErrorMessage {
    /// Makes the error that refuses `request` (a whole message with its header).
    ///
    /// As much of the request is included as fits into one message; the specifications ask for 64 bytes at
    /// least.
    public init(_ code: OpenFlowError.Code, refusing request: some Collection<UInt8>) {
        self.init(error: .known(code), data: Array(request.prefix(Self.dataBytesMaximum)))
    }
    /// The most bytes of a request that fit into an error message in any version's form.
    static let dataBytesMaximum = 0xffff - 8 - 16
}
