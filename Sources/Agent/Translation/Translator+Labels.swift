import Datapath
import NetworkTypes
import OpenFlow

/// Which headers of a packet translation does not know, because the datapath has not parsed it since they came to
/// light.
enum UnparsedHeaders: Hashable, Sendable {
    /// None.
    case none
    /// Those behind Ethernet and its tags.
    case network
    /// All.
    case all
}

// MPLS (RFC 3032; 1.1 §4.7 to 1.5 §5.8): pushing, popping, times to live.
//
// Labels are tracked as VLAN tags are: actions change the stack, `commitLabels()` tells the datapath. What is behind
// the last label that is known comes to light only when the datapath parses the packet again.
extension Translator {
    static func isMPLS(_ type: UInt16) -> Bool { type == 0x8847 || type == 0x8848 }

    /// Performs an action that adds, removes or changes a header outside of IP.
    mutating func encapsulate(_ action: Action) {
        switch action {
        case .pushMPLS(let type): self.pushMPLS(type.rawValue)
        case .popMPLS(let type): self.popMPLS(type.rawValue)
        case .setMPLSTTL(let ttl): self.setLabelField(.mplsTTL, value: UInt128(ttl), mask: 0xff)
        case .decrementMPLSTTL: self.decrementLabelTTL()
        case .copyTTLOut: self.copyTTLOutward()
        case .copyTTLIn: self.copyTTLInward()
        case .pushPBB(let type): self.pushServiceTag(type.rawValue)
        case .popPBB: self.popServiceTag()
        default: self.omit(.unsupportedAction)
        }
    }

    /// Whether the packet must pass through the datapath before the action: because that looks at, or rewrites, headers
    /// that are not known yet, or removes one that the datapath did not see at the beginning of the list.
    func mustPass(before action: Action) -> Bool {
        guard self.unparsed == .none else { return self.mustParse(before: action) }
        guard self.hasPushedHeader else { return false }
        switch action {
        case .decapsulate, .popMPLS: return true
        case .encapsulate(let header): return header.packetType != 0
        default: return false
        }
    }

    private func mustParse(before action: Action) -> Bool {
        switch action {
        case .output(let port, _) where port == .normal || port == .table: self.unparsed == .all
        case .output, .outputTruncated, .controller, .setQueue, .popQueue, .note, .exit, .writeMetadata, .clone,
            .conjunction, .meter:
            false
        case .setField(let entry):
            switch entry.field.flowLayout?.word {
            case nil: false
            // Metadata, and Ethernet addresses where Ethernet is known.
            case let word?: word >= PacketParser.firstHeaderWord && (self.unparsed == .all || word > 31)
            }
        case .pushVLAN, .popVLAN, .setVLANID, .setVLANPriority: self.unparsed == .all
        default: true
        }
    }

    /// Notes that the result depends on every label that the datapath sees.
    mutating func unwildcardLabels() {
        guard Self.isMPLS(self.original.etherType) else { return }
        let depth = self.environment.capabilities.mplsDepth
        self.unwildcard(word: 33, bits: depth > 1 ? .max : 0xffff_ffff_0000_0000)
        if depth > 2 { self.unwildcard(word: 34, bits: .max) }
    }

    /// Writes the three outermost labels into the key; they follow from what has been looked at.
    private mutating func showLabels() {
        let shown = Array(self.labels.entries.suffix(3).reversed()) + [0, 0, 0]
        self.key.mplsLabelStackEntry0 = shown[0]
        self.key.mplsLabelStackEntry1 = shown[1]
        self.key.mplsLabelStackEntry2 = shown[2]
        for word in 33...34 {
            self.constant.words[word] = .max
            self.pending.words[word] = 0
        }
    }

    mutating func pushMPLS(_ type: UInt16) {
        // What is behind the label cannot be rewritten any more, nor a label that is not outermost.
        self.commit()
        self.unwildcardLabels()
        let entry: UInt32
        if Self.isMPLS(self.key.etherType) {
            entry = self.key.mplsLabelStackEntry0 & ~0x100
        } else if Self.isIP(self.key) {
            self.unwildcard(.ipTTL)
            entry = 0x100 | UInt32(self.key.ipTTL)
        } else {
            // 1.3 table 6 has nothing to copy from; a label that expires at once would help nobody.
            entry = 0x100 | 64
        }
        guard self.labels.push(entry) else { return self.drop(.tooManyLabels) }
        // The kernel puts labels before IP, ARP and labels alone.
        let isUsual = Self.isIP(self.key) || Self.isARP(self.key) || Self.isMPLS(self.key.etherType)
        if !isUsual, !self.environment.capabilities.softwareHeaders { self.result.slowPath.insert(.action) }
        self.key.etherType = type
        if self.key.packetType != 0 { self.key.packetType = FlowKey.packetType(ofEtherType: type) }
        self.showLabels()
    }

