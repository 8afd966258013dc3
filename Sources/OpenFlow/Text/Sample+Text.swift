extension Sample: CustomStringConvertible {
    /// The action as ovs-ofctl prints it: `sample(probability=65535,collector_set_id=1,...)`.
    public var description: String {
        var parts = ["probability=\(self.probability)", "collector_set_id=\(self.collectorSet)"]
        parts.append("obs_domain_id=\(self.observationDomain.text)")
        parts.append("obs_point_id=\(self.observationPoint.text)")
        if self.samplingPort != .any { parts.append("sampling_port=\(self.samplingPort.text)") }
        switch self.direction {
        case .unspecified: break
        case .ingress: parts.append("ingress")
        case .egress: parts.append("egress")
        }
        return "sample(\(parts.joined(separator: ",")))"
    }

    init(item: TextItem) throws(TextError) {
        self.init()
        var arguments = try TextArguments(item)
        let probability = try arguments.required("probability")
        self.probability = try probability.integer("a probability")
        guard self.probability > 0 else { throw probability.error("a probability from 1 to 65535") }
        self.collectorSet = try arguments.integer("collector_set_id", "a number", absent: 0)
        self.observationDomain = try Identifier(part: try arguments.value("obs_domain_id"))
        self.observationPoint = try Identifier(part: try arguments.value("obs_point_id"))
        if let port = try arguments.value("sampling_port") { self.samplingPort = try port.port() }
        if try arguments.flag("ingress") { self.direction = .ingress }
        if try arguments.flag("egress") {
            guard self.direction == .unspecified else { throw item.whole.error("ingress or egress, not both,") }
            self.direction = .egress
        }
        try arguments.finish()
    }
}

extension Sample.Identifier {
    fileprivate var text: String {
        switch self {
        case .immediate(let value): String(value)
        case .field(let slice): slice.description
        }
    }

    fileprivate init(part: TextPart?) throws(TextError) {
        guard let part else {
            self = .immediate(0)
            return
        }
        if part.number != nil {
            self = .immediate(try part.integer("a number"))
        } else {
            let slice = try FieldSlice(part: part)
            guard slice.bitCount <= 32 else { throw part.error("at most 32 bits of a field") }
            self = .field(slice)
        }
    }
}

extension ControllerOutput: CustomStringConvertible {
    /// The action as ovs-ofctl prints it: `controller(reason=no_match,max_len=100,id=1,userdata=01.02,pause)`.
    ///
    /// What is as usual is left out, but the parentheses are not empty, as `controller` alone is the port.
    public var description: String {
        var parts: [String] = []
        if self.reason != .applyAction { parts.append("reason=\(self.reason.text)") }
        if self.maximumLength != 0xffff { parts.append("max_len=\(self.maximumLength)") }
        if self.controllerID != 0 { parts.append("id=\(self.controllerID)") }
        if !self.userData.isEmpty { parts.append("userdata=\(self.userData.hexadecimal(separator: "."))") }
        if self.isPausing { parts.append("pause") }
        if let meter = self.meter { parts.append("meter_id=\(meter)") }
        return "controller(\(parts.isEmpty ? "id=0" : parts.joined(separator: ",")))"
    }

    init(maximumLength: UInt16, controllerID: UInt16, reason: PacketInReason) {
        self.init()
        (self.maximumLength, self.controllerID, self.reason) = (maximumLength, controllerID, reason)
    }
}
