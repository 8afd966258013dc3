/// Why a packet could not be changed as asked; the packet is then dropped and the case counted.
///
/// Payload-free, so that throwing one allocates nothing.
public enum PacketError: Error, Sendable, Hashable, CaseIterable {
    /// The packet ends before the header that was to be changed.
    case truncated
    /// The packet does not have the header that was to be changed.
    case headerAbsent
    /// No memory (headroom, arena or size limit) for the change.
    case noRoom
    /// This datapath cannot carry out the action.
    case unsupported
    /// Recirculation, clones or samples were nested too deep.
    case tooDeep
    /// The packet is longer than any port could carry.
    case tooLong
}
