import CLinux
import Datapath
import Foundation
import Support

/// A pair of virtual Ethernet devices in the guest: one end for the datapath, a raw socket on the other.
final class VirtualCable {
    /// The device for the datapath.
    let inside: String
    /// The device with our socket.
    let outside: String
    private let descriptor: Int32

    /// Makes the pair `NAMEa`, `NAMEb`, up, without any traffic of the host's own.
    init(_ name: String) throws {
        self.inside = "\(name)a"
        self.outside = "\(name)b"
        try Command.require(["ip", "link", "add", self.inside, "type", "veth", "peer", "name", self.outside])
        for device in [self.inside, self.outside] {
            try? "1".write(
                toFile: "/proc/sys/net/ipv6/conf/\(device)/disable_ipv6", atomically: false, encoding: .ascii)
            try Command.require(["ip", "link", "set", device, "up"])
        }
        let index = if_nametoindex(self.outside)
        self.descriptor = clinux_packet_open(index, 1 << 20, 1 << 20)
        guard self.descriptor >= 0 else { throw LabError.system("packet socket", -self.descriptor) }
        let status = clinux_packet_bind(self.descriptor, index)
        guard status == 0 else { throw LabError.system("bind to \(self.outside)", -status) }
    }

    deinit {
        _ = Glibc.close(self.descriptor)
        _ = try? Command.run(["ip", "link", "delete", self.outside])
    }

    /// Sends a frame to the datapath.
    func send(_ frame: [UInt8], offload: PacketOffload = PacketOffload()) throws {
        try frame.withUnsafeBytes { bytes in
            var item = clinux_frame()
            item.header = (
                (offload.needsChecksum ? 1 : 0) | UInt16(offload.segmentationType) << 8, offload.headersLength,
                offload.segmentSize, offload.checksumStart, offload.checksumOffset
            )
            item.data = bytes.baseAddress
            item.length = UInt32(bytes.count)
            item.next = .max
            let sent = clinux_packet_send(self.descriptor, &item, 0)
            guard sent == 1 else { throw LabError.system("send a frame", -sent) }
        }
    }

    /// Waits for the next frame from the datapath; a tag that the kernel keeps beside the frame is put back.
    func receive(_ what: String = "a frame", milliseconds: Int32 = 60_000) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65536)
        var received = clinux_received()
        while true {
            let count = clinux_packet_receive(self.descriptor, &buffer, buffer.count, &received)
            if count > 0 {
                var frame = Array(buffer.prefix(Int(count)))
                if received.has_vlan != 0 {
                    let tag = [received.vlan_tpid, received.vlan_tci].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
                    frame.insert(contentsOf: tag, at: 12)
                }
                return frame
            }
            guard count == -EAGAIN else { throw LabError.system("receive a frame", -count) }
            var item = pollfd(fd: self.descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&item, 1, milliseconds) > 0 else { throw LabError.gaveUp(waitingFor: what, output: "") }
        }
    }
}

/// A kernel datapath of a test's own with cables plugged in; gone at the end.
final class KernelBench {
    let datapath: NetlinkDatapath
    let cables: [VirtualCable]
    let ports: [PortIndex]

    init(_ name: String, cables count: Int, _ change: (inout NetlinkDatapathOptions) -> Void = { _ in }) throws {
        var options = NetlinkDatapathOptions()
        options.name = name
        options.handlerCount = 1
        change(&options)
        self.datapath = try NetlinkDatapath.open(options)
        self.cables = try (0..<count).map { try VirtualCable("\(name)\($0)") }
        let datapath = self.datapath
        self.ports = try self.cables.map { try datapath.addPort(PortRequest(name: $0.inside, kind: .device)).index }
    }

    deinit { self.datapath.close(keep: false) }

    /// Waits for an upcall of the port that cable `index` is plugged into.
    func upcall(from index: Int) throws -> Upcall {
        var batch: [Upcall] = []
        while true {
            let count = try self.datapath.receiveUpcalls(
                handler: 0, into: &batch, maximum: 64, timeoutMilliseconds: 60_000)
            guard count > 0 else { throw LabError.gaveUp(waitingFor: "an upcall", output: "") }
            let wanted = self.ports[index].rawValue
            if let found = batch.first(where: { $0.key.inPort == wanted }) { return found }
        }
    }

    /// Puts a flow; nil where the kernel took it.
    func put(_ key: FlowKey, _ mask: FlowMask, _ actions: [DatapathAction], number: UInt64 = 1) -> DatapathError? {
        let flow = DatapathFlow(
            identifier: FlowIdentifier(high: 7, low: number), key: key, mask: mask, actions: actions)
        guard case .failed(let error)? = self.datapath.apply([.put(flow)]).first else { return nil }
        return error
    }
}

extension FlowMask {
    /// What every megaflow looks at.
    static var least: FlowMask {
        var mask = FlowMask()
        mask.inPort = .max
        mask.recirculationID = .max
        mask.etherType = .max
        return mask
    }

    /// Everything that a kernel key has.
    static var headers: FlowMask {
        var mask = FlowMask.least
        for word in 30..<FlowKey.wordCount { mask.words[word] = .max }
        return mask
    }
}
