import OpenFlow

/// Says when controllers are to be told how full a table is: once when little room is left, and once when there is
/// enough again (1.4 §7.3.4.5, OFPTMPT_VACANCY).
struct VacancyMonitor: Equatable {
    /// The thresholds.
    let thresholds: TableSettings.Vacancy
    /// Whether the next thing to tell is that there is enough room again.
    private(set) var isLow: Bool

    /// Begins to watch a table of which `vacancy` percent are free; nothing is told of what is so already.
    init(_ thresholds: TableSettings.Vacancy, vacancy: UInt8) {
        self.thresholds = thresholds
        self.isLow = vacancy < thresholds.up
    }

    /// Takes what is free now, in percent, and returns what is to be told.
    mutating func update(_ vacancy: UInt8) -> TableStatusReason? {
        if !self.isLow, vacancy < self.thresholds.down {
            self.isLow = true
            return .vacancyDown
        }
        if self.isLow, vacancy > self.thresholds.up {
            self.isLow = false
            return .vacancyUp
        }
        return nil
    }
}
