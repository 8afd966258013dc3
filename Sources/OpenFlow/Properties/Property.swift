/// A property that this module does not know further, kept byte for byte.
public struct Property: Hashable, Sendable {
    /// The type.
    public var type: UInt16 = 0
    /// What follows the four bytes of type and length, without the padding.
    public var body: [UInt8] = []

    /// The most of them in one list; more are refused with TOO_MANY.
    public static let countMaximum = 256

    /// Makes a value; every property has a default.
    public init(type: UInt16 = 0, body: [UInt8] = []) {
        self.type = type
        self.body = body
    }
    /// Makes a value of all defaults.
    public init() {}
}
