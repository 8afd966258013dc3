// Port commands (`enum ovs_vport_cmd`).

/// What the kernel says about a port.
package struct KernelPort: Sendable, Equatable {
    /// Its number within the datapath.
    package var number: UInt32 = 0
    /// `enum ovs_vport_type`.
    package var type: UInt32 = 0
    /// Device name.
    package var name = ""
    /// Counters.
    package var statistics = PortStatistics()

    /// Reads a message of the port family; nil where it makes no sense.
    package init?(_ message: borrowing NetlinkMessage) {
        guard message.isOpenVSwitch else { return nil }
        var reader = message.attributes
        var isNumbered = false
        while reader.advance() {
            switch OpenVSwitch.PortAttribute(rawValue: reader.type) {
            case .number:
                self.number = reader.uint32()
                isNumbered = true
            case .type: self.type = reader.uint32()
            case .name: self.name = reader.text()
            case .statistics where reader.has(64): self.statistics = PortStatistics(reader.payload)
            default: break
            }
        }
        guard !reader.isMalformed, isNumbered else { return nil }
    }

    /// The port in the words that all datapaths share.
    ///
    /// Tunnels, which other programs may have added, count as devices.
    package var port: DatapathPort {
        DatapathPort(
            index: PortIndex(rawValue: self.number), name: self.name,
            kind: self.type == OpenVSwitch.PortType.internal.rawValue ? .internal : .device)
    }
}

extension PortStatistics {
    /// Reads `struct ovs_vport_stats`: 64 bytes, host byte order.
    init(_ bytes: RawSpan) {
        self.init()
        self.receivedPackets = bytes.host64(0)
        self.transmittedPackets = bytes.host64(8)
        self.receivedBytes = bytes.host64(16)
        self.transmittedBytes = bytes.host64(24)
        self.receiveErrors = bytes.host64(32)
        self.transmitErrors = bytes.host64(40)
        self.receiveDropped = bytes.host64(48)
        self.transmitDropped = bytes.host64(56)
    }
}

extension OpenVSwitchClient {
    /// The kernel's word for a kind of port, and the UDP port of a tunnel that has one.
    private static func typeAndPort(of kind: PortKind) -> (OpenVSwitch.PortType, UInt16?) {
        switch kind {
        // The module does not make the devices of these itself.
        case .device, .tunnel(.greIPv6), .tunnel(.greAnyType), .tunnel(.vxlanGenericProtocol): (.device, nil)
        case .internal: (.internal, nil)
        case .tunnel(.gre): (.gre, nil)
        case .tunnel(.vxlan(let port)), .tunnel(.vxlanGroupPolicy(let port)): (.vxlan, port)
        case .tunnel(.geneve(let port)): (.geneve, port)
        }
    }

    /// Adds a port whose upcalls go to the sockets of `portIDs`.
    ///
    /// ENODEV: no such device. EBUSY: the number is taken, or the device is in a bridge or another datapath.
    /// EEXIST: an internal port's name is taken. EINVAL: not an Ethernet device.
    package func addPort(_ request: PortRequest, portIDs: [UInt32]) throws(NetlinkError) -> KernelPort {
        let (type, transportPort) = Self.typeAndPort(of: request.kind)
        let header = self.header(.port, OpenVSwitch.Command.new.rawValue, flags: Netlink.flagEcho)
        let added = try self.request(header) {
            $0.attribute(OpenVSwitch.PortAttribute.type.rawValue, type.rawValue)
            $0.attribute(OpenVSwitch.PortAttribute.name.rawValue, zeroTerminated: request.name)
            if let transportPort {
                let options = $0.begin(OpenVSwitch.PortAttribute.options.rawValue)
                $0.attribute(1, transportPort)
                if case .tunnel(.vxlanGroupPolicy) = request.kind {
                    let extensions = $0.begin(2)
                    $0.flag(1)
                    $0.end(extensions)
                }
                $0.end(options)
            }
            $0.portIDs(portIDs)
            if let index = request.index {
                $0.attribute(OpenVSwitch.PortAttribute.number.rawValue, index.rawValue)
            }
            return true
        } parse: {
            KernelPort($0)
        }
        guard let added else { throw .malformed }
        return added
    }

    /// Removes a port.
    ///
    /// ENODEV where there is none of that number; EINVAL for the local port.
    package func deletePort(_ number: UInt32) throws(NetlinkError) {
        try self.command(self.header(.port, OpenVSwitch.Command.delete.rawValue)) {
            $0.attribute(OpenVSwitch.PortAttribute.number.rawValue, number)
            return true
        }
    }

    /// Sends a port's upcalls to the sockets of `portIDs` from now on.
    package func setPortIDs(_ portIDs: [UInt32], of number: UInt32) throws(NetlinkError) {
        try self.command(self.header(.port, OpenVSwitch.Command.set.rawValue)) {
            $0.attribute(OpenVSwitch.PortAttribute.number.rawValue, number)
            $0.portIDs(portIDs)
            return true
        }
    }

    /// The port of that number.
    ///
    /// ENODEV where there is none.
    package func port(_ number: UInt32) throws(NetlinkError) -> KernelPort {
        let found = try self.request(self.header(.port, OpenVSwitch.Command.get.rawValue)) {
            $0.attribute(OpenVSwitch.PortAttribute.number.rawValue, number)
            return true
        } parse: {
            KernelPort($0)
        }
        guard let found else { throw .malformed }
        return found
    }

    /// All ports of this datapath.
    package func ports() throws(NetlinkError) -> [KernelPort] {
        try self.pool.withChannel { channel throws(NetlinkError) in
            var ports: [KernelPort] = []
            var isMalformed = false
            try channel.dump(self.header(.port, OpenVSwitch.Command.get.rawValue)) { _ in
                true
            } visit: { message in
                if let port = KernelPort(message) { ports.append(port) } else { isMalformed = true }
            }
            if isMalformed { throw .malformed }
            return ports
        }
    }
}

extension NetlinkWriter {
    fileprivate mutating func portIDs(_ portIDs: [UInt32]) {
        let start = self.begin(OpenVSwitch.PortAttribute.upcallPortIDs.rawValue)
        for portID in portIDs { self.host(portID) }
        self.end(start)
    }
}
