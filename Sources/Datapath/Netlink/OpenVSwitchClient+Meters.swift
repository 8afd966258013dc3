// Meter commands (`enum ovs_meter_cmd`, Linux 4.15).
extension OpenVSwitchClient {
    /// What meters the kernel has room for; none where it lacks them.
    package var meterAbilities: MeterAbilities {
        guard self.families[.meter] != nil else { return MeterAbilities() }
        let found = try? self.request(self.header(.meter, OpenVSwitch.MeterCommand.features.rawValue)) { _ in
            true
        } parse: { message -> MeterAbilities? in
            var abilities = MeterAbilities()
            var reader = message.attributes
            while reader.advance() {
                switch OpenVSwitch.MeterAttribute(rawValue: reader.type) {
                case .maximumMeters: abilities.meterLimit = Int(clamping: reader.uint32())
                case .maximumBands: abilities.bandLimit = Int(clamping: reader.uint32())
                default: break
                }
            }
            return abilities
        }
        return found ?? MeterAbilities()
    }

    /// Makes or changes a meter; bands can only drop.
    package func setMeter(_ number: UInt32, _ meter: DatapathMeter) throws(NetlinkError) {
        let answered = try self.request(
            self.header(.meter, OpenVSwitch.MeterCommand.set.rawValue, flags: Netlink.flagEcho)
        ) { writer in
            writer.attribute(OpenVSwitch.MeterAttribute.identifier.rawValue, number)
            if meter.unit == .kilobits { writer.flag(OpenVSwitch.MeterAttribute.kilobits.rawValue) }
            let bands = writer.begin(OpenVSwitch.MeterAttribute.bands.rawValue)
            for band in meter.bands {
                let start = writer.begin(0)
                writer.attribute(OpenVSwitch.MeterBandAttribute.type.rawValue, UInt32(1))
                writer.attribute(OpenVSwitch.MeterBandAttribute.rate.rawValue, band.rate)
                // The kernel takes 0 at its word: such a band's bucket holds nothing, and all packets are dropped.
                let burst = band.burst == 0 ? band.rate : band.burst
                writer.attribute(OpenVSwitch.MeterBandAttribute.burst.rawValue, burst)
                writer.end(start)
            }
            writer.end(bands)
            return true
        } parse: { message -> UInt32? in
            var reader = message.attributes
            while reader.advance() {
                if reader.type == OpenVSwitch.MeterAttribute.identifier.rawValue { return reader.uint32() }
            }
            return nil
        }
        // Kernels before 4.18 answered with another meter than the one that was asked for (and measured with it).
        guard answered == nil || answered == number else { throw .malformed }
    }

    /// Removes a meter.
    package func deleteMeter(_ number: UInt32) throws(NetlinkError) {
        try self.command(self.header(.meter, OpenVSwitch.MeterCommand.delete.rawValue)) {
            $0.attribute(OpenVSwitch.MeterAttribute.identifier.rawValue, number)
            return true
        }
    }

    /// What a meter has counted; nil where there is none.
    package func meterCounters(_ number: UInt32) throws(NetlinkError) -> MeterCounters? {
        try self.request(self.header(.meter, OpenVSwitch.MeterCommand.get.rawValue)) {
            $0.attribute(OpenVSwitch.MeterAttribute.identifier.rawValue, number)
            return true
        } parse: { message -> MeterCounters? in
            var counters = MeterCounters()
            var reader = message.attributes
            while reader.advance() {
                switch OpenVSwitch.MeterAttribute(rawValue: reader.type) {
                case .statistics where reader.has(16): counters.input = MeterCounters.Traffic(reader.payload)
                case .bands:
                    var bands = reader.nested
                    while bands.advance() {
                        var traffic = MeterCounters.Traffic()
                        var band = bands.nested
                        while band.advance() {
                            guard band.type == OpenVSwitch.MeterBandAttribute.statistics.rawValue, band.has(16) else {
                                continue
                            }
                            traffic = MeterCounters.Traffic(band.payload)
                        }
                        counters.bands.append(traffic)
                    }
                default: break
                }
            }
            return counters
        }
    }
}

extension MeterCounters.Traffic {
    /// Reads `struct ovs_flow_stats`: 16 bytes, host byte order.
    fileprivate init(_ bytes: RawSpan) { self.init(packets: bytes.host64(0), bytes: bytes.host64(8)) }
}

extension NetlinkDatapath {
    /// What the kernel's meters can do; constant.
    package var meterAbilities: MeterAbilities {
        self.capabilities.meters ? self.client.meterAbilities : MeterAbilities()
    }

    /// Sets a meter.
    package func setMeter(_ number: UInt32, _ meter: DatapathMeter) throws(DatapathError) {
        let operation = "set meter \(number)"
        guard self.capabilities.meters, meter.bands.allSatisfy({ $0.kind == .drop }) else {
            throw DatapathError(.unsupported, operation: operation)
        }
        do throws(NetlinkError) {
            try self.client.setMeter(number, meter)
        } catch {
            throw error.datapathError(operation, missing: .invalid)
        }
    }

    /// Removes a meter.
    package func removeMeter(_ number: UInt32) throws(DatapathError) {
        do throws(NetlinkError) {
            try self.client.deleteMeter(number)
        } catch {
            throw error.datapathError("remove meter \(number)", missing: .invalid)
        }
    }

    /// What a meter has counted.
    package func meterCounters(_ number: UInt32) throws(DatapathError) -> MeterCounters {
        let operation = "read meter \(number)"
        do throws(NetlinkError) {
            guard let counters = try self.client.meterCounters(number) else {
                throw NetlinkError.malformed
            }
            return counters
        } catch {
            throw error.datapathError(operation, missing: .invalid)
        }
    }
}
