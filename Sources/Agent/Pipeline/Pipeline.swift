import OpenFlow
import Synchronization

/// A switch's tables and ports, shared between the control loop, which changes them, and the threads that translate
/// packets, which read them.
///
/// **Reading.** Take the lock once per batch of packets with ``read(_:)``, never per packet, and never within another
/// ``read(_:)`` or ``commit(noting:_:)`` (see ``ReadWriteLock``); ``readWithin(_:)`` is for that.
///
/// **Changing.** ``commit(noting:_:)`` is the only way, and its caller is ``OpenFlowSwitch``. It holds the write
/// lock while the
/// change is made, gives the state the next version where anything changed, and says what happened.
/// Readers see all of a change or
/// nothing.
///
/// **Versions.** ``version`` may be read by any thread without the lock; a reader that holds the lock sees
/// exactly that version.
package final class Pipeline: Sendable {
    private let state: ReadWriteLock<PipelineState>
    private let publishedVersion = Atomic<UInt64>(0)

    /// Makes a pipeline of `tableCount` (1…254) empty tables of at most `maximumEntries` flows each.
    ///
    /// - Parameter seed: A random number that senders of packets do not know.
    package init(tableCount: Int = 254, maximumEntries: Int = 1_000_000, seed: UInt64) {
        self.state = ReadWriteLock(
            PipelineState(tableCount: tableCount, maximumEntries: maximumEntries, seed: seed))
    }

    /// The number of committed changes; any thread.
    package var version: UInt64 { self.publishedVersion.load(ordering: .acquiring) }

    /// Calls `body` with one consistent version of the state.
    package func read<Result: ~Copyable, Failure: Error>(
        _ body: (borrowing PipelineState) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try self.state.read(body)
    }

    /// As ``read(_:)``, for a thread that reads the state of this or of other pipelines already.
    package func readWithin<Result: ~Copyable, Failure: Error>(
        _ body: (borrowing PipelineState) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try self.state.readWithin(body)
    }

    /// Has the memory read into the processor's caches that a change of the flow of `match` and `cookie` in `table` is
    /// going to look into, which takes as long as much of the change itself; control loop only.
    func prefetch(_ match: MatchWords, cookie: Cookie, in table: TableID) {
        self.state.readByWriter { $0.existingTable(table)?.pointee.prefetch(match, cookie: cookie) }
    }

    /// Makes a change, sets `events` to what it did, and returns the result of `body` with the version that was made,
    /// nil where nothing changed.
    ///
    /// A `body` that throws must have changed nothing. Control loop only.
    /// - Parameter events: empty; memory that it has is used.
    func commit<Result, Failure: Error>(
        noting events: inout [PipelineEvent], _ body: (inout PipelineState) throws(Failure) -> Result
    ) throws(Failure) -> (Result, UInt64?) {
        try self.state.write { (state: inout PipelineState) throws(Failure) -> (Result, UInt64?) in
            swap(&state.events, &events)
            defer { swap(&state.events, &events) }
            let result = try body(&state)
            guard !state.events.isEmpty else { return (result, nil) }
            guard state.undo == nil else {
                // Part of a transaction, which will tell.
                state.undo?.events += state.events
                state.events.removeAll(keepingCapacity: true)
                return (result, nil)
            }
            state.version &+= 1
            self.publishedVersion.store(state.version, ordering: .releasing)
            return (result, state.version)
        }
    }

    // MARK: - Several changes as one

    /// Begins a transaction, whose changes are taken together: until it ends or is suspended, readers wait.
    ///
    /// Control loop only.
    /// - Parameter isStaged: Whether it may be suspended, so that it must be known what packets are to see then.
    func beginTransaction(isStaged: Bool) {
        self.state.hold()
        self.state.write { $0.beginUndo(isStaged: isStaged) }
    }

    /// Lets readers in, who meet the state as it was before the transaction; only the tables themselves are as the
    /// transaction has made them so far.
    func suspendTransaction() {
        self.state.write { $0.showsBefore = true }
        self.state.release()
    }

    /// Goes on with a transaction that was suspended: readers wait.
    func resumeTransaction() {
        self.state.hold()
        self.state.write { $0.showsBefore = false }
    }

    /// Ends a transaction: what it did is a version, nil where it did nothing.
    ///
    /// What is returned is to be released, which takes long where the transaction was long.
    func commitTransaction() -> (undo: PipelineUndo?, version: UInt64?) {
        let result = self.state.write { state -> (undo: PipelineUndo?, version: UInt64?) in
            let undo = state.endUndo()
            guard undo?.events.isEmpty == false else { return (undo, nil) }
            state.version &+= 1
            self.publishedVersion.store(state.version, ordering: .releasing)
            return (undo, state.version)
        }
        self.state.release()
        return result
    }

    /// Takes back at most `maximum` changes of a transaction, of which readers have seen none; where that was all of
    /// it, ends it, which is said, with what is to be released.
    func rollBackTransaction(maximum: Int) -> (isDone: Bool, undo: PipelineUndo?) {
        let result = self.state.write { state in state.takeBack(maximum: maximum) }
        if result.isDone { self.state.release() }
        return result
    }
}