    private mutating func popMPLS(_ type: UInt16) {
        guard Self.isMPLS(self.key.etherType), let top = self.labels.top else { return self.omit(.absentField) }
        guard self.key.packetType == 0 else { return self.popLabel(as: type) }
        self.unwildcardLabels()
        let isBottom = top & 0x100 != 0
        if isBottom, self.committedLabels.entries.isEmpty, type == self.committedType {
            // The label was only ever ours: nothing has happened to the packet.
            _ = self.labels.pop()
            self.key.etherType = type
            return self.showLabels()
        }
        // A label that only the new EtherType tells from one that was never there must be there to be removed.
        let isOurs = self.labels.entries.count > self.committedLabels.entries.count
        if isOurs, isBottom || !Self.isMPLS(type) { self.commit() }
        _ = self.labels.pop()
        self.key.etherType = type
        self.showLabels()
        if isBottom || self.labels.top == nil || !Self.isMPLS(type) { self.unparsed = .network }
    }

    /// Sets bits of the outermost label stack entry.
    mutating func setLabelField(_ field: MatchField, value: UInt128, mask: UInt128) {
        guard let layout = field.flowLayout, Self.isMPLS(self.key.etherType) else { return self.omit(.absentField) }
        self.write(layout, value: value, mask: mask)
        self.labels.setTop(self.key.mplsLabelStackEntry0)
    }

    private mutating func decrementLabelTTL() {
        guard Self.isMPLS(self.key.etherType) else { return self.omit(.absentField) }
        self.unwildcard(word: 33, bits: 0xff << 32)
        let ttl = self.key.mplsLabelStackEntry0 & 0xff
        guard ttl > 1 else { return self.expire(notifying: [0]) }
        self.setLabelField(.mplsTTL, value: UInt128(ttl - 1), mask: 0xff)
    }

    /// Ends a packet whose time to live is over: controllers get it, and nobody else.
    mutating func expire(notifying identifiers: [UInt16]) {
        for identifier in identifiers {
            self.raisePacketIn(reason: .invalidTTL, maximumLength: .max, controllerID: identifier)
        }
        self.drop(.expiredTTL)
        self.actionSet.removeAll()
        self.hasExited = true
    }

    private mutating func copyTTLOutward() {
        guard Self.isMPLS(self.key.etherType), let top = self.labels.top else { return self.omit(.absentField) }
        self.unwildcardLabels()
        if let second = self.labels.second {
            self.setLabelField(.mplsTTL, value: UInt128(second & 0xff), mask: 0xff)
        } else if top & 0x100 != 0, Self.isIP(self.original), self.unparsed == .none {
            // The label is ours, and what is behind it known.
            self.unwildcard(.ipTTL)
            self.setLabelField(.mplsTTL, value: UInt128(self.key.ipTTL), mask: 0xff)
        } else {
            self.edit(.copyTTLOutward)
            self.unparsed = .network
        }
    }

    private mutating func copyTTLInward() {
        guard Self.isMPLS(self.key.etherType), let top = self.labels.top else { return self.omit(.absentField) }
        self.unwildcardLabels()
        if let second = self.labels.second {
            self.labels.setSecond(second & ~0xff | top & 0xff)
            self.commitLabels()
            self.showLabels()
        } else {
            self.edit(.copyTTLInward)
            self.unparsed = .network
        }
    }

    /// Has the packet edited, by the handlers where the datapath cannot.
    private mutating func edit(_ edit: PacketEdit) {
        self.commit()
        if !self.environment.capabilities.softwareHeaders { self.result.slowPath.insert(.action) }
        self.append(.edit(edit))
    }

