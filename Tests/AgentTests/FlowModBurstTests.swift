import OpenFlow
import Testing

@testable import Agent

@Suite("FLOW_MODs that come together")
struct FlowModBurstTests {
    /// A switch and a connection to it, fed with bytes as from a socket.
    private final class Wire {
        let channel: ChannelHarness
        let harness: SwitchHarness
        let connection: OpenFlowConnection
        /// All that was answered.
        var output: [UInt8] = []

        init(_ version: OpenFlowVersion, maximumEntries: Int = 100_000) throws {
            self.channel = try ChannelHarness()
            self.harness = SwitchHarness(maximumEntries: maximumEntries)
            self.connection = OpenFlowConnection(link: self.channel.link, origin: .listener(0), peer: "test")
            try self.receive(try ChannelHarness.encode(.hello(Hello(versions: nil)), version: version))
            self.connection.session?.isIdentified = true
        }

        /// One read, and turns of the control loop until nothing is left; returns how many.
        @discardableResult
        func receive(_ bytes: [UInt8], limit: Int = 256) throws -> Int {
            try self.channel.receive(bytes)
            var turns = 1
            while self.turn(limit) { turns += 1 }
            return turns
        }

        /// Time passes, and flows expire.
        func pass(_ time: Duration) {
            self.harness.now = self.harness.now + time
            _ = self.harness.control.runExpiry(now: self.harness.now)
            self.takeOutput()
        }

        private func turn(_ limit: Int) -> Bool {
            defer { self.takeOutput() }
            return self.connection.turn(self.harness.control, limit: limit, now: self.harness.now).hasMore
        }

        private func takeOutput() {
            guard let session = self.connection.session else { return }
            self.output += session.output
            session.output = []
        }
    }

    private static func encode(_ flowMods: [Message], _ version: OpenFlowVersion) throws -> [[UInt8]] {
        try flowMods.enumerated().map {
            try ChannelHarness.encode($0.element, version: version, UInt32($0.offset) + 100)
        }
    }

    /// Any flow_mod: most can be part of a burst, some cannot, some are wrong.
    private static func anything(_ random: inout SeededGenerator, _ version: OpenFlowVersion) -> Message {
        let commands: [FlowMod.Command] = [.add, .add, .add, .add, .modifyStrict, .deleteStrict, .modify, .delete]
        guard let command = commands.randomElement(using: &random) else { return .barrierRequest }
        let outputs: [UInt32] = [1, 1, 1, 2, 3, 0]
        let output = outputs.randomElement(using: &random) ?? 1
        return SwitchHarness.flowMod(
            command, .random(in: 1...12, using: &random), priority: .random(in: 1...3, using: &random),
            cookie: .random(in: 1...4, using: &random), output: output
        ) { flowMod in
            if version >= .v1_1 {
                flowMod.tableID = TableID(
                    rawValue: ([0, 0, 0, 1, 2, 255] as [UInt8]).randomElement(using: &random) ?? 0)
            }
            if command == .deleteStrict, version >= .v1_1, .random(using: &random) { flowMod.cookieMask = 3 }
            if command == .add {
                if .random(in: 0..<8, using: &random) == 0 { flowMod.flags.insert(.checkOverlap) }
                if .random(in: 0..<4, using: &random) == 0 { flowMod.flags.insert(.sendFlowRemoved) }
                if .random(in: 0..<16, using: &random) == 0 { flowMod.bufferID = BufferID(rawValue: 5) }
                if .random(in: 0..<16, using: &random) == 0 { flowMod.match = .any }
                flowMod.hardTimeoutSeconds = .random(in: 0...3, using: &random)
            }
            if version >= .v1_2, .random(in: 0..<8, using: &random) == 0 { flowMod.flags.insert(.resetCounts) }
            if version >= .v1_1, .random(in: 0..<16, using: &random) == 0 {
                flowMod.instructions.append(.gotoTable(TableID(rawValue: 7)))
            }
        }
    }

