/// Instruction lists that were decoded before, by their bytes.
///
/// Most flows of a switch share few lists of instructions, and the flow_mods of a burst share one: remembering the
/// last lists saves decoding them, and equal lists share their memory. Sixteen lists at most, of at most 256 bytes
/// each; a list is remembered the second time that it comes. Belongs to one connection; used by one thread.
public final class DecodingCache {
    private struct Entry {
        /// The hash of the list that came last; nothing is kept of a list that came once.
        var hash: UInt64 = 0
        var version = OpenFlowVersion.v1_0
        var bytes: [UInt8] = []
        var instructions: [Instruction] = []
    }

    static let bytesMaximum = 256
    private var entries: [Entry] = []
    /// The entry that was of use last.
    private var last = 0

    /// Makes an empty cache, which takes no memory before it is used.
    public init() {}

    /// The list that has these bytes in that version, if it is remembered.
    func find(_ bytes: UnsafeRawBufferPointer, _ version: OpenFlowVersion) -> [Instruction]? {
        guard !self.entries.isEmpty else { return nil }
        if self.holds(self.last, bytes, version) { return self.entries[self.last].instructions }
        let place = Self.place(Self.hash(bytes, version))
        guard self.holds(place, bytes, version) else { return nil }
        self.last = place
        return self.entries[place].instructions
    }

    /// Takes note of a list that was not found.
    func note(_ instructions: [Instruction], _ bytes: UnsafeRawBufferPointer, _ version: OpenFlowVersion) {
        guard bytes.count <= Self.bytesMaximum, !bytes.isEmpty else { return }
        if self.entries.isEmpty { self.entries = Array(repeating: Entry(), count: 16) }
        let hash = Self.hash(bytes, version)
        let place = Self.place(hash)
        if self.entries[place].hash == hash {
            self.entries[place].version = version
            self.entries[place].bytes = Array(bytes)
            self.entries[place].instructions = instructions
        } else {
            self.entries[place].hash = hash
        }
    }

    private func holds(_ place: Int, _ bytes: UnsafeRawBufferPointer, _ version: OpenFlowVersion) -> Bool {
        guard self.entries[place].version == version, self.entries[place].bytes.count == bytes.count else {
            return false
        }
        return self.entries[place].bytes.withUnsafeBytes { Self.areEqual($0, bytes) }
    }

    /// Whether two lists of the same length have equal bytes.
    @inline(__always)
    private static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        while offset &+ 8 <= left.count {
            let difference =
                left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                ^ right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            if difference != 0 { return false }
            offset &+= 8
        }
        while offset < left.count {
            if left[offset] != right[offset] { return false }
            offset &+= 1
        }
        return true
    }

    private static func place(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 60) }

    private static func hash(_ bytes: UnsafeRawBufferPointer, _ version: OpenFlowVersion) -> UInt64 {
        var hash = UInt64(version.rawValue) &+ 0x9e37_79b9_7f4a_7c15
        var offset = 0
        while offset &+ 8 <= bytes.count {
            hash = (hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0xff51_afd7_ed55_8ccd
            hash ^= hash >> 32
            offset &+= 8
        }
        while offset < bytes.count {
            hash = (hash ^ UInt64(bytes[offset])) &* 0xff51_afd7_ed55_8ccd
            offset &+= 1
        }
        // Zero stands for no list.
        return hash | 1
    }
}
