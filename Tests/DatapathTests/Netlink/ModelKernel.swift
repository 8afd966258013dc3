import Datapath
import Glibc
import Synchronization

/// A kernel that does what openvswitch does, as far as tests need it, and lacks what a test takes away.
final class ModelKernel: Sendable {
    struct State {
        var datapath: String?
        var features: UInt32 = 0
        var perCPUPortIDs: [UInt8]?
        var ports: [UInt32: (type: UInt32, name: String, portIDs: [UInt8])] = [:]
        var flows: [[UInt8]: [UInt16: [UInt8]]] = [:]
        var lost: UInt64 = 0
        var executed: [[UInt8]] = []
    }

    /// Something that older or smaller kernels do not have.
    enum Absence: CaseIterable, Sendable {
        case perCPUDispatch, featureCheck, identifiers, maskedSet, recirculation, truncation, clone, sample
        case vlan, secondTag, mpls, connectionTracking, meters, meterFamily, drop, permission, packetLength, hash
        case packetSample, serviceHeaders, serviceHeaderKeys, ethernetRemoval, labelBeforeEthernet
    }

    let state = Mutex(State())
    private let lacks: Set<Absence>

    init(lacks: Set<Absence> = []) { self.lacks = lacks }

    var kernel: ScriptedKernel {
        ScriptedKernel(missing: self.lacks.contains(.meterFamily) ? [.meter] : []) { self.answer($0) }
    }

    private func answer(_ request: ScriptedRequest) -> [ScriptedReply] {
        if self.lacks.contains(.permission), request.command != OpenVSwitch.Command.get.rawValue {
            return [.failure(EPERM)]
        }
        return self.state.withLock { state in
            switch request.family {
            case .datapath: return self.datapath(request, &state)
            case .port: return self.port(request, &state)
            case .flow: return self.flow(request, &state)
            case .packet: return self.packet(request, &state)
            case .meter:
                let maximum: UInt32 = self.lacks.contains(.meters) ? 0 : 1000
                return [.message { $0.attribute(OpenVSwitch.MeterAttribute.maximumMeters.rawValue, maximum) }]
            case .connectionTrackingLimit: return [.failure(EOPNOTSUPP)]
            }
        }
    }

    private func datapath(_ request: ScriptedRequest, _ state: inout State) -> [ScriptedReply] {
        let name = request.text(OpenVSwitch.DatapathAttribute.name)
        switch OpenVSwitch.Command(rawValue: request.command) {
        case .new:
            guard state.datapath == nil else { return [.failure(EEXIST)] }
            state.datapath = name
            state.features = request.uint32(OpenVSwitch.DatapathAttribute.userFeatures) ?? 0
            state.ports[0] = (2, name ?? "", [])
        case .get, .set, .delete:
            guard let existing = state.datapath, name.map({ $0 == existing }) ?? (request.interfaceIndex == 7) else {
                return [.failure(ENODEV)]
            }
            if request.command == OpenVSwitch.Command.delete.rawValue { state = State() }
            if let features = request.uint32(OpenVSwitch.DatapathAttribute.userFeatures) {
                let known: UInt32 = self.lacks.contains(.perCPUDispatch) ? 3 : 15
                if !self.lacks.contains(.featureCheck), features & ~known != 0 { return [.failure(EOPNOTSUPP)] }
                state.features = features
                if let portIDs = request.bytes(OpenVSwitch.DatapathAttribute.perCPUPortIDs) {
                    state.perCPUPortIDs = portIDs
                }
            }
        case nil: return [.failure(EOPNOTSUPP)]
        }
        let (features, lost, known) = (state.features, state.lost, state.datapath ?? "")
        return [
            .message {
                $0.attribute(OpenVSwitch.DatapathAttribute.name.rawValue, zeroTerminated: known)
                $0.attribute(OpenVSwitch.DatapathAttribute.userFeatures.rawValue, features)
                let start = $0.begin(OpenVSwitch.DatapathAttribute.statistics.rawValue)
                for value in [1, 2, lost, 4] { $0.host(value) }
                $0.end(start)
            }
        ]
    }

    private func port(_ request: ScriptedRequest, _ state: inout State) -> [ScriptedReply] {
        guard state.datapath != nil, request.interfaceIndex == 7 else { return [.failure(ENODEV)] }
        if request.isDump { return state.ports.sorted { $0.key < $1.key }.map { Self.port($0.key, $0.value) } }
        let portIDs = request.bytes(OpenVSwitch.PortAttribute.upcallPortIDs) ?? []
        if request.command == OpenVSwitch.Command.new.rawValue {
            guard let name = request.text(OpenVSwitch.PortAttribute.name),
                let type = request.uint32(OpenVSwitch.PortAttribute.type), !portIDs.isEmpty
            else { return [.failure(EINVAL)] }
            if name.hasPrefix("missing") { return [.failure(ENODEV)] }
            if name.hasPrefix("foreign") { return [.failure(EBUSY)] }
            if name == "lo" { return [.failure(EINVAL, message: "not an Ethernet device")] }
            let free = (1...).first { state.ports[$0] == nil } ?? 1
            let number = request.uint32(OpenVSwitch.PortAttribute.number) ?? free
            if state.ports[number] != nil { return [.failure(EBUSY)] }
            if state.ports.values.contains(where: { $0.name == name }) { return [.failure(EEXIST)] }
            state.ports[number] = (type, name, portIDs)
            return [Self.port(number, (type, name, portIDs))]
        }
        guard let number = request.uint32(OpenVSwitch.PortAttribute.number), let port = state.ports[number] else {
            return [.failure(ENODEV)]
        }
        switch OpenVSwitch.Command(rawValue: request.command) {
        case .delete:
            guard number != 0 else { return [.failure(EINVAL)] }
            state.ports[number] = nil
        case .set: state.ports[number]?.portIDs = portIDs
        default: break
        }
        return [Self.port(number, port)]
    }

