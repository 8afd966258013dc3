package import NetworkTypes
import OpenFlow

/// A controller that is reached through the bridge's own ports.
package struct InBandRemote: Hashable, Sendable {
    /// Its address.
    package enum Address: Hashable, Sendable {
        /// IPv4.
        case v4(IPv4Address)
        /// IPv6.
        case v6(IPv6Address)
    }
    /// Its address.
    package var address: Address
    /// The port that it listens at.
    package var port: UInt16
    /// The hardware address of the next hop towards it, where it is known.
    package var nextHop: MACAddress?

    /// Makes a description; nil where `host` is a name.
    package init?(host: String, port: UInt16, nextHop: MACAddress? = nil) {
        if let address = IPv4Address(host) {
            self.address = .v4(address)
        } else if let address = IPv6Address(host) {
            self.address = .v6(address)
        } else {
            return nil
        }
        self.port = port
        self.nextHop = nextHop
    }
}

/// Which hidden flows keep controllers in reach that the local port reaches through the bridge itself.
///
/// What Open vSwitch's design document calls in-band control: the switch's own flows carry ARP, DHCP and TCP between
/// the local port and the controllers, above whatever controllers say, so that no flow of theirs cuts them off. They
/// carry the same for other switches behind this one. IPv6 has neighbour discovery in the place of ARP.
package enum InBandControl {
    /// The hidden flows for a bridge whose local port has the address `local`, towards `remotes`.
    package static func flows(local: MACAddress, remotes: [InBandRemote]) -> [HiddenFlow] {
        guard !remotes.isEmpty else { return [] }
        var flows: [HiddenFlow] = []
        func add(_ purpose: HiddenFlow.Purpose, _ entries: [MatchEntry]) {
            let flow = HiddenFlow(purpose, Match(entries))
            if !flows.contains(flow) { flows.append(flow) }
        }
        let hasIPv4 = remotes.contains { if case .v4 = $0.address { true } else { false } }
        let hasIPv6 = remotes.contains { if case .v6 = $0.address { true } else { false } }
        if hasIPv4 {
            add(
                .localAddressRequest,
                [MatchEntry(.inPort, PortNumber.local.rawValue), MatchEntry(.ethernetSource, local.rawValue)]
                    + Self.udp(from: 68, to: 67))
            add(.localAddressReply, [MatchEntry(.ethernetDestination, local.rawValue)] + Self.udp(from: 67, to: 68))
            for entries in Self.arp(of: local) { add(.localNeighbours, entries) }
        }
        if hasIPv6 {
            for type in Self.neighbourDiscovery {
                add(.localNeighbours, [MatchEntry(.ethernetSource, local.rawValue)] + Self.icmpv6(type))
                add(.localNeighbours, [MatchEntry(.ethernetDestination, local.rawValue)] + Self.icmpv6(type))
            }
        }
        for remote in remotes {
            if let nextHop = remote.nextHop {
                for entries in Self.arp(of: nextHop) { add(.nextHopNeighbours, entries) }
            }
            switch remote.address {
            case .v4(let address):
                add(
                    .controllerNeighbours,
                    Self.arp(2) + [MatchEntry(.arpTargetProtocolAddress, address.rawValue)])
                add(
                    .controllerNeighbours,
                    Self.arp(1) + [MatchEntry(.arpSourceProtocolAddress, address.rawValue)])
            case .v6(let address):
                for type in Self.neighbourDiscovery {
                    add(.controllerNeighbours, Self.icmpv6(type) + [MatchEntry(.ipv6Source, address.rawValue)])
                    add(
                        .controllerNeighbours,
                        Self.icmpv6(type) + [MatchEntry(.neighbourDiscoveryTarget, address.rawValue)])
                }
            }
            add(.toController, Self.tcp(remote, source: false))
            add(.fromController, Self.tcp(remote, source: true))
        }
        return flows
    }

    /// Types of ICMPv6 by which neighbours find each other: solicitation and advertisement (RFC 4861 §4.3, §4.4).
    private static let neighbourDiscovery: [UInt8] = [135, 136]

    private static func udp(from source: UInt16, to destination: UInt16) -> [MatchEntry] {
        [
            MatchEntry(.etherType, 0x0800), MatchEntry(.ipProtocol, 17), MatchEntry(.udpSource, source),
            MatchEntry(.udpDestination, destination),
        ]
    }

    private static func arp(_ operation: UInt16) -> [MatchEntry] {
        [MatchEntry(.etherType, 0x0806), MatchEntry(.arpOperation, operation)]
    }

    /// Requests from a neighbour, and replies to it.
    private static func arp(of address: MACAddress) -> [[MatchEntry]] {
        [
            [MatchEntry(.ethernetDestination, address.rawValue)] + Self.arp(2),
            [MatchEntry(.ethernetSource, address.rawValue)] + Self.arp(1),
        ]
    }

    private static func icmpv6(_ type: UInt8) -> [MatchEntry] {
        [MatchEntry(.etherType, 0x86dd), MatchEntry(.ipProtocol, 58), MatchEntry(.icmpv6Type, type)]
    }

    /// TCP to the controller, or from it.
    private static func tcp(_ remote: InBandRemote, source: Bool) -> [MatchEntry] {
        let port = MatchEntry(source ? .tcpSource : .tcpDestination, remote.port)
        switch remote.address {
        case .v4(let address):
            return [
                MatchEntry(.etherType, 0x0800), MatchEntry(.ipProtocol, 6),
                MatchEntry(source ? .ipv4Source : .ipv4Destination, address.rawValue), port,
            ]
        case .v6(let address):
            return [
                MatchEntry(.etherType, 0x86dd), MatchEntry(.ipProtocol, 6),
                MatchEntry(source ? .ipv6Source : .ipv6Destination, address.rawValue), port,
            ]
        }
    }
}
