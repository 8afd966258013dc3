import CLinux
package import NetworkTypes

/// A network interface of the host, as it was when it was asked (netdevice(7), ethtool).
package struct NetworkInterface: Sendable, Hashable {
    /// Its name, 1–15 bytes.
    package var name: String
    /// The kernel's number for it.
    package var index: UInt32
    /// Its Ethernet address; zero for devices that have none.
    package var hardwareAddress: MACAddress
    /// The longest payload of a frame, bytes.
    package var maximumTransmissionUnit: UInt32
    /// Flags of `<net/if.h>` (`IFF_*`).
    package var flags: UInt32
    /// Speed, duplex and modes, where the driver tells.
    package var link: LinkSettings?

    /// What `ETHTOOL_GLINKSETTINGS` tells.
    package struct LinkSettings: Sendable, Hashable {
        /// Speed in Mbit/s; 0 when unknown.
        package var speedMegabits: UInt32
        /// Whether both directions work at once.
        package var isFullDuplex: Bool
        /// Whether the mode was negotiated.
        package var isAutonegotiated: Bool
        /// Bits 0–63 of `ETHTOOL_LINK_MODE_*` that the device can do.
        package var supportedModes: UInt64
        /// Those it offers.
        package var advertisedModes: UInt64
        /// Those the other side offers.
        package var peerModes: UInt64
        /// Kind of connector (`PORT_*`: 0 twisted pair, 3 fibre …).
        package var connector: UInt8
    }

    /// Whether the administrator wants it up (`IFF_UP`).
    package var isUp: Bool { self.flags & UInt32(IFF_UP) != 0 }
    /// Whether it has a carrier (`IFF_RUNNING`).
    package var isRunning: Bool { self.flags & UInt32(IFF_RUNNING) != 0 }

    /// Asks for the interface of that name.
    ///
    /// `noSuchDevice`, `invalid` (name), `system`.
    package init(named name: String) throws(DatapathError) {
        try Self.check(name)
        var raw = clinux_interface()
        try Self.require(clinux_interface_query(name, &raw), "query device \(name)")
        self.name = name
        self.index = raw.index
        self.maximumTransmissionUnit = raw.mtu
        self.flags = raw.flags
        let octets = raw.address
        self.hardwareAddress = MACAddress(octets.0, octets.1, octets.2, octets.3, octets.4, octets.5)
        if raw.has_link_settings != 0 {
            self.link = LinkSettings(
                speedMegabits: raw.speed_megabits, isFullDuplex: raw.is_full_duplex != 0,
                isAutonegotiated: raw.is_autonegotiated != 0, supportedModes: raw.supported,
                advertisedModes: raw.advertised, peerModes: raw.peer, connector: raw.port)
        }
    }

    /// Whether there is an interface of that name.
    package static func exists(_ name: String) -> Bool {
        Self.isValidName(name) && if_nametoindex(name) != 0
    }

    /// The name of the interface with that number, or nil.
    package static func name(of index: UInt32) -> String? {
        var name = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
        guard if_indextoname(index, &name) != nil else { return nil }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Whether the kernel takes `name` for an interface: 1–15 bytes, no slash, colon or white space, not `.`
    /// or `..`.
    package static func isValidName(_ name: String) -> Bool {
        let bytes = name.utf8
        guard (1...15).contains(bytes.count), name != ".", name != ".." else { return false }
        return bytes.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
    }

    /// Sets the administrative state.
    ///
    /// `noSuchDevice`, `notPermitted`, `system`.
    package static func setUp(_ isUp: Bool, of name: String) throws(DatapathError) {
        try Self.check(name)
        let flag = UInt32(IFF_UP)
        let result = clinux_interface_set_flags(name, isUp ? flag : 0, isUp ? 0 : flag)
        try Self.require(result, "set device \(name) \(isUp ? "up" : "down")")
    }

    /// Sets the longest payload of a frame.
    ///
    /// `noSuchDevice`, `notPermitted`, `invalid` (out of the device's range).
    package static func setMaximumTransmissionUnit(_ bytes: UInt32, of name: String) throws(DatapathError) {
        try Self.check(name)
        try Self.require(clinux_interface_set_mtu(name, bytes), "set the MTU of \(name) to \(bytes)")
    }

    /// Sets the Ethernet address.
    ///
    /// `noSuchDevice`, `notPermitted`, `busy` (some devices must be down).
    package static func setHardwareAddress(_ address: MACAddress, of name: String) throws(DatapathError) {
        try Self.check(name)
        let octets = (0..<6).map { address[octet: $0] }
        try Self.require(clinux_interface_set_address(name, octets), "set the address of \(name) to \(address)")
    }

    private static func check(_ name: String) throws(DatapathError) {
        guard Self.isValidName(name) else {
            throw DatapathError(
                .invalid, operation: "use device \(name)",
                detail: "a device name has 1 to 15 bytes without spaces, / or :")
        }
    }

    private static func require(_ result: Int32, _ operation: @autoclosure () -> String) throws(DatapathError) {
        guard result < 0 else { return }
        throw DatapathError(DatapathError.Code(deviceErrno: -result), operation: operation(), errno: -result)
    }
}

extension DatapathError.Code {
    /// What an errno of a call about a device means.
    package init(deviceErrno: Int32) {
        switch deviceErrno {
        case ENODEV, ENXIO, ENOENT: self = .noSuchDevice
        case EPERM, EACCES: self = .notPermitted
        case EBUSY: self = .busy
        case EEXIST: self = .exists
        case EINVAL: self = .invalid
        case ENOMEM, ENOBUFS, ENOSPC, EMFILE, ENFILE: self = .noSpace
        case EOPNOTSUPP, ENOPROTOOPT: self = .unsupported
        default: self = .system
        }
    }
}
