package import NetworkTypes

/// MAC addresses for local and patch ports that are the same after every start, and so are datapath ids made of them.
package enum StableAddress {
    /// The address of a patch port: no device name has the slash that keeps it apart from a bridge's.
    package static func address(patchPort: String, hostIdentity: [UInt8]) -> MACAddress {
        self.address(bridge: "patch/\(patchPort)", hostIdentity: hostIdentity)
    }

    /// A unicast, locally administered address made from the host's identity and the bridge's name.
    ///
    /// FNV-1a over both; 46 bits of it are used, so that two of a thousand bridges agree with a chance below 10^-8.
    package static func address(bridge: String, hostIdentity: [UInt8]) -> MACAddress {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in hostIdentity + [0] + Array(bridge.utf8) {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        hash ^= hash >> 29
        let locallyAdministered: UInt64 = 0x0200_0000_0000
        let group: UInt64 = 0x0100_0000_0000
        return MACAddress(rawValue: hash & ~group | locallyAdministered)
    }
}
