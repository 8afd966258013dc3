import OpenFlow
import Synchronization

/// The shorter timeouts of a flow whose TCP connection has ended (Nicira's fin_timeout); zero leaves one as it is.
package struct FinTimeout: Hashable, Sendable {
    /// The flow.
    package var rule: RuleReference
    /// Its greatest idle timeout from now on.
    package var idleSeconds: UInt16
    /// Its greatest hard timeout from now on.
    package var hardSeconds: UInt16
}

/// Flows whose connections have ended, on their way to the control loop, which alone may change them; any thread.
///
/// Holds each flow once, and at most ``limit``; what does not fit is counted, and noted again with the next packet.
package final class FinTimeoutQueue: Sendable {
    /// How many flows wait at most.
    package static let limit = 16_384

    private struct State {
        var waiting: Set<FinTimeout> = []
        var dropped: UInt64 = 0
    }
    private let state = Mutex(State())
    private let onFirst: @Sendable () -> Void

    /// Makes a queue that calls `onFirst` when it is no longer empty.
    package init(onFirst: @escaping @Sendable () -> Void) { self.onFirst = onFirst }

    /// Adds a flow.
    package func append(_ timeout: FinTimeout) {
        let isFirst = self.state.withLock { state in
            guard state.waiting.count < Self.limit else {
                state.dropped &+= 1
                return false
            }
            return state.waiting.insert(timeout).inserted && state.waiting.count == 1
        }
        if isFirst { self.onFirst() }
    }

    /// Takes all flows.
    package func take() -> [FinTimeout] {
        self.state.withLock { state in
            defer { state.waiting = [] }
            return Array(state.waiting)
        }
    }

    /// How many flows found the queue full.
    package var dropped: UInt64 { self.state.withLock { $0.dropped } }
}

extension InstructionList {
    /// The TCP flags that end a connection: FIN and RST.
    package static let finalTCPFlags: UInt16 = 0x005

    /// The shorter timeouts that a list of instructions asks for once a connection ends.
    static func finTimeout(in instructions: [Instruction]) -> (idleSeconds: UInt16, hardSeconds: UInt16)? {
        for instruction in instructions {
            guard case .applyActions(let actions) = instruction else { continue }
            for action in actions {
                if case .finTimeout(let idle, let hard) = action { return (idle, hard) }
            }
        }
        return nil
    }
}

extension OpenFlowSwitch {
    /// Shortens the timeouts of flows whose connections have ended.
    package func shorten(_ timeouts: [FinTimeout], now: MonotonicTime) {
        guard !timeouts.isEmpty else { return }
        self.commit(by: .learning, now: now) { state in
            for timeout in timeouts { state.shorten(timeout) }
        }
    }
}

extension PipelineState {
    /// Shortens a flow's timeouts; one that is gone, or has none longer, is left alone.
    mutating func shorten(_ timeout: FinTimeout) {
        guard let table = self.existingTable(TableID(rawValue: timeout.rule.table)),
            table.pointee.rule(timeout.rule) != nil,
            table.pointee.shorten(
                timeout.rule.slot, idleSeconds: timeout.idleSeconds, hardSeconds: timeout.hardSeconds)
        else { return }
        self.note(.flowTimeoutsShortened(timeout.rule))
    }
}

extension PipelineState {
    /// See ``PipelineView/finTimeout(of:)``.
    package func finTimeout(of rule: RuleReference) -> FinTimeout? {
        guard let found = self.existingTable(TableID(rawValue: rule.table))?.pointee.rule(rule),
            let timeout = found.pointee.instructions.finTimeout
        else { return nil }
        return FinTimeout(rule: rule, idleSeconds: timeout.idleSeconds, hardSeconds: timeout.hardSeconds)
    }
}
