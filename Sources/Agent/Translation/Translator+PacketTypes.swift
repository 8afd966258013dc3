import Datapath
import NetworkTypes
import OpenFlow

/// A header that is to be pushed before a packet, and whose fields may still be set.
enum NewHeader: Hashable, Sendable {
    /// None.
    case none
    /// Ethernet.
    case ethernet
    /// The network service header, with context headers where it is of metadata type 2.
    case serviceHeader(contextHeaders: [UInt8]?)
}

// Packet types (1.5 §7.2.3.11; ovs-actions(7), encap and decap): headers that are added before everything, and the one
// that a packet begins with removed.
//
// What is to be pushed is pushed when the packet leaves, with the fields that it has been given by then. What is behind
// a header that is removed comes to light when the datapath has parsed the packet again, but for Ethernet.
extension Translator {
    /// Performs an encap action.
    mutating func push(_ header: Encapsulation) {
        self.commit()
        guard self.result.error == nil else { return }
        switch header.packetType {
        case 0: self.pushEthernet()
        case FlowKey.packetType(ofEtherType: ServiceHeader.etherType): self.pushServiceHeader(header)
        default: self.pushFirstLabel(UInt16(truncatingIfNeeded: header.packetType))
        }
    }

    /// Performs a decap action: removes the header that the packet begins with, behind which one of `type` must be, or
    /// whatever the header says (``Encapsulation/nextProtocolType``).
    mutating func popHeader(_ type: UInt32) {
        self.commit()
        guard self.result.error == nil else { return }
        switch self.key.etherTypeWithoutEthernet {
        case nil: self.popEthernet(type)
        case ServiceHeader.etherType: self.popServiceHeader(type)
        case let own? where Self.isMPLS(own):
            guard type == 0 || type >> 16 == 1 else { return self.refuseHeader() }
            self.popLabel(as: type == 0 ? EtherType.transparentEthernet.rawValue : UInt16(truncatingIfNeeded: type))
        default: self.refuseHeader()
        }
    }

    /// Ends the packet's way: it is not one to which this can be done.
    mutating func refuseHeader() {
        self.drop(.unsupportedPacketType)
        self.actionSet.removeAll()
        self.hasExited = true
    }

    /// Tells the datapath of the header that is to be pushed.
    mutating func commitNewHeader() {
        switch self.newHeader {
        case .none: return
        case .ethernet:
            self.append(.pushEthernet(self.ethernetAddresses))
            self.pending.ethernetSource = 0
            self.pending.ethernetDestination = 0
        case .serviceHeader(let contextHeaders):
            self.append(
                .pushServiceHeader(
                    ServiceHeader(
                        ServiceHeaderFields(self.key), nextProtocol: self.key.serviceHeaderNextProtocol,
                        contextHeaders: contextHeaders)))
            for word in 35...37 { self.pending.words[word] = 0 }
        }
        self.newHeader = .none
    }

    /// The packet's Ethernet addresses.
    var ethernetAddresses: EthernetFields {
        EthernetFields(
            source: MACAddress(rawValue: self.key.ethernetSource),
            destination: MACAddress(rawValue: self.key.ethernetDestination))
    }

    // MARK: Ethernet

    private mutating func pushEthernet() {
        guard let type = self.key.etherTypeWithoutEthernet else { return self.refuseHeader() }
        if !self.environment.capabilities.ethernetRemoval { self.result.slowPath.insert(.action) }
        self.key.packetType = 0
        self.key.words[30] = UInt64(type)
        self.key.words[31] = 0
        self.newHeader = .ethernet
    }

    /// Gives a packet that has none an Ethernet header whose addresses are zero, for a bridge that is to see one.
    mutating func addBlankEthernet() {
        if self.key.packetType != 0 { self.pushEthernet() }
    }

    /// Makes the packet one without its Ethernet header, for a port that carries none; drops it where what is behind
    /// has no name.
    mutating func removeEthernet() {
        guard self.newHeader == .ethernet, self.tags.count == 0 else {
            self.commit()
            return self.popEthernet(Encapsulation.nextProtocolType)
        }
        // What was to be added need not be.
        self.newHeader = .none
        self.pending.ethernetSource = 0
        self.pending.ethernetDestination = 0
        self.key.packetType = FlowKey.packetType(ofEtherType: self.key.etherType)
        self.key.words[30] = UInt64(self.key.etherType)
        self.key.words[31] = 0
    }

    private mutating func popEthernet(_ type: UInt32) {
        self.unwildcardTagPresence()
        let own = FlowKey.packetType(ofEtherType: self.key.etherType)
        guard self.key.packetType == 0, self.tags.count == 0, self.key.etherType >= EtherType.minimum.rawValue,
            type == Encapsulation.nextProtocolType || type == own
        else { return self.refuseHeader() }
        if !self.environment.capabilities.ethernetRemoval { self.result.slowPath.insert(.action) }
        self.append(.popEthernet)
        self.key.packetType = own
        self.key.words[30] = UInt64(self.key.etherType)
        self.key.words[31] = 0
        for word in 30...31 {
            self.constant.words[word] = .max
            self.rewritten.words[word] = 0
        }
    }

    // MARK: Labels before Ethernet

    private mutating func pushFirstLabel(_ type: UInt16) {
        guard self.key.packetType == 0 else { return self.pushMPLS(type) }
        self.requirePlainFrame()
        var ttl: UInt32 = 64
        if Self.isIP(self.key) {
            self.unwildcard(.ipTTL)
            ttl = UInt32(self.key.ipTTL)
        }
        let entry = 0x100 | ttl
        if !self.environment.capabilities.labelBeforeEthernet { self.result.slowPath.insert(.action) }
        self.append(.encapsulateMPLS(labelStackEntry: entry, etherType: type))
        self.hideHeaders(behind: FlowKey.packetType(ofEtherType: type))
        _ = self.labels.push(entry)
        self.committedLabels = self.labels
        self.key.mplsLabelStackEntry0 = entry
        self.hasPushedHeader = true
    }

    /// Removes the label that a packet without Ethernet begins with; `type` is of what is behind it.
    mutating func popLabel(as type: UInt16) {
        self.commit()
        self.unwildcardLabels()
        let isEthernet = type == EtherType.transparentEthernet.rawValue
        if isEthernet, !self.environment.capabilities.labelBeforeEthernet { self.result.slowPath.insert(.action) }
        self.append(.popMPLS(etherType: type))
        self.hideHeaders(behind: isEthernet ? 0 : FlowKey.packetType(ofEtherType: type))
        self.unparsed = .all
    }

    /// A tag may be beside the packet in the kernel's memory, and would come out before what is pushed.
    func hasTagsBesidePacket() -> Bool { !self.environment.capabilities.softwareHeaders && self.tags.count > 0 }

    mutating func requirePlainFrame() {
        guard self.key.packetType == 0 else { return }
        self.unwildcardTagPresence()
        if self.hasTagsBesidePacket() { self.result.slowPath.insert(.action) }
    }

    /// Makes the packet one of which nothing is known but its type.
    mutating func hideHeaders(behind type: UInt32) {
        self.tags = VLANStack(FlowKey())
        self.committedTags = self.tags
        self.labels = LabelStack()
        self.committedLabels = self.labels
        for word in PacketParser.headerWords {
            self.key.words[word] = 0
            self.constant.words[word] = .max
            self.rewritten.words[word] = 0
            self.pending.words[word] = 0
        }
        self.key.packetType = type
        self.key.etherType = self.key.etherTypeWithoutEthernet ?? 0
        self.committedType = self.key.etherType
    }
}
