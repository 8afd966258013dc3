/// Which part of a message is being read; decides which error a wrong length is.
enum WireContext: Sendable {
    case message
    case match
    case action
    case setField
    case instruction
    case property
    case bucket
    case meterBand

    /// The error for a length that cannot be.
    var lengthError: OpenFlowError.Code {
        switch self {
        case .message: .requestBadLength
        case .match: .matchBadLength
        case .action: .actionBadLength
        case .setField: .actionBadSetLength
        case .instruction: .instructionBadLength
        case .property: .propertyBadLength
        case .bucket: .groupModBadBucket
        case .meterBand: .meterModBadBand
        }
    }
}

/// A part of a message that knows its length: an action, a property, an entry of a reply.
///
/// Opened by ``WireVisitor/begin(_:)``, its length read or left to be filled in by `length`, closed by `end`.
struct WireFrame {
    /// Where the part begins.
    let start: Int
    /// Where the length field is (writing).
    var lengthPosition = -1
    /// What the length field adds to the bytes counted from `start` (writing).
    var lengthExtra = 0
    /// The length read ahead of a part that does not begin with it (reading).
    var announced = 0
    /// The end of the part around this one (reading).
    let outerEnd: Int
    /// The context of the part around this one.
    let outerContext: WireContext
}

/// How the zeros after a part are counted.
enum WirePadding {
    /// There are none.
    case none
    /// Up to a multiple of eight, counted in the part's length.
    case counted
    /// Up to a multiple of eight, not counted in the part's length.
    case uncounted
}
