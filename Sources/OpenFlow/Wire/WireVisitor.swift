/// A direction in which structures are walked: reading, writing, or making random ones for tests.
///
/// A structure walks its fields once, in wire order (``WireStructure/describe(to:)``); the visitor decides
/// what happens. Visitors are concrete generic arguments, so the walk specialises to straight code. All
/// integers are big-endian.
protocol WireVisitor: ~Copyable, ~Escapable {
    /// The version of the message.
    var version: OpenFlowVersion { get }
    /// Whether values come out of the walk (reading, generating) rather than go in.
    var isReading: Bool { get }
    /// Whether table numbers ride in the command of a 1.0 FLOW_MOD (Nicira's extension).
    var hasFlowModTableID: Bool { get }
    /// Whether the match read last, of 1.0, had no wildcard at all.
    var matchHadNoWildcards: Bool { get }
    /// The IP protocol of the match written last, if it named one; 1.2 and later need it for 1.0's
    /// transport setters.
    var transportProtocol: UInt8? { get }
    /// Which part of the message is being walked.
    var context: WireContext { get }
    /// Bytes from the start of the message.
    var offset: Int { get }
    /// Bytes left in the innermost part whose length is known; 0 unless reading.
    var remaining: Int { get }
    /// The next 32 bits, without passing over them; nil where there are fewer in the innermost part, or when writing.
    var nextWord: UInt32? { get }

    mutating func field(_ name: StaticString, _ value: inout UInt8) throws(WireError)
    mutating func field(_ name: StaticString, _ value: inout UInt16) throws(WireError)
    mutating func field(_ name: StaticString, _ value: inout UInt32) throws(WireError)
    mutating func field(_ name: StaticString, _ value: inout UInt64) throws(WireError)
    /// Zeros: ignored on reading, as the specifications ask.
    mutating func reserved(_ count: Int) throws(WireError)
    /// Text of at most `bytes` - 1 bytes, filled up with zeros.
    mutating func text(_ name: StaticString, _ value: inout String, bytes: Int) throws(WireError)
    /// All bytes up to the end of the innermost part.
    mutating func rest(_ name: StaticString, _ value: inout [UInt8]) throws(WireError)
    /// A number that stands for a case; `absent` is the answer to a number that stands for none.
    mutating func code<T: RawRepresentable & CaseIterable>(
        _ name: StaticString, _ value: inout T, absent: OpenFlowError.Code
    ) throws(WireError) where T.RawValue: WireInteger

    /// Opens a part.
    mutating func begin(_ context: WireContext) -> WireFrame
    /// The part's 16-bit length, which counts from its beginning, less `excluding` bytes.
    mutating func length(_ frame: inout WireFrame, excluding: Int) throws(WireError)
    /// A 16-bit length, in bytes, of a part that comes later and does not contain it.
    mutating func announce() throws(WireError) -> WireFrame
    /// Opens the part whose length was announced.
    mutating func open(_ announced: WireFrame, _ context: WireContext) throws(WireError) -> WireFrame
    /// Closes a part; bytes left over are refused.
    mutating func end(_ frame: WireFrame, padding: WirePadding) throws(WireError)

    /// Structures up to the end of the innermost part.
    mutating func list<T: WireStructure>(_ name: StaticString, _ value: inout [T]) throws(WireError)
    /// The match of a flow, in the version's layout.
    mutating func match(_ value: inout Match) throws(WireError)
    /// Fields in OXM form with the match header, whatever the version's layout.
    mutating func fields(_ value: inout Match) throws(WireError)
    /// Fields in OXM form up to the end of the innermost part, prerequisites first.
    mutating func entries(_ value: inout Match, names: FieldNames) throws(WireError)
    /// As ``entries(_:names:)`` by Nicira's names, with one more for the cookie if the mask is not zero.
    mutating func selection(_ match: inout Match, cookie: inout Cookie, mask: inout UInt64) throws(WireError)
    /// Fields in OXM form up to the end of the innermost part, in any order and without their prerequisites.
    mutating func fieldList(_ value: inout [MatchEntry]) throws(WireError)
    /// A whole message; its transaction is that of the message around it where none is given.
    mutating func message(
        _ value: inout Message, _ transactionID: inout TransactionID?, within container: MessageContainer
    ) throws(WireError)
    /// One field in OXM form (the body of SET_FIELD).
    mutating func setField(_ value: inout MatchEntry) throws(WireError)
    /// A tunnel metadata option of more than 16 bytes as the body of an action: read if one comes next, written if
    /// given.
    mutating func longField(_ value: inout FieldValue?, anyMask: Bool) throws(WireError)
    /// One field in OXM form, which may have a mask in any version.
    mutating func maskedField(_ value: inout MatchEntry) throws(WireError)
    /// An OXM header alone.
    mutating func header(_ value: inout FeatureField) throws(WireError)
    /// Actions up to the end of the innermost part.
    mutating func actions(_ value: inout [Action]) throws(WireError)
    /// Actions inside an action, up to its end; `inTracker` if the connection tracker performs them.
    mutating func nestedActions(_ value: inout [Action], inTracker: Bool) throws(WireError)
    /// Instructions up to the end of the innermost part.
    mutating func instructions(_ value: inout [Instruction]) throws(WireError)
    /// Properties up to the end of the innermost part.
    ///
    /// `present` are the types that `known` describes and that are to be written; `known` returns false for
    /// a type it does not know, and such properties are kept in `others`.
    mutating func properties(
        present: [UInt16], others: inout [Property],
        known: (inout Self, UInt16) throws(WireError) -> Bool
    ) throws(WireError)
}

/// Unsigned integers that a visitor walks over.
protocol WireInteger: FixedWidthInteger & UnsignedInteger & Sendable {
    mutating func visit(
        _ name: StaticString, by wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError)
}
extension UInt8: WireInteger {
    mutating func visit(
        _ name: StaticString, by wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) { try wire.field(name, &self) }
}
extension UInt16: WireInteger {
    mutating func visit(
        _ name: StaticString, by wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) { try wire.field(name, &self) }
}
extension UInt32: WireInteger {
    mutating func visit(
        _ name: StaticString, by wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) { try wire.field(name, &self) }
}
extension UInt64: WireInteger {
    mutating func visit(
        _ name: StaticString, by wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) { try wire.field(name, &self) }
}

/// Something that describes its own shape, for every version that has it.
protocol WireStructure {
    init()
    /// Walks over the fields in wire order.
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError)
}
