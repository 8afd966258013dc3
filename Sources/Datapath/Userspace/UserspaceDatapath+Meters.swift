import Synchronization

// Meters of the embedded datapath: token buckets under a lock of their own, taken once per measured packet.
extension UserspaceDatapath {
    /// Meters of up to eight bands that drop or remark.
    public var meterAbilities: MeterAbilities {
        var abilities = MeterAbilities()
        abilities.meterLimit = 65_536
        abilities.bandLimit = 8
        abilities.remarks = true
        return abilities
    }

    /// Sets a meter; one that is there begins anew, with its counters.
    public func setMeter(_ number: UInt32, _ meter: DatapathMeter) throws(DatapathError) {
        let operation = "set meter \(number)"
        let abilities = self.meterAbilities
        guard meter.bands.count <= abilities.bandLimit, meter.bands.allSatisfy({ $0.rate > 0 }) else {
            throw DatapathError(.invalid, operation: operation)
        }
        let buckets = MeterBuckets(meter, now: MonotonicClock.nowNanoseconds())
        let hasRoom = self.core.meters.withLock { meters in
            guard meters[number] != nil || meters.count < abilities.meterLimit else { return false }
            meters[number] = buckets
            return true
        }
        guard hasRoom else { throw DatapathError(.noSpace, operation: operation) }
    }

    /// Removes a meter; packets that come to it from then on pass.
    public func removeMeter(_ number: UInt32) throws(DatapathError) {
        guard self.core.meters.withLock({ $0.removeValue(forKey: number) }) != nil else {
            throw DatapathError(.invalid, operation: "remove meter \(number)", detail: "there is none")
        }
    }

    /// What a meter has counted.
    public func meterCounters(_ number: UInt32) throws(DatapathError) -> MeterCounters {
        guard let counters = self.core.meters.withLock({ $0[number]?.counters }) else {
            throw DatapathError(.invalid, operation: "read meter \(number)", detail: "there is none")
        }
        return counters
    }
}
