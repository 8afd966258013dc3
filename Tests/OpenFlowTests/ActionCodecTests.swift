import NetworkTypes
import Testing

@testable import OpenFlow

@Suite("Actions and instructions on the wire")
struct ActionCodecTests {
    private static func encode(_ instructions: [Instruction], _ version: OpenFlowVersion) throws -> [UInt8] {
        var flowMod = FlowMod(command: .add)
        flowMod.instructions = instructions
        return try MessageCodec.encode(
            .flowMod(flowMod), version: version, transactionID: TransactionID(rawValue: 1))
    }

    private static func instructions(_ bytes: [UInt8], _ version: OpenFlowVersion) throws -> [Instruction] {
        guard case .flowMod(let flowMod) = try MessageCodec.decode(bytes, version: version).message else {
            Issue.record("not a flow")
            return []
        }
        return flowMod.instructions
    }

    /// How many bytes an action takes.
    private static func size(_ action: Action, _ version: OpenFlowVersion) throws -> Int {
        try self.encode([.applyActions([action])], version).count - self.encode([.applyActions([])], version).count
    }

    /// A FLOW_MOD of 1.3 with actions given byte for byte.
    private static func flow(_ actions: [UInt8]) throws -> [UInt8] {
        var bytes = try Self.encode([.applyActions([])], .v1_3)
        let start = bytes.count - 8
        bytes += actions
        for (position, length) in [(2, bytes.count), (start + 2, bytes.count - start)] {
            bytes[position] = UInt8(length >> 8)
            bytes[position + 1] = UInt8(length & 0xff)
        }
        return bytes
    }

    private static func nicira(_ subtype: UInt8, _ body: [UInt8]) -> [UInt8] {
        let length = body.count + 10
        return [0xff, 0xff, UInt8(length >> 8), UInt8(length & 0xff), 0, 0, 0x23, 0x20, 0, subtype] + body
    }

    @Test("Nicira's actions are read as they were written", arguments: OpenFlowVersion.allCases)
    func roundTrip(version: OpenFlowVersion) throws {
        var kinds: Set<Int> = []
        for seed in UInt64(1)...500 {
            var generator = WireGenerator(version: version, seed: seed)
            let actions = [generator.anyExtensionAction(), generator.anyExtensionAction()]
            let bytes = try Self.encode([.applyActions(actions)], version)
            do {
                let read = try Self.instructions(bytes, version)
                #expect(read == [.applyActions(actions)], "seed \(seed)")
                #expect(try Self.encode(read, version) == bytes, "seed \(seed)")
            } catch {
                Issue.record("seed \(seed): \(error) in \(actions)\n\(Vector.text(bytes))")
            }
            for action in actions {
                if case .nicira(let type) = try action.shape(in: version, transportProtocol: nil) {
                    kinds.insert(Int(type.rawValue))
                }
            }
        }
        #expect(kinds.count >= (version >= .v1_3 ? 27 : 24), "\(kinds.sorted())")
    }

    @Test("The statistics trigger is read as it was written, and 16 bytes long without thresholds")
    func statisticsTrigger() throws {
        var trigger = StatisticsTrigger()
        trigger.flags = [.periodic, .onlyFirst]
        let empty = try Self.encode([.statisticsTrigger(trigger)], .v1_5)
        #expect(try empty.count - Self.encode([], .v1_5).count == 16)
        trigger.thresholds.packetCount = 1000
        trigger.thresholds.byteCount = 1 << 40
        trigger.thresholds.durationSeconds = 60
        trigger.thresholds.durationNanoseconds = 5
        let bytes = try Self.encode([.statisticsTrigger(trigger)], .v1_5)
        #expect(try Self.instructions(bytes, .v1_5) == [.statisticsTrigger(trigger)])
        #expect(throws: Inexpressible.instruction) { try Self.encode([.statisticsTrigger(trigger)], .v1_4) }
    }

