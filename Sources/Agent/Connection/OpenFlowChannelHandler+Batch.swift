import OpenFlow

extension OpenFlowChannelHandler {
    /// What the messages of one read led to.
    struct Batch: ~Copyable {
        private(set) var inputs: [ConnectionInput] = []
        var inputBytes = 0
        /// What is being walked through.
        private var read: [UInt8] = []
        /// The FLOW_MODs that came last.
        private var burst: FlowModBurst.Builder?
        /// Where the FLOW_MOD went that came last; nil where something else did.
        private var lastDestination: FlowModBurst.Destination?
        var output = Output()
        var closing: CloseReason?

        /// Walks through other bytes from now on.
        mutating func begin(_ read: [UInt8]) {
            self.endBurst()
            self.read = read
        }

        /// Adds an input behind what came before.
        mutating func append(_ input: ConnectionInput) {
            self.endBurst()
            self.lastDestination =
                switch input {
                case .message(.flowMod, _, _): .tables
                case .message(.bundleAdd(let add), _, _): add.flowMod.map { _ in .bundle(add.bundleID, add.flags) }
                default: nil
                }
            self.inputs.append(input)
        }

        /// Adds a message to those that came immediately before it, if they can be one burst.
        ///
        /// A FLOW_MOD by itself is a message: bursts are for those who send many.
        mutating func appendToBurst(
            _ message: borrowing Message, _ header: MessageHeader, at range: Range<Int>, version: OpenFlowVersion,
            usesTableID: Bool
        ) -> Bool {
            guard let destination = self.lastDestination else { return false }
            switch copy message {
            case .flowMod(let flowMod):
                guard destination == .tables else { return false }
                self.beginBurst(destination, range, version, usesTableID)
                return self.burst?.append(flowMod, header.transactionID, at: range) == true
            case .bundleAdd(let add):
                guard destination == .bundle(add.bundleID, add.flags), add.properties.isEmpty,
                    let flowMod = add.flowMod
                else { return false }
                self.beginBurst(destination, range, version, usesTableID)
                return self.burst?.append(flowMod, header.transactionID, at: range) == true
            default: return false
            }
        }

        private mutating func beginBurst(
            _ destination: FlowModBurst.Destination, _ range: Range<Int>, _ version: OpenFlowVersion,
            _ usesTableID: Bool
        ) {
            guard self.burst == nil else { return }
            let expected = (self.read.count - range.lowerBound) / max(range.count, MessageHeader.byteCount)
            self.burst = FlowModBurst.Builder(
                destination, version: version, usesTableID: usesTableID, bytes: self.read, expected: expected)
        }

        /// What comes next is behind the burst.
        mutating func endBurst() {
            guard let builder = self.burst.take() else { return }
            let burst = builder.burst
            guard burst.count > 0 else { return }
            self.inputs.append(.flowMods(burst))
        }
    }

    /// Messages that the handler itself sends, one after the other.
    struct Output {
        var bytes: [UInt8] = []

        mutating func append(_ message: Message, version: OpenFlowVersion, transactionID: TransactionID) {
            ConnectionCodec.append(message, version: version, transactionID: transactionID, to: &self.bytes)
        }

        /// The request again, with the type of a reply (all versions, §7.5.3).
        mutating func appendEchoReply(to request: UnsafeRawBufferPointer, version: OpenFlowVersion) {
            let start = self.bytes.count
            self.bytes.append(contentsOf: request)
            self.bytes[start] = version.rawValue
            self.bytes[start + 1] = 3
        }
    }
}
