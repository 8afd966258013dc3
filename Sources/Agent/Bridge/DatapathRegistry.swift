package import Datapath
import Logging

/// Which datapath a bridge is to have.
package enum DatapathChoice: String, CaseIterable, Sendable, Hashable {
    /// The kernel's where it is there, else the embedded one.
    case auto
    /// The Linux kernel's openvswitch module.
    case kernel
    /// The datapath inside this process.
    case userspace
}

/// Makes the backends; replaced in tests.
package struct DatapathFactory: Sendable {
    /// Why the kernel's datapath cannot be used, in a few words, or nil where it can.
    package var kernelObstacle: @Sendable () -> String?
    /// Opens or creates the kernel's datapath; ports that an earlier agent left in it and that are none of the
    /// named devices are taken out; flows stay.
    package var makeKernel: @Sendable (_ devices: Set<String>) throws(DatapathError) -> any DatapathBackend
    /// Makes the embedded datapath.
    package var makeUserspace: @Sendable () throws(DatapathError) -> any DatapathBackend

    /// Makes a factory.
    package init(
        kernelObstacle: @escaping @Sendable () -> String?,
        makeKernel: @escaping @Sendable (_ devices: Set<String>) throws(DatapathError) -> any DatapathBackend,
        makeUserspace: @escaping @Sendable () throws(DatapathError) -> any DatapathBackend
    ) {
        self.kernelObstacle = kernelObstacle
        self.makeKernel = makeKernel
        self.makeUserspace = makeUserspace
    }
}

/// The datapaths of the process: one service per kind, shared by all bridges of that kind, made with the first and
/// closed with the last.
///
/// A value, part of what ``SluiceAgent`` guards.
struct DatapathRegistry: Sendable {
    private struct Entry: Sendable {
        var service: DatapathService
        var users: Int
    }

    private let factory: DatapathFactory
    private let loggers: AgentLoggers
    /// The devices that bridges will ask for, of a datapath that is opened.
    var devices: Set<String>
    private var entries: [DatapathChoice: Entry] = [:]
    private var kernelObstacle: String??
    /// How long the megaflows that an earlier agent left go on in a datapath that is opened.
    var restoreWait: Duration
    private var connectionTracking: ConnectionTrackingSettings
    private var megaflows: MegaflowSettings

    /// Makes a registry without datapaths; `devices` are those that bridges will ask for, `restoreWait` is how long
    /// the megaflows that an earlier agent left go on, `connectionTracking` what a datapath that tracks connections is
    /// told when it is opened, `megaflows` how many each may have.
    init(
        factory: DatapathFactory, devices: Set<String>, loggers: AgentLoggers, restoreWait: Duration = .zero,
        connectionTracking: ConnectionTrackingSettings = ConnectionTrackingSettings(),
        megaflows: MegaflowSettings = MegaflowSettings()
    ) {
        self.megaflows = megaflows
        self.restoreWait = restoreWait
        self.connectionTracking = connectionTracking
        self.factory = factory
        self.devices = devices
        self.loggers = loggers
    }

    /// The kind that `choice` comes to on this host; says in one line of the log why `auto` falls back.
    mutating func resolve(_ choice: DatapathChoice) -> DatapathChoice {
        guard choice == .auto else { return choice }
        if self.kernelObstacle == nil {
            let obstacle = self.factory.kernelObstacle()
            self.kernelObstacle = .some(obstacle)
            if let obstacle {
                self.loggers.datapath.notice("no kernel datapath (\(obstacle)): using the embedded one")
            } else {
                self.loggers.datapath.notice("using the kernel datapath")
            }
        }
        return self.kernelObstacle == .some(nil) ? .kernel : .userspace
    }

    /// The running service of that kind; to be given back with ``release(_:keep:)``.
    mutating func acquire(_ kind: DatapathChoice) throws(AgentError) -> DatapathService {
        if var entry = self.entries[kind] {
            entry.users += 1
            self.entries[kind] = entry
            return entry.service
        }
        do throws(DatapathError) {
            let backend = kind == .kernel ? try self.factory.makeKernel(self.devices) : try self.factory.makeUserspace()
            do throws(DatapathError) {
                let service = try DatapathService(
                    backend: backend, flowLimit: FlowLimit(self.megaflows), logger: self.loggers.upcall)
                if backend.isAdopted, self.restoreWait > .zero {
                    service.restoration.begin(until: SystemClock.now() + self.restoreWait)
                    self.loggers.datapath.notice("megaflows of an earlier agent go on until the tables are back")
                } else if backend.isAdopted {
                    try backend.flushFlows()
                }
                if backend.capabilities.connectionTracking {
                    try service.apply(self.connectionTracking)
                } else if self.connectionTracking != ConnectionTrackingSettings() {
                    self.loggers.datapath.warning("ct-limits and ct-timeouts are not for the \(kind.rawValue) datapath")
                }
                try service.start()
                self.entries[kind] = Entry(service: service, users: 1)
                self.loggers.datapath.info("the \(kind.rawValue) datapath is open")
                return service
            } catch {
                // What this process made goes; what it found stays as it was.
                backend.close(keep: backend.isAdopted)
                throw error
            }
        } catch {
            throw Self.agentError(error, kind: kind, obstacle: kind == .kernel ? self.factory.kernelObstacle() : nil)
        }
    }

    /// Bounds the megaflows of every datapath otherwise, those to be opened included.
    mutating func set(_ megaflows: MegaflowSettings) {
        self.megaflows = megaflows
        for entry in self.entries.values { entry.service.set(FlowLimit(megaflows)) }
    }

    /// Sets other limits and time-outs of tracked connections, in datapaths to be opened too.
    mutating func set(_ connectionTracking: ConnectionTrackingSettings) throws(DatapathError) {
        for entry in self.entries.values where entry.service.backend.capabilities.connectionTracking {
            try entry.service.apply(connectionTracking)
        }
        self.connectionTracking = connectionTracking
    }

    /// Gives a service back; with the last bridge its threads end and the datapath is closed.
    mutating func release(_ kind: DatapathChoice, keep: Bool) {
        guard var entry = self.entries[kind] else { return }
        entry.users -= 1
        self.entries[kind] = entry
        guard entry.users <= 0 else { return }
        self.entries[kind] = nil
        entry.service.stop()
        entry.service.backend.close(keep: keep)
        self.loggers.datapath.info("the \(kind.rawValue) datapath is closed\(keep ? ", its ports and flows stay" : "")")
    }

    private static func agentError(_ error: DatapathError, kind: DatapathChoice, obstacle: String?) -> AgentError {
        switch error.code {
        case .notPermitted:
            AgentError(
                .notPermitted,
                "the \(kind.rawValue) datapath needs the capabilities CAP_NET_ADMIN and CAP_NET_RAW "
                    + "(run as root): \(error)"
            )
        case .unsupported, .noSuchDatapath:
            AgentError(.missingDevice, "no \(kind.rawValue) datapath: \(obstacle ?? error.description)")
        default: AgentError(.failed, "the \(kind.rawValue) datapath cannot be opened: \(error)")
        }
    }
}
