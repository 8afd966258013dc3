import Datapath
import OpenFlow

// The network service header (RFC 8300): pushed, popped, its fields set.
extension Translator {
    /// The initial time to live (RFC 8300 §2.2) and service index (§2.3).
    private static let initialTTL: UInt8 = 63
    private static let initialIndex: UInt8 = 255

    /// Puts a network service header before the packet.
    mutating func pushServiceHeader(_ header: Encapsulation) {
        let type = self.key.packetType
        guard let nextProtocol = ServiceHeader.nextProtocol(ofPacketType: type),
            type == 0 || self.key.etherTypeWithoutEthernet != nil
        else { return self.refuseHeader() }
        self.requirePlainFrame()
        let contextHeaders = header.serviceContextHeaders
        // The kernel wants context headers where the metadata type says there may be some.
        let isKernel = !self.environment.capabilities.softwareHeaders
        if !self.environment.capabilities.serviceHeaders || (isKernel && contextHeaders?.isEmpty == true) {
            self.result.slowPath.insert(.action)
        }
        self.hideHeaders(behind: FlowKey.packetType(ofEtherType: ServiceHeader.etherType))
        self.key.serviceHeaderTTL = Self.initialTTL
        self.key.serviceHeaderMetadataType = contextHeaders == nil ? 1 : 2
        self.key.serviceHeaderNextProtocol = nextProtocol
        self.key.serviceHeaderIndex = Self.initialIndex
        self.newHeader = .serviceHeader(contextHeaders: contextHeaders)
        self.hasPushedHeader = true
    }

    /// Removes the network service header that the packet begins with.
    mutating func popServiceHeader(_ type: UInt32) {
        self.unwildcard(.serviceHeaderNextProtocol)
        guard let next = ServiceHeader.packetType(ofNextProtocol: self.key.serviceHeaderNextProtocol),
            type == Encapsulation.nextProtocolType || type == next
        else { return self.refuseHeader() }
        if !self.environment.capabilities.serviceHeaders { self.result.slowPath.insert(.action) }
        self.append(.popServiceHeader)
        self.hideHeaders(behind: next)
        self.unparsed = .all
    }

    /// Takes one from the time to live; a packet that has none left goes to the controllers and nowhere else.
    ///
    /// Zero is what those send that know of no time to live, and is followed by 63 (RFC 8300 §2.2).
    mutating func decrementServiceHeaderTTL() {
        guard self.has(.serviceHeader) else { return self.omit(.absentField) }
        self.unwildcard(.serviceHeaderTTL)
        let ttl = self.key.serviceHeaderTTL
        guard ttl != 1 else { return self.expire(notifying: [0]) }
        self.write(.serviceHeaderTTL, UInt128((ttl &- 1) & 0x3f))
    }

    /// Sets bits of a field that has fewer of them in packets than in matches, or is not in every such header.
    mutating func setServiceHeader(_ field: MatchField, value: UInt128, mask: UInt128) {
        guard let layout = field.flowLayout, self.has(.serviceHeader) else { return self.omit(.absentField) }
        if layout.word != FlowField.serviceHeaderTTL.layout.word {
            self.unwildcard(.serviceHeaderMetadataType)
            guard self.key.serviceHeaderMetadataType == 1 else { return self.omit(.absentField) }
        }
        self.write(layout, value: value, mask: mask)
    }

    private var hasPendingServiceHeader: Bool {
        self.key.etherType == ServiceHeader.etherType
            && self.pending.words[35] | self.pending.words[36] | self.pending.words[37] != 0
    }

    /// Removes the network service header and adds it again with other values, where the datapath cannot write into it
    /// but can do that: all of the header must then be known.
    mutating func replaceServiceHeader() {
        let capabilities = self.environment.capabilities
        guard self.hasPendingServiceHeader, !capabilities.serviceHeaderRewrite, capabilities.serviceHeaders,
            !self.hasPushedHeader
        else { return }
        self.unwildcard(.serviceHeaderMetadataType)
        self.unwildcard(.serviceHeaderNextProtocol)
        let nextProtocol = self.key.serviceHeaderNextProtocol
        let isEthernet = self.key.packetType == 0
        guard self.key.serviceHeaderMetadataType == 1, ServiceHeader.packetType(ofNextProtocol: nextProtocol) != nil,
            !isEthernet || capabilities.ethernetRemoval
        else { return }
        for word in 35...37 { self.unwildcard(word: word, bits: .max) }
        if isEthernet {
            self.unwildcardTagPresence()
            if self.tags.count + self.committedTags.count > 0 { self.unwildcardTags() }
            self.unwildcard(.ethernetSource)
            self.unwildcard(.ethernetDestination)
            while self.committedTags.pop() { self.append(.popVLAN) }
            self.append(.popEthernet)
        }
        self.append(.popServiceHeader)
        self.append(
            .pushServiceHeader(ServiceHeader(ServiceHeaderFields(self.key), nextProtocol: nextProtocol)))
        if isEthernet {
            self.append(.pushEthernet(self.ethernetAddresses))
            self.pending.ethernetSource = 0
            self.pending.ethernetDestination = 0
        }
        for word in 35...37 { self.pending.words[word] = 0 }
    }

    /// Writes into the network service header, by the handlers where the datapath cannot.
    mutating func rewriteServiceHeader() {
        guard self.hasPendingServiceHeader else { return }
        if !self.environment.capabilities.serviceHeaderRewrite { self.result.slowPath.insert(.action) }
        let mask = ServiceHeaderFields(self.pending)
        var value = self.key
        value.formIntersection(self.pending)
        self.append(.set(.serviceHeader(ServiceHeaderFields(value), mask: mask)))
    }

    /// Has the megaflow know of a network service header what its datapath's keys have.
    mutating func finishServiceHeader() {
        guard self.original.etherType == ServiceHeader.etherType, !self.environment.capabilities.softwareHeaders else {
            return
        }
        guard !self.environment.capabilities.serviceHeaders else {
            // The kernel's keys of such packets have these fields always.
            self.result.mask.serviceHeaderMetadataType = .max
            return
        }
        guard self.result.mask.serviceHeaderBase != 0 || self.result.mask.serviceHeaderContexts != 0 else { return }
        self.result.mask.serviceHeaderBase = 0
        self.result.mask.serviceHeaderContexts = 0
        if self.result.error == nil { self.result.slowPath.insert(.match) }
    }
}

extension Encapsulation {
    /// The metadata type that a network service header is to have, as far as the properties say.
    private var serviceMetadataType: UInt8 {
        for case .serviceHeaderMetadataType(let type) in self.properties { return type }
        return 1
    }

    /// The context headers of metadata type 2 as they go on the wire (RFC 8300 §2.5.1), each padded to four bytes; nil
    /// for metadata type 1.
    var serviceContextHeaders: [UInt8]? {
        guard self.serviceMetadataType == 2 else { return nil }
        var bytes: [UInt8] = []
        for case .serviceHeaderContext(let optionClass, let type, let value) in self.properties {
            bytes += [UInt8(optionClass >> 8), UInt8(truncatingIfNeeded: optionClass), type]
            bytes.append(UInt8(truncatingIfNeeded: value.count) & 0x7f)
            bytes += value
            bytes += [UInt8](repeating: 0, count: -value.count & 3)
        }
        return bytes
    }
}
