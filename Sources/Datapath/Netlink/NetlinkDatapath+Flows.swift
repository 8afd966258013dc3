internal import Glibc

// Megaflows read from the kernel.
extension NetlinkDatapath {
    package func forEachFlow(_ visit: (borrowing DatapathFlow) -> Void) throws(DatapathError) {
        try self.dumpFlows(isTerse: false, visit)
    }

    package func forEachFlowCounters(
        _ visit: (FlowIdentifier, FlowStatistics) -> Void
    ) throws(DatapathError) {
        try self.dumpFlows(isTerse: true) { visit($0.identifier, $0.statistics) }
    }

    private func dumpFlows(isTerse: Bool, _ visit: (borrowing DatapathFlow) -> Void) throws(DatapathError) {
        try self.checkOpen("list flows")
        do throws(NetlinkError) {
            self.noteMalformed(try self.client.forEachFlow(isTerse: isTerse, visit))
        } catch {
            throw error.datapathError("list flows", missing: .noSuchDatapath)
        }
    }

    package func flow(_ identifier: FlowIdentifier) throws(DatapathError) -> DatapathFlow {
        try self.checkOpen("read flow")
        do throws(NetlinkError) {
            return try self.client.flow(identifier).flow
        } catch {
            throw error.datapathError("read flow", missing: error.errno == ENODEV ? .noSuchDatapath : .noSuchFlow)
        }
    }

    package func flushFlows() throws(DatapathError) {
        try self.checkOpen("flush flows")
        do throws(NetlinkError) {
            try self.client.flushFlows()
        } catch {
            throw error.datapathError("flush flows", missing: .noSuchDatapath)
        }
    }
}

// Connections: those of the network namespace that the datapath is in, which is this process's.
extension NetlinkDatapath {
    /// Forgets tracked connections, those of other users of the kernel's tracker included where the filter means them.
    package func flushConnections(_ filter: ConnectionFilter) throws(DatapathError) -> Int {
        guard self.capabilities.connectionTracking else {
            throw DatapathError(.unsupported, operation: "forget connections")
        }
        return try ConnectionTable.flush(filter)
    }
}