    @Test(
        "do what they would have done one by one, and are answered the same",
        arguments: OpenFlowVersion.allCases, [1, 2, 3] as [UInt64])
    func sameAsSingle(version: OpenFlowVersion, seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        let messages = try Self.encode((0..<600).map { _ in Self.anything(&random, version) }, version)
        let (single, together) = (
            try Wire(version, maximumEntries: 24), try Wire(version, maximumEntries: 24)
        )
        var rest = messages[...]
        while !rest.isEmpty {
            let part = rest.prefix(.random(in: 1...90, using: &random))
            rest = rest.dropFirst(part.count)
            for message in part { try single.receive(message) }
            try together.receive(Array(part.joined()), limit: .random(in: 1...100, using: &random))
            for wire in [single, together] { wire.pass(.milliseconds(400)) }
            #expect(single.output == together.output, "seed \(seed)")
            let states = [single, together].map { wire in
                wire.harness.flows(wire.harness.connect(.v1_3)).map { "\($0)" }.sorted()
            }
            #expect(states[0] == states[1], "seed \(seed)")
            #expect(single.harness.control.counters == together.harness.control.counters)
            #expect(single.connection.statistics.messagesReceived == together.connection.statistics.messagesReceived)
        }
    }

    @Test(
        "do in a bundle what they would have done one by one, and fail the same",
        arguments: [OpenFlowVersion.v1_3, .v1_4, .v1_5], [1, 2, 3] as [UInt64])
    func bundles(version: OpenFlowVersion, seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        let (single, together) = (
            try Wire(version, maximumEntries: 200), try Wire(version, maximumEntries: 200)
        )
        var transaction: UInt32 = 1000
        func encode(_ message: Message) throws -> [UInt8] {
            transaction += 1
            return try ChannelHarness.encode(message, version: version, transaction)
        }
        for number in 0..<40 as Range<UInt32> {
            let identifier = BundleID(rawValue: number)
            func control(_ kind: BundleControl.Kind) throws -> [UInt8] {
                try encode(.bundleControl(BundleControl(bundleID: identifier, kind: kind, flags: [.atomic])))
            }
            let isFaulty = number % 3 == 0
            var messages = [try control(.openRequest)]
            for _ in 0..<Int.random(in: 1...60, using: &random) {
                var message = Self.anything(&random, version)
                if !isFaulty {
                    message = SwitchHarness.flowMod(
                        [.add, .add, .modifyStrict, .deleteStrict, .delete].randomElement(using: &random) ?? .add,
                        .random(in: 1...100, using: &random), output: .random(in: 1...3, using: &random))
                }
                messages.append(
                    try encode(.bundleAdd(BundleAdd(bundleID: identifier, flags: [.atomic], message: message))))
            }
            messages.append(try control(.commitRequest))
            for message in messages { try single.receive(message) }
            try together.receive(Array(messages.joined()), limit: .random(in: 1...100, using: &random))
            for wire in [single, together] { wire.pass(.milliseconds(400)) }
            #expect(single.output == together.output, "seed \(seed)")
            let states = [single, together].map { wire in
                wire.harness.flows(wire.harness.connect(.v1_3)).map { "\($0)" }.sorted()
            }
            #expect(states[0] == states[1], "seed \(seed)")
            #expect(single.harness.control.counters == together.harness.control.counters)
        }
        let replies = try ChannelHarness.messages(in: together.output)
        let commits = replies.count {
            if case .bundleControl(let control) = $0.message { control.kind == .commitReply } else { false }
        }
        #expect(commits > 10 && commits < 40, "some fail: seed \(seed)")
    }

