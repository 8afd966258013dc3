// The `ct` action as the kernel takes and gives it (`enum ovs_ct_attr`, `enum ovs_nat_attr`).

extension OpenVSwitch {
    /// Attributes of a `ct` action.
    enum ConnectionTrackingAttribute: UInt16 {
        /// Flag.
        case commit = 1
        /// 16 bits, host byte order.
        case zone = 2
        /// 32 bits and their mask.
        case mark = 3
        /// 16 bytes and their mask.
        case labels = 4
        /// Text, zero-terminated.
        case helper = 5
        /// Nested ``NetworkTranslationAttribute``.
        case translation = 6
        /// Flag.
        case forceCommit = 7
        /// Text, zero-terminated (Linux 5.2).
        case timeout = 9
    }

    /// Attributes of address translation.
    enum NetworkTranslationAttribute: UInt16 {
        /// Flag.
        case source = 1
        /// Flag.
        case destination = 2
        /// 4 or 16 bytes.
        case firstAddress = 3
        /// 4 or 16 bytes.
        case lastAddress = 4
        /// 16 bits, host byte order.
        case firstPort = 5
        /// 16 bits, host byte order.
        case lastPort = 6
        /// Flag.
        case persistent = 7
        /// Flag.
        case hashedPort = 8
        /// Flag.
        case randomPort = 9
    }
}

extension NetlinkWriter {
    /// Writes a `ct` action.
    mutating func connectionTracking(_ request: ConnectionTrackingRequest) {
        typealias Attribute = OpenVSwitch.ConnectionTrackingAttribute
        let start = self.begin(OpenVSwitch.ActionAttribute.connectionTracking.rawValue)
        if request.commits { self.flag((request.forces ? Attribute.forceCommit : .commit).rawValue) }
        if request.zone != 0 { self.attribute(Attribute.zone.rawValue, request.zone) }
        if request.markMask != 0 {
            let inner = self.begin(Attribute.mark.rawValue)
            self.host(request.mark)
            self.host(request.markMask)
            self.end(inner)
        }
        if request.labelMask != 0 {
            let inner = self.begin(Attribute.labels.rawValue)
            self.host(request.label.littleEndian)
            self.host(request.labelMask.littleEndian)
            self.end(inner)
        }
        if !request.helper.isEmpty { self.attribute(Attribute.helper.rawValue, zeroTerminated: request.helper) }
        if let translation = request.translation { self.translation(translation) }
        if !request.timeoutPolicy.isEmpty {
            self.attribute(Attribute.timeout.rawValue, zeroTerminated: request.timeoutPolicy)
        }
        self.end(start)
    }

    private mutating func translation(_ translation: ConnectionTrackingRequest.Translation) {
        typealias Attribute = OpenVSwitch.NetworkTranslationAttribute
        let start = self.begin(OpenVSwitch.ConnectionTrackingAttribute.translation.rawValue)
        switch translation.direction {
        case .existing: break
        case .source: self.flag(Attribute.source.rawValue)
        case .destination: self.flag(Attribute.destination.rawValue)
        }
        if translation.direction != .existing {
            for (attribute, address) in [
                (Attribute.firstAddress, translation.firstAddress), (.lastAddress, translation.lastAddress),
            ] where address != 0 {
                if translation.isIPv6 {
                    self.bigEndianAttribute(attribute.rawValue, address)
                } else {
                    self.bigEndianAttribute(attribute.rawValue, UInt32(truncatingIfNeeded: address))
                }
            }
            if translation.firstPort != 0 { self.attribute(Attribute.firstPort.rawValue, translation.firstPort) }
            if translation.lastPort != 0 { self.attribute(Attribute.lastPort.rawValue, translation.lastPort) }
            if translation.isPersistent { self.flag(Attribute.persistent.rawValue) }
            if translation.hashesPort { self.flag(Attribute.hashedPort.rawValue) }
            if translation.randomisesPort { self.flag(Attribute.randomPort.rawValue) }
        }
        self.end(start)
    }
}

extension NetlinkReader {
    /// Reads the attributes of a `ct` action up to the end; nil where they make no sense.
    consuming func readConnectionTracking() -> ConnectionTrackingRequest? {
        var reader = self
        var request = ConnectionTrackingRequest()
        while reader.advance() {
            switch OpenVSwitch.ConnectionTrackingAttribute(rawValue: reader.type) {
            case .commit: request.commits = true
            case .forceCommit:
                request.commits = true
                request.forces = true
            case .zone: request.zone = reader.uint16()
            case .mark:
                guard reader.has(8) else { return nil }
                request.mark = reader.payload.host32(0)
                request.markMask = reader.payload.host32(4)
            case .labels:
                guard reader.has(32) else { return nil }
                request.label = reader.payload.big128(0).byteSwapped
                request.labelMask = reader.payload.big128(16).byteSwapped
            case .helper: request.helper = reader.text()
            case .timeout: request.timeoutPolicy = reader.text()
            case .translation:
                guard let translation = reader.nested.readTranslation() else { return nil }
                request.translation = translation
            case nil: break
            }
        }
        return reader.isMalformed ? nil : request
    }

    private consuming func readTranslation() -> ConnectionTrackingRequest.Translation? {
        var reader = self
        var result = ConnectionTrackingRequest.Translation()
        while reader.advance() {
            switch OpenVSwitch.NetworkTranslationAttribute(rawValue: reader.type) {
            case .source: result.direction = .source
            case .destination: result.direction = .destination
            case .firstAddress:
                result.isIPv6 = reader.count == 16
                result.firstAddress = result.isIPv6 ? reader.big128() : UInt128(reader.big32())
            case .lastAddress: result.lastAddress = reader.count == 16 ? reader.big128() : UInt128(reader.big32())
            case .firstPort: result.firstPort = reader.uint16()
            case .lastPort: result.lastPort = reader.uint16()
            case .persistent: result.isPersistent = true
            case .hashedPort: result.hashesPort = true
            case .randomPort: result.randomisesPort = true
            case nil: break
            }
        }
        return reader.isMalformed ? nil : result
    }
}
