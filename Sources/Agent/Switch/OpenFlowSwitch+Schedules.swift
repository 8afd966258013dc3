import OpenFlow

/// How far from the present the time of a scheduled commit may be (1.5 §6.9.6).
struct BundleTolerance: Equatable {
    /// How far ahead at most.
    var future = Duration.seconds(3_600)
    /// How far back at most; such a commit is done at once.
    var past = Duration.seconds(1)

    /// What a controller may ask for at most.
    static let maximum = BundleTolerance(future: .seconds(86_400), past: .seconds(3_600))
    /// How exactly commits are done, on a machine that is not overloaded.
    static let accuracy = Duration.milliseconds(10)
}

// Commits of bundles at a set time (1.5 §6.9.6, §7.3.5.20 and §7.3.9.4).
extension OpenFlowSwitch {
    /// Lets a commit wait for the time that it names; false where it is to be done at once.
    ///
    /// Times are seconds since 1970 of the host's clock; while a commit waits, steps of that clock do not move it.
    func schedule(
        _ control: BundleControl, _ context: RequestContext, _ state: SessionState
    ) throws(OpenFlowError) -> Bool {
        guard let time = control.time else { return false }
        guard time.nanoseconds < 1_000_000_000 else {
            throw OpenFlowError(.propertyBadValue, value: UInt64(time.nanoseconds))
        }
        let present = self.timeOfDay(context.now)
        let (product, overflow) = time.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (wanted, carry) = product.addingReportingOverflow(UInt64(time.nanoseconds))
        guard !overflow, !carry else { throw OpenFlowError(.bundleScheduleFuture, value: time.seconds) }
        guard wanted > present else {
            guard present - wanted <= UInt64(state.bundleTolerance.past.wholeNanoseconds) else {
                throw OpenFlowError(.bundleSchedulePast, value: time.seconds)
            }
            return false
        }
        guard wanted - present <= UInt64(state.bundleTolerance.future.wholeNanoseconds) else {
            throw OpenFlowError(.bundleScheduleFuture, value: time.seconds)
        }
        try state.bundles.schedule(
            control.bundleID, control.flags,
            BundleTable.Schedule(
                time: context.now + .nanoseconds(Int64(clamping: wanted - present)),
                transactionID: context.transactionID, bytes: Array(context.bytes.prefix(Self.bundledBytesKept))))
        return true
    }

    /// Commits the bundles whose time has come, one after the other.
    func commitDueBundles(now: MonotonicTime) {
        while self.bundleCommit == nil {
            let due = self.sessions.values.compactMap { state in
                state.bundles.firstDue(at: now).map { (time: $0, state: state) }
            }
            guard let state = due.min(by: { $0.time < $1.time })?.state,
                let (identifier, bundle, schedule) = state.bundles.takeFirstDue(at: now)
            else { return }
            let context = RequestContext(
                session: state.session, transactionID: schedule.transactionID, now: now, bytes: schedule.bytes[...])
            guard state.session.role != .secondary else {
                self.refuse(.requestIsSecondary, schedule.bytes, to: state.session, schedule.transactionID)
                continue
            }
            let flags = bundle.flags.union(.timed)
            self.begin(
                BundleCommit(
                    bundle, context, answer: BundleControl(bundleID: identifier, kind: .commitReply, flags: flags)))
        }
    }

    /// What BUNDLE_FEATURES says; a controller may set how far from the present its commits may be.
    func bundleFeatures(
        _ request: BundleFeaturesRequest, _ state: SessionState, now: MonotonicTime
    ) throws(OpenFlowError) -> BundleFeatures {
        if request.flags.contains(.setSchedule) {
            guard let wanted = request.time, let future = Duration(wanted.maximumFuture),
                let past = Duration(wanted.maximumPast), future <= BundleTolerance.maximum.future,
                past <= BundleTolerance.maximum.past
            else { throw OpenFlowError(.requestMultipartBadSchedule) }
            state.bundleTolerance = BundleTolerance(future: future, past: past)
        }
        var time = BundleTimeFeatures()
        time.accuracy = OpenFlowTime(nanoseconds: UInt64(BundleTolerance.accuracy.wholeNanoseconds))
        time.maximumFuture = OpenFlowTime(nanoseconds: UInt64(state.bundleTolerance.future.wholeNanoseconds))
        time.maximumPast = OpenFlowTime(nanoseconds: UInt64(state.bundleTolerance.past.wholeNanoseconds))
        time.timestamp = OpenFlowTime(nanoseconds: self.timeOfDay(now))
        return BundleFeatures(capabilities: [.atomic, .ordered, .timed], time: time)
    }
}

extension OpenFlowTime {
    fileprivate init(nanoseconds: UInt64) {
        self.init(seconds: nanoseconds / 1_000_000_000, nanoseconds: UInt32(nanoseconds % 1_000_000_000))
    }
}

extension Duration {
    /// A span; nil where it is none.
    fileprivate init?(_ span: OpenFlowTime) {
        guard span.nanoseconds < 1_000_000_000, let seconds = Int64(exactly: span.seconds), seconds < 1 << 32 else {
            return nil
        }
        self = .seconds(seconds) + .nanoseconds(Int64(span.nanoseconds))
    }
}
