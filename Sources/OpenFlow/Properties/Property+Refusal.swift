extension Property {
    /// Why a switch that knows no property of this experimenter refuses it; meaningful for experimenters' properties.
    public var refusal: OpenFlowError {
        guard self.body.count >= 4 else { return OpenFlowError(.propertyBadLength, value: UInt64(self.body.count + 4)) }
        let experimenter = self.body.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let isKnown =
            experimenter == OXMIdentifier.niciraExperimenter || experimenter == OXMIdentifier.onfExperimenter
        return OpenFlowError(
            isKnown ? .propertyBadExperimenterType : .propertyBadExperimenter, value: UInt64(experimenter))
    }
}

extension Message {
    /// Why a switch that knows no experimenter's properties and meter bands refuses this request; nil where it has
    /// none.
    ///
    /// Experimenters' messages, actions and instructions are looked at elsewhere, where they are handled.
    public var experimenterRefusal: OpenFlowError? {
        switch self {
        case .groupMod(let groupMod):
            groupMod.properties.first?.refusal
                ?? groupMod.buckets.lazy.compactMap { $0.properties.first }.first?.refusal
        case .portMod(let portMod): portMod.properties.first?.refusal
        case .tableMod(let tableMod): tableMod.configuration.properties.first?.refusal
        case .meterMod(let meterMod): meterMod.bands.lazy.compactMap(\.experimenterRefusal).first
        case .setAsync(let configuration): configuration.properties.first?.refusal
        case .nicira(.setAsyncConfig2(let configuration)): configuration.properties.first?.refusal
        case .bundleControl(let control): control.properties.first?.refusal
        case .bundleAdd(let add): add.properties.first?.refusal ?? add.message.experimenterRefusal
        case .multipartRequest(let request): request.body.experimenterRefusal
        default: nil
        }
    }
}

extension MeterBand {
    fileprivate var experimenterRefusal: OpenFlowError? {
        guard case .experimenter(let experimenter, _) = self.kind else { return nil }
        return OpenFlowError(.meterModBadBand, value: UInt64(experimenter))
    }
}

extension MultipartRequest.Body {
    fileprivate var experimenterRefusal: OpenFlowError? {
        switch self {
        case .bundleFeatures(let request): return request.properties.first?.refusal
        case .tableFeatures(let tables):
            for table in tables {
                for case .other(let property) in table.properties { return property.refusal }
            }
            return nil
        default: return nil
        }
    }
}
