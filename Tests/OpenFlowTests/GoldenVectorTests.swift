import Testing

@testable import OpenFlow

@Suite("Messages that other implementations wrote")
struct GoldenVectorTests {
    /// Messages that we write in other words of the same meaning, and why.
    private static let otherWords: [(title: String, reason: String)] = [
        ("os-ken flow with", "1.0: os-ken leaves out 63 bits of an address where 32 are all"),
        ("os-ken flow request with", "as above; and a mask of all ones is left out"),
        ("os-ken aggregate request with", "as above"),
        ("os-ken actions", "as above"),
        ("load:5->NXM_NX_REG0[]", "reg_load becomes a set-field or reg_load2"),
        ("dump-aggregate", "the counters of 1.5 come in another order"),
        ("meter-features", "1.5 has 24 bytes, of which Open vSwitch sends 16"),
        ("dump-flows", "1.1 has a match of its own, but Open vSwitch writes an extensible one"),
        ("-F NXM", "the table in the command is agreed upon in another message"),
        ("raw controller", "1.3 has a message of its own for Nicira's asynchronous configuration"),
        ("packet 1-2-ofp flow mod", "1.0: os-ken leaves out 63 bits of an address where 32 are all"),
        ("packet flow mod", "a learned flow outputs to the ingress port by its name of 16 bits"),
        ("of13-action learn", "as above"),
        ("packet aggregate stats reply", "counters of 1.5 that are not kept are told as all ones"),
        ("packet flow removed", "as above"),
        ("os-ken field", "a field of an older class is written by its newest name"),
        ("os-ken set field", "as above"),
        ("action of a vendor", "1.0: os-ken leaves out 63 bits of an address where 32 are all"),
        ("Nicira's that is unknown", "as above"),
        ("encapsulation", "as above"),
        ("os-ken port descriptions", "the properties of experimenters come last"),
        ("os-ken port status", "as above"),
        ("os-ken flow removed", "of a flow that is gone the idle time is not kept"),
        ("monitor", "1.1 has no hard timeout in FLOW_REMOVED, which Open vSwitch fills in"),
    ]

    /// Messages that are not well-formed, and why.
    private static let faults: [(title: String, versions: ClosedRange<OpenFlowVersion>, reason: String)] = [
        (
            "reply ovs-ofctl monitor br0 watch:", .v1_1 ... .v1_2,
            "Open vSwitch writes instructions among the bare actions of Nicira's flow updates"
        ),
        ("reply os-ken packet 3-59-ofp packet in", .v1_2 ... .v1_2, "every field there is, whatever it presupposes"),
        ("reply os-ken packet 3-60-ofp flow mod", .v1_2 ... .v1_2, "as above"),
        ("reply os-ken packet 4-59-ofp packet in", .v1_3 ... .v1_3, "as above"),
        ("reply os-ken packet 4-60-ofp flow mod", .v1_3 ... .v1_3, "as above"),
        ("reply os-ken packet 5-57-ofp packet in", .v1_4 ... .v1_4, "as above"),
        ("reply os-ken packet 5-58-ofp flow mod", .v1_4 ... .v1_4, "as above"),
        ("request os-ken packet 4-63-onf flow monitor", .v1_3 ... .v1_3, "its match begins four bytes too early"),
        ("request os-ken ONF flow monitor", .v1_3 ... .v1_3, "as above"),
        ("request os-ken field pbb_uca", .v1_2 ... .v1_3, "a type of 16 bits where the ONF has none"),
        ("request os-ken set field pbb_uca", .v1_2 ... .v1_3, "as above"),
        ("reply os-ken packet ovs-ofctl-of10-action set mpls tc", .v1_0 ... .v1_0, "a traffic class of four bits"),
        ("reply os-ken packet ovs-ofctl-of13-action ct", .v1_3 ... .v1_3, "a zone of 28 bits"),
        ("reply os-ken packet 4-12-ofp flow stats reply", .v1_3 ... .v1_3, "PBB of EtherType 0x1234"),
        ("reply os-ken packet 4-2-ofp flow mod", .v1_3 ... .v1_3, "as above"),
        ("reply os-ken packet 5-12-ofp flow stats reply", .v1_4 ... .v1_4, "as above"),
        ("reply os-ken packet 5-2-ofp flow mod", .v1_4 ... .v1_4, "as above"),
        ("reply os-ken packet 4-36-ofp queue get config", .v1_3 ... .v1_3, "properties that are not padded"),
        ("request os-ken packet 5-70-ofp bundle add", .v1_4 ... .v1_4, "a message with another transaction"),
        ("request os-ken packet bundle add", .v1_5 ... .v1_5, "as above"),
        ("reply os-ken packet flow desc reply", .v1_5 ... .v1_5, "an instruction of 2056 bytes of which 8 are there"),
        ("request os-ken packet packet out", .v1_5 ... .v1_5, "the ingress port is OFPP_MAX"),
        ("reply os-ken packet table features reply", .v1_5 ... .v1_5, "a packet type that is an Ethernet address"),
        ("request os-ken packet table features request", .v1_5 ... .v1_5, "as above"),
    ]

    @Test("Open vSwitch's messages are read, and written again to the same bytes")
    func openVSwitch() throws {
        let vectors = try Vector.load("openvswitch")
        #expect(vectors.count > 1000)
        try self.check(vectors.filter { !$0.title.hasSuffix("refused") || !$0.isRequest })
    }

