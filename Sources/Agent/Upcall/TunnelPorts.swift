package import Datapath
package import NetworkTypes
import Synchronization

/// The address of a tunnel's end: IPv6, or IPv4 mapped into it (RFC 4291 §2.5.5.2).
package struct TunnelAddress: Sendable, Hashable {
    /// The address.
    package let rawValue: UInt128
    /// An IPv4 address.
    package init(_ address: IPv4Address) { self.rawValue = 0xffff_0000_0000 | UInt128(address.rawValue) }
    /// An IPv6 address.
    package init(_ address: IPv6Address) { self.rawValue = address.rawValue }
    /// The IPv4 address; nil where it is IPv6.
    package var ipv4: UInt32? { self.rawValue >> 32 == 0xffff ? UInt32(truncatingIfNeeded: self.rawValue) : nil }
}

/// A tunnel as a bridge's port.
package struct TunnelSettings: Sendable, Hashable {
    /// A value that is the port's own, or each packet's.
    package enum Choice<Value: Sendable & Hashable>: Sendable, Hashable {
        /// The port's own: packets that come in have it, packets that go out get it.
        case fixed(Value)
        /// Each packet's: flows match it and set it.
        case flow
    }
    /// Which packets a tunnel carries, and how a bridge sees those without an Ethernet header (`packet_type`, as
    /// ovs-vswitchd.conf.db(5) has it).
    package enum PacketTypes: String, Sendable, Hashable, CaseIterable {
        /// Ethernet frames alone.
        case legacyLayer2 = "legacy_l2"
        /// Packets without an Ethernet header alone: the bridge sees them with one whose addresses are zero, and what
        /// it sends there loses its own.
        case legacyLayer3 = "legacy_l3"
        /// All, as they are: the bridge tells them by their packet type.
        case aware = "ptap"
    }
    /// The protocol.
    package var tunnelProtocol: TunnelProtocol
    /// Which packets it carries; others than Ethernet frames by ``TunnelProtocol/carriesAnyType`` protocols alone.
    package var packetTypes = PacketTypes.legacyLayer2
    /// The other end.
    package var remote: Choice<TunnelAddress>
    /// This end; nil leaves it to the host's routes.
    package var local: TunnelAddress?
    /// The key: VNI or GRE key; nil for none.
    package var key: Choice<UInt64>?

    /// Makes settings.
    package init(
        _ tunnelProtocol: TunnelProtocol, remote: Choice<TunnelAddress>, local: TunnelAddress? = nil,
        key: Choice<UInt64>? = nil
    ) {
        self.tunnelProtocol = tunnelProtocol
        self.remote = remote
        self.local = local
        self.key = key
    }
}

/// A tunnel whose datapath port is there.
package struct TunnelEndpoint: Sendable, Hashable {
    /// What it is.
    package var settings: TunnelSettings
    /// The datapath's port, which other tunnels share.
    package var index: PortIndex
}

extension PortIndex {
    /// Indices from here on, up to patch ports', are tunnels': many share one port of the datapath.
    static let firstTunnel = PortIndex(rawValue: 0xfffe_0000)

    /// Whether it is that of a tunnel, which is never named to a datapath.
    package var isTunnel: Bool {
        self.rawValue >= Self.firstTunnel.rawValue && self.rawValue < Self.firstPatch.rawValue
    }
}

