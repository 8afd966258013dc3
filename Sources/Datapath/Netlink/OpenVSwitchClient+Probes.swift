// What the running kernel can do, found by trying: flows are put and taken out again, actions are executed on a
// packet that goes nowhere. Trials carry a mark by which the kernel does not log its refusals.

extension OpenVSwitchClient {
    /// Tries everything that ``DatapathCapabilities`` names, except dispatch per CPU, which is found at opening.
    package func probeCapabilities() -> DatapathCapabilities {
        // A run that ended amid a trial may have left it.
        try? self.removeTrial()
        var found = DatapathCapabilities()
        let etherTypeOnly = ProbeFlow { $0.etherType = 0x88b5 }
        found.identifiers = self.accepts(etherTypeOnly)
        found.vlanDepth = [2, 1].first { self.accepts(.vlanTags($0)) } ?? 0
        found.mplsDepth = [3, 2, 1].first { self.accepts(.mplsEntries($0)) } ?? 0
        found.recirculation = self.accepts(
            ProbeFlow {
                $0.etherType = 0x88b5
                $0.recirculationID = 1
            })
        found.connectionTracking = self.accepts(
            ProbeFlow {
                $0.etherType = 0x88b5
                $0.connectionState = 0x20
            })
        let mark = DatapathAction.set(.mark(1, mask: 1))
        found.maskedSet = self.executes([mark])
        let reply = ARPFields(operation: 2)
        found.controlHeaderRewrite = self.executes(
            [.set(.arp(reply, mask: ARPFields(operation: .max)))], etherType: 0x0806)
        found.hash = self.executes([.hash(algorithm: .l4, basis: 0)])
        found.truncation = self.executes([.truncate(64)])
        found.clone = self.executes([.clone([mark])])
        found.sampleNesting =
            (1...10).reversed().first { depth in
                let nested = (0..<depth).reduce([mark]) { inner, _ in [.sample(probability: .max / 2, inner)] }
                return self.executes(nested)
            } ?? 0
        found.packetLengthCheck = self.executes(
            [.checkPacketLength(maximumBytes: 100, longer: [mark], notLonger: [mark])])
        found.serviceHeaders =
            self.accepts(.serviceHeader)
            && self.executes([.pushServiceHeader(ServiceHeader(ServiceHeaderFields(), nextProtocol: 3))])
        found.ethernetRemoval = self.executes([.popEthernet, .pushEthernet(EthernetFields())])
        found.labelBeforeEthernet = self.executes([.encapsulateMPLS(labelStackEntry: 0x100, etherType: 0x8847)])
        found.explicitDrop = self.executes([.drop(reason: 0)])
        found.packetSampling = self.executes([.packetSample(group: 0, cookie: 0)])
        found.meters = self.hasMeters
        return found
    }

    /// Whether the kernel takes this flow, keeps every field of it, and finds it again by its name.
    private func accepts(_ probe: ProbeFlow) -> Bool {
        let header = self.newFlowHeader
        do throws(NetlinkError) {
            try self.command(header) {
                $0.flag(OpenVSwitch.FlowAttribute.probe.rawValue)
                return $0.flow(probe.flow, portID: 0)
            }
        } catch { return false }
        let kept = try? self.flow(ProbeFlow.identifier).flow.key
        if (try? self.removeTrial()) == nil { try? self.deleteByKey(probe) }
        guard let kept else { return false }
        return kept.matches(probe.flow.key, under: probe.flow.mask)
    }

    private func removeTrial() throws(NetlinkError) {
        try self.command(self.deleteFlowHeader) {
            $0.identifier(ProbeFlow.identifier)
            return true
        }
    }

    /// For a kernel that does not know flows by name.
    private func deleteByKey(_ probe: ProbeFlow) throws(NetlinkError) {
        try self.command(self.deleteFlowHeader) {
            $0.keyAndMask(of: probe.flow)
            return true
        }
    }

    /// Whether the kernel executes these actions on a short packet.
    private func executes(_ actions: [DatapathAction], etherType: UInt16 = 0x88b5) -> Bool {
        // Addresses of zero, and behind the EtherType an ARP request's fixed part, so that it parses where that is
        // asked for.
        let header: [UInt8] = [
            UInt8(truncatingIfNeeded: etherType >> 8), UInt8(truncatingIfNeeded: etherType), 0, 1, 8, 0, 6, 4, 0, 1,
        ]
        let packet = [UInt8](repeating: 0, count: 12) + header + [UInt8](repeating: 0, count: 42)
        var key = FlowKey()
        key.inPort = PortIndex.none.rawValue
        do throws(NetlinkError) {
            try self.command(self.executeHeader) {
                $0.flag(OpenVSwitch.PacketAttribute.probe.rawValue)
                return $0.execution(packet: packet, key: key, actions: actions, portID: 0)
            }
            return true
        } catch { return false }
    }

    /// Whether there are meters, and room for any.
    private var hasMeters: Bool {
        guard self.families[.meter] != nil else { return false }
        let found = try? self.request(self.header(.meter, OpenVSwitch.MeterCommand.features.rawValue)) {
            _ in
            true
        } parse: { message in
            var reader = message.attributes
            while reader.advance() {
                if reader.type == OpenVSwitch.MeterAttribute.maximumMeters.rawValue { return reader.uint32() }
            }
            return nil
        }
        return found ?? 0 > 0
    }
}

/// A flow that no packet can match: it has no port.
private struct ProbeFlow {
    /// The name of every trial; no flow of the agent's has it, short of a chance of 2⁻¹²⁸.
    static let identifier = FlowIdentifier(high: 0x736c_7569_6365_2070, low: 0x726f_6265_0000_0000)

    let flow: DatapathFlow

    /// Matches exactly the fields that `fill` sets, and no port.
    init(_ fill: (inout FlowKey) -> Void) {
        var key = FlowKey()
        fill(&key)
        var mask = FlowMask()
        for index in 0..<FlowKey.wordCount { mask.words[index] = key.words[index] }
        key.inPort = .max
        mask.inPort = .max
        mask.etherType = .max
        self.flow = DatapathFlow(identifier: Self.identifier, key: key, mask: mask, actions: [])
    }

    static func vlanTags(_ count: Int) -> ProbeFlow {
        ProbeFlow {
            $0.etherType = 0x88b5
            $0.vlanTPID = count > 1 ? 0x88a8 : 0x8100
            $0.vlanTCI = 0x1001
            if count > 1 {
                $0.innerVLANTPID = 0x8100
                $0.innerVLANTCI = 0x1002
            }
        }
    }

    static var serviceHeader: ProbeFlow {
        ProbeFlow {
            $0.etherType = ServiceHeader.etherType
            $0.serviceHeaderMetadataType = 1
            $0.serviceHeaderPathID = 1
            $0.serviceHeaderContexts = 1
        }
    }

    static func mplsEntries(_ count: Int) -> ProbeFlow {
        ProbeFlow {
            $0.etherType = 0x8847
            $0.mplsLabelStackEntry0 = 0x1000
            if count > 1 { $0.mplsLabelStackEntry1 = 0x2000 }
            if count > 2 { $0.mplsLabelStackEntry2 = 0x3000 }
        }
    }
}