    @Test("that a bundle keeps hold no more of a read than they are")
    func trimming() throws {
        let channel = try ChannelHarness()
        try channel.negotiate(.v1_4)
        let adds = try (1...3 as ClosedRange<UInt32>).map {
            try ChannelHarness.encode(
                .bundleAdd(BundleAdd(message: SwitchHarness.flowMod(.add, $0))), version: .v1_4, $0)
        }
        let echo = try ChannelHarness.encode(
            .experimenter(Experimenter(experimenter: 1, type: 1, body: [UInt8](repeating: 7, count: 5000))),
            version: .v1_4)
        try channel.receive(echo + adds.joined() + echo)
        guard case .flowMods(var burst)? = channel.link.takeInputs().dropFirst(2).first else {
            Issue.record("no burst")
            return
        }
        let before = (0..<2).map { burst.bytes(of: $0) }
        #expect(before == adds.dropFirst().map { $0[...] } && burst.bytes.count > 10_000)
        burst.trim()
        #expect((0..<2).map { burst.bytes(of: $0) } == before && burst.bytes.count < 300)
    }

    @Test("are a burst behind the first, up to what is none")
    func shape() throws {
        let channel = try ChannelHarness()
        try channel.negotiate()
        let plain = (1...9 as ClosedRange<UInt32>).map { SwitchHarness.flowMod(.add, $0) }
        let group = SwitchHarness.flowMod(.add, 20) {
            $0.instructions = [.applyActions([.group(GroupID(rawValue: 1))])]
        }
        let messages = try Self.encode(
            plain + [.barrierRequest] + plain + [group] + plain + [SwitchHarness.flowMod(.delete, 1)], .v1_3)
        try channel.receive(Array(messages.joined()))
        #expect(
            channel.link.takeInputs().map { $0.summary } == [
                "message 14 100 96", "flow_mods 8", "message 20 109 8", "message 14 110 96", "flow_mods 8",
                "message 14 119 88", "flow_mods 9", "message 14 129 72",
            ])
    }

    @Test("are one change for many, and no more than their turn allows")
    func runs() throws {
        let wire = try Wire(.v1_3)
        let messages = try Self.encode((1...200 as ClosedRange<UInt32>).map { SwitchHarness.flowMod(.add, $0) }, .v1_3)
        let before = wire.harness.pipeline.version
        #expect(try wire.receive(Array(messages.joined()), limit: 50) == 4)
        #expect(wire.harness.flows(wire.harness.connect(.v1_3)).count == 200)
        #expect(wire.harness.pipeline.version - before <= 10)
        #expect(wire.connection.takeFlowModCount() == 200 && wire.connection.takesPart)
        #expect(wire.channel.hub.budget.inputBytes == 0 && !wire.channel.link.hasUnhandledInputs)
    }

    @Test("are each told to whoever watches flows")
    func monitors() throws {
        let wire = try Wire(.v1_3)
        var transactions: [UInt32] = []
        wire.harness.control.changeObserver = { change in
            guard case .controller(_, let transaction) = change.origin else { return }
            transactions.append(transaction.rawValue)
        }
        let messages = try Self.encode((1...20 as ClosedRange<UInt32>).map { SwitchHarness.flowMod(.add, $0) }, .v1_3)
        try wire.receive(Array(messages.joined()))
        #expect(transactions == Array(100..<120))
    }

    @Test("change nothing where the session is secondary, and each is refused")
    func secondary() throws {
        let wire = try Wire(.v1_3)
        wire.connection.session?.role = .secondary
        let messages = try Self.encode((1...5 as ClosedRange<UInt32>).map { SwitchHarness.flowMod(.add, $0) }, .v1_3)
        try wire.receive(Array(messages.joined()))
        let answers = try ChannelHarness.messages(in: wire.output)
        #expect(answers.map(\.header.transactionID.rawValue) == Array(100..<105))
        #expect(answers.allSatisfy { SwitchHarness.code(of: [$0.message]) == .requestIsSecondary })
        #expect(wire.harness.flows(wire.harness.connect(.v1_3)).isEmpty)
    }
}
