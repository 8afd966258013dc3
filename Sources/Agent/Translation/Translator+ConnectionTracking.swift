import Datapath
import NetworkTypes
import OpenFlow

// Nicira's ct, nat and ct_clear (ovs-actions(7)): the connection tracker is the datapath's.
extension Translator {
    /// Hands the packet to the connection tracker, and a copy of it back to a table where the action says so.
    mutating func track(_ tracking: ConnectionTracking) {
        guard self.environment.capabilities.connectionTracking else { return self.drop(.connectionTrackingUnavailable) }
        // Other packets have no connections; the kernel passes them through.
        self.commit()
        guard let request = self.request(for: tracking) else { return self.omit(.unsupportedAction) }
        self.append(.connectionTracking(request))
        // A connection that is committed is an effect, even where the packet then goes nowhere.
        if request.commits { self.hasSent = true }
        if let table = tracking.recirculationTable { self.recirculate(to: table) }
    }

    /// Forgets what the tracker said of the packet.
    mutating func clearTracking() {
        guard self.environment.capabilities.connectionTracking else { return self.drop(.connectionTrackingUnavailable) }
        self.commit()
        self.append(.clearConnectionTracking)
        self.key.connectionState = 0
        self.key.connectionProtocol = 0
        self.key.connectionTransportSource = 0
        self.key.connectionTransportDestination = 0
        self.key.connectionZone = 0
        self.key.connectionMark = 0
        self.constant.connectionState = .max
        self.constant.connectionProtocol = .max
        self.constant.connectionTransportSource = .max
        self.constant.connectionTransportDestination = .max
        self.constant.connectionZone = .max
        self.constant.connectionMark = .max
        for word in 14...20 {
            self.key.words[word] = 0
            self.constant.words[word] = .max
        }
    }

    private mutating func request(for tracking: ConnectionTracking) -> ConnectionTrackingRequest? {
        var request = ConnectionTrackingRequest()
        request.commits = tracking.flags.contains(.commit)
        request.forces = tracking.flags.contains(.force)
        switch tracking.zone {
        case .immediate(let zone): request.zone = zone
        case .field(let slice):
            guard let zone = self.read(slice.field, offset: slice.offset, bitCount: slice.bitCount) else { return nil }
            request.zone = UInt16(truncatingIfNeeded: zone)
        }
        switch tracking.helperPort {
        case 0: break
        case 21: request.helper = "ftp"
        case 69: request.helper = "tftp"
        default: return nil
        }
        for action in tracking.actions {
            guard self.apply(action, to: &request) else { return nil }
        }
        if request.commits { request.timeoutPolicy = self.timeoutPolicy(of: request.zone) }
        return request
    }

    /// The policy of time-outs for the packet's connection: the kernel has one for each protocol, which the megaflow
    /// must then know.
    private mutating func timeoutPolicy(of zone: UInt16) -> String {
        guard let zones = self.environment.connectionTimeouts, zones.contains(zone), Self.isIP(self.key) else {
            return ""
        }
        self.unwildcard(.ipProtocol)
        let isIPv6 = self.key.etherType == 0x86dd
        return ConnectionTimeoutPolicy.name(zone: zone, isIPv6: isIPv6, ipProtocol: self.key.ipProtocol) ?? ""
    }

    /// Adds an action within ct; false for one that may not be there.
    private mutating func apply(_ action: Action, to request: inout ConnectionTrackingRequest) -> Bool {
        switch action {
        case .setField(let entry):
            return Self.set(entry.field, value: entry.value, mask: entry.mask, in: &request)
        case .copyField(let copy):
            guard let value = self.read(copy.source, offset: copy.sourceOffset, bitCount: copy.bitCount) else {
                return true
            }
            let ones = UInt128.max >> UInt128(128 - UInt32(min(128, max(1, copy.bitCount))))
            let shift = UInt128(copy.destinationOffset)
            return Self.set(copy.destination, value: value << shift, mask: ones << shift, in: &request)
        case .addressTranslation(let translation):
            request.translation = Self.translation(translation)
            return true
        default: return false
        }
    }

    private static func set(
        _ field: MatchField, value: UInt128, mask: UInt128, in request: inout ConnectionTrackingRequest
    ) -> Bool {
        switch field {
        case .connectionMark:
            let (value, mask) = (UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: mask))
            request.mark = request.mark & ~mask | value & mask
            request.markMask |= mask
        case .connectionLabel:
            request.label = request.label & ~mask | value & mask
            request.labelMask |= mask
        default: return false
        }
        return true
    }

    private static func translation(_ wanted: AddressTranslation) -> ConnectionTrackingRequest.Translation {
        var result = ConnectionTrackingRequest.Translation()
        if wanted.flags.contains(.source) {
            result.direction = .source
        } else if wanted.flags.contains(.destination) {
            result.direction = .destination
        }
        switch wanted.addresses {
        case .unchanged: break
        case .ipv4(let first, let last):
            result.firstAddress = UInt128(first.rawValue)
            result.lastAddress = last.map { UInt128($0.rawValue) } ?? 0
        case .ipv6(let first, let last):
            result.isIPv6 = true
            result.firstAddress = first.rawValue
            result.lastAddress = last?.rawValue ?? 0
        }
        result.firstPort = wanted.ports?.first ?? 0
        result.lastPort = wanted.ports?.last ?? 0
        result.isPersistent = wanted.flags.contains(.persistent)
        result.hashesPort = wanted.flags.contains(.portHash)
        result.randomisesPort = wanted.flags.contains(.portRandom)
        return result
    }
}
