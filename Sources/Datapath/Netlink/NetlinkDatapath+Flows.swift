internal import Glibc

extension NetlinkDatapath {
    package func apply(_ operations: [FlowOperation]) -> [FlowOperationResult] {
        var results: [FlowOperationResult] = []
        results.reserveCapacity(operations.count)
        while results.count < operations.count { self.applyBatch(operations, &results) }
        return results
    }

    /// Sends as many of the operations without a result as one datagram takes, and appends their results.
    ///
    /// Flows are asked for as new ones, as nearly all are; those that exist are then changed, in a second datagram.
    private func applyBatch(_ operations: [FlowOperation], _ results: inout [FlowOperationResult]) {
        let first = results.count
        let answers: [Answer]
        do throws(NetlinkError) {
            if self.isClosed { throw NetlinkError(errno: ENODEV, message: "closed") }
            answers = try self.exchange(operations[first...]) { self.add($0, to: &$1) }
        } catch {
            for index in first..<operations.count { results.append(.failed(Self.explain(error, operations[index]))) }
            return
        }
        var existing: [Int] = []
        for (offset, answer) in answers.enumerated() {
            let operation = operations[first + offset]
            if case .put = operation, answer.error?.errno == EEXIST { existing.append(first + offset) }
            results.append(Self.result(of: operation, answer))
        }
        guard !existing.isEmpty else { return }
        let changed = try? self.exchange(existing.map { operations[$0] }[...]) { operation, batch in
            guard case .put(let flow) = operation else { return false }
            return batch.add(self.client.setFlowHeader) { $0.flow(flow, portID: self.portID(for: flow.key.inPort)) }
        }
        for (index, answer) in zip(existing, changed ?? []) {
            results[index] = Self.result(of: operations[index], answer)
            if answer.error?.errno == ENOENT, Self.isDeleted(operations, index, results) { results[index] = .done(nil) }
        }
    }

    /// Whether a later operation of the same batch removed the flow that the one at `index` puts: then it did exist.
    private static func isDeleted(
        _ operations: [FlowOperation], _ index: Int, _ results: [FlowOperationResult]
    ) -> Bool {
        guard case .put(let flow) = operations[index] else { return false }
        return (index + 1..<results.count).contains { later in
            guard case .delete(flow.identifier) = operations[later], case .done = results[later] else { return false }
            return true
        }
    }

    /// What came of one request of a batch.
    private struct Answer {
        /// Whether it could be said at all.
        var isSent = true
        /// The kernel's refusal.
        var error: NetlinkError?
        /// Counters, where the kernel sent them.
        var statistics: FlowStatistics?
    }

    /// Sends as many of the operations as one datagram takes; one answer for each of those.
    private func exchange(
        _ operations: ArraySlice<FlowOperation>, _ add: (FlowOperation, inout NetlinkBatch) -> Bool
    ) throws(NetlinkError) -> [Answer] {
        var answers: [Answer] = []
        /// Which operation each request is.
        var places: [Int] = []
        let outcomes = try self.client.pool.withChannel { channel in
            channel.exchange { batch in
                for operation in operations {
                    guard batch.hasRoom else { break }
                    var answer = Answer()
                    answer.isSent = add(operation, &batch)
                    if answer.isSent { places.append(answers.count) }
                    answers.append(answer)
                }
            } reply: { index, message in
                answers[places[index]].statistics = FlowStatistics(message)
            }
        }
        for (place, outcome) in zip(places, outcomes) { answers[place].error = outcome }
        return answers
    }

    private static func result(of operation: FlowOperation, _ answer: Answer) -> FlowOperationResult {
        guard answer.isSent else { return .failed(Self.tooLarge(operation)) }
        if let error = answer.error { return .failed(Self.explain(error, operation)) }
        guard case .delete = operation else { return .done(nil) }
        return .done(answer.statistics ?? FlowStatistics())
    }

    private func add(_ operation: FlowOperation, to batch: inout NetlinkBatch) -> Bool {
        switch operation {
        case .put(let flow):
            return batch.add(self.client.newFlowHeader) { $0.flow(flow, portID: self.portID(for: flow.key.inPort)) }
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
                packet: execution.packet, key: execution.key, packetHash: execution.packetHash,
                actions: execution.actions,
                portID: self.portID(for: execution.key.inPort))
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
