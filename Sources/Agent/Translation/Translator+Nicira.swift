import Datapath
import NetworkTypes
import OpenFlow

// Nicira's actions on the packet's pipeline state (ovs-actions(7)).
extension Translator {
    /// Performs one of them.
    mutating func performExtension<View: PipelineView & ~Copyable>(_ action: Action, view: borrowing View) {
        switch action {
        case .resubmitTracked(let port, let table):
            self.resubmit(port: port, table: table, isTracked: true, view: view)
        case .clone(let actions): self.performClone(actions, view: view)
        case .pushStack(let slice): self.push(slice)
        case .popStack(let slice): self.pop(slice)
        case .writeMetadata(let value, let mask):
            self.key.metadata = self.key.metadata & ~mask | value & mask
        case .multipath(let multipath): self.choose(multipath)
        case .bundle(let bundle): self.choose(bundle, view: view)
        case .controllerOutput(let output): self.send(output)
        case .decrementNetworkTTLNotifying(let identifiers): self.decrementTTL(notifying: identifiers)
        case .learn(let learn): self.learn(learn, view: view)
        case .connectionTracking(let tracking): self.track(tracking)
        case .clearConnectionTracking: self.clearTracking()
        case .checkPacketLarger(let length, let result):
            self.freezing = .packetLength(maximumBytes: length, result: result)
        case .sample(let sample): self.sample(sample)
        case .finTimeout:
            // Done where packets are credited to the rule (`FinTimeout`).
            break
        default: self.omit(.unsupportedAction)
        }
    }

    // MARK: Copies

    /// Performs actions on a copy of the packet and of its pipeline state.
    private mutating func performClone<View: PipelineView & ~Copyable>(
        _ actions: [Action], view: borrowing View
    ) {
        guard self.depth < self.environment.limits.depth else {
            self.result.error = .depthExceeded
            return
        }
        self.depth += 1
        self.recorder?.depth = self.depth
        self.performOnCopy(actions, hasOwnActionSet: false, view: view)
        self.depth -= 1
        self.recorder?.depth = self.depth
    }

    // MARK: The stack

    private mutating func push(_ slice: FieldSlice) {
        guard let value = self.read(slice.field, offset: slice.offset, bitCount: slice.bitCount) else {
            return self.omit(.absentField)
        }
        guard self.stack.count < self.environment.limits.stack else { return self.drop(.stackOverflow) }
        self.stack.append(value)
    }

    /// An empty stack leaves the field alone.
    private mutating func pop(_ slice: FieldSlice) {
        guard let value = self.stack.popLast() else { return self.omit(.absentField) }
        self.write(value, to: slice)
    }

    /// Writes the low bits of a value into some bits of a field.
    mutating func write(_ value: UInt128, to slice: FieldSlice) {
        guard slice.bitCount > 0, Int(slice.offset) + Int(slice.bitCount) <= slice.field.sliceWidth,
            slice.bitCount <= 128
        else { return self.omit(.unsupportedAction) }
        let ones = UInt128.max >> UInt128(128 - UInt32(slice.bitCount))
        if let option = slice.field.tunnelMetadataIndex {
            return self.writeTunnelOption(option, offset: Int(slice.offset), value: value & ones, mask: ones)
        }
        let shift = UInt128(slice.offset)
        self.setField(slice.field, value: (value & ones) << shift, mask: ones << shift)
    }

    // MARK: Controllers

    private mutating func send(_ output: ControllerOutput) {
        guard !output.isPausing else {
            self.freezing = .pause(output)
            return
        }
        self.raisePacketIn(
            reason: output.reason, maximumLength: output.maximumLength, controllerID: output.controllerID)
        guard let last = self.result.packetIns.indices.last else { return }
        self.result.packetIns[last].userData = output.userData
        self.result.packetIns[last].meter = output.meter
    }

    private mutating func decrementTTL(notifying identifiers: [UInt16]) {
        guard Self.isIP(self.key) else { return self.omit(.absentField) }
        self.unwildcard(.ipTTL)
        let ttl = self.key.ipTTL
        guard ttl > 1 else {
            for identifier in identifiers {
                self.raisePacketIn(reason: .invalidTTL, maximumLength: .max, controllerID: identifier)
            }
            self.drop(.expiredTTL)
            self.actionSet.removeAll()
            self.hasExited = true
            return
        }
        self.write(.ipTTL, UInt128(ttl - 1))
    }

    // MARK: Choices by hash

    private mutating func choose(_ multipath: Multipath) {
        let links = UInt64(multipath.maximumLink) + 1
        let hash = self.hash(multipath.hashFields, basis: UInt64(multipath.basis))
        let link: UInt64
        switch multipath.algorithm {
        case .modulo: link = hash % links
        case .hashThreshold: link = UInt64(hash.multipliedFullWidth(by: links).high)
        case .highestRandomWeight: link = Self.highestWeight(hash, 0..<links) ?? 0
        case .iterativeHash: link = Self.iterate(hash, links: links, argument: multipath.argument)
        }
        self.write(UInt128(link), to: multipath.destination)
    }

