/// The numbers that the running kernel gave the openvswitch families.
package struct OpenVSwitchFamilies: Sendable {
    private var numbers: [OpenVSwitch.Family: UInt16] = [:]

    /// Asks the kernel.
    ///
    /// ENOENT where the module is not there; families that only newer kernels have may be missing.
    package init(_ provider: any NetlinkProvider) throws(NetlinkError) {
        for family in OpenVSwitch.Family.allCases {
            switch family {
            case .datapath, .port, .flow, .packet: self.numbers[family] = try provider.resolve(family)
            case .meter, .connectionTrackingLimit: self.numbers[family] = try? provider.resolve(family)
            }
        }
    }

    /// The family's number; nil where the kernel does not have it.
    package subscript(_ family: OpenVSwitch.Family) -> UInt16? { self.numbers[family] }
}

/// One kernel datapath: its commands as functions, in the kernel's own terms.
///
/// A value that any thread may use; sockets come from the pool. What the errors mean for a switch is decided above, in
/// ``NetlinkDatapath``.
package struct OpenVSwitchClient: Sendable {
    /// Where sockets come from.
    package let pool: NetlinkChannelPool
    /// The families' numbers.
    package let families: OpenVSwitchFamilies
    /// Interface index of the datapath's local port: the datapath's name in requests; 0 before it is known.
    package var interfaceIndex: Int32 = 0

    /// A client that knows no datapath yet.
    package init(_ provider: any NetlinkProvider) throws(NetlinkError) {
        self.families = try OpenVSwitchFamilies(provider)
        self.pool = NetlinkChannelPool(provider)
    }

    /// The header of a request about this datapath.
    func header(_ family: OpenVSwitch.Family, _ command: UInt8, flags: UInt16 = 0) -> RequestHeader {
        RequestHeader(
            family: self.families[family] ?? 0, version: family.version, command: command, flags: flags,
            datapathInterfaceIndex: self.interfaceIndex)
    }

    /// One request; what `parse` makes of its answer, if it has one.
    func request<Result>(
        _ header: RequestHeader, _ body: @escaping (inout NetlinkWriter) -> Bool,
        parse: (borrowing NetlinkMessage) -> Result?
    ) throws(NetlinkError) -> Result? {
        try self.pool.withChannel { channel throws(NetlinkError) in
            var result: Result?
            var isAdded = false
            let outcomes = channel.exchange {
                isAdded = $0.add(header, body)
            } reply: { _, message in
                result = parse(message)
            }
            guard isAdded else { throw NetlinkError(errno: 90, message: "request too long") }
            if let error = outcomes.first ?? nil { throw error }
            return result
        }
    }

    /// One request whose success is all there is to know.
    func command(_ header: RequestHeader, _ body: @escaping (inout NetlinkWriter) -> Bool) throws(NetlinkError) {
        let _: Bool? = try self.request(header, body) { _ in nil }
    }
}
