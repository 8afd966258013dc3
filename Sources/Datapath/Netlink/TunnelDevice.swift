internal import Glibc

/// Devices of tunnels that the kernel's module does not make itself (rtnetlink, `<linux/if_link.h>`).
///
/// A socket per call; any thread, which waits while the kernel makes or removes the device.
enum TunnelDevice {
    /// RTM_NEWLINK and RTM_DELLINK.
    private static let newType: UInt16 = 16
    private static let deleteType: UInt16 = 17
    /// `NLM_F_CREATE | NLM_F_EXCL`.
    private static let createNew: UInt16 = 0x600
    /// The longest payload that such a device is told to take: what a frame is limited by is the way of the tunnel.
    private static let maximumTransmissionUnit: UInt32 = 65_470

    /// Makes a device that gets each packet's outer header with the packet, and sets it up.
    ///
    /// One of that name that is there already is used. `unsupported` where the kernel has no such devices.
    static func make(_ tunnel: TunnelProtocol, named name: String) throws(NetlinkError) {
        let socket = try NetlinkRequestSocket(.route)
        do throws(NetlinkError) {
            try socket.request(
                Self.newType, flags: Netlink.flagAcknowledge | Self.createNew, header: Self.header(isUp: true)
            ) { writer in
                // IFLA_IFNAME, IFLA_MTU.
                writer.attribute(3, zeroTerminated: name)
                writer.attribute(4, Self.maximumTransmissionUnit)
                // IFLA_LINKINFO: IFLA_INFO_KIND, IFLA_INFO_DATA.
                let link = writer.begin(18)
                writer.attribute(1, zeroTerminated: Self.kind(of: tunnel))
                let data = writer.begin(2)
                Self.writeData(of: tunnel, to: &writer)
                writer.end(data)
                writer.end(link)
            } visit: { _ in
            }
        } catch {
            guard error.errno == EEXIST else { throw error }
        }
    }

    /// What the kernel calls such devices: those that carry no Ethernet frames alone have no `tap` in their name.
    private static func kind(of tunnel: TunnelProtocol) -> String {
        switch tunnel {
        case .greIPv6: "ip6gretap"
        case .greAnyType: "gre"
        default: "vxlan"
        }
    }

    private static func writeData(of tunnel: TunnelProtocol, to writer: inout NetlinkWriter) {
        guard case .vxlanGenericProtocol(let port) = tunnel else {
            // IFLA_GRE_COLLECT_METADATA.
            return writer.flag(18)
        }
        // IFLA_VXLAN_LEARNING, _PORT, _UDP_ZERO_CSUM6_RX, _COLLECT_METADATA, _GPE: the last forbids learning.
        writer.attribute(7, UInt8(0))
        writer.bigEndianAttribute(15, port)
        writer.attribute(20, UInt8(1))
        writer.attribute(25, UInt8(1))
        writer.flag(27)
    }

    /// Removes a device; one that is gone is removed already.
    static func remove(_ name: String) throws(NetlinkError) {
        do throws(NetlinkError) {
            try NetlinkRequestSocket(.route).request(
                Self.deleteType, flags: Netlink.flagAcknowledge, header: Self.header(isUp: false)
            ) { writer in
                writer.attribute(3, zeroTerminated: name)
            } visit: { _ in
            }
        } catch {
            guard error.errno == ENODEV else { throw error }
        }
    }

    /// `struct ifinfomsg`: family, type, index, flags, which flags count; IFF_UP is 1.
    private static func header(isUp: Bool) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 16)
        guard isUp else { return header }
        header[8] = 1
        header[12] = 1
        return header
    }
}
