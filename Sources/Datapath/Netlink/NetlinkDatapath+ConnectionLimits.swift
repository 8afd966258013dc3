internal import Glibc

extension OpenVSwitch {
    /// Commands of the family of limits (`enum ovs_ct_limit_cmd`).
    enum ConnectionLimitCommand: UInt8 {
        /// Sets limits.
        case set = 1
        /// Removes limits.
        case delete = 2
        /// Reads limits.
        case get = 3
    }

    /// OVS_CT_LIMIT_ATTR_ZONE_LIMIT: an array of `struct ovs_zone_limit`.
    static let zoneLimitsAttribute: UInt16 = 1
    /// `sizeof(struct ovs_zone_limit)`: zone, limit, count, 32 bits each in host byte order.
    static let zoneLimitBytes = 12
    /// OVS_ZONE_LIMIT_DEFAULT_ZONE.
    static let defaultZone: Int32 = -1
}

// Limits of tracked connections by zone (Linux 4.18). They are of the network namespace, not of one datapath.
extension OpenVSwitchClient {
    private static let limitsPerRequest = 1024

    /// The limits of these zones; with none, all that there are.
    func connectionLimits(of zones: [UInt16?]) throws(NetlinkError) -> [ConnectionLimit] {
        try self.request(try self.limitHeader(.get)) { writer in
            if !zones.isEmpty { Self.write(zones.map { ConnectionLimit(zone: $0, limit: 0) }, to: &writer) }
            return true
        } parse: { message -> [ConnectionLimit]? in
            var limits: [ConnectionLimit] = []
            var reader = message.attributes
            while reader.advance() {
                guard reader.type == OpenVSwitch.zoneLimitsAttribute else { continue }
                let bytes = reader.payload
                for start in stride(from: 0, to: bytes.byteCount, by: OpenVSwitch.zoneLimitBytes)
                where start + OpenVSwitch.zoneLimitBytes <= bytes.byteCount {
                    let zone = Int32(bitPattern: bytes.host32(start))
                    limits.append(
                        ConnectionLimit(
                            zone: zone < 0 ? nil : UInt16(truncatingIfNeeded: zone), limit: bytes.host32(start + 4),
                            count: bytes.host32(start + 8)))
                }
            }
            return limits
        } ?? []
    }

    /// Sets limits.
    func setConnectionLimits(_ limits: [ConnectionLimit]) throws(NetlinkError) {
        try self.command(try self.limitHeader(.set)) { writer in
            Self.write(limits, to: &writer)
            return true
        }
    }

    /// Removes the limits of zones, which then have that of zones without one.
    func removeConnectionLimits(of zones: [UInt16]) throws(NetlinkError) {
        try self.command(try self.limitHeader(.delete)) { writer in
            Self.write(zones.map { ConnectionLimit(zone: $0, limit: 0) }, to: &writer)
            return true
        }
    }

    private func limitHeader(_ command: OpenVSwitch.ConnectionLimitCommand) throws(NetlinkError) -> RequestHeader {
        guard self.families[.connectionTrackingLimit] != nil else { throw NetlinkError(errno: EOPNOTSUPP) }
        return self.header(.connectionTrackingLimit, command.rawValue)
    }

    private static func write(_ limits: [ConnectionLimit], to writer: inout NetlinkWriter) {
        let start = writer.begin(OpenVSwitch.zoneLimitsAttribute)
        for limit in limits.prefix(Self.limitsPerRequest) {
            writer.host(limit.zone.map { Int32($0) } ?? OpenVSwitch.defaultZone)
            writer.host(limit.limit)
            writer.host(limit.count)
        }
        writer.end(start)
    }
}

extension NetlinkDatapath {
    /// The limits of these zones; with none, all that there are.
    package func connectionLimits(of zones: [UInt16?]) throws(DatapathError) -> [ConnectionLimit] {
        do throws(NetlinkError) {
            return try self.client.connectionLimits(of: zones)
        } catch {
            throw error.datapathError("read limits of connections", missing: .unsupported)
        }
    }

    /// Sets limits of tracked connections.
    package func setConnectionLimits(_ limits: [ConnectionLimit]) throws(DatapathError) {
        do throws(NetlinkError) {
            try self.client.setConnectionLimits(limits)
        } catch {
            throw error.datapathError("limit connections", missing: .unsupported)
        }
    }

    /// Removes the limits of zones.
    package func removeConnectionLimits(of zones: [UInt16]) throws(DatapathError) {
        do throws(NetlinkError) {
            try self.client.removeConnectionLimits(of: zones)
        } catch {
            throw error.datapathError("remove limits of connections", missing: .unsupported)
        }
    }

    /// Sets the time-outs of a zone's connections.
    package func setConnectionTimeouts(_ policy: ConnectionTimeoutPolicy) throws(DatapathError) {
        guard self.capabilities.connectionTracking else {
            throw DatapathError(.unsupported, operation: "set time-outs of connections")
        }
        try ConnectionTimeouts.set(policy)
    }

    /// Removes the time-outs of a zone's connections, which no megaflow may name any longer.
    package func removeConnectionTimeouts(of zone: UInt16) throws(DatapathError) {
        try ConnectionTimeouts.remove(zone)
    }
}
