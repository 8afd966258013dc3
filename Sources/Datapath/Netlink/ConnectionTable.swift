internal import Glibc

/// The kernel's table of tracked connections (ctnetlink, `<linux/netfilter/nfnetlink_conntrack.h>`).
///
/// A socket per call; any thread, which waits while the kernel lists the table.
package enum ConnectionTable {
    /// A connection of the kernel's, as far as a filter asks.
    package struct Entry: Sendable, Hashable {
        /// The zone; 0 where none is said.
        package var zone: UInt16 = 0
        /// The IP protocol.
        package var ipProtocol: UInt8 = 0
        /// Whether its addresses are IPv6.
        package var isIPv6 = false
        /// The direction of its first packet.
        package var original = ConnectionFilter.Tuple()
        /// The other direction.
        package var reply = ConnectionFilter.Tuple()
        /// The mark.
        package var mark: UInt32 = 0
        /// The label.
        package var label: UInt128 = 0
        /// The original direction in the kernel's own form, by which it is named.
        package var name: [UInt8] = []
        /// Nothing known.
        package init() {}

        /// Whether a filter means it.
        package func isMeant(by filter: ConnectionFilter) -> Bool {
            (filter.zone ?? self.zone) == self.zone && (filter.ipProtocol ?? self.ipProtocol) == self.ipProtocol
                && (filter.isIPv6 ?? self.isIPv6) == self.isIPv6 && filter.original.matches(self.original)
                && filter.reply.matches(self.reply) && (self.mark ^ filter.mark) & filter.markMask == 0
                && (self.label ^ filter.label) & filter.labelMask == 0
        }
    }

    /// `NFNL_SUBSYS_CTNETLINK << 8` with IPCTNL_MSG_CT_GET and IPCTNL_MSG_CT_DELETE.
    private static let getType: UInt16 = 0x0101
    private static let deleteType: UInt16 = 0x0102
    /// How many connections one call removes at most.
    private static let removedMaximum = 1_000_000

    /// Forgets the connections that a filter means; returns how many there were.
    ///
    /// `unsupported` where the kernel tracks none, `notPermitted`, `system`.
    package static func flush(_ filter: ConnectionFilter) throws(DatapathError) -> Int {
        let operation = "forget connections"
        do throws(NetlinkError) {
            let socket = try NetlinkRequestSocket(.netfilter)
            var meant: [Entry] = []
            try socket.request(Self.getType, flags: Netlink.flagDump, family: 0) { _ in
            } visit: { message in
                guard meant.count < Self.removedMaximum, let entry = Self.entry(message), entry.isMeant(by: filter)
                else {
                    return
                }
                meant.append(entry)
            }
            var removed = 0
            for entry in meant {
                if try Self.delete(entry, by: socket) { removed += 1 }
            }
            return removed
        } catch {
            throw error.datapathError(operation, missing: .unsupported)
        }
    }

    /// False where the connection ended meanwhile.
    private static func delete(_ entry: Entry, by socket: borrowing NetlinkRequestSocket) throws(NetlinkError) -> Bool {
        do throws(NetlinkError) {
            try socket.request(
                Self.deleteType, flags: Netlink.flagAcknowledge, family: entry.isIPv6 ? 10 : 2
            ) { writer in
                let tuple = writer.begin(0x8001)
                writer.raw(entry.name)
                writer.end(tuple)
                writer.bigEndianAttribute(18, entry.zone)
            } visit: { _ in
            }
            return true
        } catch {
            guard error.errno == ENOENT else { throw error }
            return false
        }
    }

    /// Reads a message about a connection; nil where it makes no sense.
    package static func entry(_ message: borrowing NetlinkMessage) -> Entry? {
        guard message.bytes.byteCount >= 20 else { return nil }
        var entry = Entry()
        entry.isIPv6 = message.bytes.byte(16) == 10
        var reader = NetlinkReader(message.bytes.extracting(20..<message.bytes.byteCount))
        while reader.advance() {
            switch reader.type {
            case 1:
                entry.name = reader.array()
                guard Self.read(reader.nested, into: &entry.original, &entry.ipProtocol) else { return nil }
            case 2:
                guard Self.read(reader.nested, into: &entry.reply, &entry.ipProtocol) else { return nil }
            case 8: entry.mark = reader.big32()
            case 18: entry.zone = reader.big16()
            case 22:
                // In the machine's order, the lowest bit first.
                let bytes = reader.array()
                for (index, byte) in bytes.prefix(16).enumerated() {
                    entry.label |= UInt128(byte) << UInt128(8 * index)
                }
            default: break
            }
        }
        return reader.isMalformed || entry.name.isEmpty ? nil : entry
    }

    /// One direction: nested addresses (1) and protocol (2).
    private static func read(
        _ attributes: consuming NetlinkReader, into tuple: inout ConnectionFilter.Tuple, _ ipProtocol: inout UInt8
    ) -> Bool {
        var reader = attributes
        while reader.advance() {
            var nested = reader.nested
            while nested.advance() {
                switch (reader.type, nested.type) {
                case (1, 1): tuple.source = 0xffff_0000_0000 | UInt128(nested.big32())
                case (1, 2): tuple.destination = 0xffff_0000_0000 | UInt128(nested.big32())
                case (1, 3): tuple.source = nested.big128()
                case (1, 4): tuple.destination = nested.big128()
                case (2, 1): ipProtocol = nested.uint8()
                case (2, 2), (2, 4), (2, 7): tuple.sourcePort = nested.big16()
                case (2, 3): tuple.destinationPort = nested.big16()
                case (2, 5), (2, 8): tuple.icmpType = nested.uint8()
                case (2, 6), (2, 9): tuple.icmpCode = nested.uint8()
                default: break
                }
            }
            guard !nested.isMalformed else { return false }
        }
        return !reader.isMalformed
    }
}
