/// HELLO, by which both sides begin (1.0 §5.5.1 · 1.3 §7.5.1 · 1.5 §7.5.1).
///
/// 1.3.1 added elements, of which the version bitmap is the only one; others mean nothing here, but are kept.
public struct Hello: Hashable, Sendable {
    /// The versions in the bitmap element; nil where there was none.
    public var versions: VersionSet? = nil

    /// Elements of other types, of which none is known yet; kept as they are.
    public var otherElements: [Property] = []

    /// Makes a value; every property has a default.
    public init(versions: VersionSet? = nil, otherElements: [Property] = []) {
        self.versions = versions
        self.otherElements = otherElements
    }
    /// Makes a value of all defaults.
    public init() {}
}
