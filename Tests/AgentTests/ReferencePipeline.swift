import Datapath
import NetworkTypes
import OpenFlow

@testable import Agent

/// A slow and obvious switch: keeps the packet's bytes, edits them at once, parses them anew for each lookup.
///
/// Knows nothing of keys with pending rewrites, masks or datapath actions; what it sends is what the translator's
/// actions must send.
struct ReferencePipeline {
    struct Output: Equatable, CustomStringConvertible {
        var port: UInt32
        var bytes: [UInt8]
        var description: String { "port \(self.port): \(self.bytes)" }
    }
    struct Event: Equatable {
        var reason: PacketInReason
        var table: UInt8
        var cookie: UInt64
        var bytes: [UInt8]
    }

    let pipeline: TestPipeline
    /// Addresses that NORMAL knows: VLAN and address to port.
    var learned: [MACLearningUpdate] = []
    var bytes: [UInt8]
    let inPort: UInt32

    var outputs: [Output] = []
    var events: [Event] = []
    private var metadata: UInt64 = 0
    private var registers = [UInt32](repeating: 0, count: 16)
    private var actionSet: [Action] = []
    private var table: UInt8 = 0
    private var cookie = UInt64.max
    private var isMiss = false
    private var stopped = false
    private var stack: [UInt32] = []
    /// Table and cookie of the rule that was executed last.
    private var last: (table: UInt8, cookie: UInt64) = (0, .max)

    init(pipeline: TestPipeline, bytes: [UInt8], inPort: UInt32, learned: [MACLearningUpdate]) {
        self.pipeline = pipeline
        self.bytes = bytes
        self.inPort = inPort
        self.learned = learned
    }

    mutating func run() {
        self.walk(from: 0)
        // What ends the pipeline early does not undo what is in the action set.
        self.stopped = false
        self.isMiss = false
        (self.table, self.cookie) = self.last
        self.performSet(.actionSet)
    }

    /// Performs the action set in its order; with a group there is no output.
    private mutating func performSet(_ reason: PacketInReason) {
        let set = self.actionSet
        let hasGroup = set.contains { Self.rank($0) == 4 }
        for rank in 0..<(hasGroup ? 5 : 6) {
            for action in set where Self.rank(action) == rank && !self.stopped {
                self.perform(action, reason)
            }
        }
    }

    private mutating func walk(from table: UInt8) {
        var next: UInt8? = table
        while let table = next, !self.stopped {
            guard let rule = self.find(in: table, inPort: self.inPort) else {
                self.actionSet = []
                self.table = table
                if self.pipeline.missesGoToControllers { self.raise(.tableMiss, cookie: .max) }
                self.last = (table, .max)
                return
            }
            next = self.execute(rule, in: table)
        }
    }

    /// Carries out a rule's instructions; returns the table to go to.
    private mutating func execute(_ rule: TestPipeline.Rule, in table: UInt8) -> UInt8? {
        let outer = (self.table, self.cookie, self.isMiss)
        (self.table, self.cookie, self.isMiss) = (table, rule.cookie, rule.priority == 0 && rule.mask.isEmpty)
        var next: UInt8?
        for instruction in rule.instructions where !self.stopped {
            switch instruction {
            case .applyActions(let actions): for action in actions where !self.stopped { self.perform(action) }
            case .writeActions(let actions): for action in actions { self.write(action) }
            case .clearActions: self.actionSet = []
            case .writeMetadata(let value, let mask): self.metadata = self.metadata & ~mask | value & mask
            case .gotoTable(let table): next = table.rawValue
            default: break
            }
        }
        self.last = (self.table, self.cookie)
        (self.table, self.cookie, self.isMiss) = outer
        return self.stopped ? nil : next
    }

    private mutating func resubmit(port: PortNumber?, table: TableID?) {
        let table = table?.rawValue ?? self.table
        let port = port.flatMap { $0 == .inPort ? nil : $0.rawValue } ?? self.inPort
        guard let rule = self.find(in: table, inPort: port), let next = self.execute(rule, in: table) else { return }
        self.walk(from: next)
    }

    /// Performs actions on a copy: afterwards only what was sent is left of it.
    private mutating func clone(_ actions: [Action]) {
        var copy = self
        for action in actions where !copy.stopped { copy.perform(action) }
        self.outputs = copy.outputs
        self.events = copy.events
        self.last = copy.last
    }

