// Type and code, or type 0xffff with an experimenter's type and number (1.2 and later), or Nicira's
// envelope (1.0, 1.1): type 0xb0c2, code 0, experimenter, type, code. Then the start of the refused
// message.
extension ErrorMessage: WireStructure {
    private static let experimenterType: UInt16 = 0xffff
    private static let envelopeType: UInt16 = 0xb0c2

    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var numbers = Numbers()
        if !wire.isReading { numbers = try self.numbers(in: wire.version) }
        var type = numbers.isEnveloped ? Self.envelopeType : numbers.type
        var code = numbers.isEnveloped ? 0 : numbers.code
        try wire.field("type", &type)
        try wire.field("code", &code)
        numbers.isEnveloped = type == Self.envelopeType && !wire.version.hasExperimenterErrors
        if numbers.isEnveloped {
            try wire.field("experimenter", &numbers.experimenter)
            try wire.field("type", &numbers.type)
            try wire.field("code", &numbers.code)
        } else {
            (numbers.type, numbers.code) = (type, code)
            if type == Self.experimenterType { try wire.field("experimenter", &numbers.experimenter) }
        }
        try wire.rest("data", &self.data)
        if wire.isReading { self.error = numbers.identity(in: wire.version) }
    }

    /// An error as it is on the wire.
    private struct Numbers {
        var type: UInt16 = 0
        var code: UInt16 = 0
        var experimenter: UInt32 = 0
        var isEnveloped = false

        func identity(in version: OpenFlowVersion) -> Identity {
            let kind: OpenFlowError.Form.Kind =
                switch (self.isEnveloped, self.type, self.experimenter) {
                case (true, _, _): .envelope
                case (false, ErrorMessage.experimenterType, OXMIdentifier.onfExperimenter): .onf
                case (false, ErrorMessage.experimenterType, _): .nicira
                default: .standard
                }
            for row in OpenFlowError.table {
                guard let form = row.error.form(in: version), form.kind == kind, form.code == self.code,
                    form.type == self.type,
                    kind == .standard || kind == .onf || self.experimenter == OXMIdentifier.niciraExperimenter
                else { continue }
                return .known(row.error)
            }
            return .unknown(type: self.type, code: self.code, experimenter: self.experimenter)
        }
    }

    private func numbers(in version: OpenFlowVersion) throws(WireError) -> Numbers {
        switch self.error {
        case .unknown(let type, let code, let experimenter):
            let isEnveloped = !version.hasExperimenterErrors && experimenter != 0
            return Numbers(type: type, code: code, experimenter: experimenter, isEnveloped: isEnveloped)
        case .known(let error):
            guard let form = error.form(in: version) else { throw .inexpressible(.error(error)) }
            switch form.kind {
            case .standard: return Numbers(type: form.type, code: form.code)
            case .onf:
                return Numbers(
                    type: Self.experimenterType, code: form.code, experimenter: OXMIdentifier.onfExperimenter)
            case .nicira:
                return Numbers(
                    type: Self.experimenterType, code: form.code,
                    experimenter: OXMIdentifier.niciraExperimenter)
            case .envelope:
                return Numbers(
                    type: form.type, code: form.code, experimenter: OXMIdentifier.niciraExperimenter,
                    isEnveloped: true)
            }
        }
    }
}
