import Datapath
import Logging
import OpenFlow

// BUNDLE_CONTROL and BUNDLE_ADD_MESSAGE (1.4 §7.3.9 · 1.5 §7.3.9; ONF's experimenter messages in 1.3).
extension OpenFlowSwitch {
    /// Opens, closes, commits or discards a bundle.
    func handle(_ control: BundleControl, _ context: RequestContext, _ state: SessionState) throws(OpenFlowError) {
        guard let answer = control.kind.reply else {
            throw OpenFlowError(.bundleBadType, value: UInt64(control.kind.rawValue))
        }
        guard control.properties.isEmpty else { throw OpenFlowError(.propertyBadExperimenter) }
        guard control.kind != .commitRequest || control.flags.contains(.timed) == (control.time != nil) else {
            throw OpenFlowError(.bundleBadFlags, value: UInt64(control.flags.rawValue))
        }
        switch control.kind {
        case .openRequest:
            try state.bundles.open(control.bundleID, control.flags, by: context.transactionID, now: context.now)
        case .closeRequest: try state.bundles.close(control.bundleID, control.flags, now: context.now)
        case .discardRequest: _ = try state.bundles.take(control.bundleID, control.flags)
        case .commitRequest:
            // The reply to a commit is sent when it is done: in its time, and after some turns where it is long.
            if try self.schedule(control, context, state) { return }
            let bundle = try state.bundles.take(control.bundleID, control.flags, isCommit: true)
            return self.begin(
                BundleCommit(
                    bundle, context,
                    answer: BundleControl(bundleID: control.bundleID, kind: answer, flags: control.flags)))
        case .openReply, .closeReply, .discardReply, .commitReply: break
        }
        self.reply(
            .bundleControl(BundleControl(bundleID: control.bundleID, kind: answer, flags: control.flags)), context)
    }

    /// How many bytes of a bundle's message are kept for the error that may refuse it; 64 are asked for (1.4 §7.5.4).
    static var bundledBytesKept: Int { 256 }

    /// Adds a message to a bundle.
    func handle(_ add: BundleAdd, _ context: RequestContext, _ state: SessionState) throws(OpenFlowError) {
        guard add.message.isBundled else { throw OpenFlowError(.bundleMessageUnsupported) }
        guard add.properties.isEmpty else { throw OpenFlowError(.propertyBadExperimenter) }
        let start = BundleAdd.messageOffset(in: context.version)
        let item = BundleTable.Item(
            message: add.message,
            request: BundledRequest(
                transactionID: context.transactionID,
                bytes: Array(context.bytes.dropFirst(start).prefix(Self.bundledBytesKept))))
        try state.bundles.add(
            item, byteCount: context.bytes.count, to: add.bundleID, add.flags, now: context.now)
    }

    /// Forgets the bundles that have lain idle too long, and says so.
    func dropIdleBundles(now: MonotonicTime) {
        for state in self.sessions.values {
            for bundle in state.bundles.takeIdle(at: now) {
                self.refuse(.bundleTimeout, [], to: state.session, bundle.transactionID)
            }
        }
    }

    /// Does something now, or, while a bundle is being committed, once that has succeeded.
    func afterCommit(_ action: @escaping () -> Void) {
        guard self.transaction != nil else { return action() }
        self.transaction?.afterwards.append(action)
    }

    /// Changes a device or a meter now, or, while a bundle is being committed, when all of it is done and packets are
    /// about to see it: a long bundle takes several turns, and shows nothing of itself meanwhile.
    ///
    /// - Throws: what `change` throws, which refuses the message, and with it the bundle.
    func changeDevice(_ change: @escaping () throws(OpenFlowError) -> Void) throws(OpenFlowError) {
        guard self.transaction != nil else { return try change() }
        self.transaction?.deviceChanges.append(DeviceChange(request: self.bundleCommit?.current, carryOut: change))
    }

    /// Says how to take back what is outside of the tables, should the bundle that is being committed fail.
    func onRollback(_ action: @escaping () -> Void) { self.transaction?.reversals.append(action) }
}

extension BundleAdd {
    /// The flow_mod that it adds, if it is one.
    var flowMod: FlowMod? { if case .flowMod(let flowMod) = self.message { flowMod } else { nil } }

    /// Where the message within begins: behind the bundle's number and flags, and an experimenter's header in 1.3.
    static func messageOffset(in version: OpenFlowVersion) -> Int { version >= .v1_4 ? 16 : 24 }
}

extension Message {
    /// Whether a bundle may hold it: everything that changes state, and packets.
    var isBundled: Bool {
        switch self {
        case .flowMod, .groupMod, .meterMod, .portMod, .tableMod, .packetOut, .nicira(.tlvTableMod): true
        default: false
        }
    }
}
