import NIOCore
import NIOEmbedded
import OpenFlow
import Testing

@testable import Agent

@Suite("What a bridge's connections hold together")
struct ConnectionBudgetTests {
    @Test("above the total, each connection may hold only its small part")
    func shares() {
        let budget = ConnectionBudget(outputMaximum: 1000, inputMaximum: 500)
        #expect(budget.outputAllowed(.max) == .max && budget.inputAllowed(700) == 700)
        budget.addOutput(1000)
        budget.addInput(500)
        #expect(budget.outputAllowed(.max) == .max && budget.inputAllowed(700) == 700)
        budget.addOutput(1)
        budget.addInput(1)
        #expect(budget.outputAllowed(.max) == AgentLimits.connectionOutputBytesReserved)
        #expect(budget.outputAllowed(10) == 10)
        #expect(budget.inputAllowed(1 << 20) == AgentLimits.connectionPendingBytesReserved)
        budget.addOutput(-1)
        #expect(budget.outputAllowed(.max) == .max)
        #expect(budget.takePeak() == 1001)
        budget.addOutput(-900)
        #expect(budget.takePeak() == 1000, "what was held in between")
        #expect(budget.takePeak() == 501)
    }

    @Test("output counts from being sent to being written, and what is never written is given back")
    func output() throws {
        let harness = try ChannelHarness()
        try harness.negotiate()
        let budget = harness.hub.budget
        harness.socket.holdsWrites = true
        harness.link.send([UInt8](repeating: 0, count: 5000))
        harness.loop.run()
        #expect(budget.outputBytes == 5000)
        harness.socket.release()
        harness.loop.run()
        #expect(budget.outputBytes == 0)
        do {
            let link = ConnectionLink(hub: harness.hub)
            link.send([UInt8](repeating: 0, count: 700))
            _ = link.post([.closed(.shutdown)], bytes: 300)
            #expect(budget.outputBytes == 700 && budget.inputBytes == 300)
        }
        #expect(budget.outputBytes == 0 && budget.inputBytes == 0)
    }

    @Test("messages that wait for the switch stop the reading early while the bridge holds too much")
    func input() throws {
        let harness = try ChannelHarness()
        try harness.negotiate()
        let budget = harness.hub.budget
        let echoes = [UInt8](repeating: 1, count: 4000)
        let message = try ChannelHarness.encode(
            .experimenter(Experimenter(experimenter: 1, type: 1, body: echoes)))
        try harness.receive(message + message + message + message + message)
        let before = harness.socket.reads
        harness.channel.read()
        #expect(harness.socket.reads == before + 1, "20 kB are no reason to wait by themselves")
        budget.addInput(AgentLimits.bridgePendingBytesMaximum)
        try harness.receive(message)
        harness.channel.read()
        #expect(harness.socket.reads == before + 1)
        #expect(harness.link.takeInputs().count == 6)
        harness.link.handled(messages: 6, bytes: 6 * message.count)
        harness.loop.run()
        #expect(harness.socket.reads == before + 2)
        budget.addInput(-AgentLimits.bridgePendingBytesMaximum)
        #expect(budget.inputBytes == 0)
    }
}