    @Test("os-ken's messages are read, and written again to the same bytes")
    func osKen() throws {
        let vectors = try Vector.load("os-ken")
        #expect(vectors.count > 280)
        try self.check(vectors)
    }

    @Test("What else os-ken can write is read, and written again to the same bytes")
    func osKenClasses() throws {
        let vectors = try Vector.load("os-ken-classes")
        #expect(vectors.count > 1500)
        try self.check(vectors)
    }

    @Test("The messages of os-ken's own tests are read, and written again to the same bytes")
    func osKenPackets() throws {
        let vectors = try Vector.load("os-ken-packets")
        #expect(vectors.count > 300)
        try self.check(vectors)
    }

    @Test(
        "reg_load2 is as ovs-ofctl parse-actions reads it: the entry follows the subtype, padding comes last",
        arguments: [
            (
                MatchField.register0, UInt128(5), UInt128(0xf00f),
                "ffff001800002320 0021000101080000 00050000f00f0000"
            ),
            (
                .ethernetDestination, 0x0100_0000_0000, 0x0100_0000_0001,
                "ffff002000002320 00210000030c0100 0000000001000000 0001000000000000"
            ),
        ])
    func registerLoad2(field: MatchField, value: UInt128, mask: UInt128, action: String) throws {
        var flowMod = FlowMod(command: .add)
        flowMod.instructions = [.applyActions([.setField(field, value: value, mask: mask)])]
        let bytes = try MessageCodec.encode(
            .flowMod(flowMod), version: .v1_0, transactionID: TransactionID(rawValue: 1))
        #expect(Vector.text(Array(bytes.dropFirst(72))) == action)
        guard case .flowMod(let read) = try MessageCodec.decode(bytes, version: .v1_0).message else {
            Issue.record("not a flow")
            return
        }
        #expect(read.instructions == flowMod.instructions)
    }

    @Test("What Open vSwitch refuses, we refuse with the same error", arguments: OpenFlowVersion.allCases)
    func refusals(version: OpenFlowVersion) throws {
        let vectors = try Vector.load("openvswitch").filter { $0.version == version && $0.title.hasSuffix("refused") }
        #expect(vectors.count > 10)
        for (request, reply) in zip(vectors, vectors.dropFirst()) where request.isRequest && !reply.isRequest {
            guard case .error(let theirs) = try MessageCodec.decode(reply.bytes, version: version).message else {
                continue
            }
            // 1.5: the bucket array after a command or type that is unknown is looked at first.
            if version == .v1_5, theirs.error == .known(.groupModBadBucket) { continue }
            // What 1.1 lacks, Open vSwitch does not substitute.
            if theirs.error == .known(.requestNiciraUnencodableError) { continue }
            let ours: OpenFlowError.Code
            do {
                guard case .experimenter(let message) = try MessageCodec.decode(request.bytes, version: version).message
                else {
                    Issue.record("read, but refused by Open vSwitch: \(Vector.text(request.bytes)) \(theirs)")
                    continue
                }
                ours = message.refusal
            } catch {
                ours = error.code
            }
            #expect(theirs.error == .known(ours.expressible(in: version)), "\(Vector.text(request.bytes))")
        }
    }

    private func check(_ vectors: [Vector]) throws {
        let transaction = TransactionID(rawValue: 1)
        for vector in vectors {
            do {
                let message = try MessageCodec.decode(vector.bytes, version: vector.version).message
                // A HELLO has the sender's newest version in its header, not the one agreed upon.
                if case .hello = message { continue }
                let bytes = try MessageCodec.encode(message, version: vector.version, transactionID: transaction)
                if bytes == vector.bytes { continue }
                let isKnown = Self.otherWords.contains { vector.title.contains($0.title) }
                let again = try MessageCodec.decode(bytes, version: vector.version).message
                if isKnown, Self.isSame(again, message, vector.version) { continue }
                Issue.record(
                    """
                    \(vector.testDescription)
                    theirs \(Vector.text(vector.bytes))
                    ours   \(Vector.text(bytes))
                    \(message)
                    """)
            } catch {
                let isFault = Self.faults.contains {
                    vector.title.hasPrefix($0.title) && $0.versions.contains(vector.version)
                }
                if isFault { continue }
                Issue.record("\(vector.testDescription): \(error)\n\(Vector.text(vector.bytes))")
            }
        }
    }

    private static func isSame(_ left: Message, _ right: Message, _ version: OpenFlowVersion) -> Bool {
        if case .flowRemoved(var a) = left, case .flowRemoved(var b) = right, version == .v1_1 {
            a.hardTimeoutSeconds = 0
            b.hardTimeoutSeconds = 0
            return a == b
        }
        if version == .v1_1, case .multipartReply = left { return true }
        return left == right
    }

    @Test("Flow statistics of 1.1 with an extensible match are read", arguments: ["dump-flows"])
    func extensibleMatchIn11(command: String) throws {
        let vectors = try Vector.load("openvswitch").filter {
            $0.version == .v1_1 && !$0.isRequest && $0.title.contains(command)
        }
        #expect(!vectors.isEmpty)
        for vector in vectors {
            let message = try MessageCodec.decode(vector.bytes, version: .v1_1).message
            guard case .multipartReply(let reply) = message, case .flow = reply.body else {
                Issue.record("not flow statistics: \(vector.title)")
                continue
            }
        }
    }
}
