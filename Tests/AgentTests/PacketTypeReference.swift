import NetworkTypes
import OpenFlow

@testable import Agent

/// A packet of any type to which actions are done byte by byte, at once.
struct PacketTypeReference {
    var bytes: [UInt8]
    /// Its packet type: 0 for Ethernet, else 1 in the upper half and an EtherType in the lower.
    var type: UInt32 = 0
    /// The types of what is behind the headers that were added.
    var behind: [UInt32] = []
    var outputs: [(port: UInt32, bytes: [UInt8])] = []
    var stopped = false

    private func word(_ place: Int) -> UInt16 { UInt16(self.bytes[place]) << 8 | UInt16(self.bytes[place + 1]) }
    var tagCount: Int {
        guard self.type == 0 else { return 0 }
        var count = 0
        while [0x8100, 0x88a8].contains(self.word(12 + 4 * count)) { count += 1 }
        return count
    }
    private var network: Int { self.type == 0 ? 14 + 4 * self.tagCount : 0 }
    var etherType: UInt16 { self.type == 0 ? self.word(self.network - 2) : UInt16(self.type & 0xffff) }
    var isService: Bool { self.etherType == 0x894f }
    private var isMPLS: Bool { self.etherType == 0x8847 }
    private var isIPv4: Bool { self.etherType == 0x0800 }

    private static let nextProtocols: [UInt32: UInt8] = [
        0x1_0800: 1, 0x1_86dd: 2, 0: 3, 0x1_894f: 4, 0x1_8847: 5,
    ]

    mutating func perform(_ action: Action) {
        guard !self.stopped else { return }
        switch action {
        case .output(let port, _): if self.type == 0 { self.outputs.append((port.rawValue, self.bytes)) }
        case .encapsulate(let header): self.push(header)
        case .decapsulate(let type): self.pop(type)
        case .decrementServiceHeaderTTL:
            guard self.isService else { return }
            let ttl = self.word(self.network) >> 6 & 0x3f
            guard ttl != 1 else {
                self.stopped = true
                return
            }
            self.setTTL(ttl == 0 ? 63 : UInt8(ttl - 1))
        case .pushVLAN:
            guard self.type == 0, self.tagCount < 2 else { return }
            let inherited: [UInt8] = self.tagCount > 0 ? Array(self.bytes[14..<16]) : [0, 0]
            self.bytes.insert(contentsOf: [0x81, 0] + inherited, at: 12)
        case .popVLAN: if self.tagCount > 0 { self.bytes.removeSubrange(12..<16) }
        case .setField(let entry): self.set(entry)
        default: break
        }
    }

    private mutating func push(_ header: Encapsulation) {
        let inner = self.type
        switch header.packetType {
        case 0:
            guard inner >> 16 == 1 else {
                self.stopped = true
                return
            }
            self.bytes =
                [UInt8](repeating: 0, count: 12) + [UInt8(inner >> 8 & 0xff), UInt8(inner & 0xff)] + self.bytes
        case 0x1_894f:
            guard let next = Self.nextProtocols[inner] else {
                self.stopped = true
                return
            }
            var metadata = [UInt8](repeating: 0, count: 16)
            var metadataType: UInt8 = 1
            if header.properties.contains(.serviceHeaderMetadataType(2)) {
                metadataType = 2
                metadata = []
                for case .serviceHeaderContext(let option, let type, let value) in header.properties {
                    metadata += [UInt8(option >> 8), UInt8(option & 0xff), type, UInt8(value.count)] + value
                    while metadata.count % 4 != 0 { metadata.append(0) }
                }
            }
            let first = UInt16(63) << 6 | UInt16((8 + metadata.count) / 4)
            self.bytes =
                [UInt8(first >> 8), UInt8(first & 0xff), metadataType, next, 0, 0, 0, 255] + metadata + self.bytes
        default:
            var entry: [UInt8] = [0, 0, 1, self.isIPv4 ? self.bytes[self.network + 8] : 64]
            if inner != 0, self.isMPLS {
                entry = Array(self.bytes[0..<4])
                entry[2] &= 0xfe
            }
            self.bytes = entry + self.bytes
        }
        self.behind.append(inner)
        self.type = header.packetType
    }

    private mutating func pop(_ wanted: UInt32) {
        let isAny = wanted == Encapsulation.nextProtocolType
        switch self.type {
        case 0:
            guard self.tagCount == 0, isAny || wanted == 0x1_0000 | UInt32(self.etherType) else {
                self.stopped = true
                return
            }
            self.type = 0x1_0000 | UInt32(self.etherType)
            self.bytes.removeSubrange(0..<14)
        case 0x1_894f:
            let number = self.bytes[3]
            guard let next = Self.nextProtocols.first(where: { $0.value == number })?.key, isAny || wanted == next
            else {
                self.stopped = true
                return
            }
            self.bytes.removeSubrange(0..<Int(self.word(0) & 0x3f) * 4)
            self.type = next
        case 0x1_8847:
            guard !isAny else {
                self.stopped = true
                return
            }
            self.bytes.removeSubrange(0..<4)
            self.type = wanted
        default: self.stopped = true
        }
        _ = self.behind.popLast()
    }

    private mutating func setTTL(_ ttl: UInt8) {
        let at = self.network
        let first = self.word(at) & ~(0x3f << 6) | UInt16(ttl) << 6
        self.bytes[at] = UInt8(first >> 8)
        self.bytes[at + 1] = UInt8(first & 0xff)
    }

    private mutating func store(_ entry: MatchEntry, _ place: Int, _ count: Int) {
        for index in 0..<count {
            let shift = UInt128(8 * (count - 1 - index))
            let mask = UInt8(truncatingIfNeeded: entry.mask >> shift)
            let value = UInt8(truncatingIfNeeded: entry.value >> shift)
            self.bytes[place + index] = self.bytes[place + index] & ~mask | value & mask
        }
    }

    private mutating func set(_ entry: MatchEntry) {
        let at = self.network
        switch entry.field {
        case .ethernetSource: if self.type == 0 { self.store(entry, 6, 6) }
        case .ipv4Source:
            guard self.isIPv4 else { return }
            self.store(entry, at + 12, 4)
            var ip = Array(self.bytes[at...])
            TestChecksums.repair(ip: &ip)
            self.bytes.replaceSubrange(at..., with: ip)
        case .mplsLabel:
            guard self.isMPLS else { return }
            let label = entry.value
            self.bytes[at] = UInt8(truncatingIfNeeded: label >> 12)
            self.bytes[at + 1] = UInt8(truncatingIfNeeded: label >> 4)
            self.bytes[at + 2] = self.bytes[at + 2] & 0x0f | UInt8(truncatingIfNeeded: label << 4)
        case .serviceHeaderTTL: if self.isService { self.setTTL(UInt8(truncatingIfNeeded: entry.value)) }
        case .serviceHeaderPathID: if self.isService { self.store(entry, at + 4, 3) }
        case .serviceHeaderIndex: if self.isService { self.store(entry, at + 7, 1) }
        case .serviceHeaderContext2: if self.isService, self.bytes[at + 2] == 1 { self.store(entry, at + 12, 4) }
        default: break
        }
    }
}
