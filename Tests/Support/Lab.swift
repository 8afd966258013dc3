import Foundation
private import Glibc
import Synchronization

/// The datapath that a lab's switch uses.
package enum LabDatapath: String, Sendable, CaseIterable, CustomStringConvertible {
    /// The embedded datapath, `--datapath userspace`.
    case embedded = "userspace"
    /// The kernel's openvswitch module, `--datapath kernel`.
    case kernel

    /// What can be tested where this process runs: the kernel's in the guest, the embedded one elsewhere.
    ///
    /// The host's tests start the guest, so that one run covers both (``UserModeLinux``).
    package static let here: [LabDatapath] = UserModeLinux.isGuest ? [.kernel] : [.embedded]

    package var description: String { self.rawValue }
}

/// A laboratory: a switch in a network namespace, hosts in namespaces of their own, a virtual cable to each.
///
/// Host n has the address 10.0.0.n/24 and the hardware address 02:00:00:00:00:0n on its device `eth0`; the
/// other end of its cable is the device `eth`n in the switch's namespace. IPv6 is off everywhere, so nothing
/// speaks unasked. Exists during ``with(_:hosts:_:)``; everything is removed afterwards, also when the test failed.
package final class Lab: Sendable {
    /// A host: its namespace, address and hardware address.
    package struct Host: Sendable {
        /// Where it lives.
        package let namespace: NetworkNamespace
        /// 1 for the first, as are the port of the switch and the last octet of the address.
        package let number: Int
        /// Its IPv4 address.
        package var address: String { "10.0.0.\(self.number)" }
        /// Its hardware address.
        package var hardwareAddress: String { "02:00:00:00:00:0\(self.number)" }
    }

    private static let count = Mutex(0)
    private static let leftOverRemoved: Void = NetworkNamespace.removeLeftOver()

    /// The datapath that ``startSwitch(_:)`` asks for.
    package let datapath: LabDatapath
    /// Where the switch, its controllers and ovs-ofctl run.
    package let switchNamespace: NetworkNamespace
    /// The hosts, host 1 first.
    package let hosts: [Host]
    /// An empty folder for whatever the test writes; removed with the lab.
    package let folder: String
    private let processes = Mutex<[ChildProcess]>([])

    /// Builds a lab, runs `body` in it on a thread that may block, and takes it down.
    package static func with<Result: Sendable>(
        _ datapath: LabDatapath, hosts: Int = 2, _ body: @Sendable (Lab) async throws -> Result
    ) async throws -> Result {
        try await LabGate.shared.pass {
            let lab = try Lab(datapath, hosts: hosts)
            do {
                let result = try await body(lab)
                try lab.takeDown()
                return result
            } catch {
                let said = lab.processes.withLock { $0 }.map { "--- \($0.commandLine)\n\($0.output.suffix(6000))" }
                try? lab.takeDown()
                throw LabError.other("\(error)\n\(said.joined(separator: "\n"))")
            }
        }
    }

    private init(_ datapath: LabDatapath, hosts: Int) throws(LabError) {
        guard geteuid() == 0 else { throw .other("the laboratory makes network namespaces: run the tests as root") }
        _ = Self.leftOverRemoved
        let number = Self.count.withLock { count in
            count += 1
            return count
        }
        self.datapath = datapath
        self.switchNamespace = NetworkNamespace(lab: number, role: "switch")
        self.hosts = (1..<(hosts + 1)).map {
            Host(namespace: NetworkNamespace(lab: number, role: "h\($0)"), number: $0)
        }
        self.folder = NSTemporaryDirectory() + "sluice-lab-\(getpid())-\(number)"
        do {
            try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
        } catch {
            throw .other("cannot make \(self.folder): \(error)")
        }
        do {
            try self.build()
        } catch {
            self.removeNamespaces()
            throw error
        }
    }

    private func build() throws(LabError) {
        var script = ""
        for namespace in [self.switchNamespace] + self.hosts.map(\.namespace) {
            script += """
                ip netns add \(namespace.name)
                ip -n \(namespace.name) link set lo up
                ip netns exec \(namespace.name) sh -c 'for f in all default; do
                  [ ! -e /proc/sys/net/ipv6/conf/$f ] || echo 1 >/proc/sys/net/ipv6/conf/$f/disable_ipv6; done'

                """
        }
        for host in self.hosts { script += self.cable(to: host) }
        try Command.require(["sh", "-ec", script])
        for host in self.hosts { try self.awaitCarrier(host) }
    }

    private func cable(to host: Host) -> String {
        let (inside, outside) = (host.namespace.name, self.switchNamespace.name)
        return """
            ip -n \(outside) link add eth\(host.number) type veth peer name eth0 netns \(inside)
            ip -n \(inside) link set eth0 address \(host.hardwareAddress) up
            ip -n \(inside) address add \(host.address)/24 dev eth0
            ip -n \(outside) link set eth\(host.number) up

            """
    }

    /// Plugs in the cable to `host` anew, after ``unplug(_:)``.
    package func plug(_ host: Host) throws(LabError) {
        try Command.require(["sh", "-ec", self.cable(to: host)])
        try self.awaitCarrier(host)
    }

    /// Waits until both ends of a new cable carry: the kernel lets go what is sent before, for as long as it likes.
    private func awaitCarrier(_ host: Host) throws(LabError) {
        let ends = [(self.switchNamespace, "eth\(host.number)"), (host.namespace, "eth0")]
        do {
            try eventually("the cable to \(host.namespace.name) carries") {
                try ends.allSatisfy { namespace, device in
                    try Command.run(["ip", "-o", "-n", namespace.name, "link", "show", device]).output
                        .contains("state UP")
                } ? true : nil
            }
        } catch {
            throw error as? LabError ?? .other("\(error)")
        }
    }

    /// Removes the cable to `host`: the switch's device is gone.
    package func unplug(_ host: Host) throws(LabError) {
        try Command.require(["ip", "-n", self.switchNamespace.name, "link", "delete", "eth\(host.number)"])
    }

    /// Starts a program, in a namespace where one is given; it is ended with the lab.
    package func start(
        _ arguments: [String], in namespace: NetworkNamespace? = nil, environment: [String: String] = [:]
    ) throws(LabError) -> ChildProcess {
        let process = try ChildProcess(namespace?.command(arguments) ?? arguments, environment: environment)
        self.processes.withLock { $0.append(process) }
        return process
    }

    /// Runs a program in `namespace` to its end.
    package func run(
        _ arguments: [String], in namespace: NetworkNamespace, seconds: Double = Give.up
    ) throws(LabError) -> Command {
        try Command.run(namespace.command(arguments), seconds: seconds)
    }

    /// Pings `target` from `host` `count` times, and says whether every echo was answered.
    package func ping(from host: Host, to target: Host, count: Int = 3) throws(LabError) -> Bool {
        let arguments = ["ping", "-n", "-q", "-c", "\(count)", "-i", "0.2", "-W", "20", target.address]
        return try self.run(arguments, in: host.namespace).output.contains(" \(count) received")
    }

    private func takeDown() throws(LabError) {
        defer { self.removeNamespaces() }
        var failure: LabError?
        for process in self.processes.withLock({ $0 }).reversed() {
            do {
                let status = try process.stop()
                guard process.commandLine.contains(Repository.sluice), status != .exited(0),
                    status != .killed(SIGKILL)
                else { continue }
                failure = .failed(command: process.commandLine, status: status, output: process.output)
            } catch {
                failure = error
            }
            if ProcessInfo.processInfo.environment["SLUICE_LAB_VERBOSE"] != nil {
                print("--- \(process.commandLine)\n\(process.output)")
            }
        }
        if let failure { throw failure }
    }

    private func removeNamespaces() {
        for namespace in self.hosts.map(\.namespace) + [self.switchNamespace] { try? namespace.remove() }
        try? FileManager.default.removeItem(atPath: self.folder)
    }
}
