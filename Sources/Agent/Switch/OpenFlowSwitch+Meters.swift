import Datapath
import Logging
import OpenFlow

// METER_MOD and what is asked about meters (1.3 §5.7, §6.6 and §7.3.4.4 · 1.5 §6.8).
extension OpenFlowSwitch {
    /// Carries out a meter_mod, all of it or nothing.
    func handle(_ meterMod: MeterMod, _ context: RequestContext) throws(OpenFlowError) {
        let identifier = meterMod.meterID
        guard meterMod.command != .delete else { return self.deleteMeters(meterMod, context) }
        guard (1...MeterID.maximum.rawValue).contains(identifier.rawValue) || identifier.isVirtual else {
            throw OpenFlowError(.meterModInvalidMeter, value: UInt64(identifier.rawValue))
        }
        let present = self.pipeline.read { $0.meter(identifier) }
        if meterMod.command == .add, present != nil {
            throw OpenFlowError(.meterModMeterExists, value: UInt64(identifier.rawValue))
        }
        if meterMod.command == .modify, present == nil {
            throw OpenFlowError(.meterModUnknownMeter, value: UInt64(identifier.rawValue))
        }
        let meter = try self.datapathMeter(of: meterMod)
        var number = present?.datapathNumber
        let former = present?.datapathNumber
        if let present, let number, self.datapath.keepsMeter(number, as: meter) {
            let before = try self.datapathMeter(of: MeterMod(present.configuration))
            try self.changeDevice { () throws(OpenFlowError) in
                _ = try self.setMeter(identifier, number, meter)
                self.onRollback { _ = try? self.datapath.setMeter(number, before) }
            }
        } else if identifier != .controller {
            // Nothing uses it before the tables name it, nor the one in place of which it comes, afterwards.
            let new = try self.setMeter(identifier, nil, meter)
            number = new
            self.onRollback { self.datapath.removeMeter(new) }
        }
        let now = context.now
        self.afterCommit {
            self.packetInMeters[identifier] =
                identifier == .controller ? MeterBuckets(meter, now: now.nanoseconds) : nil
        }
        let configuration = MeterConfiguration(flags: meterMod.flags, meterID: identifier, bands: meterMod.bands)
        self.commit(by: context.origin, now: context.now) {
            $0.putMeter(
                SwitchMeter(configuration, datapathNumber: number, created: present?.created ?? context.now))
        }
        // One that moved from the datapath to the handlers, or back.
        if let former, former != number { self.afterCommit { self.datapath.removeMeter(former) } }
    }

    private func setMeter(
        _ identifier: MeterID, _ number: UInt32?, _ meter: DatapathMeter
    ) throws(OpenFlowError) -> UInt32 {
        do throws(DatapathError) {
            return try self.datapath.setMeter(number, meter)
        } catch {
            self.logger.info("\(self.name): meter \(identifier): \(error)")
            throw OpenFlowError(error.code == .noSpace ? .meterModOutOfMeters : .meterModBadBand)
        }
    }

    /// The meter in the datapath's terms; throws what the datapath could not do.
    private func datapathMeter(of meterMod: MeterMod) throws(OpenFlowError) -> DatapathMeter {
        guard !meterMod.flags.isSuperset(of: [.kilobitsPerSecond, .packetsPerSecond]) else {
            throw OpenFlowError(.meterModBadFlags, value: UInt64(meterMod.flags.rawValue))
        }
        let abilities = self.datapath.meterAbilities
        guard abilities.meterLimit > 0 else { throw OpenFlowError(.meterModOutOfMeters) }
        guard meterMod.bands.count <= abilities.bandLimit else {
            throw OpenFlowError(.meterModOutOfBands, limit: UInt64(abilities.bandLimit))
        }
        var bands: [DatapathMeter.Band] = []
        for band in meterMod.bands {
            guard band.rate > 0 else { throw OpenFlowError(.meterModBadRate) }
            let burst = meterMod.flags.contains(.burst) ? band.burstSize : 0
            switch band.kind {
            case .drop: bands.append(DatapathMeter.Band(kind: .drop, rate: band.rate, burst: burst))
            case .dscpRemark(let level):
                guard abilities.remarks, meterMod.meterID.isOrdinary else { throw OpenFlowError(.meterModBadBand) }
                guard (1...2).contains(level) else {
                    throw OpenFlowError(.meterModBadBandValue, value: UInt64(level))
                }
                bands.append(
                    DatapathMeter.Band(kind: .remark(precedenceLevel: level), rate: band.rate, burst: burst))
            case .experimenter: throw OpenFlowError(.meterModBadBand)
            }
        }
        // Neither unit is kilobits (1.3 §7.3.4.4).
        return DatapathMeter(unit: meterMod.flags.contains(.packetsPerSecond) ? .packets : .kilobits, bands: bands)
    }

