// Datapath commands (`enum ovs_datapath_cmd`).

/// What the kernel says about a datapath.
package struct KernelDatapathDescription: Sendable, Equatable {
    /// Interface index of its local port.
    package var interfaceIndex: Int32 = 0
    /// Name of its local port's device.
    package var name = ""
    /// What it was asked to do differently; empty where an old kernel does not say.
    package var features: OpenVSwitch.UserFeatures = []
    /// Upcalls that it could not deliver since it was made.
    package var lost: UInt64 = 0
    /// Nothing known.
    package init() {}

    /// Reads a message of the datapath family; nil where it makes no sense.
    package init?(_ message: borrowing NetlinkMessage) {
        guard message.isOpenVSwitch else { return nil }
        self.interfaceIndex = message.datapathInterfaceIndex
        var reader = message.attributes
        while reader.advance() {
            switch OpenVSwitch.DatapathAttribute(rawValue: reader.type) {
            case .name: self.name = reader.text()
            case .userFeatures: self.features = OpenVSwitch.UserFeatures(rawValue: reader.uint32())
            case .statistics where reader.has(24): self.lost = reader.payload.host64(16)
            default: break
            }
        }
        guard !reader.isMalformed else { return nil }
    }
}

extension OpenVSwitchClient {
    /// The datapath of that name.
    ///
    /// ENODEV where there is none.
    package func datapath(named name: String) throws(NetlinkError) -> KernelDatapathDescription {
        var header = self.header(.datapath, OpenVSwitch.Command.get.rawValue)
        header.datapathInterfaceIndex = 0
        let found = try self.request(header) {
            $0.attribute(OpenVSwitch.DatapathAttribute.name.rawValue, zeroTerminated: name)
            return true
        } parse: {
            KernelDatapathDescription($0)
        }
        guard let found else { throw .malformed }
        return found
    }

    /// This datapath as it is now.
    package func datapath() throws(NetlinkError) -> KernelDatapathDescription {
        let found = try self.request(self.header(.datapath, OpenVSwitch.Command.get.rawValue)) { _ in
            true
        } parse: {
            KernelDatapathDescription($0)
        }
        guard let found else { throw .malformed }
        return found
    }

    /// Makes a datapath, whose local port's upcalls go to `portID`.
    ///
    /// EEXIST where there is one of that name.
    package func createDatapath(
        named name: String, features: OpenVSwitch.UserFeatures, portID: UInt32
    ) throws(NetlinkError) -> KernelDatapathDescription {
        var header = self.header(.datapath, OpenVSwitch.Command.new.rawValue, flags: Netlink.flagEcho)
        header.datapathInterfaceIndex = 0
        let made = try self.request(header) {
            $0.attribute(OpenVSwitch.DatapathAttribute.name.rawValue, zeroTerminated: name)
            $0.attribute(OpenVSwitch.DatapathAttribute.upcallPortID.rawValue, portID)
            $0.attribute(OpenVSwitch.DatapathAttribute.userFeatures.rawValue, features.rawValue)
            return true
        } parse: {
            KernelDatapathDescription($0)
        }
        guard let made else { throw .malformed }
        return made
    }

    /// Asks this datapath to do things differently; with per-CPU dispatch, to the sockets of `portIDs`.
    ///
    /// EOPNOTSUPP or EINVAL where the kernel does not know a feature.
    package func setFeatures(
        _ features: OpenVSwitch.UserFeatures, portIDs: [UInt32] = []
    ) throws(NetlinkError) {
        try self.command(self.header(.datapath, OpenVSwitch.Command.set.rawValue)) {
            $0.attribute(OpenVSwitch.DatapathAttribute.userFeatures.rawValue, features.rawValue)
            if !portIDs.isEmpty {
                let start = $0.begin(OpenVSwitch.DatapathAttribute.perCPUPortIDs.rawValue)
                for portID in portIDs { $0.host(portID) }
                $0.end(start)
            }
            return true
        }
    }

    /// Removes this datapath with all its ports and flows.
    package func deleteDatapath() throws(NetlinkError) {
        try self.command(self.header(.datapath, OpenVSwitch.Command.delete.rawValue)) { _ in true }
    }
}
