package import OpenFlow

/// A meter as packets meet it; immutable, a change replaces it.
package final class SwitchMeter: Sendable {
    /// As controllers see it.
    package let configuration: MeterConfiguration
    /// Whether it changes packets that it lets pass.
    package let remarks: Bool
    /// Its number in the datapath; nil for the controllers' meter, which the agent measures itself.
    package let datapathNumber: UInt32?
    /// When it was added.
    package let created: MonotonicTime

    /// Makes a meter.
    package init(_ configuration: MeterConfiguration, datapathNumber: UInt32?, created: MonotonicTime) {
        self.configuration = configuration
        self.remarks = configuration.bands.contains { if case .dscpRemark = $0.kind { true } else { false } }
        self.datapathNumber = datapathNumber
        self.created = created
    }

    /// Its number.
    package var meterID: MeterID { self.configuration.meterID }
}

/// A switch's meters (1.3 §5.7); a value.
///
/// Owned by ``PipelineState``.
package struct MeterTable: Sendable {
    private var meters: [MeterID: SwitchMeter] = [:]

    /// Makes a table without meters.
    package init() {}

    /// How many meters there are.
    package var count: Int { self.meters.count }
    /// All meters in order of their numbers.
    package var inOrder: [SwitchMeter] { self.meters.values.sorted { $0.meterID.rawValue < $1.meterID.rawValue } }
    /// The meter of that number, or nil.
    package subscript(meter: MeterID) -> SwitchMeter? {
        get { self.meters[meter] }
        set { self.meters[meter] = newValue }
    }
}

extension PipelineState {
    /// See ``PipelineView/meter(_:)``.
    package func meter(_ identifier: MeterID) -> SwitchMeter? {
        if self.showsBefore, let undo = self.undo { return undo.meters[identifier] }
        return self.meters[identifier]
    }

    /// Enters a meter in place of the one of its number.
    mutating func putMeter(_ meter: SwitchMeter) {
        let isNew = self.meters[meter.meterID] == nil
        self.meters[meter.meterID] = meter
        self.note(isNew ? .meterAdded(meter.meterID) : .meterModified(meter.meterID))
    }

    /// Removes a meter, if it is there.
    mutating func removeMeter(_ identifier: MeterID) {
        guard self.meters[identifier] != nil else { return }
        self.meters[identifier] = nil
        self.note(.meterRemoved(identifier))
    }
}
