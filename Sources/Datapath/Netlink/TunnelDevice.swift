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

    /// Makes a device of GRE over IPv6 that gets each packet's outer header with the packet, and sets it up.
    ///
    /// One of that name that is there already is used. `unsupported` where the kernel has no such devices.
    static func makeGREOverIPv6(_ name: String) throws(NetlinkError) {
        let socket = try NetlinkRequestSocket(.route)
        do throws(NetlinkError) {
            try socket.request(
                Self.newType, flags: Netlink.flagAcknowledge | Self.createNew, header: Self.header(isUp: true)
            ) { writer in
                // IFLA_IFNAME, IFLA_MTU.
                writer.attribute(3, zeroTerminated: name)
                writer.attribute(4, Self.maximumTransmissionUnit)
                // IFLA_LINKINFO: IFLA_INFO_KIND, IFLA_INFO_DATA with IFLA_GRE_COLLECT_METADATA.
                let link = writer.begin(18)
                writer.attribute(1, zeroTerminated: "ip6gretap")
                let data = writer.begin(2)
                writer.flag(18)
                writer.end(data)
                writer.end(link)
            } visit: { _ in
            }
        } catch {
            guard error.errno == EEXIST else { throw error }
        }
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
