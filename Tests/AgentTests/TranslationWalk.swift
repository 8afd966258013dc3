import Datapath
import NetworkTypes
import OpenFlow
import Testing

@testable import Agent

/// A packet on its way through translations and a datapath, as often as it takes.
struct TranslationWalk {
    /// A packet that comes back.
    struct Returned {
        var identifier: UInt32
        var bytes: [UInt8]
        var packetType: UInt32
    }
    struct Sink: PacketSink, ~Copyable {
        var outputs: [(port: UInt32, bytes: [UInt8])] = []
        var returned: [Returned] = []
        var problems: [PacketDiscardReason] = []
        mutating func output(_ packet: inout PacketBuffer, to port: PortIndex, maximumLength: Int) {
            self.outputs.append((port.rawValue - 100, packet.copiedBytes()))
        }
        mutating func passUp(
            _ packet: inout PacketBuffer, key: borrowing FlowKey, userdata: UInt64, maximumLength: Int
        ) {}
        mutating func recirculate(_ packet: inout PacketBuffer, key: inout FlowKey, depth: Int) {
            self.returned.append(
                Returned(identifier: key.recirculationID, bytes: packet.copiedBytes(), packetType: key.packetType))
        }
        mutating func discard(_ reason: PacketDiscardReason) { self.problems.append(reason) }
        mutating func nextRandom() -> UInt32 { 0 }
    }

    var fixture: TranslationFixture
    var outputs: [(port: UInt32, bytes: [UInt8])] = []
    var problems: [String] = []
    var translations = 0
    /// Why some of the translations need the slow path.
    var slowPath = SlowPathReasons()
    var drops: [DropCause] = []

    init(fixture: TranslationFixture) { self.fixture = fixture }

    /// The key as the datapath gives it.
    func key(_ bytes: [UInt8], _ port: UInt32, packetType: UInt32 = 0) -> FlowKey {
        var key = FlowKey()
        key.packetType = packetType
        PacketParser.parse(bytes.span.bytes, into: &key)
        key.inPort = port
        let depth = self.fixture.capabilities.mplsDepth
        if depth < 2 { key.mplsLabelStackEntry1 = 0 }
        if depth < 3 { key.mplsLabelStackEntry2 = 0 }
        return key
    }

    mutating func run(
        _ bytes: [UInt8], packetType: UInt32 = 0, entry: TranslationEntry = .pipeline, recirculation: UInt32 = 0
    ) throws {
        self.translations += 1
        var key = self.key(bytes, 1, packetType: packetType)
        key.recirculationID = recirculation
        let result = self.fixture.translate(key: key, entry: entry)
        self.slowPath.formUnion(result.slowPath)
        self.drops += result.drops.map(\.cause)
        if let error = result.error { return self.problems.append("\(error)") }
        let datapathKey = self.key(bytes, 101, packetType: packetType)
        var executions = [PacketExecution(packet: bytes, key: datapathKey, actions: result.actions)]
        if result.slowPath.contains(.action) {
            var replay = try PacketReplay(result.actions, on: bytes, key: datapathKey)
            let replayed = replay.executions()
            executions = try #require(replayed)
        } else if !self.fixture.capabilities.softwareHeaders {
            self.problems += KernelLegality.faults(of: result.actions, on: key)
        }
        for execution in executions {
            var packet = try PacketBuffer(copying: execution.packet.span.bytes)
            var key = execution.key
            var sink = Sink()
            ActionExecutor.execute(execution.actions, on: &packet, key: &key, into: &sink)
            let (outputs, returned, problems) = (sink.outputs, sink.returned, sink.problems)
            self.outputs += outputs
            self.problems += problems.map { "\($0) in \(execution.actions)" }
            for next in returned {
                let state = try #require(self.fixture.recirculation?.state(of: next.identifier))
                try self.run(
                    next.bytes, packetType: next.packetType, entry: .thawed(state), recirculation: next.identifier)
            }
        }
    }
}

/// What the kernel's openvswitch module demands of a list of actions (`__ovs_nla_copy_actions`).
struct KernelLegality {
    private var type: UInt16
    private var tags: Int
    private var labels: Int
    private var hasEthernet: Bool
    private let nextProtocol: UInt8
    private var faults: [String] = []

