/// Requests that travel to the kernel as one datagram and are carried out in order.
package struct NetlinkBatch: ~Copyable {
    /// How many requests one datagram takes: a packet and a flow for each of 64 upcalls.
    ///
    /// More would risk that their answers overflow the receive buffer.
    package static let requestsMaximum = 128
    /// A batch takes no further request beyond this size, so that it fits any socket's send buffer.
    package static let bytesMaximum = 64 * 1024

    private var writer = NetlinkWriter()
    private var starts: [Int] = []
    private var firstSequence: UInt32 = 0
    private let portID: UInt32

    /// An empty batch for the socket of that port id.
    package init(portID: UInt32) { self.portID = portID }

    /// How many requests it holds.
    package var count: Int { self.starts.count }
    /// Whether another request may be added.
    package var hasRoom: Bool { self.starts.count < Self.requestsMaximum && self.writer.count < Self.bytesMaximum }

    /// Empties it; the next request will have the given sequence number, the one after that the next.
    package mutating func removeAll(firstSequence: UInt32) {
        self.writer.removeAll()
        self.starts.removeAll(keepingCapacity: true)
        self.firstSequence = firstSequence
    }

    /// Adds a request whose attributes `body` writes.
    ///
    /// False, and nothing added, where `body` says so or the attributes are too long to be said.
    package mutating func add(
        _ header: RequestHeader, _ body: (inout NetlinkWriter) -> Bool
    ) -> Bool {
        let sequence = self.firstSequence &+ UInt32(truncatingIfNeeded: self.starts.count)
        let start = self.writer.beginMessage(
            family: header.family, flags: Netlink.flagRequest | header.flags, sequence: sequence, portID: self.portID,
            command: header.command, version: header.version,
            datapathInterfaceIndex: header.datapathInterfaceIndex)
        guard body(&self.writer), !self.writer.isOversized else {
            self.writer.truncate(to: start)
            return false
        }
        self.writer.endMessage(start)
        self.starts.append(start)
        return true
    }

    /// Which request has this sequence number.
    package func index(ofSequence sequence: UInt32) -> Int? {
        let index = Int(sequence &- self.firstSequence)
        return index < self.starts.count ? index : nil
    }

    /// Asks for an answer to the last request even when it succeeds: it comes after all other answers.
    package mutating func acknowledgeLast() {
        guard let last = self.starts.last else { return }
        self.writer.addFlags(Netlink.flagAcknowledge, toMessageAt: last)
    }

    /// The datagram.
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try self.writer.withUnsafeBytes(body)
    }
}

/// What stands before a request's attributes.
package struct RequestHeader: Sendable {
    /// Number of the generic netlink family.
    package var family: UInt16
    /// Version of the family.
    package var version: UInt8
    /// Command of the family.
    package var command: UInt8
    /// Flags beside NLM_F_REQUEST.
    package var flags: UInt16
    /// The datapath: interface index of its local port; 0 where an attribute names it.
    package var datapathInterfaceIndex: Int32

    /// Makes a header.
    package init(family: UInt16, version: UInt8, command: UInt8, flags: UInt16 = 0, datapathInterfaceIndex: Int32) {
        self.family = family
        self.version = version
        self.command = command
        self.flags = flags
        self.datapathInterfaceIndex = datapathInterfaceIndex
    }
}
