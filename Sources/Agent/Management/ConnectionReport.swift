import OpenFlow

/// The answer to `show`: how bridges are connected, in words.
enum ConnectionReport {
    /// Says how bridges are connected.
    static func report(of bridges: [ControlContext.Bridge]) throws(ControlError) -> String {
        var text = ""
        let nowSeconds = Int64(clamping: SystemClock.nanosecondsSince1970() / 1_000_000_000)
        for bridge in bridges {
            text +=
                "Bridge \(bridge.name)\n" + Self.text(try bridge.connections.currentStatus(), nowSeconds: nowSeconds)
        }
        return text
    }

    /// A bridge's status as lines, each indented.
    static func text(_ status: ConnectionStatus, nowSeconds: Int64) -> String {
        var lines = ["  fail mode \(status.failMode.rawValue): \(status.failModeSummary)"]
        for controller in status.controllers {
            lines += Self.lines(controller, kind: "controller", at: status.time)
        }
        for listener in status.listeners {
            lines.append(
                "  listener \(listener.address): \(listener.connections) connections, \(listener.halfOpen) of them "
                    + "without HELLO; refused \(listener.refusedForAddress) for their addresses, "
                    + "\(listener.refusedForRoom) for want of room")
        }
        for peer in status.peers { lines += Self.lines(peer, kind: "peer", at: status.time) }
        if status.peerCount > status.peers.count {
            lines.append("  (\(status.peerCount - status.peers.count) more peers)")
        }
        for recording in status.recordings {
            lines.append("  recording \(recording.path): \(recording.omitted) messages left out")
        }
        for item in status.certificates {
            let left = item.certificate.notAfterSeconds &- nowSeconds
            let rest = left < 0 ? "expired" : "expires in \(left / 86_400) days"
            lines.append("  certificate: \(item.what): \(item.certificate.summary), \(rest)")
        }
        if status.certificateReloads > 0 {
            lines.append("  certificates were renewed \(status.certificateReloads) times")
        }
        return lines.map { "\($0)\n" }.joined()
    }

    private static func lines(_ peer: ConnectionStatus.Peer, kind: String, at now: MonotonicTime) -> [String] {
        let known = peer.statistics
        let since = "for \(now.since(known.lastChange).components.seconds) s"
        var state = "not connected \(since)"
        if known.isConnected {
            state =
                "connected \(since), \(known.version.map { "\($0)" } ?? "no version"), "
                + "role \(peer.role.map { "\($0)" } ?? "none")"
        } else if known.lastChange == .zero {
            state = "not connected"
        }
        var lines = [
            "  \(kind) \(known.peer): \(state)",
            "    attempts \(known.attempts), sessions \(known.sessions), messages \(known.messagesReceived), "
                + "undecodable \(known.messagesUndecodable), bytes sent \(known.bytesSent), "
                + "waiting \(peer.bytesInFlight)",
        ]
        if peer.packetInsDropped.total > 0 { lines.append("    packet-ins dropped: \(peer.packetInsDropped)") }
        if let security = known.security {
            lines.append("    \(security)" + (security.peer.map { ": \($0.summary)" } ?? ""))
        }
        if let error = known.lastError { lines.append("    last error: \(error)") }
        return lines
    }
}
