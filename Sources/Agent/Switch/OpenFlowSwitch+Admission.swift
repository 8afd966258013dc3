import Datapath
import NetworkTypes
import OpenFlow

// Controllers of which it is not known whether they control.
extension OpenFlowSwitch {
    /// Sends a controller a packet as if it had come in by the local port and matched nothing.
    ///
    /// It is a reverse ARP request for the port's own address (RFC 903), which does no harm wherever it may be sent.
    package func askToTakePart(_ session: ControllerSession, now: MonotonicTime) {
        guard let state = self.sessions[session.identifier] else { return }
        let address = self.localHardwareAddress?.rawValue ?? 0
        let octets = stride(from: UInt64(40), through: 0, by: -8).map { UInt8(truncatingIfNeeded: address >> $0) }
        var packet = [UInt8](repeating: 0xff, count: 6) + octets
        packet += [0x80, 0x35, 0, 1, 0x08, 0x00, 6, 4, 0, 3]
        packet += octets + [0, 0, 0, 0] + octets + [0, 0, 0, 0]
        packet += [UInt8](repeating: 0, count: 60 - packet.count)
        let event = PacketInEvent(
            packet: packet, reason: .tableMiss, table: TableID(rawValue: 0), cookie: .unset, maximumLength: .max,
            controllerID: session.controllerID, inPort: .local)
        guard let reason = self.reason(of: event, for: session) else { return }
        var cache = PacketInCache()
        self.send(event, reason, packet.count, .miss, to: state, &cache, now: now)
    }
}

extension Message {
    /// Whether only those send it who control the switch, or want to.
    var showsControl: Bool {
        switch self {
        case .roleRequest(let request): request.role != .noChange
        default: self.changesState
        }
    }
}
