import Datapath
import NetworkTypes

// Turns pending changes into datapath actions. Called before every output and packet-in.
extension Translator {
    /// Sends what changed since the last time.
    mutating func commit() {
        guard self.result.error == nil else { return }
        self.commitNewHeader()
        self.replaceServiceHeader()
        self.commitLabels()
        self.commitTags()
        guard !self.pending.isEmpty else { return }
        // What is written back after a group's bucket may be what the packet had: the result then depends on it.
        var pending = self.pending
        self.unwildcard(&pending)
        self.commitMetadata()
        self.commitEthernet()
        if self.key.etherType == 0x0800 {
            self.commitIPv4()
            self.commitTransport()
        } else if self.key.etherType == 0x86dd {
            self.commitIPv6()
            self.commitTransport()
        } else if Self.isARP(self.key) {
            self.commitARP()
        } else if self.key.etherType == ServiceHeader.etherType {
            self.rewriteServiceHeader()
        }
        for word in 0..<FlowKey.wordCount {
            let bits = self.pending.words[word]
            self.rewrittenKey.words[word] = self.rewrittenKey.words[word] & ~bits | self.key.words[word] & bits
            self.rewritten.words[word] |= bits
        }
        self.pending = FlowMask()
    }

    /// Removes and adds tags until the packet's are those that it shall have; inner ones that agree stay.
    private mutating func commitTags() {
        let common = self.tags.commonInnerCount(with: self.committedTags)
        for _ in common..<self.committedTags.count { self.append(.popVLAN) }
        for depth in (0..<(self.tags.count - common)).reversed() {
            let tag = self.tags.tag(depth)
            self.append(.pushVLAN(tpid: tag.tpid, tci: tag.tci))
        }
        self.committedTags = self.tags
    }

    private mutating func commitMetadata() {
        if self.pending.priority != 0 { self.append(.set(.priority(self.key.priority))) }
        let mark = self.pending.packetMark
        if mark != 0 { self.append(.set(.mark(self.key.packetMark & mark, mask: mark))) }
    }

    private mutating func commitEthernet() {
        guard self.pending.ethernetSource | self.pending.ethernetDestination != 0 else { return }
        self.widen(.ethernetSource, .ethernetDestination)
        let source = self.pending.ethernetSource
        let destination = self.pending.ethernetDestination
        self.append(
            .set(
                .ethernet(
                    EthernetFields(
                        source: MACAddress(rawValue: self.key.ethernetSource & source),
                        destination: MACAddress(rawValue: self.key.ethernetDestination & destination)),
                    mask: EthernetFields(
                        source: MACAddress(rawValue: source), destination: MACAddress(rawValue: destination)))))
    }

    private mutating func commitIPv4() {
        guard self.pending.words[35] | self.pendingIP != 0 else { return }
        self.widen(.ipv4Source, .ipv4Destination, .ipTOS, .ipTTL)
        let mask = IPv4Fields(
            source: self.pending.ipv4Source, destination: self.pending.ipv4Destination, tos: self.pending.ipTOS,
            ttl: self.pending.ipTTL)
        self.append(
            .set(
                .ipv4(
                    IPv4Fields(
                        source: self.key.ipv4Source & mask.source,
                        destination: self.key.ipv4Destination & mask.destination, tos: self.key.ipTOS & mask.tos,
                        ttl: self.key.ipTTL & mask.ttl),
                    mask: mask)))
    }

    private mutating func commitIPv6() {
        let addresses =
            self.pending.words[36] | self.pending.words[37] | self.pending.words[38] | self.pending.words[39]
        guard addresses | self.pendingIP | UInt64(self.pending.ipv6FlowLabel) != 0 else { return }
        self.widen(.ipv6Source, .ipv6Destination, .ipv6FlowLabel, .ipTOS, .ipTTL)
        let mask = IPv6Fields(
            source: self.pending.ipv6Source, destination: self.pending.ipv6Destination,
            flowLabel: self.pending.ipv6FlowLabel, trafficClass: self.pending.ipTOS, hopLimit: self.pending.ipTTL)
        self.append(
            .set(
                .ipv6(
                    IPv6Fields(
                        source: self.key.ipv6Source & mask.source,
                        destination: self.key.ipv6Destination & mask.destination,
                        flowLabel: self.key.ipv6FlowLabel & mask.flowLabel,
                        trafficClass: self.key.ipTOS & mask.trafficClass,
                        hopLimit: self.key.ipTTL & mask.hopLimit),
                    mask: mask)))
    }