    /// Removes, adds and rewrites labels until the packet's are those that it shall have.
    ///
    /// The kernel changes labels of untagged packets alone, so that tags are taken off before, to be put back.
    mutating func commitLabels() {
        let wanted = self.labels.entries
        let present = self.committedLabels.entries
        let common = self.labels.commonInnerCount(with: self.committedLabels)
        let isRetyped = self.key.etherType != self.committedType
        if wanted.count == present.count, common >= wanted.count - 1, !isRetyped {
            self.commitOuterLabel()
        } else if self.labels != self.committedLabels || Self.isMPLS(self.committedType) {
            self.replaceLabels(present, by: wanted, from: common)
        }
        self.pending.words[33] = 0
        self.pending.words[34] = 0
        self.committedLabels = self.labels
        self.committedType = self.key.etherType
    }

    /// Makes the stack `wanted`, which agrees with `present` in the `common` innermost entries.
    ///
    /// The innermost entry that differs is rewritten where that will do: the kernel adds no label to a packet that it
    /// has removed the last known one from.
    private mutating func replaceLabels(_ present: [UInt32], by wanted: [UInt32], from common: Int) {
        while self.committedTags.pop() { self.append(.popVLAN) }
        // Equal labels of another EtherType: the outermost is removed and added again.
        let common = common > 0 && wanted.count == present.count && common == wanted.count ? common - 1 : common
        let isOnlyRetyped = wanted.count == common + 1 && present.count == common + 1
        let isRewritten = wanted.count > common && present.count > common && !isOnlyRetyped
        let kept = isRewritten ? common + 1 : common
        if kept == 0, !present.isEmpty, !wanted.isEmpty, !self.environment.capabilities.softwareHeaders {
            self.result.slowPath.insert(.action)
        }
        for remaining in stride(from: present.count - 1, through: kept, by: -1) {
            let isLast = remaining == kept && wanted.count == kept
            self.append(.popMPLS(etherType: isLast ? self.key.etherType : 0x8847))
        }
        if isRewritten { self.append(.set(.mpls(labelStackEntry: wanted[common], mask: .max))) }
        for entry in wanted[kept...] {
            self.append(.pushMPLS(labelStackEntry: entry, etherType: self.key.etherType))
        }
    }

    private mutating func commitOuterLabel() {
        var mask = UInt32(truncatingIfNeeded: self.pending.words[33] >> 32)
        guard mask != 0 else { return }
        if !self.environment.capabilities.maskedSet {
            self.unwildcard(.mplsLabelStackEntry0)
            mask = .max
        }
        self.append(.set(.mpls(labelStackEntry: self.key.mplsLabelStackEntry0 & mask, mask: mask)))
    }
}

// IEEE 802.1ah (1.3 §5.12.1): software's alone.
extension Translator {
    private mutating func pushServiceTag(_ type: UInt16) {
        guard self.key.packetType == 0 else { return self.omit(.absentField) }
        self.unwildcardTags()
        var tci: UInt32 = 0
        if self.tags.count > 0 { tci = UInt32(self.tags.tag(0).tci & 0xe000) << 16 }
        if self.key.etherType == 0x88e7, self.tags.count == 0 {
            self.unwildcard(.serviceInstance)
            tci |= self.key.serviceInstance
        }
        self.edit(.pushServiceTag(etherType: type, tci: tci))
        // All that was known is behind the new header now.
        self.tags = VLANStack(FlowKey())
        self.committedTags = self.tags
        self.tags.show(in: &self.key)
        self.labels = LabelStack()
        self.committedLabels = self.labels
        self.key.etherType = type
        self.committedType = type
        for word in 33..<PacketParser.headerWords.upperBound {
            self.key.words[word] = 0
            self.constant.words[word] = .max
        }
        self.key.serviceInstance = tci & 0xff_ffff
    }

    private mutating func popServiceTag() {
        self.unwildcardTagPresence()
        guard self.key.etherType == 0x88e7, self.tags.count == 0 else { return self.omit(.absentField) }
        self.edit(.popServiceTag)
        self.unparsed = .all
    }

    /// Sets bits of a field of the service instance tag.
    mutating func setServiceField(_ field: MatchField, value: UInt128, mask: UInt128) {
        self.unwildcardTagPresence()
        guard let layout = field.flowLayout, self.key.etherType == 0x88e7, self.tags.count == 0 else {
            return self.omit(.absentField)
        }
        let shift: UInt32 = field == .pbbUseCustomerAddress ? 27 : 0
        self.write(layout, value: value, mask: mask)
        self.pending.words[46] = 0
        self.edit(
            .setServiceTag(
                tci: UInt32(truncatingIfNeeded: value) << shift, mask: UInt32(truncatingIfNeeded: mask) << shift))
    }
}
