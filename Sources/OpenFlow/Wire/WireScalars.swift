import NetworkTypes

/// A number with a meaning, every value of which is allowed.
protocol WireScalar: RawRepresentable where RawValue: WireInteger {
    init(rawValue: RawValue)
}
extension DatapathID: WireScalar {}
extension TableID: WireScalar {}
extension GroupID: WireScalar {}
extension MeterID: WireScalar {}
extension QueueID: WireScalar {}
extension BufferID: WireScalar {}
extension Cookie: WireScalar {}
extension BucketID: WireScalar {}
extension TransactionID: WireScalar {}
extension BundleID: WireScalar {}
extension FlowMonitorID: WireScalar {}
extension PortConfiguration: WireScalar {}
extension PortState: WireScalar {}
extension MeterFlags: WireScalar {}
extension SwitchConfig.Flags: WireScalar {}
extension EtherType: WireScalar {}

extension WireVisitor where Self: ~Copyable & ~Escapable {
    mutating func field<T: WireScalar>(_ name: StaticString, _ value: inout T) throws(WireError) {
        var raw = value.rawValue
        try raw.visit(name, by: &self)
        value = T(rawValue: raw)
    }

    /// An Ethernet address, 6 bytes.
    mutating func field(_ name: StaticString, _ value: inout MACAddress) throws(WireError) {
        var high = UInt16(truncatingIfNeeded: value.rawValue >> 32)
        var low = UInt32(truncatingIfNeeded: value.rawValue)
        try self.field(name, &high)
        try self.field(name, &low)
        value = MACAddress(rawValue: UInt64(high) << 32 | UInt64(low))
    }

    /// An IPv4 address, 4 bytes.
    mutating func field(_ name: StaticString, _ value: inout IPv4Address) throws(WireError) {
        var raw = value.rawValue
        try self.field(name, &raw)
        value = IPv4Address(rawValue: raw)
    }

    /// A port in the version's width.
    mutating func field(_ name: StaticString, _ value: inout PortNumber) throws(WireError) {
        if self.version.portNumbersAre32Bit {
            try self.field(name, &value.rawValue)
        } else {
            try self.narrow(name, &value)
        }
    }

    /// A port in 16 bits, whatever the version.
    mutating func narrow(_ name: StaticString, _ value: inout PortNumber) throws(WireError) {
        var raw: UInt16 = 0
        if !self.isReading {
            guard let narrow = value.rawValue16 else {
                throw .inexpressible(.port(value))
            }
            raw = narrow
        }
        try self.field(name, &raw)
        value = PortNumber(rawValue16: raw)
    }

    /// Speeds and media of a port; 1.0 has the media in bits 7–11 and no rates above 10 Gb/s.
    mutating func field(_ name: StaticString, _ value: inout PortFeatures) throws(WireError) {
        guard self.version == .v1_0 else { return try self.field(name, &value.rawValue) }
        var raw = value.rawValue & 0x7f | (value.rawValue >> 11 & 0x1f) << 7
        try self.field(name, &raw)
        value = PortFeatures(rawValue: raw & 0x7f | (raw >> 7 & 0x1f) << 11)
    }

    /// A number of which a reader keeps nothing and a writer gives `value`.
    mutating func constant<T: WireInteger>(_ name: StaticString, _ value: T) throws(WireError) {
        var raw = value
        try raw.visit(name, by: &self)
    }

    /// A port in 32 bits, whatever the version.
    mutating func wide(_ name: StaticString, _ value: inout PortNumber) throws(WireError) {
        try self.field(name, &value.rawValue)
    }

    /// Bytes that must be zero, unlike those that are ``reserved(_:)``.
    mutating func zeros(_ count: Int, refusing code: OpenFlowError.Code = .requestNiciraMustBeZero) throws(WireError) {
        for _ in 0..<count {
            var zero: UInt8 = 0
            try self.field("zero", &zero)
            guard zero == 0 else { throw self.refusal(code, value: UInt64(zero)) }
        }
    }

    /// The error that refuses what was just walked over.
    func refusal(
        _ code: OpenFlowError.Code, value: UInt64? = nil, limit: UInt64? = nil, field: StaticString? = nil
    ) -> WireError {
        var error = OpenFlowError(code, offset: self.offset, value: value, limit: limit, field: field)
        error.context = self.context
        return .refused(error)
    }
}
