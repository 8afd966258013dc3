/// REQUESTFORWARD (1.4 §7.4.6 · 1.5 §7.4.6; ONF's experimenter type 2350 in 1.3, Nicira's subtype 132 below): a
/// change of
/// groups or meters that another controller made.
public struct RequestForward: Hashable, Sendable {
    /// Why a request is forwarded, which is also the bit in ``AsyncConfig``.
    public enum Reason: UInt8, CaseIterable, Hashable, Sendable {
        /// It changes groups.
        case groupMod = 0
        /// It changes meters.
        case meterMod = 1
    }
    /// The transaction of the request.
    public var transactionID: TransactionID = TransactionID(rawValue: 0)
    /// The request, written in the version of the connection that it is forwarded to.
    public var request: Message = .barrierRequest

    /// Makes a value; every property has a default.
    public init(
        transactionID: TransactionID = TransactionID(rawValue: 0), request: Message = .barrierRequest
    ) {
        self.transactionID = transactionID
        self.request = request
    }
    /// Makes a value of all defaults.
    public init() {}

    /// Why the request is forwarded; nil for one that is not to be.
    public var reason: Reason? {
        switch self.request {
        case .groupMod: .groupMod
        case .meterMod: .meterMod
        default: nil
        }
    }
}

extension RequestForward: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var transactionID: TransactionID? = self.transactionID
        try wire.message(&self.request, &transactionID, within: .forward)
        self.transactionID = transactionID ?? self.transactionID
    }
}