    /// Deletes one meter or all, and the flows that use them; what is not there is no fault.
    private func deleteMeters(_ meterMod: MeterMod, _ context: RequestContext) {
        let named = meterMod.meterID
        let meters = self.pipeline.read { state in
            named == .all ? state.meters.inOrder : state.meter(named).map { [$0] } ?? []
        }
        guard !meters.isEmpty else { return }
        let uses: (InstructionList) -> Bool =
            named == .all ? { !$0.meters.isEmpty } : { $0.meters.contains(named) }
        let flows = self.pipeline.read { $0.flows(whoseInstructions: uses) }
        guard !self.defersRemoval(.meterMod(meterMod), flows, .meterDelete, context, uses: uses) else { return }
        self.remove(flows, .meterDelete, by: context.origin, now: context.now)
        self.commit(by: context.origin, now: context.now) { state in
            for meter in meters { state.removeMeter(meter.meterID) }
        }
        self.afterCommit {
            for meter in meters {
                self.packetInMeters[meter.meterID] = nil
                if let number = meter.datapathNumber { self.datapath.removeMeter(number) }
            }
        }
    }

    /// Whether a meter lets a packet-in of so many bytes be sent on at `now`; one that is not there lets all.
    ///
    /// Packets to the controllers do not pass the datapath's meters: what is measured here begins with full buckets,
    /// and is told with the meter's statistics.
    func meter(_ identifier: MeterID, allows bytes: Int, now: MonotonicTime) -> Bool {
        if self.packetInMeters[identifier] == nil {
            guard identifier != .controller, let meter = self.pipeline.read({ $0.meter(identifier) }),
                let wanted = try? self.datapathMeter(of: MeterMod(meter.configuration))
            else { return true }
            self.packetInMeters[identifier] = MeterBuckets(wanted, now: now.nanoseconds)
        }
        return self.packetInMeters[identifier]?.measure(bytes: bytes, now: now.nanoseconds) != .drop
    }

    // MARK: - What is asked

    private func meters(_ named: MeterID) throws(OpenFlowError) -> [SwitchMeter] {
        if named == .all { return self.pipeline.read { $0.meters.inOrder } }
        guard let meter = self.pipeline.read({ $0.meter(named) }) else {
            throw OpenFlowError(.meterModUnknownMeter, value: UInt64(named.rawValue))
        }
        return [meter]
    }

    /// The counters of one meter, or of all.
    func meterStatistics(
        of named: MeterID, _ context: RequestContext
    ) throws(OpenFlowError) -> [MeterStatistics] {
        let meters = try self.meters(named)
        let counts = meters.isEmpty ? [:] : self.pipeline.read { $0.referenceCounts().meters }
        return meters.map { meter in
            var counted = meter.datapathNumber.flatMap { self.datapath.meterCounters($0) } ?? MeterCounters()
            if let own = self.packetInMeters[meter.meterID]?.counters { counted.add(own) }
            let (seconds, attoseconds) = context.now.since(meter.created).components
            return MeterStatistics(
                meterID: meter.meterID, flowCount: UInt32(clamping: counts[meter.meterID] ?? 0),
                packetCount: counted.input.packets, byteCount: counted.input.bytes,
                durationSeconds: UInt32(clamping: seconds),
                durationNanoseconds: UInt32(clamping: attoseconds / 1_000_000_000),
                bands: meter.configuration.bands.indices.map { index in
                    let band = index < counted.bands.count ? counted.bands[index] : MeterCounters.Traffic()
                    return MeterStatistics.BandCounter(packetCount: band.packets, byteCount: band.bytes)
                })
        }
    }

    /// The bands of one meter, or of all.
    func meterConfigurations(of named: MeterID) throws(OpenFlowError) -> [MeterConfiguration] {
        try self.meters(named).map(\.configuration)
    }

    /// What METER_FEATURES says (1.3 §7.3.5.14).
    var meterFeatures: MeterFeatures {
        let abilities = self.datapath.meterAbilities
        guard abilities.meterLimit > 0 else { return MeterFeatures() }
        return MeterFeatures(
            maximumMeters: UInt32(clamping: abilities.meterLimit), bandTypes: abilities.remarks ? 0b110 : 0b010,
            // Both units, bursts, statistics.
            capabilities: 0b1111, maximumBands: UInt8(clamping: abilities.bandLimit), maximumColors: 0,
            // In action sets, anywhere in a list, several in a list.
            features: 0b111)
    }
}

extension MeterMod {
    /// What makes a meter that configuration.
    fileprivate init(_ configuration: MeterConfiguration) {
        self.init(
            command: .modify, flags: configuration.flags, meterID: configuration.meterID, bands: configuration.bands)
    }
}

extension MeterID {
    /// Whether it is one that flows can name.
    var isOrdinary: Bool { (1...MeterID.maximum.rawValue).contains(self.rawValue) }
    /// Whether it measures what goes to controllers, or through the slow path.
    var isVirtual: Bool { self == .controller || self == .slowPath }
}
