package import Datapath

// Meters of the bridge's switch: in the datapath that it shares with others, or in the handlers where that has none
// like them.
extension BridgeDatapath where View: ~Copyable {
    /// What meters can do: the datapath's, and those that the handlers measure by.
    package var meterAbilities: MeterAbilities {
        var abilities = self.service.backend.meterAbilities
        guard abilities.meterLimit > 0 else { return abilities }
        abilities.remarks = true
        abilities.bandLimit = max(abilities.bandLimit, SoftwareMeters.bandLimit)
        return abilities
    }

    /// Whether the handlers must measure by this meter.
    private func isSoftware(_ meter: DatapathMeter) -> Bool {
        let abilities = self.service.backend.meterAbilities
        return meter.bands.count > abilities.bandLimit
            || !abilities.remarks && meter.bands.contains { $0.kind != .drop }
    }

    /// Whether the meter of that number can become this one: not where one is the datapath's and the other is not.
    package func keepsMeter(_ number: UInt32, as meter: DatapathMeter) -> Bool {
        SoftwareMeters.contains(number) == self.isSoftware(meter)
    }

    /// Sets a meter, a new one where no number is given, and returns its number.
    package func setMeter(_ number: UInt32?, _ meter: DatapathMeter) throws(DatapathError) -> UInt32 {
        if let number {
            guard self.keepsMeter(number, as: meter) else {
                throw DatapathError(.invalid, operation: "set meter \(number)", detail: "it is of another kind")
            }
            if SoftwareMeters.contains(number) {
                self.service.softwareMeters.set(number, meter)
            } else {
                try self.service.backend.setMeter(number, meter)
            }
            return number
        }
        guard !self.isSoftware(meter) else {
            guard let number = self.service.softwareMeters.add(meter) else {
                throw DatapathError(.noSpace, operation: "add a meter")
            }
            return number
        }
        guard let number = self.service.meterNumbers.take(limit: self.service.backend.meterAbilities.meterLimit) else {
            throw DatapathError(.noSpace, operation: "add a meter")
        }
        do throws(DatapathError) {
            try self.service.backend.setMeter(number, meter)
            return number
        } catch {
            self.service.meterNumbers.giveBack(number)
            throw error
        }
    }

    /// Removes a meter; megaflows that still name it let packets pass there.
    package func removeMeter(_ number: UInt32) {
        guard !SoftwareMeters.contains(number) else { return self.service.softwareMeters.remove(number) }
        try? self.service.backend.removeMeter(number)
        self.service.meterNumbers.giveBack(number)
    }

    /// What a meter has counted; nil where that is not known.
    package func meterCounters(_ number: UInt32) -> MeterCounters? {
        guard !SoftwareMeters.contains(number) else { return self.service.softwareMeters.counters(number) }
        return try? self.service.backend.meterCounters(number)
    }
}