    private static func port(
        _ number: UInt32, _ port: (type: UInt32, name: String, portIDs: [UInt8])
    ) -> ScriptedReply {
        .message {
            $0.attribute(OpenVSwitch.PortAttribute.number.rawValue, number)
            $0.attribute(OpenVSwitch.PortAttribute.type.rawValue, port.type)
            $0.attribute(OpenVSwitch.PortAttribute.name.rawValue, zeroTerminated: port.name)
            let start = $0.begin(OpenVSwitch.PortAttribute.statistics.rawValue)
            for value in 1...8 { $0.host(UInt64(value)) }
            $0.end(start)
        }
    }

    private func flow(_ request: ScriptedRequest, _ state: inout State) -> [ScriptedReply] {
        guard state.datapath != nil, request.interfaceIndex == 7 else { return [.failure(ENODEV)] }
        if request.isDump { return state.flows.map { Self.flow($0.value) } }
        let identifier = self.lacks.contains(.identifiers) ? nil : request.bytes(OpenVSwitch.FlowAttribute.identifier)
        let key = request.bytes(OpenVSwitch.FlowAttribute.key)
        guard let name = identifier ?? key else {
            guard request.command == OpenVSwitch.Command.delete.rawValue else { return [.failure(EINVAL)] }
            state.flows = [:]
            return []
        }
        switch OpenVSwitch.Command(rawValue: request.command) {
        case .new:
            guard let key else { return [.failure(EINVAL)] }
            if let refusal = self.refuses(key) { return [.failure(refusal)] }
            let isTaken = state.flows.values.contains { $0[1] == key && $0[7] == request.attributes[7] }
            if state.flows[name] != nil || isTaken { return [.failure(EEXIST)] }
            state.flows[name] = request.attributes
            return []
        case .set:
            guard state.flows[name] != nil else { return [.failure(ENOENT)] }
            state.flows[name] = request.attributes
            return []
        case .get:
            guard let flow = state.flows[name] else { return [.failure(ENOENT)] }
            return [Self.flow(flow)]
        case .delete:
            guard let flow = state.flows.removeValue(forKey: name) else { return [.failure(ENOENT)] }
            return request.flags & Netlink.flagEcho != 0 ? [Self.flow(flow)] : []
        case nil: return [.failure(EOPNOTSUPP)]
        }
    }

    private func refuses(_ bytes: [UInt8]) -> Int32? {
        var key = FlowKey()
        guard NetlinkReader(bytes.span.bytes).readFlowWords(&key, .key) else { return EINVAL }
        let hasTag = key.vlanTCI != 0
        let hasSecond = key.innerVLANTCI != 0
        let hasEntries = key.mplsLabelStackEntry1 != 0
        if self.lacks.contains(.vlan), hasTag { return EINVAL }
        if self.lacks.contains(.secondTag), hasSecond { return EINVAL }
        if self.lacks.contains(.mpls), hasEntries { return EINVAL }
        let isTracked = key.connectionState != 0
        if self.lacks.contains(.connectionTracking), isTracked { return EINVAL }
        let isRecirculated = key.recirculationID != 0
        if self.lacks.contains(.recirculation), isRecirculated { return EINVAL }
        let hasServiceHeader = key.etherType == ServiceHeader.etherType
        if self.lacks.contains(.serviceHeaderKeys), hasServiceHeader { return EINVAL }
        return nil
    }

    private static func flow(_ attributes: [UInt16: [UInt8]]) -> ScriptedReply {
        .message {
            for (type, bytes) in attributes.sorted(by: { $0.key < $1.key }) where type != 8 && type != 10 {
                let start = $0.begin(type)
                $0.raw(bytes)
                $0.end(start)
            }
            let start = $0.begin(OpenVSwitch.FlowAttribute.statistics.rawValue)
            $0.host(UInt64(3))
            $0.host(UInt64(180))
            $0.end(start)
            $0.attribute(OpenVSwitch.FlowAttribute.used.rawValue, UInt64(5000))
            $0.attribute(OpenVSwitch.FlowAttribute.tcpFlags.rawValue, UInt8(0x12))
        }
    }

    private func packet(_ request: ScriptedRequest, _ state: inout State) -> [ScriptedReply] {
        guard let packet = request.bytes(OpenVSwitch.PacketAttribute.packet),
            let actions = request.bytes(OpenVSwitch.PacketAttribute.actions), packet.count >= 14
        else { return [.failure(EINVAL)] }
        guard let read = NetlinkReader(actions.span.bytes).readActions(), read.unknown == 0 else {
            return [.failure(EINVAL)]
        }
        for action in read.actions where self.refuses(action) { return [.failure(EINVAL)] }
        state.executed.append(packet)
        return []
    }

    private func refuses(_ action: DatapathAction) -> Bool {
        switch action {
        case .set(.arp): true
        case .pushServiceHeader: self.lacks.contains(.serviceHeaders)
        case .popEthernet: self.lacks.contains(.ethernetRemoval)
        case .encapsulateMPLS: self.lacks.contains(.labelBeforeEthernet)
        case .set: self.lacks.contains(.maskedSet)
        case .truncate: self.lacks.contains(.truncation)
        case .clone: self.lacks.contains(.clone)
        case .sample: self.lacks.contains(.sample)
        case .drop: self.lacks.contains(.drop)
        case .checkPacketLength: self.lacks.contains(.packetLength)
        case .hash: self.lacks.contains(.hash)
        case .packetSample: self.lacks.contains(.packetSample)
        default: false
        }
    }
}
