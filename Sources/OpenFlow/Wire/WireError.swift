/// What a version of the protocol has no words for.
///
/// Thrown when a value is encoded; the caller decides whether to drop, substitute or refuse. Never a silent
/// truncation.
public enum Inexpressible: Error, Hashable, Sendable {
    /// The version has no such message.
    case message
    /// The version has no such multipart type.
    case multipart
    /// The version has no such error, nor a substitute.
    case error(OpenFlowError.Code)
    /// The version cannot name this port.
    case port(PortNumber)
    /// The version's match cannot say this about the field.
    case matchField(MatchField)
    /// The version has no such action, or not for this field.
    case action
    /// The version has no such instruction.
    case instruction
    /// The version has no such command or reason; the number in other versions.
    case code(UInt32)
    /// A part is longer than its length field can say; in bytes.
    case tooLong(Int)
}

/// Why a walk over a structure ended early.
enum WireError: Error, Hashable, Sendable {
    /// The bytes break the protocol; this is what to answer.
    case refused(OpenFlowError)
    /// The version cannot say it.
    case inexpressible(Inexpressible)
}
