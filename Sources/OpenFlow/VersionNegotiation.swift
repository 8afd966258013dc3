/// A set of protocol versions: bit n stands for wire version n, as in the bitmap element of HELLO.
@frozen public struct VersionSet: OptionSet, Hashable, Sendable {
    /// The first word of the bitmap; bits of unknown versions are kept.
    public var rawValue: UInt32
    /// Makes a set from the first word of the bitmap.
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// Makes a set of the versions listed.
    public init(versions: some Sequence<OpenFlowVersion>) {
        self.init(rawValue: versions.reduce(0) { $0 | 1 << UInt32($1.rawValue) })
    }

    /// All six versions.
    public static let all = VersionSet(versions: OpenFlowVersion.allCases)
    /// OpenFlow 1.0.
    public static let v1_0 = VersionSet(rawValue: 1 << 1)
    /// OpenFlow 1.1.
    public static let v1_1 = VersionSet(rawValue: 1 << 2)
    /// OpenFlow 1.2.
    public static let v1_2 = VersionSet(rawValue: 1 << 3)
    /// OpenFlow 1.3.
    public static let v1_3 = VersionSet(rawValue: 1 << 4)
    /// OpenFlow 1.4.
    public static let v1_4 = VersionSet(rawValue: 1 << 5)
    /// OpenFlow 1.5.
    public static let v1_5 = VersionSet(rawValue: 1 << 6)

    /// Whether `version` is in the set.
    @inlinable public func contains(_ version: OpenFlowVersion) -> Bool {
        self.rawValue & (1 << UInt32(version.rawValue)) != 0
    }
    /// The versions of the set that this module knows, oldest first.
    public var versions: [OpenFlowVersion] { OpenFlowVersion.allCases.filter { self.contains($0) } }
    /// The newest version of the set that this module knows.
    public var newest: OpenFlowVersion? { self.versions.last }
}

/// The rule by which both sides of a connection find their version (1.3.1 §6.3.1).
public enum VersionNegotiation {
    /// The version to speak, or nil where there is none in common (then HELLO_FAILED, INCOMPATIBLE).
    ///
    /// If both sides sent a bitmap, the newest version that both have; otherwise the lesser of the two header
    /// versions, if we offer it. Our own HELLO carries our newest version in its header.
    /// - Parameters:
    ///   - offered: what we are willing to speak.
    ///   - peerHeaderVersion: the version in the header of the peer's HELLO; any byte.
    ///   - peerVersions: the peer's bitmap, nil where its HELLO had none.
    public static func choose(
        offered: VersionSet, peerHeaderVersion: UInt8, peerVersions: VersionSet?
    ) -> OpenFlowVersion? {
        guard let ownNewest = offered.newest else { return nil }
        if let peerVersions { return offered.intersection(peerVersions).newest }
        let lesser = min(peerHeaderVersion, ownNewest.rawValue)
        guard let version = OpenFlowVersion(rawValue: lesser), offered.contains(version) else { return nil }
        return version
    }
}
