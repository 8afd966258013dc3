import CBaseline

/// What one message takes.
struct Cost {
    var nanoseconds: Double
    var allocations: Double

    /// The cost of each of `count` messages that `body` treats: the quickest of thirty runs, so that what else the
    /// machine does counts little.
    static func measure(_ count: Int, _ body: () -> Void) -> Cost {
        var best = Cost(nanoseconds: .infinity, allocations: 0)
        for _ in 0..<30 {
            let (start, allocated) = (baseline_cpu_nanoseconds(), baseline_allocations())
            body()
            let nanoseconds = Double(baseline_cpu_nanoseconds() - start) / Double(count)
            let allocations = Double(baseline_allocations() - allocated) / Double(count)
            if nanoseconds < best.nanoseconds { best = Cost(nanoseconds: nanoseconds, allocations: allocations) }
        }
        return best
    }
}
