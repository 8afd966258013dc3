internal import Glibc
internal import Synchronization

/// How to open the kernel's datapath.
package struct NetlinkDatapathOptions: Sendable {
    /// Name of the datapath and of its local port's device; agents that run side by side need one each.
    package var name = "ovs-system"
    /// How many threads will receive upcalls, 1–64.
    package var handlerCount: Int
    /// Room in each handler's socket.
    package var upcallBufferBytes = 4 << 20
    /// Whether upcalls go to the handler of the CPU that they arise on, where the kernel can.
    package var dispatchesPerCPU = true
    /// How many processors the kernel may have; it refuses more sockets per port than that.
    package var processorCount: Int
    /// The defaults: a handler per processor, at most eight.
    package init() {
        self.handlerCount = min(8, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        self.processorCount = max(1, sysconf(Int32(_SC_NPROCESSORS_CONF)))
    }
}

/// The kernel's openvswitch module as a datapath.
///
/// One object serves all bridges on the kernel. Requests go over sockets that are lent per call, so calls of
/// different threads run side by side; each handler has a socket of its own for upcalls. Upcalls are dispatched by
/// the CPU that they arise on where the kernel can (Linux 5.15), else by the hash of the packet over all handlers.
package final class NetlinkDatapath: DatapathBackend {
    package let name = "kernel"
    package let capabilities: DatapathCapabilities
    package let isAdopted: Bool

    let client: OpenVSwitchClient
    private let handlers: [UpcallReceiver]
    private let socketsPerPort: Int
    private let lostBefore: UInt64
    private let closed = Atomic<Bool>(false)
    private let malformed = Atomic<UInt64>(0)

    /// Opens the datapath of that name, or makes it.
    ///
    /// A datapath that is there already is adopted as it is, with ports and flows; see ``reconcile(keeping:)``.
    /// `unsupported` where the kernel lacks the module, or flows with names; `notPermitted` without CAP_NET_ADMIN.
    package static func open(
        _ options: NetlinkDatapathOptions = NetlinkDatapathOptions(),
        provider: any NetlinkProvider = KernelNetlink()
    ) throws(DatapathError) -> NetlinkDatapath {
        let operation = "open kernel datapath \(options.name)"
        guard options.name.isDeviceName else {
            throw DatapathError(.invalid, operation: operation, detail: "a name has 1 to 15 bytes, no / and no space")
        }
        do {
            return try NetlinkDatapath(options, provider, operation)
        } catch let error as NetlinkError {
            throw error.datapathError(operation, missing: .unsupported)
        } catch let error as DatapathError {
            throw error
        } catch {
            throw DatapathError(.system, operation: operation)
        }
    }

    private init(
        _ options: NetlinkDatapathOptions, _ provider: any NetlinkProvider, _ operation: String
    ) throws {
        var client = try OpenVSwitchClient(provider)
        self.handlers = try (0..<min(64, max(1, options.handlerCount))).map { _ in
            UpcallReceiver(try provider.open(receiveBufferBytes: options.upcallBufferBytes))
        }
        let portIDs = self.handlers.map(\.portID)
        let found = try client.openOrCreate(options.name, portID: portIDs[0])
        let usable = Array(portIDs.prefix(max(1, options.processorCount)))
        client.interfaceIndex = found.description.interfaceIndex
        self.isAdopted = !found.isNew
        self.lostBefore = found.description.lost
        let isPerCPU: Bool
        do {
            isPerCPU = try client.setUpFeatures(portIDs: usable, perCPU: options.dispatchesPerCPU)
            // With dispatch per CPU a port's own sockets are not used, but must be there.
            self.socketsPerPort = isPerCPU ? 1 : usable.count
            for port in try client.ports() {
                try client.redirect(port.number, to: Self.rotate(portIDs, count: self.socketsPerPort, for: port.name))
            }
        } catch {
            if found.isNew { try? client.deleteDatapath() }
            throw error
        }
        var capabilities = client.probeCapabilities()
        capabilities.perCPUDispatch = isPerCPU
        guard capabilities.identifiers else {
            if found.isNew { try? client.deleteDatapath() }
            throw DatapathError(
                .unsupported, operation: operation, detail: "flows without identifiers; Linux 4.18 or later is needed")
        }
        self.capabilities = capabilities
        self.client = client
    }

    package var handlerCount: Int { self.handlers.count }

    /// The port ids of all handlers' sockets.
    package var handlerPortIDs: [UInt32] { self.handlers.map(\.portID) }

    /// The sockets for the upcalls of a port, where they are not dispatched per CPU.
    func portIDs(forPortNamed name: String) -> [UInt32] {
        Self.rotate(self.handlerPortIDs, count: self.socketsPerPort, for: name)
    }

    /// As many sockets as a port may have, beginning with another one for each port, so that all handlers have some.
    private static func rotate(_ portIDs: [UInt32], count: Int, for name: String) -> [UInt32] {
        let first = name.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xffff }
        return (0..<min(count, portIDs.count)).map { portIDs[(first + $0) % portIDs.count] }
    }

    /// The socket for `userspace` actions of packets that come in by this port.
    func portID(for inPort: UInt32) -> UInt32 {
        self.handlers[Int(inPort % UInt32(self.handlers.count))].portID
    }

    /// After `close` there is no datapath.
    func checkOpen(_ operation: @autoclosure () -> String) throws(DatapathError) {
        guard self.closed.load(ordering: .acquiring) else { return }
        throw DatapathError(.noSuchDatapath, operation: operation(), detail: "closed")
    }

    /// Whether `close` was called.
    var isClosed: Bool { self.closed.load(ordering: .acquiring) }

    /// Counts flows of a dump that made no sense.
    func noteMalformed(_ count: Int) { self.malformed.add(UInt64(count), ordering: .relaxed) }

    /// Messages of the kernel's that made no sense, since the start.
    package var malformedMessages: UInt64 {
        self.handlers.reduce(self.malformed.load(ordering: .relaxed)) { $0 &+ $1.malformedCount }
    }

    // MARK: Upcalls

    package func receiveUpcalls(
        handler: Int, into batch: inout [Upcall], maximum: Int, timeoutMilliseconds: Int?
    ) throws(DatapathError) -> Int {
        try self.checkOpen("receive upcalls")
        guard self.handlers.indices.contains(handler) else {
            throw DatapathError(.invalid, operation: "receive upcalls", detail: "no handler \(handler)")
        }
        do throws(NetlinkError) {
            return try self.handlers[handler].receive(
                into: &batch, maximum: maximum, timeoutMilliseconds: timeoutMilliseconds, client: self.client)
        } catch {
            throw error.datapathError("receive upcalls", missing: .noSuchDatapath)
        }
    }

    package func wakeHandlers() {
        for handler in self.handlers { handler.wake() }
    }

    /// What the kernel counted since this object opened the datapath, or at least how often a socket was seen to
    /// overflow.
    package var upcallsLost: UInt64 {
        let overruns = self.handlers.reduce(0) { $0 &+ $1.overrunCount }
        guard !self.isClosed, let now = try? self.client.datapath().lost, now >= self.lostBefore else {
            return overruns
        }
        return max(overruns, now - self.lostBefore)
    }

    // MARK: End

    package func close(keep: Bool) {
        guard !self.closed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        if !keep {
            let devices = (try? self.client.ports())?.map(\.name).filter(TunnelProtocol.isOwnDevice) ?? []
            try? self.client.deleteDatapath()
            for device in devices { try? TunnelDevice.remove(device) }
        }
        self.client.pool.removeAll()
        self.wakeHandlers()
    }
}

