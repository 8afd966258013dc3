import Glibc
import Synchronization

/// A value that many threads may read at once and one may change.
///
/// **Why not `Mutex`.** Upcall handlers and revalidators read a switch's tables for a whole batch of packets; a mutex
/// would let one of them work at a time. **Why unsafe.** Swift has no reader–writer lock. The value and the
/// `pthread_rwlock_t` live in memory of their own with an address that never changes (POSIX forbids moving a
/// lock), owned
/// by this object alone and freed with it; every access to the value lies between lock and unlock, and the closures get
/// it `borrowing` or `inout`, so that it cannot be kept. This is what `@unchecked Sendable` rests on; the value
/// itself may be sent because it is only ever reached through the lock.
///
/// Writers are preferred: a waiting writer holds back new readers, so that a flood of upcalls cannot keep the
/// control loop waiting. Therefore **a thread must not take the lock while it holds it**, not even for reading, but for
/// two cases: between ``hold()`` and ``release()`` the thread that called them reads and writes as if it were alone;
/// and ``readWithin(_:)`` is for a thread that reads here or elsewhere already. For the latter there is a second lock,
/// at which readers never wait for a writer that waits: a writer takes both, a reader one of them.
package final class ReadWriteLock<Value: ~Copyable>: @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_rwlock_t>
    private let nested: UnsafeMutablePointer<pthread_rwlock_t>
    private let value: UnsafeMutablePointer<Value>
    /// The thread that holds the lock from ``hold()`` on (`pthread_t`); 0 for none.
    ///
    /// Only that thread finds itself here.
    private let holder = Atomic<UInt>(0)

    /// Makes a lock around `value`.
    package init(_ value: consuming sending Value) {
        self.lock = .allocate(capacity: 1)
        self.nested = .allocate(capacity: 1)
        self.value = .allocate(capacity: 1)
        self.value.initialize(to: value)
        var attributes = pthread_rwlockattr_t()
        pthread_rwlockattr_init(&attributes)
        pthread_rwlockattr_setkind_np(&attributes, Int32(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP))
        let result = pthread_rwlock_init(self.lock, &attributes)
        pthread_rwlockattr_destroy(&attributes)
        // The default prefers readers.
        let nestedResult = pthread_rwlock_init(self.nested, nil)
        precondition(result == 0 && nestedResult == 0, "a reader-writer lock cannot be made")
    }

    deinit {
        pthread_rwlock_destroy(self.lock)
        self.lock.deallocate()
        pthread_rwlock_destroy(self.nested)
        self.nested.deallocate()
        self.value.deinitialize(count: 1)
        self.value.deallocate()
    }

    /// Calls `body` with the value while no thread changes it; other threads may read at the same time.
    package func read<Result: ~Copyable, Failure: Error>(
        _ body: (borrowing Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        if self.isHeldHere { return try body(self.value.pointee) }
        let result = pthread_rwlock_rdlock(self.lock)
        precondition(result == 0, "taken for reading by a thread that is writing, or by too many")
        defer { pthread_rwlock_unlock(self.lock) }
        return try body(self.value.pointee)
    }

    /// As ``read(_:)``, for a thread that is within a ``read(_:)`` of this lock or of others.
    ///
    /// It waits for a thread that writes, which must not wait for readers elsewhere, and for no other.
    package func readWithin<Result: ~Copyable, Failure: Error>(
        _ body: (borrowing Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        if self.isHeldHere { return try body(self.value.pointee) }
        let result = pthread_rwlock_rdlock(self.nested)
        precondition(result == 0, "taken for reading by a thread that is writing, or by too many")
        defer { pthread_rwlock_unlock(self.nested) }
        return try body(self.value.pointee)
    }

    /// Calls `body` with the value without taking the lock: for the one thread that ever changes it, while it does not.
    ///
    /// Others may read at the same time, and nobody writes.
    func readByWriter<Result: ~Copyable>(_ body: (borrowing Value) -> Result) -> Result { body(self.value.pointee) }

    /// Calls `body` with the value while no other thread reads or changes it.
    package func write<Result: ~Copyable, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        if self.isHeldHere { return try body(&self.value.pointee) }
        self.lockForWriting()
        defer { self.unlockForWriting() }
        return try body(&self.value.pointee)
    }

    /// Takes the lock for several changes by this thread, which others see together.
    package func hold() {
        self.lockForWriting()
        self.holder.store(UInt(pthread_self()), ordering: .relaxed)
    }

    /// Ends ``hold()``, on the same thread.
    package func release() {
        precondition(self.isHeldHere, "released by a thread that does not hold it")
        self.holder.store(0, ordering: .relaxed)
        self.unlockForWriting()
    }

    private func lockForWriting() {
        let result = pthread_rwlock_wrlock(self.lock)
        let nestedResult = pthread_rwlock_wrlock(self.nested)
        precondition(result == 0 && nestedResult == 0, "taken for writing by a thread that holds it")
    }

    private func unlockForWriting() {
        pthread_rwlock_unlock(self.nested)
        pthread_rwlock_unlock(self.lock)
    }

    private var isHeldHere: Bool { self.holder.load(ordering: .relaxed) == UInt(pthread_self()) }
}