    private mutating func choose<View: PipelineView & ~Copyable>(_ bundle: PortBundle, view: borrowing View) {
        let live = bundle.members.filter { number in
            guard let port = view.port(number) else { return false }
            return !port.description.configuration.contains(.portDown)
                && port.description.state.isDisjoint(with: [.linkDown, .blocked])
        }
        let chosen: PortNumber?
        switch bundle.algorithm {
        case .activeBackup: chosen = live.first
        case .highestRandomWeight:
            let hash = self.hash(bundle.hashFields, basis: UInt64(bundle.basis))
            chosen = live.max {
                (Self.weight(hash, UInt64($0.rawValue)), $0.rawValue) < (
                    Self.weight(hash, UInt64($1.rawValue)), $1.rawValue
                )
            }
        }
        if let destination = bundle.destination {
            // None is OFPP_NONE, cut to the field.
            self.write(UInt128(chosen?.rawValue ?? 0xffff), to: destination)
        } else if let chosen {
            self.output(to: chosen, maximumLength: 0, view: view)
        } else {
            self.drop(.missingPort)
        }
    }

    private static func weight(_ hash: UInt64, _ candidate: UInt64) -> UInt64 {
        var mixed = FlowHash(seed: hash)
        mixed.combine(candidate)
        return mixed.finalize()
    }

    private static func highestWeight(_ hash: UInt64, _ candidates: Range<UInt64>) -> UInt64? {
        candidates.max { (Self.weight(hash, $0), $0) < (Self.weight(hash, $1), $1) }
    }

    /// Hashes in turn, each time to one of `argument` numbers, until that is a link's.
    private static func iterate(_ hash: UInt64, links: UInt64, argument: UInt32) -> UInt64 {
        let modulo = max(UInt64(argument), links)
        // The next power of two would end sooner; so many tries leave a chance that does not matter.
        for round in 0..<128 {
            let candidate = Self.weight(hash, UInt64(round)) % modulo
            if candidate < links { return candidate }
        }
        return hash % links
    }

    /// A hash of the fields that are asked for, on which the result then depends.
    private mutating func hash(_ fields: HashFields, basis: UInt64) -> UInt64 {
        var hash = FlowHash(seed: basis)
        switch fields {
        case .ethernetSource:
            self.unwildcard(.ethernetSource)
            hash.combine(self.key.ethernetSource)
        case .networkSource: self.hashAddresses(into: &hash, source: true, destination: false)
        case .networkDestination: self.hashAddresses(into: &hash, source: false, destination: true)
        case .symmetricL3: self.hashAddresses(into: &hash, source: true, destination: true)
        case .symmetricL3L4: self.hashConversation(into: &hash, protocols: [6, 132])
        case .symmetricL3L4UDP: self.hashConversation(into: &hash, protocols: [6, 17, 132])
        case .symmetricL4:
            self.unwildcard(.ethernetSource)
            self.unwildcard(.ethernetDestination)
            self.unwildcard(word: FlowField.vlanTCI.layout.word, bits: 0x1fff << UInt64(FlowField.vlanTCI.layout.shift))
            hash.combine(self.key.ethernetSource ^ self.key.ethernetDestination)
            hash.combine(UInt64(self.key.vlanTCI & 0x1fff) << 16 | UInt64(self.key.etherType))
            self.hashConversation(into: &hash, protocols: [6, 132])
        }
        return hash.finalize()
    }

    /// Both addresses together give the same for both directions.
    private mutating func hashAddresses(into hash: inout FlowHash, source: Bool, destination: Bool) {
        guard Self.isIP(self.key) else { return }
        var value: UInt128 = 0
        let isIPv4 = self.key.etherType == 0x0800
        if source {
            self.unwildcard(isIPv4 ? .ipv4Source : .ipv6Source)
            value ^= self.key[isIPv4 ? .ipv4Source : .ipv6Source]
        }
        if destination {
            self.unwildcard(isIPv4 ? .ipv4Destination : .ipv6Destination)
            value ^= self.key[isIPv4 ? .ipv4Destination : .ipv6Destination]
        }
        hash.combine(UInt64(truncatingIfNeeded: value))
        hash.combine(UInt64(truncatingIfNeeded: value >> 64))
    }

    private mutating func hashConversation(into hash: inout FlowHash, protocols: [UInt8]) {
        self.hashAddresses(into: &hash, source: true, destination: true)
        guard Self.isIP(self.key) else { return }
        self.unwildcard(.ipProtocol)
        hash.combine(UInt64(self.key.ipProtocol))
        // Fragments of one packet go one way.
        guard self.key.ipFragment == 0, self.hasTransportHeader(anyOf: protocols) else { return }
        self.unwildcard(.transportSource)
        self.unwildcard(.transportDestination)
        hash.combine(UInt64(self.key.transportSource ^ self.key.transportDestination))
    }
}
