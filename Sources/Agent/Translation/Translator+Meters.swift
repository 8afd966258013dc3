import Datapath
import OpenFlow

// Meters: in the datapath where it can have them, in the handlers elsewhere.
//
// A meter may drop the packet or change it, and only when it comes. What may not be done to a packet that it drops, or
// looks at what it changes, is therefore done when the packet comes back from the datapath.
extension Translator {
    /// Passes the packet through a meter.
    mutating func performMeter<View: PipelineView & ~Copyable>(_ identifier: MeterID, view: borrowing View) {
        guard let meter = view.meter(identifier), let number = meter.datapathNumber else {
            return self.omit(.unsupportedAction)
        }
        // What a remarking meter does depends on the code point, so an earlier rewrite of it is sent first.
        self.commit()
        self.append(.meter(number))
        self.isMetered = true
        guard SoftwareMeters.contains(number) else {
            if self.goesOnBehindMeters, self.canRecirculate {
                self.freezing = .reparse
                return
            }
            if meter.remarks, Self.isIP(self.key), self.unparsed == .none { self.unparsed = .network }
            return
        }
        self.result.slowPath.insert(.meter)
        self.recorder?.note(.note("measured by the agent: the datapath cannot have such a meter"))
        // The handlers do this alone; all that follows is the datapath's again.
        if self.canRecirculate { self.freezing = .reparse }
    }

    /// Whether the handlers would have the datapath measure the packet anew for each that they make of it: what comes
    /// behind meters is then to be done when the packet comes back from the datapath.
    var measuresTwice: Bool {
        !self.goesOnBehindMeters && self.result.error == nil && self.canRecirculate
            && !self.result.slowPath.isDisjoint(with: [.action, .meter])
            && self.result.actions.contains(where: \.measuresInDatapath)
    }

    /// Whether the action raises a packet-in that a meter before it must let pass.
    mutating func mustBeMetered(before action: Action) -> Bool {
        guard self.isMetered, self.canRecirculate else { return false }
        switch action {
        case .controller, .output(.controller, _), .controllerOutput: return true
        case .outputField(let slice, _):
            guard let value = self.read(slice.field, offset: slice.offset, bitCount: slice.bitCount) else {
                return false
            }
            return Self.port(of: value, bitCount: slice.bitCount) == .controller
        case .decrementNetworkTTL, .decrementNetworkTTLNotifying:
            guard Self.isIP(self.key) else { return false }
            self.unwildcard(.ipTTL)
            return self.key.ipTTL <= 1
        case .decrementMPLSTTL:
            guard Self.isMPLS(self.key.etherType) else { return false }
            self.unwildcard(word: 33, bits: 0xff << 32)
            return self.key.mplsLabelStackEntry0 & 0xff <= 1
        case .decrementServiceHeaderTTL:
            guard self.key.etherType == ServiceHeader.etherType else { return false }
            self.unwildcard(.serviceHeaderTTL)
            return self.key.serviceHeaderTTL == 1
        default: return false
        }
    }
}

extension DatapathAction {
    /// Whether it, or one nested in it, has the datapath measure the packet.
    fileprivate var measuresInDatapath: Bool {
        switch self {
        case .meter(let number): !SoftwareMeters.contains(number)
        case .clone(let nested), .sample(_, let nested): nested.contains(where: \.measuresInDatapath)
        case .checkPacketLength(_, let longer, let notLonger):
            longer.contains(where: \.measuresInDatapath) || notLonger.contains(where: \.measuresInDatapath)
        default: false
        }
    }
}
