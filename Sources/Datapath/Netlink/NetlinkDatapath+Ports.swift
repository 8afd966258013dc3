internal import Glibc

/// What ``NetlinkDatapath/reconcile(keeping:)`` did.
package struct PortReconciliation: Sendable, Equatable {
    /// Ports that were wanted and are there.
    package var kept: [DatapathPort] = []
    /// Ports that were not, and are gone.
    package var removed: [DatapathPort] = []
}

extension NetlinkDatapath {
    package func addPort(_ request: PortRequest) throws(DatapathError) -> DatapathPort {
        let operation = "add port \(request.name)"
        try self.checkOpen(operation)
        guard request.name.isDeviceName else {
            throw DatapathError(.invalid, operation: operation, detail: "a name has 1 to 15 bytes, no / and no space")
        }
        var needsDevice = false
        do throws(NetlinkError) {
            if case .tunnel(let tunnel) = request.kind, tunnel.needsDevice {
                needsDevice = true
                try TunnelDevice.make(tunnel, named: request.name)
            }
        } catch {
            throw error.datapathError(operation, missing: .unsupported)
        }
        do throws(NetlinkError) {
            return try self.client.addPort(request, portIDs: self.portIDs(forPortNamed: request.name)).port
        } catch {
            if needsDevice { try? TunnelDevice.remove(request.name) }
            throw self.explain(error, adding: request, operation)
        }
    }

    /// The kernel says EBUSY for a number that is taken, for a device of ours and for a device of somebody else's.
    private func explain(_ error: NetlinkError, adding request: PortRequest, _ operation: String) -> DatapathError {
        guard error.errno == EBUSY || error.errno == EEXIST, let ports = try? self.client.ports() else {
            return error.datapathError(operation, missing: .noSuchDevice)
        }
        if ports.contains(where: { $0.name == request.name }) {
            return DatapathError(
                .exists, operation: operation, errno: error.errno, detail: "it is a port of this datapath already")
        }
        if let index = request.index, let holder = ports.first(where: { $0.number == index.rawValue }) {
            return DatapathError(
                .invalid, operation: operation, errno: error.errno,
                detail: "index \(index.rawValue) is that of port \(holder.name)")
        }
        return error.datapathError(operation, missing: .noSuchDevice)
    }

    package func removePort(_ index: PortIndex) throws(DatapathError) {
        let operation = "remove port \(index.rawValue)"
        try self.checkOpen(operation)
        // A device that was made for the port goes with it.
        let name = try? self.client.port(index.rawValue).name
        do throws(NetlinkError) {
            try self.client.deletePort(index.rawValue)
        } catch {
            throw error.datapathError(operation, missing: .noSuchPort)
        }
        if let name, TunnelProtocol.isOwnDevice(name) { try? TunnelDevice.remove(name) }
    }

    package func ports() throws(DatapathError) -> [DatapathPort] {
        try self.checkOpen("list ports")
        do throws(NetlinkError) {
            return try self.client.ports().map(\.port)
        } catch {
            throw error.datapathError("list ports", missing: .noSuchDatapath)
        }
    }

    package func statistics(of index: PortIndex) throws(DatapathError) -> PortStatistics {
        let operation = "read counters of port \(index.rawValue)"
        try self.checkOpen(operation)
        do throws(NetlinkError) {
            return try self.client.port(index.rawValue).statistics
        } catch {
            // 65 535 is the highest number that the kernel looks for; it calls others invalid.
            throw error.datapathError(operation, missing: .noSuchPort)
        }
    }

    /// Makes an adopted datapath fit: removes all ports but the local one and those named, and every flow unless told
    /// to leave them.
    ///
    /// To be called at start, before any flow is put; what a previous run left and nobody wants is gone afterwards. A
    /// port that cannot be removed ends it with that error; those before it are removed.
    package func reconcile(keeping wanted: Set<String>, flushing: Bool = true) throws(DatapathError)
        -> PortReconciliation
    {
        var result = PortReconciliation()
        for port in try self.ports() where port.index != .local {
            guard !wanted.contains(port.name) else {
                result.kept.append(port)
                continue
            }
            do throws(DatapathError) {
                try self.removePort(port.index)
            } catch {
                // It may have gone with its device, which is as good.
                guard error.code == .noSuchPort else { throw error }
            }
            result.removed.append(port)
        }
        if flushing { try self.flushFlows() }
        return result
    }
}
