import NetworkTypes

/// Executes datapath actions on a packet, in order, as the kernel's `do_execute_actions` does.
///
/// Used by the embedded datapath for every packet, and by upcall handlers to see a packet as it is when an
/// action sends it to a controller. No state of its own: what remains of an execution is in the packet, the
/// key and the sink. An action that cannot be carried out ends the list: the packet is dropped and counted by
/// the sink, what has been sent stays sent.
package enum ActionExecutor {
    /// How deep clones, samples and recirculations may nest together.
    package static let depthMaximum = 8

    /// Executes `actions` on `packet`.
    ///
    /// `key` must describe the packet (metadata and headers) and does so again afterwards where it was
    /// needed; `layout` is where its headers are, nil when that is not known yet. `depth` counts the nesting
    /// so far.
    package static func execute<Sink: PacketSink & ~Copyable>(
        _ actions: [DatapathAction], on packet: inout PacketBuffer, key: inout FlowKey,
        layout: PacketLayout? = nil, into sink: inout Sink, depth: Int = 0
    ) {
        var progress = Progress(layout: layout ?? PacketLayout(), isLayoutKnown: layout != nil)
        Self.run(actions, &packet, &key, &progress, &sink, depth)
    }

    /// What one list of actions knows between two of them.
    private struct Progress {
        var layout: PacketLayout
        var isLayoutKnown: Bool
        /// Whether the header fields of the key still are those of the packet.
        var isKeyCurrent = true
        /// What `truncate` left for the next output.
        var maximumLength = Int.max
        /// The tunnel that the packet is to leave by, where it leaves by a port of tunnels.
        var tunnel: TunnelFields?

        init(layout: PacketLayout, isLayoutKnown: Bool) {
            self.layout = layout
            self.isLayoutKnown = isLayoutKnown
        }

        mutating func takeMaximumLength() -> Int {
            let length = self.maximumLength
            self.maximumLength = .max
            return length
        }

        /// Makes layout and key true again.
        mutating func refresh(_ packet: borrowing PacketBuffer, _ key: inout FlowKey) {
            guard !self.isLayoutKnown || !self.isKeyCurrent else { return }
            self.layout = PacketParser.parse(packet.bytes, into: &key)
            self.isLayoutKnown = true
            self.isKeyCurrent = true
        }
    }

    private static func run<Sink: PacketSink & ~Copyable>(
        _ actions: [DatapathAction], _ packet: inout PacketBuffer, _ key: inout FlowKey,
        _ progress: inout Progress, _ sink: inout Sink, _ depth: Int
    ) {
        guard depth <= Self.depthMaximum else {
            sink.discard(.refused(.tooDeep))
            return
        }
        do throws(PacketError) {
            for index in actions.indices {
                let isLast = index == actions.count - 1
                switch actions[index] {
                case .output(let port):
                    // Every port carries Ethernet.
                    guard key.packetType == 0 else { throw .headerAbsent }
                    let length = progress.takeMaximumLength()
                    if let tunnel = progress.tunnel {
                        sink.output(&packet, to: port, through: tunnel, maximumLength: length)
                    } else {
                        sink.output(&packet, to: port, maximumLength: length)
                    }
                case .clone(let nested):
                    Self.runCopy(nested, &packet, &key, &progress, &sink, depth, isLast: isLast)
                case .sample(let probability, let nested):
                    guard probability == .max || sink.nextRandom() < probability else { continue }
                    Self.runCopy(nested, &packet, &key, &progress, &sink, depth, isLast: isLast)
                case .recirculate(let identifier):
                    Self.recirculate(identifier, &packet, &key, &progress, &sink, depth, isLast: isLast)
                case .userspace(let userdata):
                    progress.refresh(packet, &key)
                    sink.passUp(
                        &packet, key: key, userdata: userdata, maximumLength: progress.takeMaximumLength())
                case .hash(let algorithm, let basis):
                    progress.refresh(packet, &key)
                    key.datapathHash = key.fiveTupleHash(basis: basis, symmetric: algorithm == .symmetricL4)
                case .truncate(let length):
                    progress.maximumLength = Int(length)
                case .meter(let identifier):
                    switch sink.measure(packet, by: identifier) {
                    case .pass: break
                    case .drop:
                        sink.discard(.meter(identifier))
                        return
                    case .remark(let level):
                        try Self.remark(by: level, &packet, &key, &progress, &sink)
                    }
                case .drop(let reason):
                    sink.discard(.explicit(reason))
                    return
                case .set(let rewrite):
                    try Self.set(rewrite, &packet, &key, &progress, &sink)
                case .connectionTracking, .clearConnectionTracking, .packetSample: throw .unsupported
                case .checkPacketLength(let maximum, let longer, let notLonger):
                    let nested = packet.count > Int(maximum) ? longer : notLonger
                    Self.runCopy(nested, &packet, &key, &progress, &sink, depth, isLast: isLast)
                case .pushVLAN, .popVLAN, .pushMPLS, .popMPLS, .edit, .pushEthernet, .popEthernet, .pushServiceHeader,
                    .popServiceHeader, .encapsulateMPLS:
                    try Self.pushOrPop(actions[index], &packet, &key, &progress, &sink)
                }
            }
        } catch {
            sink.discard(.refused(error))
        }
    }

    /// Executes `nested` on a copy; the last action of a list may have the packet itself.
    private static func runCopy<Sink: PacketSink & ~Copyable>(
        _ nested: [DatapathAction], _ packet: inout PacketBuffer, _ key: inout FlowKey,
        _ progress: inout Progress, _ sink: inout Sink, _ depth: Int, isLast: Bool
    ) {
        if isLast {
            Self.run(nested, &packet, &key, &progress, &sink, depth + 1)
        } else {
            var copy = packet.sharedView()
            var keyCopy = key
            var progressCopy = progress
            Self.run(nested, &copy, &keyCopy, &progressCopy, &sink, depth + 1)
        }
    }

    private static func recirculate<Sink: PacketSink & ~Copyable>(
        _ identifier: UInt32, _ packet: inout PacketBuffer, _ key: inout FlowKey,
        _ progress: inout Progress, _ sink: inout Sink, _ depth: Int, isLast: Bool
    ) {
        guard depth < Self.depthMaximum else {
            sink.discard(.refused(.tooDeep))
            return
        }
        progress.refresh(packet, &key)
        if isLast {
            key.recirculationID = identifier
            sink.recirculate(&packet, key: &key, depth: depth + 1)
        } else {
            var copy = packet.sharedView()
            var keyCopy = key
            keyCopy.recirculationID = identifier
            sink.recirculate(&copy, key: &keyCopy, depth: depth + 1)
        }
    }

    private static func set<Sink: PacketSink & ~Copyable>(
        _ rewrite: HeaderRewrite, _ packet: inout PacketBuffer, _ key: inout FlowKey,
        _ progress: inout Progress, _ sink: inout Sink
    ) throws(PacketError) {
        switch rewrite {
        case .priority(let value):
            key.priority = value
            packet.priority = value
        case .mark(let value, let mask): key.packetMark = PacketEditor.merge(key.packetMark, value, mask)
        case .tunnel(let fields): progress.tunnel = fields
        default:
            if !progress.isLayoutKnown { progress.refresh(packet, &key) }
            try sink.makeWritable(&packet)
            try PacketEditor.rewrite(&packet, progress.layout, rewrite)
            // Rewrites move nothing, so the layout stays true.
            progress.isKeyCurrent = false
        }
    }

    /// Raises the drop precedence of an IP packet.
    private static func remark<Sink: PacketSink & ~Copyable>(
        by level: UInt8, _ packet: inout PacketBuffer, _ key: inout FlowKey, _ progress: inout Progress,
        _ sink: inout Sink
    ) throws(PacketError) {
        progress.refresh(packet, &key)
        let raised = AssuredForwarding.raise(typeOfService: key.ipTOS, by: level)
        guard raised != key.ipTOS else { return }
        if key.etherType == 0x0800 {
            let rewrite = HeaderRewrite.ipv4(IPv4Fields(tos: raised), mask: IPv4Fields(tos: 0xfc))
            try Self.set(rewrite, &packet, &key, &progress, &sink)
        } else if key.etherType == 0x86dd {
            let rewrite = HeaderRewrite.ipv6(IPv6Fields(trafficClass: raised), mask: IPv6Fields(trafficClass: 0xfc))
            try Self.set(rewrite, &packet, &key, &progress, &sink)
        }
    }

    private static func pushOrPop<Sink: PacketSink & ~Copyable>(
        _ action: DatapathAction, _ packet: inout PacketBuffer, _ key: inout FlowKey,
        _ progress: inout Progress, _ sink: inout Sink
    ) throws(PacketError) {
        try sink.makeWritable(&packet, headroom: action.headroomBytes)
        switch action {
        case .pushVLAN(let tpid, let tci):
            guard key.packetType == 0 else { throw .headerAbsent }
            try PacketEditor.pushVLAN(&packet, tpid: tpid, tci: tci)
        case .popVLAN:
            guard key.packetType == 0 else { throw .headerAbsent }
            try PacketEditor.popVLAN(&packet)
        case .pushMPLS(let entry, let etherType):
            progress.refresh(packet, &key)
            try PacketEditor.pushMPLS(
                &packet, progress.layout, labelStackEntry: entry, etherType: etherType)
            if key.packetType != 0 { key.packetType = FlowKey.packetType(ofEtherType: etherType) }
        case .popMPLS(let etherType):
            progress.refresh(packet, &key)
            guard PacketEditor.isMPLS(progress.layout) else { break }
            try PacketEditor.popMPLS(&packet, progress.layout, etherType: etherType)
            guard key.packetType != 0 else { break }
            key.packetType =
                etherType == EtherType.transparentEthernet.rawValue ? 0 : FlowKey.packetType(ofEtherType: etherType)
        case .edit(let edit):
            guard key.packetType == 0 || !edit.needsEthernet else { throw .headerAbsent }
            progress.refresh(packet, &key)
            try PacketEditor.edit(&packet, progress.layout, edit)
        default:
            progress.refresh(packet, &key)
            try Self.encapsulate(action, &packet, &key, progress.layout)
        }
        progress.isLayoutKnown = false
        progress.isKeyCurrent = false
    }

    /// Adds or removes the header that a packet begins with, which changes the packet's type.
    private static func encapsulate(
        _ action: DatapathAction, _ packet: inout PacketBuffer, _ key: inout FlowKey, _ layout: PacketLayout
    ) throws(PacketError) {
        switch action {
        case .pushEthernet(let addresses):
            guard let type = key.etherTypeWithoutEthernet else { throw .headerAbsent }
            try PacketEditor.pushEthernet(&packet, addresses, etherType: type)
            key.packetType = 0
        case .popEthernet:
            try PacketEditor.popEthernet(&packet, layout)
            key.packetType = FlowKey.packetType(ofEtherType: layout.etherType)
        case .pushServiceHeader(let header):
            try PacketEditor.pushServiceHeader(&packet, header)
            key.packetType = FlowKey.packetType(ofEtherType: ServiceHeader.etherType)
        case .popServiceHeader:
            guard let type = ServiceHeader.packetType(ofNextProtocol: key.serviceHeaderNextProtocol) else {
                throw .unsupported
            }
            _ = try PacketEditor.popServiceHeader(&packet, layout)
            key.packetType = type
        case .encapsulateMPLS(let entry, let etherType):
            try PacketEditor.encapsulateMPLS(&packet, labelStackEntry: entry)
            key.packetType = FlowKey.packetType(ofEtherType: etherType)
        default: break
        }
    }
}

extension DatapathAction {
    /// How many free bytes before the packet the action may need.
    fileprivate var headroomBytes: Int {
        switch self {
        case .edit(.pushServiceTag): 18
        case .pushEthernet: 14
        case .pushServiceHeader(let header): header.lengthBytes
        default: 4
        }
    }
}

extension PacketEdit {
    /// Whether the edit is one of an Ethernet frame.
    fileprivate var needsEthernet: Bool {
        switch self {
        case .copyTTLOutward, .copyTTLInward: false
        case .pushServiceTag, .popServiceTag, .setServiceTag: true
        }
    }
}
