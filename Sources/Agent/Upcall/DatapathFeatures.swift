package import Datapath
import Synchronization

/// What a datapath may be able to do, by the names that people use.
package enum DatapathFeature: String, CaseIterable, Hashable, Sendable {
    /// See ``DatapathCapabilities/vlanDepth``; part of the datapath's keys, as some others are.
    case vlanDepth = "vlan-depth"
    /// See ``DatapathCapabilities/mplsDepth``.
    case mplsDepth = "mpls-depth"
    /// See ``DatapathCapabilities/identifiers``.
    case identifiers
    /// See ``DatapathCapabilities/maskedSet``.
    case maskedSet = "masked-set"
    /// See ``DatapathCapabilities/controlHeaderRewrite``.
    case controlHeaderRewrite = "control-header-rewrite"
    /// See ``DatapathCapabilities/recirculation``.
    case recirculation
    /// See ``DatapathCapabilities/hash``.
    case hash
    /// See ``DatapathCapabilities/truncation``.
    case truncation
    /// See ``DatapathCapabilities/clone``.
    case clone
    /// See ``DatapathCapabilities/sampleNesting``.
    case sampleNesting = "sample-nesting"
    /// See ``DatapathCapabilities/connectionTracking``.
    case connectionTracking = "connection-tracking"
    /// See ``DatapathCapabilities/meters``.
    case meters
    /// See ``DatapathCapabilities/explicitDrop``.
    case explicitDrop = "explicit-drop"
    /// See ``DatapathCapabilities/perCPUDispatch``.
    case perCPUDispatch = "per-cpu-dispatch"
    /// See ``DatapathCapabilities/packetLengthCheck``.
    case packetLengthCheck = "packet-length-check"
    /// See ``DatapathCapabilities/packetSampling``.
    case packetSampling = "psample"
    /// See ``DatapathCapabilities/softwareHeaders``.
    case softwareHeaders = "software-headers"
    /// See ``DatapathCapabilities/serviceHeaders``.
    case serviceHeaders = "service-headers"
    /// See ``DatapathCapabilities/serviceHeaderRewrite``.
    case serviceHeaderRewrite = "service-header-rewrite"
    /// See ``DatapathCapabilities/ethernetRemoval``.
    case ethernetRemoval = "ethernet-removal"
    /// See ``DatapathCapabilities/labelBeforeEthernet``.
    case labelBeforeEthernet = "label-before-ethernet"

    /// Whether it stays as it was found: what keys are made of, and how the datapath was opened.
    package var isFixed: Bool {
        switch self {
        case .vlanDepth, .identifiers, .meters, .explicitDrop, .perCPUDispatch, .softwareHeaders, .serviceHeaders: true
        default: false
        }
    }

    /// Whether it is a number, of tags, labels or nested lists.
    package var isNumber: Bool { self == .vlanDepth || self == .mplsDepth || self == .sampleNesting }

    /// The least that the agent can do with.
    fileprivate var least: Int { self == .mplsDepth ? 1 : 0 }

    /// A value in words.
    package func text(_ value: Int) -> String { self.isNumber ? "\(value)" : value > 0 ? "yes" : "no" }

    /// Reads a value: `yes`, `no`, or a number where it is one.
    package func value(_ text: String) -> Int? {
        switch text {
        case "yes" where !self.isNumber: 1
        case "no" where !self.isNumber: 0
        default: self.isNumber ? UInt8(text).map(Int.init) : nil
        }
    }
}

extension DatapathCapabilities {
    /// The value of a feature: a number, or 1 and 0.
    package subscript(_ feature: DatapathFeature) -> Int {
        get {
            switch Self.member(feature) {
            case .number(let path): self[keyPath: path]
            case .flag(let path): self[keyPath: path] ? 1 : 0
            }
        }
        set {
            switch Self.member(feature) {
            case .number(let path): self[keyPath: path] = newValue
            case .flag(let path): self[keyPath: path] = newValue > 0
            }
        }
    }

    /// Where a feature is kept.
    private enum Member {
        case number(WritableKeyPath<DatapathCapabilities, Int>)
        case flag(WritableKeyPath<DatapathCapabilities, Bool>)
    }

    private static func member(_ feature: DatapathFeature) -> Member {
        switch feature {
        case .vlanDepth: .number(\.vlanDepth)
        case .mplsDepth: .number(\.mplsDepth)
        case .sampleNesting: .number(\.sampleNesting)
        case .identifiers: .flag(\.identifiers)
        case .maskedSet: .flag(\.maskedSet)
        case .controlHeaderRewrite: .flag(\.controlHeaderRewrite)
        case .recirculation: .flag(\.recirculation)
        case .hash: .flag(\.hash)
        case .truncation: .flag(\.truncation)
        case .clone: .flag(\.clone)
        case .connectionTracking: .flag(\.connectionTracking)
        case .meters: .flag(\.meters)
        case .explicitDrop: .flag(\.explicitDrop)
        case .perCPUDispatch: .flag(\.perCPUDispatch)
        case .packetLengthCheck: .flag(\.packetLengthCheck)
        case .packetSampling: .flag(\.packetSampling)
        case .softwareHeaders: .flag(\.softwareHeaders)
        case .serviceHeaders: .flag(\.serviceHeaders)
        case .serviceHeaderRewrite: .flag(\.serviceHeaderRewrite)
        case .ethernetRemoval: .flag(\.ethernetRemoval)
        case .labelBeforeEthernet: .flag(\.labelBeforeEthernet)
        }
    }
}

/// What translation takes a datapath to be able to do: what was found, less what people have turned off; any thread.
package final class DatapathFeatureSet: Sendable {
    /// What holds at one moment.
    package struct Current: Sendable {
        /// What translation may use.
        package var capabilities: DatapathCapabilities
        /// Grows with each change; what was made under another number may no longer hold.
        package var generation: UInt64 = 0
    }

    /// What was found when the datapath was opened.
    package let probed: DatapathCapabilities
    private let state: Mutex<Current>

    /// All that was found.
    package init(probed: DatapathCapabilities) {
        self.probed = probed
        self.state = Mutex(Current(capabilities: probed))
    }

    /// What holds now.
    package var current: Current { self.state.withLock { $0 } }

    /// Changes what is used of a feature, up to what was found.
    func set(_ feature: DatapathFeature, to value: Int) throws(DatapathError) {
        let operation = "set \(feature.rawValue) to \(feature.text(value))"
        guard !feature.isFixed else {
            throw DatapathError(.invalid, operation: operation, detail: "it cannot be changed while the agent runs")
        }
        guard value <= self.probed[feature] else {
            throw DatapathError(
                .unsupported, operation: operation, detail: "the datapath was found to have \(self.text(feature))")
        }
        guard value >= feature.least else {
            throw DatapathError(.invalid, operation: operation, detail: "\(feature.least) is the least")
        }
        self.state.withLock { state in
            guard state.capabilities[feature] != value else { return }
            state.capabilities[feature] = value
            state.generation += 1
        }
    }

    /// A feature's value as it was found.
    func text(_ feature: DatapathFeature) -> String { feature.text(self.probed[feature]) }
}
