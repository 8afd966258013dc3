internal import Glibc

extension NetlinkDatapath {
    package func apply(_ operations: [FlowOperation]) -> [FlowOperationResult] {
        var results: [FlowOperationResult] = []
        results.reserveCapacity(operations.count)
        while results.count < operations.count { self.applyBatch(operations, &results) }
        return results
    }

    /// Sends as many of the operations without a result as one datagram takes, and appends their results.
    private func applyBatch(_ operations: [FlowOperation], _ results: inout [FlowOperationResult]) {
        let first = results.count
        var end = first
        /// For each operation of this batch, its place among the requests; nil where it could not be written.
        var places: [Int?] = []
        var statistics: [FlowStatistics?] = []
        var outcomes: [NetlinkError?] = []
        do throws(NetlinkError) {
            if self.isClosed { throw NetlinkError(errno: ENODEV, message: "closed") }
            outcomes = try self.client.pool.withChannel { channel in
                channel.exchange { batch in
                    while end < operations.count, batch.hasRoom {
                        let place = batch.count
                        places.append(self.add(operations[end], to: &batch) ? place : nil)
                        end += 1
                    }
                    statistics = Array(repeating: nil, count: batch.count)
                } reply: { index, message in
                    statistics[index] = FlowStatistics(message)
                }
            }
        } catch {
            for index in first..<operations.count { results.append(.failed(Self.explain(error, operations[index]))) }
            return
        }
        for (offset, place) in places.enumerated() {
            let operation = operations[first + offset]
            guard let place else {
                results.append(.failed(Self.tooLarge(operation)))
                continue
            }
            if let error = outcomes[place] {
                results.append(.failed(Self.explain(error, operation)))
            } else if case .delete = operation {
                results.append(.done(statistics[place] ?? FlowStatistics()))
            } else {
                results.append(.done(nil))
            }
        }
    }

    private func add(_ operation: FlowOperation, to batch: inout NetlinkBatch) -> Bool {
        switch operation {
        case .put(let flow):
            return batch.add(self.client.putFlowHeader) { $0.flow(flow, portID: self.portID(for: flow.key.inPort)) }
        case .delete(let identifier):
            return batch.add(self.client.deleteFlowHeader) {
                $0.identifier(identifier)
                $0.attribute(OpenVSwitch.FlowAttribute.identifierFlags.rawValue, OpenVSwitch.omitKeyMaskActions)
                return true
            }
        }
    }

    private static func tooLarge(_ operation: FlowOperation) -> DatapathError {
        DatapathError(
            .noSpace, operation: Self.describe(operation),
            detail: "the actions nest deeper than \(NetlinkWriter.actionNestingMaximum) or exceed 64 KiB")
    }

    private static func explain(_ error: NetlinkError, _ operation: FlowOperation) -> DatapathError {
        let text = Self.describe(operation)
        guard case .put = operation, error.errno == ENOENT || error.errno == EEXIST else {
            return error.datapathError(text, missing: error.errno == ENODEV ? .noSuchDatapath : .noSuchFlow)
        }
        return DatapathError(
            .exists, operation: text, errno: error.errno, detail: "another megaflow matches such packets already")
    }

    private static func describe(_ operation: FlowOperation) -> String {
        switch operation {
        case .put: "put flow"
        case .delete: "delete flow"
        }
    }

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

    package func execute(_ executions: [PacketExecution]) -> [DatapathError?] {
        var results: [DatapathError?] = []
        results.reserveCapacity(executions.count)
        while results.count < executions.count { self.executeBatch(executions, &results) }
        return results
    }

    /// Sends as many of the executions without a result as one datagram takes, and appends their results.
    private func executeBatch(_ executions: [PacketExecution], _ results: inout [DatapathError?]) {
        let first = results.count
        var end = first
        var places: [Int?] = []
        var outcomes: [NetlinkError?] = []
        do throws(NetlinkError) {
            if self.isClosed { throw NetlinkError(errno: ENODEV, message: "closed") }
            outcomes = try self.client.pool.withChannel { channel in
                channel.exchange { batch in
                    while end < executions.count, batch.hasRoom {
                        let place = batch.count
                        places.append(self.add(executions[end], to: &batch) ? place : nil)
                        end += 1
                    }
                } reply: { _, _ in
                }
            }
        } catch {
            let failure: DatapathError? = error.datapathError("execute packet", missing: .noSuchDatapath)
            results.append(contentsOf: repeatElement(failure, count: executions.count - first))
            return
        }
        for place in places {
            guard let place else {
                results.append(
                    DatapathError(.noSpace, operation: "execute packet", detail: "packet or actions exceed 64 KiB"))
                continue
            }
            results.append(outcomes[place].map { $0.datapathError("execute packet", missing: .noSuchDatapath) })
        }
    }

    private func add(_ execution: PacketExecution, to batch: inout NetlinkBatch) -> Bool {
        batch.add(self.client.executeHeader) {
            $0.execution(
                packet: execution.packet, key: execution.key, actions: execution.actions,
                portID: self.portID(for: execution.key.inPort))
        }
    }
}
