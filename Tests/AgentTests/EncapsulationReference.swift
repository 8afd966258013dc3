import NetworkTypes
import OpenFlow

@testable import Agent

/// A frame to which actions are done byte by byte, at once: what headers are there is read from it anew each time.
struct EncapsulationReference {
    var bytes: [UInt8]
    var outputs: [(port: UInt32, bytes: [UInt8])] = []
    var stopped = false

    private func word(_ place: Int) -> UInt16 { UInt16(self.bytes[place]) << 8 | UInt16(self.bytes[place + 1]) }
    private mutating func store(_ place: Int, _ value: UInt16) {
        self.bytes[place] = UInt8(value >> 8)
        self.bytes[place + 1] = UInt8(value & 0xff)
    }
    var tagCount: Int {
        var count = 0
        while [0x8100, 0x88a8].contains(self.word(12 + 4 * count)) { count += 1 }
        return count
    }
    private var network: Int { 14 + 4 * self.tagCount }
    var type: UInt16 { self.word(self.network - 2) }
    var isMPLS: Bool { self.type == 0x8847 || self.type == 0x8848 }
    var isBottom: Bool { self.isMPLS && self.bytes[self.network + 2] & 1 == 1 }
    /// Whether there is IPv4 behind the last label, if the next header is behind it.
    var canCopyTTL: Bool { !self.isBottom || self.bytes[self.network + 4] == 0x45 }
    var isIPv4: Bool { self.type == 0x0800 }

    mutating func perform(_ action: Action) {
        guard !self.stopped else { return }
        let at = self.network
        switch action {
        case .output(let port, _): self.outputs.append((port.rawValue, self.bytes))
        case .pushVLAN(let type):
            guard self.tagCount < 2 else { return }
            let inherited: [UInt8] = self.tagCount > 0 ? Array(self.bytes[14..<16]) : [0, 0]
            self.bytes.insert(contentsOf: [UInt8(type.rawValue >> 8), UInt8(type.rawValue & 0xff)] + inherited, at: 12)
        case .popVLAN: if self.tagCount > 0 { self.bytes.removeSubrange(12..<16) }
        case .pushMPLS(let type):
            var entry: [UInt8] = [0, 0, 1, 64]
            if self.isMPLS {
                entry = Array(self.bytes[at..<(at + 4)])
                entry[2] &= 0xfe
            }
            if self.isIPv4 { entry[3] = self.bytes[at + 8] }
            self.bytes.insert(contentsOf: entry, at: at)
            self.store(at - 2, type.rawValue)
        case .popMPLS(let type):
            guard self.isMPLS else { return }
            self.bytes.removeSubrange(at..<(at + 4))
            self.store(at - 2, type.rawValue)
        case .setMPLSTTL(let ttl): if self.isMPLS { self.bytes[at + 3] = ttl }
        case .decrementMPLSTTL:
            guard self.isMPLS else { return }
            if self.bytes[at + 3] <= 1 { self.stopped = true } else { self.bytes[at + 3] -= 1 }
        case .copyTTLOut:
            guard self.isMPLS else { return }
            self.bytes[at + 3] = self.bytes[self.isBottom ? at + 12 : at + 7]
        case .copyTTLIn:
            guard self.isMPLS else { return }
            self.bytes[self.isBottom ? at + 12 : at + 7] = self.bytes[at + 3]
            if self.isBottom { self.repair(at + 4) }
        case .decrementNetworkTTL:
            guard self.isIPv4 else { return }
            if self.bytes[at + 8] <= 1 { self.stopped = true } else { self.bytes[at + 8] -= 1 }
            self.repair(at)
        case .pushPBB:
            let priority: UInt8 = self.tagCount > 0 ? self.bytes[14] & 0xe0 : 0
            var tag: [UInt8] = [priority, 0, 0, 0]
            if self.type == 0x88e7, self.tagCount == 0 { tag.replaceSubrange(1..<4, with: self.bytes[15..<18]) }
            self.bytes.insert(contentsOf: Array(self.bytes[0..<12]) + [0x88, 0xe7] + tag, at: 0)
        case .popPBB: if self.type == 0x88e7, self.tagCount == 0 { self.bytes.removeSubrange(0..<18) }
        case .setField(let entry) where entry.field == .mplsLabel:
            let value = entry.value
            guard self.isMPLS else { return }
            self.bytes[at] = UInt8(truncatingIfNeeded: value >> 12)
            self.bytes[at + 1] = UInt8(truncatingIfNeeded: value >> 4)
            self.bytes[at + 2] = self.bytes[at + 2] & 0x0f | UInt8(truncatingIfNeeded: value << 4)
        case .setField(let entry) where entry.field == .pbbServiceID:
            let value = entry.value
            guard self.type == 0x88e7, self.tagCount == 0 else { return }
            for index in 0..<3 { self.bytes[15 + index] = UInt8(truncatingIfNeeded: value >> UInt128(16 - 8 * index)) }
        case .setField(let entry) where entry.field == .ethernetSource:
            let value = entry.value
            for index in 0..<6 { self.bytes[6 + index] = UInt8(truncatingIfNeeded: value >> UInt128(40 - 8 * index)) }
        case .setField(let entry) where entry.field == .ipv4Source:
            let value = entry.value
            guard self.isIPv4 else { return }
            for index in 0..<4 {
                self.bytes[at + 12 + index] = UInt8(truncatingIfNeeded: value >> UInt128(24 - 8 * index))
            }
            self.repair(at)
        default: break
        }
    }

    private mutating func repair(_ at: Int) {
        var ip = Array(self.bytes[at...])
        TestChecksums.repair(ip: &ip)
        self.bytes.replaceSubrange(at..., with: ip)
    }
}