/// The tunnels of one datapath: which share which of its ports, and whose a packet is that came in; any thread.
package final class TunnelPorts: Sendable {
    /// What tells tunnels of one datapath port apart; nil is a wildcard.
    fileprivate struct Selector: Hashable {
        var index: PortIndex
        var packetTypes = TunnelSettings.PacketTypes.legacyLayer2
        var remote: UInt128?
        var local: UInt128?
        var key: UInt64?

        init(_ endpoint: TunnelEndpoint) {
            self.index = endpoint.index
            self.packetTypes = endpoint.settings.packetTypes
            if case .fixed(let address) = endpoint.settings.remote { self.remote = address.rawValue }
            self.local = endpoint.settings.local?.rawValue
            switch endpoint.settings.key {
            case .fixed(let key): self.key = key
            case nil: self.key = 0
            case .flow: break
            }
        }
    }
    private struct State {
        var selectors: [Selector: PortIndex] = [:]
        var endpoints: [PortIndex: TunnelEndpoint] = [:]
        var users: [PortIndex: Int] = [:]
        /// The ports for GRE: the kernel hands an Ethernet frame to that which takes nothing else, where there is one.
        var onlyEthernet: PortIndex?
        var anyType: PortIndex?
    }
    private let state = Mutex(State())

    /// None.
    init() {}

    /// How many tunnels use the port of the datapath.
    func users(of index: PortIndex) -> Int { self.state.withLock { $0.users[index] ?? 0 } }

    /// Adds a tunnel; nil where one of the same peer and key is there already, or every index is taken.
    func add(_ endpoint: TunnelEndpoint) -> PortIndex? {
        self.state.withLock { state in
            let selector = Selector(endpoint)
            guard state.selectors[selector] == nil else { return nil }
            for rawValue in PortIndex.firstTunnel.rawValue..<PortIndex.firstPatch.rawValue {
                let index = PortIndex(rawValue: rawValue)
                guard state.endpoints[index] == nil else { continue }
                state.endpoints[index] = endpoint
                state.selectors[selector] = index
                state.users[endpoint.index, default: 0] += 1
                switch endpoint.settings.tunnelProtocol {
                case .gre: state.onlyEthernet = endpoint.index
                case .greAnyType: state.anyType = endpoint.index
                default: break
                }
                return index
            }
            return nil
        }
    }

    /// Removes a tunnel; returns the port of the datapath if it was the last that used it.
    func remove(_ index: PortIndex) -> PortIndex? {
        self.state.withLock { state in
            guard let endpoint = state.endpoints.removeValue(forKey: index) else { return nil }
            state.selectors[Selector(endpoint)] = nil
            let left = (state.users[endpoint.index] ?? 1) - 1
            guard left == 0 else {
                state.users[endpoint.index] = left
                return nil
            }
            state.users[endpoint.index] = nil
            if state.onlyEthernet == endpoint.index { state.onlyEthernet = nil }
            if state.anyType == endpoint.index { state.anyType = nil }
            return endpoint.index
        }
    }

    /// The tunnel of that index.
    func endpoint(_ index: PortIndex) -> TunnelEndpoint? { self.state.withLock { $0.endpoints[index] } }

    /// The tunnel that a packet came by: the one that says most of it.
    ///
    /// `key` is in the datapath's terms. Peers count more than local addresses, those more than keys.
    func tunnel(for key: borrowing FlowKey) -> PortIndex? {
        let index = PortIndex(rawValue: key.inPort)
        let isIPv4 = key.tunnelIPv4Destination != 0
        let mapped = UInt128(0xffff_0000_0000)
        let remote = isIPv4 ? mapped | UInt128(key.tunnelIPv4Source) : key.tunnelIPv6Source
        let local = isIPv4 ? mapped | UInt128(key.tunnelIPv4Destination) : key.tunnelIPv6Destination
        let identifier = key.tunnelID
        let own = key.packetType == 0 ? TunnelSettings.PacketTypes.legacyLayer2 : .legacyLayer3
        guard local != 0 else { return nil }
        return self.state.withLock { state in
            guard state.users[index] != nil else { return nil }
            for index in [index, index == state.onlyEthernet ? state.anyType : nil] {
                guard let index else { break }
                for choice in 0..<8 {
                    var selector = Selector(index: index)
                    selector.remote = choice & 4 == 0 ? remote : nil
                    selector.local = choice & 2 == 0 ? local : nil
                    selector.key = choice & 1 == 0 ? identifier : nil
                    for packetTypes in [own, .aware] {
                        selector.packetTypes = packetTypes
                        if let found = state.selectors[selector] { return found }
                    }
                }
            }
            return nil
        }
    }
}

extension TunnelPorts.Selector {
    fileprivate init(index: PortIndex) {
        self.index = index
        self.remote = nil
        self.local = nil
        self.key = nil
    }
}
