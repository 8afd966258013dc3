import Datapath

/// What is told of a datapath as a whole, which bridges share: its megaflows, their limits, its upcalls.
enum DatapathReport {
    /// One line for people: how many megaflows there are, how many there may be and how long idle ones stay, and why.
    static func line(of service: DatapathService) -> String {
        let (count, limit) = (service.flows.count, service.flowLimit)
        let idle = limit.idleTimeout(at: count)
        return """
            Datapath \(service.backend.name): \(count) megaflows of at most \(limit.maximum) (\(limit.cause.text)); \
            idle ones go after \(idle.duration.wholeNanoseconds / 1_000_000) ms (\(idle.cause.text)); \
            swept every \(limit.sweepInterval.wholeNanoseconds / 1_000_000) ms; \
            \(service.backend.upcallsLost) upcalls lost

            """
    }

    /// Adds what is counted, for Prometheus.
    static func add(_ service: DatapathService, to metrics: inout MetricsText) {
        let labels = [("datapath", service.backend.name)]
        let (count, limit) = (service.flows.count, service.flowLimit)
        metrics.add("sluice_datapath_flows", .gauge, "Megaflows that are installed.", count, labels)
        metrics.add("sluice_datapath_flow_limit", .gauge, "How many megaflows there may be.", limit.maximum, labels)
        metrics.add(
            "sluice_datapath_idle_timeout_milliseconds", .gauge, "How long an idle megaflow stays.",
            limit.idleTimeout(at: count).duration.wholeNanoseconds / 1_000_000, labels)
        let counters = service.counters
        let named: [(String, String, UInt64)] = [
            ("upcalls_lost", "Upcalls lost for want of room in the datapath.", service.backend.upcallsLost),
            ("upcalls_missed", "Upcalls for packets that matched no megaflow.", counters.misses.count),
            ("upcalls_slow_path", "Upcalls for packets that megaflows send to the slow path.", counters.slowPath.count),
            ("upcalls_sampled", "Upcalls that are samples.", counters.samples.count),
            (
                "upcalls_refused", "Upcalls of no bridge's port, or that nobody here asked for.",
                counters.unknownPorts.count + counters.unknownCookies.count
            ),
            ("receive_failures", "How often upcalls could not be received.", counters.receiveFailures.count),
            ("packets_executed", "Packets handed to the datapath.", counters.executed.count),
            ("packets_refused", "Packets that the datapath refused.", counters.executionFailures.count),
            ("packets_not_rewritten", "Packets that could not be rewritten.", counters.replayFailures.count),
            ("flows_installed", "Megaflows installed.", counters.installed.count),
            ("flows_refused", "Megaflows that the datapath refused.", counters.installFailures.count),
            ("flows_over_limit", "Megaflows not installed for want of room.", counters.installsOverLimit.count),
            ("flows_examined", "Megaflows translated again after a change.", counters.revalidated.count),
            ("flows_repaired", "Megaflows whose actions were replaced.", counters.repaired.count),
            ("flows_invalidated", "Megaflows removed because they no longer held.", counters.invalidated.count),
            ("flows_idle", "Megaflows removed because nothing used them.", counters.idleRemoved.count),
            ("flows_unknown", "Megaflows removed that nobody here had installed.", counters.unknownRemoved.count),
            ("flows_vanished", "Megaflows that the datapath no longer had.", counters.vanished.count),
            (
                "change_failures", "Changes of megaflows that failed and were tried again.",
                counters.revalidationFailures.count
            ),
            ("dump_failures", "How often megaflows could not be listed.", counters.dumpFailures.count),
        ]
        for (name, help, value) in named {
            metrics.add("sluice_datapath_\(name)_total", .counter, help, value, labels)
        }
    }
}

extension FlowLimit.Cause {
    /// The cause in a few words.
    var text: String {
        switch self {
        case .ceiling: "flow-limit"
        case .slowSweep(let flows, let duration):
            "a sweep over \(flows) took \(duration.wholeNanoseconds / 1_000_000) ms"
        case .recovering: "more again after slow sweeps"
        }
    }
}

extension FlowLimit.IdleCause {
    /// The cause in a few words.
    var text: String {
        switch self {
        case .room: "there is room"
        case .nearlyFull: "there is nearly no room"
        case .overLimit: "there are too many"
        }
    }
}