    /// Pending bits of type of service and time to live.
    private var pendingIP: UInt64 { UInt64(self.pending.ipTOS) | UInt64(self.pending.ipTTL) }

    /// Only reached with a transport header: nothing else can have set these bits (`hasTransportHeader`).
    private mutating func commitTransport() {
        if self.key.ipProtocol == 58 { self.commitNeighbourDiscovery() }
        guard self.pending.transportSource | self.pending.transportDestination != 0 else { return }
        self.widen(.transportSource, .transportDestination)
        let mask = TransportFields(
            source: self.pending.transportSource, destination: self.pending.transportDestination)
        let value = TransportFields(
            source: self.key.transportSource & mask.source,
            destination: self.key.transportDestination & mask.destination)
        switch self.key.ipProtocol {
        case 6: self.append(.set(.tcp(value, mask: mask)))
        case 17: self.append(.set(.udp(value, mask: mask)))
        case 132: self.append(.set(.sctp(value, mask: mask)))
        case 1, 58:
            self.requireControlHeaderRewrite()
            self.append(.set(.icmp(value, mask: mask)))
        default: break
        }
    }

    private mutating func commitARP() {
        guard self.pending.words[35] | self.pending.words[41] | self.pending.words[42] != 0 else { return }
        self.requireControlHeaderRewrite()
        let mask = self.arpFields(of: self.pending, under: FlowMask.exact)
        self.append(.set(.arp(self.arpFields(of: self.key, under: self.pending), mask: mask)))
    }

    private func arpFields(of words: some FlowWordsAccess, under mask: FlowMask) -> ARPFields {
        ARPFields(
            sourceProtocolAddress: words.ipv4Source & mask.ipv4Source,
            targetProtocolAddress: words.ipv4Destination & mask.ipv4Destination,
            operation: words.arpOperation & mask.arpOperation,
            sourceHardwareAddress: MACAddress(
                rawValue: words.arpSourceHardwareAddress & mask.arpSourceHardwareAddress),
            targetHardwareAddress: MACAddress(
                rawValue: words.arpTargetHardwareAddress & mask.arpTargetHardwareAddress))
    }

    private mutating func commitNeighbourDiscovery() {
        let bits = self.pending.words[41] | self.pending.words[42] | self.pending.words[43] | self.pending.words[44]
        guard bits != 0 else { return }
        self.requireControlHeaderRewrite()
        let mask = NeighbourDiscoveryFields(
            target: self.pending.neighbourDiscoveryTarget,
            sourceLinkLayerAddress: MACAddress(rawValue: self.pending.arpSourceHardwareAddress),
            targetLinkLayerAddress: MACAddress(rawValue: self.pending.arpTargetHardwareAddress))
        let value = NeighbourDiscoveryFields(
            target: self.key.neighbourDiscoveryTarget & mask.target,
            sourceLinkLayerAddress: MACAddress(
                rawValue: self.key.arpSourceHardwareAddress & mask.sourceLinkLayerAddress.rawValue),
            targetLinkLayerAddress: MACAddress(
                rawValue: self.key.arpTargetHardwareAddress & mask.targetLinkLayerAddress.rawValue))
        self.append(.set(.neighbourDiscovery(value, mask: mask)))
    }

    /// The kernel cannot rewrite ARP, ICMP and neighbour discovery; the agent then does it for each packet.
    private mutating func requireControlHeaderRewrite() {
        if !self.environment.capabilities.controlHeaderRewrite { self.result.slowPath.insert(.action) }
    }

    /// A datapath without masked rewrites gets whole headers, which the megaflow must then know.
    mutating func widen(_ fields: FlowField...) {
        guard !self.environment.capabilities.maskedSet else { return }
        for field in fields {
            self.unwildcard(field)
            self.pending[field] = UInt128.max
        }
    }
}
