package import Datapath

// Meters of the bridge's switch in the datapath that it shares with others.
extension BridgeDatapath where View: ~Copyable {
    /// What the datapath's meters can do.
    package var meterAbilities: MeterAbilities { self.service.backend.meterAbilities }

    /// Sets a meter, a new one where no number is given, and returns its number in the datapath.
    package func setMeter(_ number: UInt32?, _ meter: DatapathMeter) throws(DatapathError) -> UInt32 {
        if let number {
            try self.service.backend.setMeter(number, meter)
            return number
        }
        guard let number = self.service.meterNumbers.take(limit: self.meterAbilities.meterLimit) else {
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
        try? self.service.backend.removeMeter(number)
        self.service.meterNumbers.giveBack(number)
    }

    /// What a meter has counted; nil where the datapath does not say.
    package func meterCounters(_ number: UInt32) -> MeterCounters? { try? self.service.backend.meterCounters(number) }
}