    private static let slice = FieldSlice(.register0, offset: 0, bitCount: 16)
    private static let sizes: [(Action, Int)] = {
        var (learn2, bundle, sample2, sample4) = (Learn(), PortBundle(), Sample(), Sample())
        (learn2.limit, bundle.destination, sample2.samplingPort) = (1, slice, .local)
        sample4.observationPoint = .field(slice)
        let copy = CopyField(
            bitCount: 8, source: .register0, sourceOffset: 0, destination: .register1, destinationOffset: 0)
        var output = ControllerOutput()
        output.isPausing = true
        return [
            (.controller(maximumLength: 1, controllerID: 2, reason: .invalidTTL), 16),
            (.controllerOutput(output), 16 + 8),
            (.outputField(slice, maximumLength: 0), 24),
            (.outputField(FieldSlice(.serviceHeaderPathID, offset: 0, bitCount: 24), maximumLength: 0), 24),
            (.bundle(PortBundle()), 32), (.bundle(bundle), 32), (.copyField(copy), 24),
            (.setField(.register0, value: 1, mask: 1), 24), (.pushStack(slice), 24), (.popStack(slice), 24),
            (.decrementNetworkTTLNotifying([]), 16), (.deleteField(.register0), 24),
            (.finTimeout(idleSeconds: 1, hardSeconds: 2), 16), (.encapsulate(Encapsulation()), 16),
            (.decapsulate(packetType: 0), 16), (.resubmit(port: nil, table: nil), 16),
            (.resubmitTracked(port: nil, table: nil), 16), (.learn(Learn()), 32), (.learn(learn2), 40),
            (.conjunction(id: 1, clause: 0, clauseCount: 2), 16), (.multipath(Multipath()), 32), (.note([]), 16),
            (.sample(Sample()), 24), (.sample(sample2), 32), (.sample(sample4), 40),
            (.connectionTracking(ConnectionTracking()), 24), (.outputTruncated(.local, maximumLength: 1), 16),
            (.writeMetadata(value: 0, mask: 0), 32), (.checkPacketLarger(length: 1, result: slice), 24),
            (.clone([]), 16), (.clearConnectionTracking, 16), (.exit, 16), (.popQueue, 16),
            (.decrementServiceHeaderTTL, 16),
        ]
    }()

    @Test("Sizes are those of Open vSwitch's structures")
    func sizes() throws {
        for (action, size) in Self.sizes {
            #expect(try Self.size(action, .v1_3) == size, "\(action)")
        }
        var tracking = ConnectionTracking()
        tracking.actions = [.addressTranslation(AddressTranslation())]
        #expect(try Self.size(.connectionTracking(tracking), .v1_3) == 24 + 16)
    }

    @Test("An action is a small value: what is rare and large is in a box")
    func footprint() {
        // Set-field, with value and mask of 128 bits each, is the largest, and the one that most flows have.
        #expect(MemoryLayout<Action>.stride <= 64)
        #expect(MemoryLayout<Instruction>.size <= 24)
    }

    @Test("Actions inside one another are read to a depth, and refused beyond", arguments: [15, 16, 17, 400, 4000])
    func depth(levels: Int) throws {
        let bytes = try Self.flow(Self.nested(levels))
        if levels <= Action.depthLimit {
            #expect(try Self.instructions(bytes, .v1_3).count == 1)
        } else {
            #expect(throws: OpenFlowError(.actionTooMany)) { try MessageCodec.decode(bytes, version: .v1_3) }
        }
    }

    private static func nested(_ levels: Int) -> [UInt8] {
        (0..<levels).flatMap { level in
            let length = (levels - level) * 16
            return [0xff, 0xff, UInt8(length >> 8), UInt8(length & 0xff), 0, 0, 0x23, 0x20, 0, 42]
                + Array(repeating: 0, count: 6)
        }
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let actions: [UInt8]
        let code: OpenFlowError.Code
    }