    /// Hands a copy of the packet to each bucket that gets one: copies are everything there is, for this is a value.
    private mutating func perform(_ group: SwitchGroup) {
        var chosen = group.members
        switch group.type {
        case .all, .indirect: break
        case .fastFailover:
            chosen = Array(
                chosen.filter { self.pipeline.ports[$0.bucket.watchPort.rawValue]?.isLive == true }.prefix(1))
        case .select:
            chosen =
                group.member(for: self.conversation(UInt64(group.groupID.rawValue)), isLive: { _ in true }).map { [$0] }
                ?? []
        }
        for member in chosen {
            var copy = self
            copy.actionSet = []
            copy.isMiss = false
            for action in member.bucket.actions { copy.write(action) }
            copy.performSet(.group)
            self.outputs = copy.outputs
            self.events = copy.events
            self.last = copy.last
        }
    }

    /// The hash of everything that tells conversations apart.
    private func conversation(_ basis: UInt64) -> UInt64 {
        let key = TestFrame.key(of: self.bytes, inPort: self.inPort)
        var hash = FlowHash(seed: basis)
        hash.combine(UInt64(key.etherType))
        func add(_ fields: FlowField...) {
            for field in fields {
                let layout = field.layout
                let ones: UInt64 = layout.width == 64 ? .max : (1 << UInt64(layout.width)) - 1
                hash.combine(key.words[layout.word] & ones << UInt64(layout.shift))
            }
        }
        add(.ethernetSource, .ethernetDestination)
        let tci = FlowField.vlanTCI.layout
        hash.combine(key.words[tci.word] & 0x1fff << UInt64(tci.shift))
        switch key.etherType {
        case 0x0806: add(.ipv4Source, .ipv4Destination)
        case 0x0800: add(.ipv4Source, .ipv4Destination, .ipProtocol)
        case 0x86dd:
            for word in 36...39 { hash.combine(key.words[word]) }
            add(.ipProtocol)
        default: break
        }
        if [0x0800, 0x86dd].contains(key.etherType), key.ipFragment == 0, [6, 17, 132].contains(key.ipProtocol) {
            add(.transportSource, .transportDestination)
        }
        return hash.finalize()
    }

    private func find(in table: UInt8, inPort: UInt32) -> TestPipeline.Rule? {
        var key = TestFrame.key(of: self.bytes, inPort: inPort)
        key.metadata = self.metadata
        for (index, value) in self.registers.enumerated() {
            guard let field = FlowField(rawValue: FlowField.register0.rawValue + UInt8(index)) else { continue }
            key.set(field.layout, value: UInt128(value), mask: .max >> 96)
        }
        if key.ipFragment == 1 {
            key.transportSource = 0
            key.transportDestination = 0
        }
        return self.pipeline.ordered(TableID(rawValue: table)).first { $0.matches(key) }
    }

    private mutating func write(_ action: Action) {
        self.actionSet.removeAll { present in
            if case .setField(let old) = present, case .setField(let new) = action { return old.field == new.field }
            return Self.rank(present) == Self.rank(action) && Self.rank(action) != 3
        }
        self.actionSet.append(action)
    }
    private static func rank(_ action: Action) -> Int {
        switch action {
        case .popVLAN: 0
        case .pushVLAN: 1
        case .decrementNetworkTTL: 2
        case .group: 4
        case .output: 5
        default: 3
        }
    }

    private mutating func raise(_ reason: PacketInReason, cookie: UInt64) {
        self.events.append(Event(reason: reason, table: self.table, cookie: cookie, bytes: self.bytes))
    }

    private mutating func perform(_ action: Action, _ reason: PacketInReason = .applyAction) {
        switch action {
        case .output(.controller, _):
            self.raise(self.isMiss ? .tableMiss : reason, cookie: self.cookie)
        case .output(.inPort, _): self.send(self.inPort)
        case .output(.all, _): self.flood(.init())
        case .output(.flood, _): self.flood(.noFlood)
        case .output(.normal, _): self.normal()
        case .output(let port, _): if port.rawValue != self.inPort { self.send(port.rawValue) }
        case .setField(let entry): self.setField(entry.field, entry.value, entry.mask)
        case .resubmit(let port, let table): self.resubmit(port: port, table: table)
        case .clone(let actions): self.clone(actions)
        case .exit: self.stopped = true
        case .writeMetadata(let value, let mask): self.metadata = self.metadata & ~mask | value & mask
        case .pushStack: self.stack.append(self.registers[0])
        case .popStack: if let value = self.stack.popLast() { self.registers[1] = value }
        case .copyField: self.registers[0] = self.registers[1]
        case .pushVLAN(let type):
            let tag = self.tagCount > 0 ? Array(self.bytes[14..<16]) : [0, 0]
            self.bytes.insert(contentsOf: [UInt8(type.rawValue >> 8), UInt8(type.rawValue & 0xff)] + tag, at: 12)
        case .popVLAN:
            if self.tagCount > 0 { self.bytes.removeSubrange(12..<16) }
        case .group(let number): if let group = self.pipeline.groups[number] { self.perform(group) }
        case .decrementNetworkTTL:
            guard let place = self.ttlPlace else { return }
            guard self.bytes[place] > 1 else {
                self.raise(.invalidTTL, cookie: self.cookie)
                self.actionSet = []
                self.stopped = true
                return
            }
            self.bytes[place] -= 1
            self.repair()
        default: break
        }
    }

