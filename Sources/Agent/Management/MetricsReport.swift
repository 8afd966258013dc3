import OpenFlow

/// The answer to `metrics`: what the agent counts, for Prometheus and what reads its format.
///
/// Labels are bridges, configured addresses, classes of packets and certificates: their number does not grow with the
/// peers that come in.
enum MetricsReport {
    /// The metrics of bridges.
    static func report(of bridges: [ControlContext.Bridge]) throws(ControlError) -> String {
        var metrics = MetricsText()
        var services: Set<ObjectIdentifier> = []
        for bridge in bridges where services.insert(ObjectIdentifier(bridge.service)).inserted {
            DatapathReport.add(bridge.service, to: &metrics)
        }
        for bridge in bridges {
            Self.add(try bridge.connections.currentStatus(), bridge: bridge.name, to: &metrics)
            Self.add(bridge.datapath.packetIns.counters, bridge: bridge.name, to: &metrics)
            for (record, packets) in bridge.datapath.drops.contents {
                metrics.add(
                    "sluice_translation_drops_total", .counter, "Packets that translation dropped.", packets,
                    [("bridge", bridge.name), ("table", "\(record.table.rawValue)"), ("cause", record.cause.text)])
            }
        }
        return metrics.text
    }

    /// Adds what is known of a bridge's connections.
    static func add(_ status: ConnectionStatus, bridge: String, to metrics: inout MetricsText) {
        for controller in status.controllers { Self.add(controller, bridge: bridge, to: &metrics) }
        for listener in status.listeners {
            let labels = [("bridge", bridge), ("listener", "\(listener.address)")]
            metrics.add(
                "sluice_listener_connections", .gauge, "Connections that came in and are held.",
                listener.connections, labels)
            metrics.add(
                "sluice_listener_half_open_connections", .gauge, "Those of them that have not said HELLO.",
                listener.halfOpen, labels)
            for (reason, count) in [("address", listener.refusedForAddress), ("room", listener.refusedForRoom)] {
                metrics.add(
                    "sluice_listener_refused_total", .counter, "Peers refused, for their address or for want of room.",
                    count, labels + [("reason", reason)])
            }
        }
        for item in status.certificates {
            metrics.add(
                "sluice_certificate_not_after_seconds", .gauge, "The end of a certificate in use, since 1970.",
                item.certificate.notAfterSeconds,
                [("bridge", bridge), ("certificate", item.what), ("serial", item.certificate.serialNumber)])
        }
        let labels = [("bridge", bridge)]
        metrics.add(
            "sluice_certificate_reloads_total", .counter, "How often certificates and keys were taken in anew.",
            status.certificateReloads, labels)
        for recording in status.recordings {
            metrics.add(
                "sluice_recording_omitted_total", .counter, "Messages left out of a recording.", recording.omitted,
                labels + [("path", recording.path)])
        }
        Self.add(status.counters, labels, to: &metrics)
        let kept: [(String, UInt64)] = [
            ("kept", status.keptPackets.kept), ("used", status.keptPackets.used),
            ("expired", status.keptPackets.expired), ("evicted", status.keptPackets.evicted),
            ("refused", status.keptPackets.refused),
        ]
        for (event, count) in kept {
            metrics.add(
                "sluice_packet_buffers_total", .counter,
                "Packets kept for controllers, and what became of them; refused are those that found no room.",
                count, labels + [("event", event)])
        }
    }

    private static func add(_ peer: ConnectionStatus.Peer, bridge: String, to metrics: inout MetricsText) {
        let known = peer.statistics
        let labels = [("bridge", bridge), ("controller", known.peer)]
        metrics.add(
            "sluice_controller_connected", .gauge, "Whether a session with a configured controller is open.",
            known.isConnected ? 1 : 0, labels)
        metrics.add(
            "sluice_controller_unsent_bytes", .gauge, "Bytes that a controller has not taken yet.",
            peer.bytesInFlight, labels)
        let counters: [(String, String, UInt64)] = [
            ("attempts", "Calls to a controller, answered or not.", known.attempts),
            ("sessions", "Sessions with a controller that reached an agreed version.", known.sessions),
            ("messages_received", "Messages of a controller, handed to the switch.", known.messagesReceived),
            ("messages_undecodable", "Messages of a controller that could not be read.", known.messagesUndecodable),
            ("bytes_sent", "Bytes sent to a controller.", known.bytesSent),
        ]
        for (name, help, value) in counters {
            metrics.add("sluice_controller_\(name)_total", .counter, help, value, labels)
        }
        for packetClass in PacketInClass.allCases {
            metrics.add(
                "sluice_controller_packet_ins_dropped_total", .counter,
                "Packet-ins that a controller did not get: its rate, its queue, its output.",
                peer.packetInsDropped[packetClass], labels + [("class", packetClass.name)])
        }
    }

    /// Adds what the queue of packet-ins has done.
    private static func add(_ queue: PacketInQueue.Counters, bridge: String, to metrics: inout MetricsText) {
        let labels = [("bridge", bridge)]
        metrics.add(
            "sluice_packet_in_queue_total", .counter, "Packet-ins queued for all controllers.", queue.queued, labels)
        for packetClass in PacketInClass.allCases {
            metrics.add(
                "sluice_packet_in_queue_dropped_total", .counter, "Packet-ins dropped before any controller's turn.",
                queue.dropped[packetClass], labels + [("class", packetClass.name)])
        }
    }

    private static func add(_ counters: SwitchCounters, _ labels: [MetricsText.Label], to metrics: inout MetricsText) {
        let named: [(String, String, UInt64)] = [
            ("messages", "Messages handled, of all peers.", counters.messages),
            ("errors", "Errors sent.", counters.errors),
            ("packet_ins", "Packet-ins sent, over all sessions.", counters.packetIns),
            ("packet_ins_unwanted", "Packet-ins that no session wanted.", counters.packetInsUnwanted),
            ("packet_ins_metered", "Packet-ins that the controllers' meter dropped.", counters.packetInsMetered),
            ("asynchronous_dropped", "Messages dropped because an output was full.", counters.asynchronousDropped),
            ("monitor_pauses", "How often flow monitors were paused.", counters.monitorPauses),
            ("inexpressible", "Messages that a session's version cannot say.", counters.inexpressible),
            ("expired_flows", "Flows that timeouts removed.", counters.expiredFlows),
            ("learned_flows_refused", "Flows that packets taught and that were refused.", counters.learnedFlowsRefused),
        ]
        for (name, help, value) in named { metrics.add("sluice_switch_\(name)_total", .counter, help, value, labels) }
    }
}
