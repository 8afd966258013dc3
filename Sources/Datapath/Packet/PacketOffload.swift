/// What a host's stack left for the device to do: an unfinished checksum, a frame to be cut into segments.
///
/// The contents of `struct virtio_net_hdr` (`<linux/virtio_net.h>`), which packet sockets (`PACKET_VNET_HDR`)
/// and TAP devices (`IFF_VNET_HDR`) put before each frame, both ways. Offsets are bytes from the frame's
/// start.
@frozen public struct PacketOffload: Sendable, Hashable, BitwiseCopyable {
    /// Whether the checksum at `checksumStart + checksumOffset` holds only the pseudo-header's sum so far
    /// (flag 1).
    public var needsChecksum: Bool = false
    /// Whether the receiver need not verify checksums (flag 2).
    public var isValidated: Bool = false
    /// `VIRTIO_NET_HDR_GSO_*` without the ECN bit: 0 none, 1 TCP over IPv4, 3 UDP fragments, 4 TCP over IPv6,
    /// 5 UDP segments.
    public var segmentationType: UInt8 = 0
    /// `VIRTIO_NET_HDR_GSO_ECN`: the TCP segment has CWR set, for the first piece only.
    public var hasCongestionNotice: Bool = false
    /// Bytes of all headers, a hint for the receiver.
    public var headersLength: UInt16 = 0
    /// Payload bytes of each segment.
    public var segmentSize: UInt16 = 0
    /// Where summing starts.
    public var checksumStart: UInt16 = 0
    /// Where the checksum lies, from `checksumStart`.
    public var checksumOffset: UInt16 = 0

    /// Nothing left to do.
    @inlinable public init() {}

    /// Whether the frame must be cut into segments before it fits the wire.
    @inlinable public var isSegmented: Bool { self.segmentationType != 0 }

    /// Whether there is nothing to do.
    @inlinable public var isPlain: Bool { !self.needsChecksum && self.segmentationType == 0 }

    /// Adapts the offsets to `delta` bytes inserted (removed, if negative) before the transport header.
    @inline(__always)
    mutating func shift(by delta: Int) {
        guard !self.isPlain else { return }
        let moved = { (value: UInt16) in UInt16(truncatingIfNeeded: max(0, Int(value) &+ delta)) }
        self.checksumStart = moved(self.checksumStart)
        self.headersLength = moved(self.headersLength)
    }
}
