// controller2: 16 bytes, then properties.
extension ControllerOutput {
    /// The properties by type; what is as usual is left out.
    private enum PropertyType: UInt16, CaseIterable {
        case maximumLength = 0
        case controllerID = 1
        case reason = 2
        case userData = 3
        case pause = 4
        case meter = 5
    }

    /// As an action: the older one, where it can say this.
    var action: Action {
        guard self.userData.isEmpty, !self.isPausing, self.meter == nil else { return .controllerOutput(self) }
        return .controller(
            maximumLength: self.maximumLength, controllerID: self.controllerID, reason: self.reason)
    }

    private func has(_ type: PropertyType) -> Bool {
        switch type {
        case .maximumLength: self.maximumLength != 0xffff
        case .controllerID: self.controllerID != 0
        case .reason: self.reason != .applyAction
        case .userData: !self.userData.isEmpty
        case .pause: self.isPausing
        case .meter: self.meter != nil
        }
    }

    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.reserved(6)
        var others: [Property] = []
        let present = PropertyType.allCases.filter { self.has($0) }.map(\.rawValue)
        var value = self
        try wire.properties(present: present, others: &others) { (wire, type) throws(WireError) in
            guard let known = PropertyType(rawValue: type) else {
                throw wire.refusal(.propertyBadType, value: UInt64(type))
            }
            try value.describe(known, to: &wire)
            return true
        }
        self = value
    }

    private mutating func describe(
        _ type: PropertyType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        switch type {
        case .maximumLength: try Self.padded("maximumLength", &self.maximumLength, &wire)
        case .controllerID: try Self.padded("controllerID", &self.controllerID, &wire)
        case .reason: try wire.code("reason", &self.reason, absent: .requestNiciraBadReason)
        case .userData: try wire.rest("userData", &self.userData)
        case .pause: self.isPausing = true
        case .meter:
            var meter = self.meter ?? MeterID(rawValue: 0)
            try wire.field("meter", &meter)
            self.meter = meter
        }
    }

    /// Sixteen bits, with two bytes of padding that the property's length counts; some leave them out.
    private static func padded(
        _ name: StaticString, _ value: inout UInt16, _ wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.field(name, &value)
        if !wire.isReading || wire.remaining == 2 { try wire.reserved(2) }
    }
}