extension OpenVSwitchClient {
    /// The datapath of that name, made where it was missing.
    func openOrCreate(
        _ name: String, portID: UInt32
    ) throws(NetlinkError) -> (description: KernelDatapathDescription, isNew: Bool) {
        do throws(NetlinkError) {
            return (try self.datapath(named: name), false)
        } catch {
            guard error.errno == ENODEV else { throw error }
        }
        do throws(NetlinkError) {
            let made = try self.createDatapath(
                named: name, features: [.unaligned, .portIDsPerPort], portID: portID)
            return (made, true)
        } catch {
            guard error.errno == EEXIST else { throw error }
        }
        // Somebody else made it between the two requests.
        return (try self.datapath(named: name), false)
    }

    /// Sends a port's upcalls to these sockets.
    ///
    /// A port that vanished meanwhile has none.
    func redirect(_ port: UInt32, to portIDs: [UInt32]) throws(NetlinkError) {
        do throws(NetlinkError) {
            try self.setPortIDs(portIDs, of: port)
        } catch {
            guard error.errno == ENODEV else { throw error }
        }
    }

    /// Asks for the features that this program wants; whether the kernel dispatches upcalls per CPU.
    ///
    /// Kernels before 5.15 that do not check features would take that one without acting on it; they are found out by
    /// a feature that does not exist.
    func setUpFeatures(portIDs: [UInt32], perCPU: Bool) throws(NetlinkError) -> Bool {
        let least: OpenVSwitch.UserFeatures = [.unaligned, .portIDsPerPort]
        guard perCPU else {
            try self.setFeatures(least)
            return false
        }
        var checksFeatures = false
        do throws(NetlinkError) {
            try self.setFeatures(least.union(.unknown))
        } catch {
            checksFeatures = error.errno == EOPNOTSUPP || error.errno == EINVAL
            if !checksFeatures { throw error }
        }
        let wanted = least.union(.perCPUDispatch)
        if checksFeatures, (try? self.setFeatures(wanted, portIDs: portIDs)) != nil { return true }
        try self.setFeatures(least)
        return false
    }
}

extension String {
    /// Whether the kernel takes this as the name of a device (dev_valid_name).
    var isDeviceName: Bool {
        (1...15).contains(self.utf8.count) && self != "." && self != ".."
            && self.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") && $0 != 0x7f }
    }
}
