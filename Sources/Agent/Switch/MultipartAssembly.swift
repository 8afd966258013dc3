package import OpenFlow

/// The parts of one multipart request, put together until the last has come (1.3 §7.3.5).
///
/// Only TABLE_FEATURES and FLOW_MONITOR have bodies that can be continued; other requests say everything in their first
/// part, and further parts add nothing. A value: the caller keeps the time and the limits' consequences.
package struct MultipartAssembly: Sendable, Equatable {
    /// What another part led to.
    package enum OnPart: Equatable, Sendable {
        /// More parts are to come.
        case wait
        /// The request is whole.
        case complete(MultipartRequest.Body)
        /// The request is to be refused and forgotten.
        case refuse(OpenFlowError.Code)
    }

    /// The request's.
    package let transactionID: TransactionID
    private var body: MultipartRequest.Body
    private var byteCount: Int
    /// When the next part is late.
    package private(set) var deadline: MonotonicTime

    /// Begins with a first part that says that more follow.
    package init(
        _ transactionID: TransactionID, first: MultipartRequest.Body, byteCount: Int, deadline: MonotonicTime
    ) {
        self.transactionID = transactionID
        self.body = first
        self.byteCount = byteCount
        self.deadline = deadline
    }

    /// Takes another part of `byteCount` bytes.
    package mutating func append(
        _ part: MultipartRequest, byteCount: Int, maximumByteCount: Int, deadline: MonotonicTime
    ) -> OnPart {
        self.byteCount += byteCount
        guard self.byteCount <= maximumByteCount else { return .refuse(.requestMultipartBufferOverflow) }
        guard self.body.kind == part.body.kind else { return .refuse(.requestBadMultipart) }
        if case .tableFeatures(let more) = part.body, case .tableFeatures(var tables) = self.body {
            // Given up for the moment, so that the array grows in place: a request may have very many parts.
            self.body = .tableFeatures([])
            tables.append(contentsOf: more)
            self.body = .tableFeatures(tables)
        }
        if case .flowMonitor(let more) = part.body, case .flowMonitor(var monitors) = self.body {
            self.body = .flowMonitor([])
            monitors.append(contentsOf: more)
            self.body = .flowMonitor(monitors)
        }
        self.deadline = deadline
        return part.more ? .wait : .complete(self.body)
    }
}