    private mutating func send(_ port: UInt32) {
        guard let present = self.pipeline.ports[port],
            present.description.configuration.isDisjoint(with: [.portDown, .noForward])
        else { return }
        self.outputs.append(Output(port: present.index.rawValue, bytes: self.bytes))
    }
    private mutating func flood(_ excluded: PortConfiguration) {
        for port in self.pipeline.portsInOrder
        where port.number.rawValue != self.inPort && port.description.configuration.isDisjoint(with: excluded) {
            self.send(port.number.rawValue)
        }
    }
    private mutating func normal() {
        let destination = self.bytes[0..<6].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        if destination & ~0xf == 0x0180_c200_0000 { return }
        let vlan = self.tagCount > 0 ? (UInt16(self.bytes[14]) << 8 | UInt16(self.bytes[15])) & 0xfff : 0
        let known = self.learned.last { $0.vlan == vlan && $0.address.rawValue == destination }
        if destination & 0x0100_0000_0000 == 0, let known {
            if known.port.rawValue != self.inPort { self.send(known.port.rawValue) }
        } else {
            self.flood(.noFlood)
        }
    }

    // MARK: The packet's bytes

    private func isTag(at offset: Int) -> Bool {
        self.bytes[offset..<(offset + 2)] == [0x81, 0] || self.bytes[offset..<(offset + 2)] == [0x88, 0xa8]
    }
    private var tagCount: Int {
        var count = 0
        while self.isTag(at: 12 + 4 * count) { count += 1 }
        return count
    }
    private var networkOffset: Int { 14 + 4 * self.tagCount }
    private var type: UInt16 {
        UInt16(self.bytes[self.networkOffset - 2]) << 8 | UInt16(self.bytes[self.networkOffset - 1])
    }
    private var ttlPlace: Int? {
        self.type == 0x0800 ? self.networkOffset + 8 : self.type == 0x86dd ? self.networkOffset + 7 : nil
    }
    private mutating func repair() {
        guard self.ttlPlace != nil else { return }
        var ip = Array(self.bytes[self.networkOffset...])
        TestChecksums.repair(ip: &ip)
        self.bytes.replaceSubrange(self.networkOffset..., with: ip)
    }
    private mutating func replace(_ place: Int, _ count: Int, _ value: UInt128, _ mask: UInt128) {
        for index in 0..<count {
            let shift = UInt128(8 * (count - 1 - index))
            let bits = UInt8(truncatingIfNeeded: mask >> shift)
            let new = UInt8(truncatingIfNeeded: value >> shift)
            self.bytes[place + index] = self.bytes[place + index] & ~bits | new & bits
        }
    }

    private mutating func setField(_ field: MatchField, _ value: UInt128, _ mask: UInt128) {
        let ip = self.networkOffset
        let isIPv4 = self.type == 0x0800
        let number = isIPv4 ? self.bytes[ip + 9] : self.type == 0x86dd ? self.bytes[ip + 6] : 0
        let isLater = isIPv4 && (UInt16(self.bytes[ip + 6]) << 8 | UInt16(self.bytes[ip + 7])) & 0x1fff != 0
        let transport = isIPv4 ? ip + 20 : ip + 40
        switch field {
        case .ethernetDestination: self.replace(0, 6, value, mask)
        case .ethernetSource: self.replace(6, 6, value, mask)
        case .vlanID: if self.tagCount > 0 { self.replace(14, 2, value, mask & 0xfff) }
        case .vlanPriority: if self.tagCount > 0 { self.replace(14, 2, value << 13, mask << 13) }
        case .ipv4Source: if isIPv4 { self.replace(ip + 12, 4, value, mask) }
        case .ipv4Destination: if isIPv4 { self.replace(ip + 16, 4, value, mask) }
        case .ipDSCP:
            if isIPv4 { self.replace(ip + 1, 1, value << 2, mask << 2) }
            if self.type == 0x86dd { self.replace(ip, 2, value << 6, mask << 6) }
        case .tcpDestination: if number == 6, !isLater { self.replace(transport + 2, 2, value, mask) }
        case .udpSource: if number == 17, !isLater { self.replace(transport, 2, value, mask) }
        case .icmpv4Type: if number == 1, isIPv4, !isLater { self.replace(transport, 1, value, mask) }
        case .arpOperation: if self.type == 0x0806 { self.replace(ip + 6, 2, value, mask) }
        case .register0: self.registers[0] = self.registers[0] & ~UInt32(mask) | UInt32(value & mask)
        default: break
        }
        self.repair()
    }
}
