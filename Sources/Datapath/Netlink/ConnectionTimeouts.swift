internal import Glibc

/// The kernel's policies of time-outs for tracked connections (`<linux/netfilter/nfnetlink_cttimeout.h>`).
///
/// A policy of ours is six of the kernel's, one for each address family and protocol, by names that `ct` actions give.
/// A socket per call; any thread, which may wait.
enum ConnectionTimeouts {
    /// `NFNL_SUBSYS_CTNETLINK_TIMEOUT << 8` with IPCTNL_MSG_TIMEOUT_NEW and IPCTNL_MSG_TIMEOUT_DELETE.
    private static let newType: UInt16 = 0x0800
    private static let deleteType: UInt16 = 0x0802
    /// `NLM_F_REPLACE | NLM_F_CREATE`.
    private static let replaceOrCreate: UInt16 = 0x500
    /// CTA_TIMEOUT_NAME, _L3PROTO, _L4PROTO, _DATA.
    private static let nameAttribute: UInt16 = 1
    private static let familyAttribute: UInt16 = 2
    private static let protocolAttribute: UInt16 = 3
    private static let dataAttribute: UInt16 = 4 | 0x8000
    /// How often a policy is tried to be removed that flows on their way out still name, 10 ms apart.
    private static let removalAttempts = 100

    /// Makes or changes a zone's policy.
    static func set(_ policy: ConnectionTimeoutPolicy) throws(DatapathError) {
        do throws(NetlinkError) {
            let socket = try NetlinkRequestSocket(.netfilter)
            for kind in ConnectionTimeoutPolicy.kinds {
                guard
                    let name = ConnectionTimeoutPolicy.name(
                        zone: policy.zone, isIPv6: kind.isIPv6, ipProtocol: kind.ipProtocol)
                else { continue }
                try socket.request(
                    Self.newType, flags: Netlink.flagAcknowledge | Self.replaceOrCreate, family: 0
                ) { writer in
                    writer.attribute(Self.nameAttribute, zeroTerminated: name)
                    writer.bigEndianAttribute(Self.familyAttribute, UInt16(kind.isIPv6 ? 10 : 2))
                    writer.attribute(Self.protocolAttribute, kind.ipProtocol)
                    let data = writer.begin(Self.dataAttribute)
                    for (state, seconds) in policy.seconds.sorted(by: { $0.key.attribute < $1.key.attribute })
                    where state.ipProtocols.contains(kind.ipProtocol) {
                        writer.bigEndianAttribute(state.attribute, seconds)
                    }
                    writer.end(data)
                } visit: { _ in
                }
            }
        } catch {
            throw error.datapathError("set time-outs of connections", missing: .unsupported)
        }
    }

    /// Removes a zone's policy; what is not there is removed already.
    static func remove(_ zone: UInt16) throws(DatapathError) {
        do throws(NetlinkError) {
            let socket = try NetlinkRequestSocket(.netfilter)
            for kind in ConnectionTimeoutPolicy.kinds {
                guard
                    let name = ConnectionTimeoutPolicy.name(
                        zone: zone, isIPv6: kind.isIPv6, ipProtocol: kind.ipProtocol)
                else { continue }
                try Self.remove(name, by: socket)
            }
        } catch {
            throw error.datapathError("remove time-outs of connections", missing: .unsupported)
        }
    }

    private static func remove(_ name: String, by socket: borrowing NetlinkRequestSocket) throws(NetlinkError) {
        for attempt in 1...Self.removalAttempts {
            do throws(NetlinkError) {
                return try socket.request(Self.deleteType, flags: Netlink.flagAcknowledge, family: 0) { writer in
                    writer.attribute(Self.nameAttribute, zeroTerminated: name)
                } visit: { _ in
                }
            } catch {
                if error.errno == ENOENT { return }
                // The kernel lets go of removed flows a little later.
                guard error.errno == EBUSY, attempt < Self.removalAttempts else { throw error }
                usleep(10_000)
            }
        }
    }
}
