internal import Glibc

// Work for the kernel, many packets and changes of flows to a datagram.
extension NetlinkDatapath {
    package func apply(_ operations: [FlowOperation]) -> [FlowOperationResult] {
        self.perform([], operations).applied
    }

    package func execute(_ executions: [PacketExecution]) -> [DatapathError?] {
        self.perform(executions, []).executed
    }

    package func perform(
        _ executions: [PacketExecution], _ operations: [FlowOperation]
    ) -> (executed: [DatapathError?], applied: [FlowOperationResult]) {
        var executed: [DatapathError?] = []
        executed.reserveCapacity(executions.count)
        var applied: [FlowOperationResult] = []
        applied.reserveCapacity(operations.count)
        while executed.count < executions.count || applied.count < operations.count {
            let first = applied.count
            let answers: Answers
            do throws(NetlinkError) {
                if self.isClosed { throw NetlinkError(errno: ENODEV, message: "closed") }
                answers = try self.exchange(executions[executed.count...], operations[first...])
            } catch {
                let failure: DatapathError? = error.datapathError("execute packet", missing: .noSuchDatapath)
                executed += repeatElement(failure, count: executions.count - executed.count)
                applied += operations[first...].map { .failed(Self.explain(error, $0)) }
                break
            }
            executed += answers.executions.map(Self.failure)
            for (operation, answer) in zip(operations[first...], answers.operations) {
                applied.append(Self.result(of: operation, answer))
            }
            self.changeExisting(operations, answers.operations, from: first, &applied)
        }
        return (executed, applied)
    }

    /// Changes the flows that could not be made because they exist, in a second datagram: flows are asked for as new
    /// ones, as nearly all are.
    ///
    /// `answers` are those to the operations from `first` on.
    private func changeExisting(
        _ operations: [FlowOperation], _ answers: ArraySlice<Answer>, from first: Int,
        _ results: inout [FlowOperationResult]
    ) {
        var existing: [Int] = []
        for (index, answer) in zip(first..., answers) where answer.error?.errno == EEXIST {
            if case .put = operations[index] { existing.append(index) }
        }
        guard !existing.isEmpty else { return }
        let changed = try? self.exchange([], existing.map { operations[$0] }[...], flowsExist: true)
        for (index, answer) in zip(existing, changed?.operations ?? []) {
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

    /// What came of a datagram's requests.
    private struct Answers {
        var all: [Answer] = []
        /// How many of them are executions', which come first.
        var executionCount = 0
        var executions: ArraySlice<Answer> { self.all[..<self.executionCount] }
        var operations: ArraySlice<Answer> { self.all[self.executionCount...] }
    }

    /// Sends as many of the packets, then of the operations, as one datagram takes; one answer for each of those.
    private func exchange(
        _ executions: ArraySlice<PacketExecution>, _ operations: ArraySlice<FlowOperation>, flowsExist: Bool = false
    ) throws(NetlinkError) -> Answers {
        var answers = Answers()
        answers.all.reserveCapacity(min(executions.count + operations.count, NetlinkBatch.requestsMaximum))
        /// Whose each request is.
        var places: [Int] = []
        func note(_ isSent: Bool) {
            if isSent { places.append(answers.all.count) }
            answers.all.append(Answer(isSent: isSent))
        }
        let outcomes = try self.client.pool.withChannel { channel in
            channel.exchange { batch in
                for execution in executions {
                    guard batch.hasRoom else { return }
                    note(self.add(execution, to: &batch))
                    answers.executionCount += 1
                }
                for operation in operations {
                    guard batch.hasRoom else { return }
                    note(self.add(operation, flowsExist: flowsExist, to: &batch))
                }
            } reply: { index, message in
                answers.all[places[index]].statistics = FlowStatistics(message)
            }
        }
        for (place, outcome) in zip(places, outcomes) { answers.all[place].error = outcome }
        return answers
    }

    private func add(_ execution: PacketExecution, to batch: inout NetlinkBatch) -> Bool {
        batch.add(self.client.executeHeader) {
            $0.execution(
                packet: execution.packet, key: execution.key, packetHash: execution.packetHash,
                actions: execution.actions,
                portID: self.portID(for: execution.key.inPort))
        }
    }

    private func add(_ operation: FlowOperation, flowsExist: Bool, to batch: inout NetlinkBatch) -> Bool {
        switch operation {
        case .put(let flow):
            return batch.add(flowsExist ? self.client.setFlowHeader : self.client.newFlowHeader) {
                $0.flow(flow, portID: self.portID(for: flow.key.inPort))
            }
        case .delete(let identifier):
            return batch.add(self.client.deleteFlowHeader) {
                $0.identifier(identifier)
                $0.attribute(OpenVSwitch.FlowAttribute.identifierFlags.rawValue, OpenVSwitch.omitKeyMaskActions)
                return true
            }
        }
    }

    private static func failure(of answer: Answer) -> DatapathError? {
        guard answer.isSent else {
            return DatapathError(.noSpace, operation: "execute packet", detail: "packet or actions exceed 64 KiB")
        }
        return answer.error.map { $0.datapathError("execute packet", missing: .noSuchDatapath) }
    }

    private static func result(of operation: FlowOperation, _ answer: Answer) -> FlowOperationResult {
        guard answer.isSent else { return .failed(Self.tooLarge(operation)) }
        if let error = answer.error { return .failed(Self.explain(error, operation)) }
        guard case .delete = operation else { return .done(nil) }
        return .done(answer.statistics ?? FlowStatistics())
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
}
