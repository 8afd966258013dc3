/// HELLO, by which both sides begin (1.0 §5.5.1 · 1.3 §7.5.1 · 1.5 §7.5.1).
///
/// 1.3.1 added elements, of which the version bitmap is the only one; others are ignored, as is any body in
/// older versions.
public struct Hello: Hashable, Sendable {
    /// The versions in the bitmap element; nil where there was none.
    public var versions: VersionSet? = nil

    /// Makes a value; every property has a default.
    public init(versions: VersionSet? = nil) {
        self.versions = versions
    }
    /// Makes a value of all defaults.
    public init() {}
}