    static func faults(of actions: [DatapathAction], on key: FlowKey) -> [String] {
        var check = KernelLegality(key)
        check.check(actions)
        return check.faults
    }

    private init(_ key: FlowKey) {
        self.type = key.etherType
        self.tags = (key.vlanTPID != 0 ? 1 : 0) + (key.innerVLANTPID != 0 ? 1 : 0)
        self.labels = [key.mplsLabelStackEntry0, key.mplsLabelStackEntry1, key.mplsLabelStackEntry2].count { $0 != 0 }
        if !Self.isMPLS(key.etherType) { self.labels = 0 }
        self.hasEthernet = key.packetType == 0
        self.nextProtocol = key.etherType == ServiceHeader.etherType ? key.serviceHeaderNextProtocol : 0
    }

    private static func isMPLS(_ type: UInt16) -> Bool { type == 0x8847 || type == 0x8848 }

    private mutating func require(_ condition: Bool, _ action: DatapathAction) {
        guard !condition else { return }
        self.faults.append(
            "\(action) on type \(self.type) with \(self.tags) tags, Ethernet \(self.hasEthernet)")
    }

    private mutating func check(_ actions: [DatapathAction]) {
        for action in actions {
            switch action {
            case .pushVLAN:
                self.require(self.hasEthernet, action)
                self.tags += 1
            case .popVLAN: self.tags = max(0, self.tags - 1)
            case .pushMPLS(_, let new):
                let isUsual = [0x0800, 0x86dd, 0x0806, 0x8035].contains(self.type) || Self.isMPLS(self.type)
                self.require(self.tags == 0 && isUsual, action)
                self.type = new
                self.labels += 1
            case .popMPLS(let new):
                self.require(self.tags == 0 && Self.isMPLS(self.type) && (new != 0x6558 || !self.hasEthernet), action)
                self.labels -= 1
                self.type = !Self.isMPLS(new) || self.labels <= 0 ? 0 : new
            case .set(.ipv4): self.require(self.type == 0x0800, action)
            case .set(.mpls): self.require(Self.isMPLS(self.type), action)
            case .set(.ethernet): self.require(self.hasEthernet, action)
            case .set(.serviceHeader), .edit: self.require(false, action)
            case .clone(let nested), .sample(_, let nested):
                var copy = self
                copy.check(nested)
                self.faults = copy.faults
            default: self.checkEncapsulation(action)
            }
        }
    }

    private mutating func checkEncapsulation(_ action: DatapathAction) {
        switch action {
        case .pushEthernet:
            self.require(!self.hasEthernet, action)
            self.hasEthernet = true
        case .popEthernet:
            self.require(self.hasEthernet && self.tags == 0, action)
            self.hasEthernet = false
        case .pushServiceHeader(let header):
            // A tag beside the packet would come out before the header.
            self.require(self.tags == 0 && header.contextHeaders?.isEmpty != true, action)
            self.require(self.hasEthernet || [0x0800, 0x86dd, 0x894f, 0x8847].contains(self.type), action)
            self.hasEthernet = false
        case .popServiceHeader:
            self.require(self.type == ServiceHeader.etherType && !self.hasEthernet, action)
            self.require((1...5).contains(self.nextProtocol), action)
            self.hasEthernet = self.nextProtocol == 3
        case .encapsulateMPLS(_, let new):
            self.require(self.tags == 0 && Self.isMPLS(new), action)
            self.labels = self.hasEthernet ? 1 : self.labels + 1
            self.hasEthernet = false
            self.type = new
        default: break
        }
    }
}

extension TranslationWalk {
    /// Whether everything went in order and the outputs are those of a reference; what differs is recorded.
    func agrees(
        with reference: [(port: UInt32, bytes: [UInt8])], _ text: String,
        at location: SourceLocation = #_sourceLocation
    ) -> Bool {
        #expect(self.problems.isEmpty, "\(text): \(self.problems)", sourceLocation: location)
        #expect(self.outputs.map(\.port) == reference.map(\.port), "\(text)", sourceLocation: location)
        let hasBytes = self.outputs.map(\.bytes) == reference.map(\.bytes)
        #expect(hasBytes, "\(text): \(self.outputs) for \(reference)", sourceLocation: location)
        return self.problems.isEmpty && hasBytes
    }
}
