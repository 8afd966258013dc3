import Datapath
import OpenFlow

/// How a packet in the egress tables is about to leave.
package struct EgressOutput: Hashable, Sendable {
    /// The port.
    var port: PortNumber
    /// How many bytes of it leave at most; nil for all.
    var maximumLength: UInt32?
}

// Egress tables (1.5 §5.1.2): a packet passes them once for each port that it leaves by, as a copy of its own whose
// action set holds that output alone. What these tables output by themselves leaves at once.
extension Translator {
    /// Sends the packet out of a port, by way of the egress tables where there are any.
    mutating func leave<View: PipelineView & ~Copyable>(
        by port: SwitchPort, maximumLength: UInt32?, view: borrowing View
    ) {
        guard let table = view.firstEgressTable, self.egress == nil else {
            let own = self.egress.flatMap { $0.port == port.number ? $0.maximumLength : nil }
            return self.send(to: port, maximumLength: maximumLength ?? own, view: view)
        }
        guard self.depth < self.environment.limits.depth else {
            self.result.error = .depthExceeded
            return
        }
        self.depth += 1
        self.recorder?.depth = self.depth
        self.performOnCopy(
            .egress(EgressOutput(port: port.number, maximumLength: maximumLength), table), hasOwnActionSet: true,
            view: view)
        self.egress = nil
        self.depth -= 1
        self.recorder?.depth = self.depth
    }

    /// Passes the packet, which is a copy, through the egress tables, and performs its action set.
    mutating func passEgress<View: PipelineView & ~Copyable>(
        _ output: EgressOutput, from table: TableID, view: borrowing View
    ) {
        let (outer, last) = (self.context, self.lastRule)
        self.egress = output
        self.actionSet.write(.output(output.port, maximumLength: 0))
        self.key.actionSetOutput = output.port.rawValue
        self.walk(from: table, view: view)
        self.performActionSet(view: view)
        (self.context, self.lastRule) = (outer, last)
    }
}
