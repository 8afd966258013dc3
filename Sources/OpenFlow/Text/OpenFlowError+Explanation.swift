extension OpenFlowError {
    /// What an error means, for people.
    public struct Explanation: Hashable, Sendable {
        /// One sentence.
        public let meaning: String
        /// What usually brings it about, or helps against it.
        public let causes: String
    }

    /// How an error is written in a version.
    public struct Numbers: Hashable, Sendable, CustomStringConvertible {
        /// The versions, from the first to the last.
        public let versions: ClosedRange<OpenFlowVersion>
        /// The error's type; 0xffff where an experimenter's error follows.
        public let type: UInt16
        /// The error's code within the type, or the experimenter's number for the error.
        public let code: UInt16
        /// Who defined it, where the specification did not: "ONF", "Nicira", or "Nicira, in a vendor's error".
        public let experimenter: String?

        init(_ form: Form) {
            self.versions = form.versions
            self.type = form.type
            self.code = form.code
            self.experimenter =
                switch form.kind {
                case .standard: nil
                case .onf: "ONF"
                case .nicira: "Nicira"
                case .envelope: "Nicira, in a vendor's error"
                }
        }

        /// The versions and the numbers: `1.1 to 1.5: type 5, code 6`.
        public var description: String {
            let (low, high) = (self.versions.lowerBound, self.versions.upperBound)
            let range = low == high ? "1.\(low.rawValue - 1)" : "1.\(low.rawValue - 1) to 1.\(high.rawValue - 1)"
            guard let experimenter = self.experimenter else { return "\(range): type \(self.type), code \(self.code)" }
            guard self.type == 0xffff else {
                return "\(range): type \(self.type), code \(self.code) (\(experimenter))"
            }
            return "\(range): experimenter's error \(self.code) (\(experimenter))"
        }
    }
}

extension OpenFlowError.Code {
    /// What the error means and what usually brings it about.
    public var explanation: OpenFlowError.Explanation {
        OpenFlowError.requestsExplanations[self] ?? OpenFlowError.tablesExplanations[self]
            ?? OpenFlowError.extensionsExplanations[self] ?? OpenFlowError.Explanation(meaning: "", causes: "")
    }

    /// The error's numbers, by version.
    public var numbers: [OpenFlowError.Numbers] { self.row.forms.map(OpenFlowError.Numbers.init) }

    /// The errors that the numbers mean, in one version or in any.
    ///
    /// Errors of the specification come first. An experimenter's error is found by type 0xffff and the experimenter's
    /// number, or by the numbers within Nicira's vendor error.
    public static func matching(type: UInt16, code: UInt16, in version: OpenFlowVersion?) -> [OpenFlowError.Code] {
        func has(_ error: OpenFlowError.Code, standard: Bool) -> Bool {
            error.row.forms.contains { form in
                form.type == type && form.code == code && (form.kind == .standard) == standard
                    && version.map { form.versions.contains($0) } ?? true
            }
        }
        return Self.allCases.filter { has($0, standard: true) }
            + Self.allCases.filter { has($0, standard: false) && !has($0, standard: true) }
    }

    /// The error of a name: the specification's constant, whatever its case, with its prefix or without.
    public static func named(_ name: String) -> [OpenFlowError.Code] {
        let name = name.uppercased()
        let exact = Self.allCases.filter { $0.constant == name }
        guard exact.isEmpty else { return exact }
        return Self.allCases.filter { $0.constant.split(separator: "_", maxSplits: 1).last.map(String.init) == name }
    }
}