    private static let nat = Self.nicira(36, Array(repeating: 0, count: 6))
    static let faults: [Fault] = [
        Fault(testDescription: "nat outside ct", actions: nat, code: .actionBadArgument),
        Fault(
            testDescription: "nat in a clone", actions: nicira(42, Array(repeating: 0, count: 6) + nat),
            code: .actionBadArgument),
        Fault(
            testDescription: "an output inside ct",
            actions: nicira(
                35, [0, 1, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0] + [0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
            code: .actionBadArgument),
        Fault(
            testDescription: "ct with force alone",
            actions: nicira(35, [0, 2, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0]), code: .actionBadArgument),
        Fault(
            testDescription: "a zone of 15 bits",
            actions: nicira(35, [0, 0, 0, 1, 0, 4, 0, 14, 255, 0, 0, 0, 0, 0]), code: .actionBadSetLength),
        Fault(
            testDescription: "a zone from an unknown field",
            actions: nicira(35, [0, 0, 0x12, 0x34, 0, 4, 0, 15, 255, 0, 0, 0, 0, 0]), code: .actionBadSetType),
        Fault(
            testDescription: "learning into table 255",
            actions: nicira(16, Array(repeating: 0, count: 16) + [255, 0, 0, 0, 0, 0]), code: .actionBadArgument),
        Fault(
            testDescription: "learning with unknown flags",
            actions: nicira(16, Array(repeating: 0, count: 14) + [0, 8, 1, 0, 0, 0, 0, 0]), code: .actionBadArgument),
        Fault(
            testDescription: "a conjunction of one clause", actions: nicira(34, [0, 1, 0, 0, 0, 1]),
            code: .actionNiciraBadConjunction),
        Fault(
            testDescription: "a sample with probability 0", actions: nicira(29, Array(repeating: 0, count: 14)),
            code: .actionBadArgument),
        Fault(
            testDescription: "a header that cannot be pushed", actions: nicira(46, [0, 0, 0, 1, 8, 0]),
            code: .actionNiciraBadHeaderType),
        Fault(
            testDescription: "an unknown property of a header",
            actions: nicira(46, [0, 0, 0, 0, 0, 0, 0, 9, 1, 8, 0, 0, 0, 0]),
            code: .actionNiciraUnknownEncapDecapProperty),
        Fault(
            testDescription: "more bundle members than bytes",
            actions: nicira(12, [0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 9] + Array(repeating: 0, count: 10)),
            code: .actionBadLength),
        Fault(
            testDescription: "a bundle over an unknown algorithm",
            actions: nicira(12, [0, 9] + Array(repeating: 0, count: 20)), code: .actionBadArgument),
        Fault(
            testDescription: "pushing 33 bits of 32",
            actions: nicira(27, [0, 0, 0, 1, 0, 4, 0, 33, 0, 0, 0, 0, 0, 0]), code: .actionBadSetLength),
        Fault(
            testDescription: "popping into what cannot be written",
            actions: nicira(28, [0, 0, 0, 1, 0xd4, 2, 0, 16, 0, 0, 0, 0, 0, 0]), code: .actionBadSetArgument),
        Fault(
            testDescription: "an obsolete action", actions: nicira(3, Array(repeating: 0, count: 6)),
            code: .actionBadExperimenterType),
    ]

    @Test("A fault in an action is answered with its own error", arguments: faults)
    func fault(fault: Fault) throws {
        do {
            let read = try Self.instructions(Self.flow(fault.actions), .v1_3)
            // What is kept byte for byte is refused by the switch.
            guard case .applyActions(let actions)? = read.first, let action = actions.first else { return }
            #expect(action.experimenterRefusal == fault.code, "read as \(actions)")
        } catch let error as OpenFlowError {
            #expect(error.code == fault.code, "\(error)")
        }
    }

    @Test("The ONF's copy-field of 1.3 and 1.4 is read as a copy")
    func onfCopyField() throws {
        let body: [UInt8] = [
            0xff, 0xff, 0, 32, 0x4f, 0x4e, 0x46, 0, 0x0c, 0x80, 0, 0, 0, 8, 0, 1, 0, 2, 0, 0, 0, 1, 0, 4, 0, 1, 2, 4, 0,
            0, 0, 0,
        ]
        let copy = CopyField(
            bitCount: 8, source: .register0, sourceOffset: 1, destination: .register1, destinationOffset: 2)
        #expect(try Self.instructions(Self.flow(body), .v1_3) == [.applyActions([.copyField(copy)])])
    }

    @Test("Loads into NXM's ingress port and type of service mean the fields they are part of")
    func narrowLoads() throws {
        func load(_ name: [UInt8], bits: UInt8, _ value: UInt16) throws -> [Instruction] {
            let number = [UInt8(value >> 8), UInt8(value & 0xff)]
            return try Self.instructions(
                Self.flow(Self.nicira(7, [0, bits - 1] + name + Array(repeating: 0, count: 6) + number)), .v1_3)
        }
        let none = UInt128(PortNumber.any.rawValue)
        #expect(
            try load([0, 0, 0, 2], bits: 16, 0xffff)
                == [.applyActions([.setField(.inPort, value: none, mask: MatchField.inPort.allOnes)])])
        #expect(
            try load([0, 0, 0x0a, 1], bits: 8, 0xb8)
                == [.applyActions([.setField(.ipDSCP, value: 46, mask: 0x3f)])])
    }
}
