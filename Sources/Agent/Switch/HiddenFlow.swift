package import OpenFlow

/// A flow of the switch's own, above those of controllers, which neither see nor change it.
///
/// All hidden flows send packets the ordinary way (NORMAL).
package struct HiddenFlow: Hashable, Sendable {
    /// What a hidden flow is for.
    ///
    /// Its number is the flow's cookie, by which a listing tells the purpose.
    package enum Purpose: UInt64, CaseIterable, Sendable {
        /// Fail mode standalone, while the controllers are out of reach.
        case standalone = 1
        /// In-band control: the local port asks for an address (DHCP).
        case localAddressRequest
        /// In-band control: the local port is given an address (DHCP).
        case localAddressReply
        /// In-band control: the local port finds its neighbours (ARP, neighbour discovery).
        case localNeighbours
        /// In-band control: the next hop to a controller finds its neighbours (ARP).
        case nextHopNeighbours
        /// In-band control: others find a controller (ARP, neighbour discovery).
        case controllerNeighbours
        /// In-band control: to a controller.
        case toController
        /// In-band control: from a controller.
        case fromController
    }

    /// What it is for.
    package var purpose: Purpose
    /// Which packets.
    package var match: Match

    /// Makes a flow; it is in no table yet.
    package init(_ purpose: Purpose, _ match: Match) {
        self.purpose = purpose
        self.match = match
    }

    /// Above everything that a controller can say (65 535).
    var priority: Int32 { self.purpose == .standalone ? 0xf0_f0f0 : 0xe0_0000 }
}

extension HiddenFlow.Purpose {
    /// A few words for listings.
    package var text: String {
        switch self {
        case .standalone: "fail mode standalone: the controllers are out of reach"
        case .localAddressRequest: "in-band control: DHCP requests of the local port"
        case .localAddressReply: "in-band control: DHCP replies to the local port"
        case .localNeighbours: "in-band control: the local port finds its neighbours"
        case .nextHopNeighbours: "in-band control: the next hop to a controller finds its neighbours"
        case .controllerNeighbours: "in-band control: others find a controller"
        case .toController: "in-band control: to a controller"
        case .fromController: "in-band control: from a controller"
        }
    }
}
