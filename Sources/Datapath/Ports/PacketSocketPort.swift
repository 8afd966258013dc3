import CLinux
import Glibc
import Synchronization

/// A port on an existing network device, by a packet socket (packet(7)) with a memory-mapped receive ring.
///
/// TPACKET_V2: unlike V3's blocks, each frame is there at once, so a lone packet does not wait for a timer.
/// Frames that do not fit a ring slot (segmentation offload, jumbo) come by the socket's own queue
/// (`PACKET_COPY_THRESH`). Virtio headers go both ways, so checksums and segments that a host leaves to its
/// device pass through to the next one. VLAN tags that the kernel took off are put back. The socket does not
/// see what this host sends on the device.
///
/// Threads: `receive` and `releaseReceived` belong to the one worker that has the port; `send` and the
/// counters to anybody. Hence `@unchecked Sendable`: the ring's cursor is touched by that worker only, all
/// else is immutable or atomic.
package final class PacketSocketPort: @unchecked Sendable {
    private static let frameBytes = 2048
    private static let frameCount = 1024
    /// Packets that a socket may hold until the device has sent them.
    private static let sendBytes: UInt32 = 4 << 20
    /// Room before each frame for tags and labels.
    private static let headroom = 96
    /// `struct tpacket2_hdr` must survive until the frame is released; what follows it is ours.
    private static let headerBytes = MemoryLayout<tpacket2_hdr>.size

    /// The device's name.
    package let name: String
    /// The device's number; a device of the same name that is made anew has another.
    package let interfaceIndex: UInt32
    /// Counters.
    package let counters = PortCounters()
    private let descriptor: FileDescriptor
    /// Keeps other agents from taking the device too: packet sockets by themselves may be many.
    private let claim: FileDescriptor
    private let ring: UnsafeMutableRawPointer
    /// A second socket for packets with a queue of the device, opened with the first of them: priorities are of
    /// sockets.
    private let sender = Mutex<FileDescriptor?>(nil)
    /// The next slot to read, and how many before it are not yet released.
    ///
    /// Worker only.
    private var cursor = 0
    private var held = 0

    /// Opens the device.
    ///
    /// `noSuchDevice`, `busy` (another agent's, or a port of a bridge, bond or kernel datapath), `notPermitted`,
    /// `noSpace`, `invalid` (not Ethernet), `system`.
    package init(device name: String) throws(DatapathError) {
        let interface = try NetworkInterface(named: name)
        self.claim = try Self.claim(interface)
        let operation = "open a packet socket on \(name)"
        let number = clinux_packet_open(interface.index, 8 << 20, Self.sendBytes)
        try Self.require(number, operation)
        let descriptor = FileDescriptor(owning: number)
        var ring: UnsafeMutableRawPointer?
        try Self.require(
            clinux_packet_ring(
                number, UInt32(Self.frameBytes), UInt32(Self.frameCount), UInt32(Self.headroom), &ring),
            "map the receive ring of \(name)")
        guard let ring else { throw DatapathError(.system, operation: operation) }
        self.name = name
        self.interfaceIndex = interface.index
        self.descriptor = descriptor
        self.ring = ring
        try Self.require(clinux_packet_bind(number, interface.index), operation)
    }

    /// Makes sure that nobody else forwards the device's packets, as far as that can be known.
    private static func claim(_ interface: NetworkInterface) throws(DatapathError) -> FileDescriptor {
        let operation = "take device \(interface.name)"
        var master: UInt32 = 0
        try Self.require(clinux_interface_master(interface.index, &master), operation)
        guard master == 0 else {
            let holder = NetworkInterface.name(of: master) ?? "device \(master)"
            throw DatapathError(.busy, operation: operation, errno: EBUSY, detail: "it is a port of \(holder)")
        }
        let number = clinux_device_claim(interface.index)
        guard number != -EBUSY else {
            throw DatapathError(.busy, operation: operation, errno: EBUSY, detail: "another agent has it")
        }
        try Self.require(number, operation)
        return FileDescriptor(owning: number)
    }

    deinit { munmap(self.ring, Self.frameBytes * Self.frameCount) }

    private static func require(_ result: Int32, _ operation: String) throws(DatapathError) {
        guard result < 0 else { return }
        throw DatapathError(DatapathError.Code(deviceErrno: -result), operation: operation, errno: -result)
    }

    /// The descriptor to wait for.
    package var descriptorNumber: Int32 { self.descriptor.number }

    /// Takes frames until none is left or the batch is full.
    ///
    /// Their memory stays the port's until ``releaseReceived()``.
    ///
    /// Frames too long for the ring are read into the arena; without room there they are dropped and counted.
    func receive(into batch: inout ReceiveBatch, arena: inout PacketArena) -> ReceiveResult {
        let ring = self.ring
        var cursor = self.cursor
        var held = self.held
        var errors: UInt64 = 0
        var dropped: UInt64 = 0
        var result = ReceiveResult.drained
        while held < Self.frameCount {
            guard !batch.isFull else {
                result = .more
                break
            }
            // Slots are whole multiples of 2048 bytes and the ring is page-aligned, so the header is aligned.
            let slot = ring + cursor &* Self.frameBytes
            let status = clinux_load_acquire(slot.assumingMemoryBound(to: UInt32.self))
            guard status & UInt32(TP_STATUS_USER) != 0 else { break }
            let header = slot.load(as: tpacket2_hdr.self)
            cursor = cursor &+ 1 == Self.frameCount ? 0 : cursor &+ 1
            held &+= 1
            if status & UInt32(TP_STATUS_COPY) != 0 {
                if !self.receiveLong(into: &batch, arena: &arena) { dropped &+= 1 }
                continue
            }
            let start = Int(header.tp_mac)
            let count = Int(header.tp_snaplen)
            guard header.tp_len == header.tp_snaplen, start >= Self.headerBytes &+ 10,
                start &+ count <= Self.frameBytes
            else {
                // Cut to the slot because the socket's queue had no room for the whole.
                dropped &+= 1
                continue
            }
            guard count >= 14 else {
                errors &+= 1
                continue
            }
            let words = (slot + (start &- 10)).loadUnaligned(as: (UInt16, UInt16, UInt16, UInt16, UInt16).self)
            var vlan: (tpid: UInt16, tci: UInt16)?
            if status & UInt32(TP_STATUS_VLAN_VALID) != 0 {
                let hasTPID = status & UInt32(TP_STATUS_VLAN_TPID_VALID) != 0
                vlan = (hasTPID ? header.tp_vlan_tpid : 0x8100, header.tp_vlan_tci)
            }
            batch.append(
                ReceivedFrame(
                    memory: slot + Self.headerBytes, capacity: Self.frameBytes &- Self.headerBytes,
                    start: start &- Self.headerBytes, count: count, offload: PacketOffload(words)),
                vlan: vlan)
        }
        self.cursor = cursor
        self.held = held
        if errors | dropped != 0 { self.counters.receiveFailed(dropped: dropped, errors: errors) }
        return result
    }

    /// Takes one frame from the socket's own queue; false when there is none or no room for it.
    private func receiveLong(into batch: inout ReceiveBatch, arena: inout PacketArena) -> Bool {
        var received = clinux_received()
        let headroom = PacketBuffer.defaultHeadroom
        guard let memory = arena.reserve(headroom + PacketBuffer.maximumCount) else {
            var scrap: UInt8 = 0
            _ = clinux_packet_receive(self.descriptor.number, &scrap, 0, &received)
            return false
        }
        let length = clinux_packet_receive(
            self.descriptor.number, memory + headroom, PacketBuffer.maximumCount, &received)
        guard length >= 14 else { return false }
        arena.commit(headroom + Int(length))
        batch.append(
            ReceivedFrame(
                memory: memory, capacity: headroom + Int(length), start: headroom, count: Int(length),
                offload: PacketOffload(received.header)),
            vlan: received.has_vlan != 0 ? (received.vlan_tpid, received.vlan_tci) : nil)
        return true
    }

    /// Gives the slots of all frames taken so far back to the kernel; nobody may use their memory any more.
    func releaseReceived() {
        var slot = self.cursor &- self.held
        if slot < 0 { slot &+= Self.frameCount }
        for _ in 0..<self.held {
            let status = (self.ring + slot &* Self.frameBytes).assumingMemoryBound(to: UInt32.self)
            clinux_store_release(status, UInt32(TP_STATUS_KERNEL))
            slot = slot &+ 1 == Self.frameCount ? 0 : slot &+ 1
        }
        self.held = 0
    }

    /// Sends up to 64 frames of the chain that begins at `head`; how many, or a negated errno for the first.
    func send(_ frames: UnsafePointer<clinux_frame>, head: UInt32) -> Int32 {
        let priority = frames[Int(head)].priority
        guard priority != 0 else { return clinux_packet_send(self.descriptor.number, frames, head) }
        return self.sender.withLock { sender in
            if sender == nil {
                let number = clinux_packet_open_sender(self.interfaceIndex, Self.sendBytes)
                guard number >= 0 else { return number }
                sender = FileDescriptor(owning: number)
            }
            guard let number = sender?.number else { return -EBADF }
            let result = clinux_packet_set_priority(number, priority)
            return result < 0 ? result : clinux_packet_send(number, frames, head)
        }
    }

    /// Takes the error that a device going down left behind, so that it does not wake the worker again.
    func clearError() { _ = clinux_socket_error(self.descriptor.number) }

    /// Adds what the kernel dropped since the last call to the counters.
    func collectKernelDrops() {
        var drops: UInt32 = 0
        if clinux_packet_drops(self.descriptor.number, &drops) == 0, drops != 0 {
            self.counters.receiveFailed(dropped: UInt64(drops))
        }
    }
}
