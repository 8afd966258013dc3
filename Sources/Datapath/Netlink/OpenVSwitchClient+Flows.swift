// Flow commands (`enum ovs_flow_cmd`).

/// What the kernel says about a flow.
///
/// Key, mask and actions may have been left out on request.
package struct KernelFlow: Sendable {
    /// The flow; without an identifier (another program's) one is made from key and mask.
    package var flow: DatapathFlow
    /// How many of its actions this program has no word for; they are not in `flow`.
    package var unknownActions = 0

    /// Reads a message of the flow family; nil where it makes no sense.
    package init?(_ message: borrowing NetlinkMessage) {
        guard message.isOpenVSwitch else { return nil }
        self.flow = DatapathFlow(
            identifier: FlowIdentifier(high: 0, low: 0), key: FlowKey(), mask: FlowMask(), actions: [])
        var hasIdentifier = false
        var reader = message.attributes
        while reader.advance() {
            switch OpenVSwitch.FlowAttribute(rawValue: reader.type) {
            case .key:
                self.flow.key.inPort = .max
                guard reader.nested.readFlowWords(&self.flow.key, .key) else { return nil }
            case .mask: guard reader.nested.readFlowWords(&self.flow.mask, .mask) else { return nil }
            case .actions:
                guard let read = reader.nested.readActions() else { return nil }
                self.flow.actions = read.actions
                self.unknownActions = read.unknown
            case .identifier where reader.count == 16:
                self.flow.identifier = FlowIdentifier(
                    high: reader.payload.host64(0), low: reader.payload.host64(8))
                hasIdentifier = true
            default: self.flow.statistics.read(&reader)
            }
        }
        guard !reader.isMalformed else { return nil }
        if self.flow.mask.inPort == 0 { self.flow.key.inPort = 0 }
        self.flow.key.formIntersection(self.flow.mask)
        if !hasIdentifier { self.flow.identifier = FlowIdentifier(key: self.flow.key, mask: self.flow.mask) }
    }
}

extension FlowStatistics {
    /// Takes what the current attribute of a flow says about counters.
    mutating func read(_ reader: inout NetlinkReader) {
        switch OpenVSwitch.FlowAttribute(rawValue: reader.type) {
        case .statistics where reader.has(16):
            self.packets = reader.payload.host64(0)
            self.bytes = reader.payload.host64(8)
        case .used:
            let (nanoseconds, isTooMuch) = reader.uint64().multipliedReportingOverflow(by: 1_000_000)
            self.lastUsed = isTooMuch ? .max : nanoseconds
        case .tcpFlags: self.tcpFlags = UInt16(reader.uint8())
        default: break
        }
    }

    /// The counters in a message of the flow family.
    init(_ message: borrowing NetlinkMessage) {
        self.init()
        var reader = message.attributes
        while reader.advance() { self.read(&reader) }
    }
}

extension NetlinkWriter {
    /// Writes a flow's name.
    mutating func identifier(_ identifier: FlowIdentifier) {
        let start = self.begin(OpenVSwitch.FlowAttribute.identifier.rawValue)
        self.host(identifier.high)
        self.host(identifier.low)
        self.end(start)
    }

    /// Writes a flow as a request to make it or to change its actions; false where its actions nest too deeply.
    mutating func flow(_ flow: borrowing DatapathFlow, portID: UInt32) -> Bool {
        self.identifier(flow.identifier)
        self.keyAndMask(of: flow)
        return self.actions(OpenVSwitch.FlowAttribute.actions.rawValue, flow.actions, portID: portID)
    }
}

extension OpenVSwitchClient {
    /// The request that makes a flow.
    ///
    /// EEXIST where there is one of that name, or another name's for the same packets.
    ///
    /// NLM_F_CREATE makes it so; without, the kernel would silently give the other one these actions.
    var newFlowHeader: RequestHeader {
        self.header(.flow, OpenVSwitch.Command.new.rawValue, flags: Netlink.flagCreate)
    }

    /// The request that changes a flow's actions.
    ///
    /// ENOENT where there is none of that name.
    var setFlowHeader: RequestHeader { self.header(.flow, OpenVSwitch.Command.set.rawValue) }

    /// The request that removes a flow and answers with its last counters.
    var deleteFlowHeader: RequestHeader {
        self.header(.flow, OpenVSwitch.Command.delete.rawValue, flags: Netlink.flagEcho)
    }

    /// The flow of that name.
    ///
    /// ENOENT where there is none.
    package func flow(_ identifier: FlowIdentifier) throws(NetlinkError) -> KernelFlow {
        let found = try self.request(self.header(.flow, OpenVSwitch.Command.get.rawValue)) {
            $0.identifier(identifier)
            return true
        } parse: {
            KernelFlow($0)
        }
        guard let found else { throw .malformed }
        return found
    }

    /// Visits every flow; with `isTerse` only identifiers and counters.
    ///
    /// Flows that make no sense are counted in the result and left out.
    package func forEachFlow(
        isTerse: Bool, _ visit: (borrowing DatapathFlow) -> Void
    ) throws(NetlinkError) -> Int {
        try self.pool.withChannel { channel throws(NetlinkError) in
            var malformed = 0
            try channel.dump(self.header(.flow, OpenVSwitch.Command.get.rawValue)) {
                if isTerse {
                    $0.attribute(
                        OpenVSwitch.FlowAttribute.identifierFlags.rawValue, OpenVSwitch.omitKeyMaskActions)
                }
                return true
            } visit: { message in
                if let found = KernelFlow(message) { visit(found.flow) } else { malformed += 1 }
            }
            return malformed
        }
    }

    /// Removes every flow of this datapath.
    package func flushFlows() throws(NetlinkError) {
        try self.command(self.header(.flow, OpenVSwitch.Command.delete.rawValue)) { _ in true }
    }
}
