import Testing

@testable import Agent

@Suite("Who may come in by a listener")
struct ListenerGateTests {
    @Test("places are limited, and given back once")
    func places() throws {
        let gate = ListenerGate(connectionsMaximum: 2, halfOpenMaximum: 2)
        let first = try gate.admit("192.0.2.1")
        let second = try gate.admit(nil)
        #expect(throws: CloseReason.tooManyConnections) { try gate.admit("192.0.2.3") }
        second.opened()
        #expect(throws: CloseReason.tooManyConnections) { try gate.admit("192.0.2.3") }
        first.release()
        first.release()
        #expect(gate.counts == (1, 0))
        _ = try gate.admit("192.0.2.3")
        #expect(gate.refused == (0, 2))
    }

    @Test("peers that do not say HELLO leave room for those that do")
    func halfOpen() throws {
        let gate = ListenerGate(connectionsMaximum: 100, halfOpenMaximum: 3)
        let silent = try (0..<3).map { _ in try gate.admit("192.0.2.1") }
        #expect(throws: CloseReason.tooManyConnections) { try gate.admit("192.0.2.1") }
        silent[0].opened()
        silent[0].opened()
        let next = try gate.admit("192.0.2.1")
        #expect(gate.counts == (4, 3))
        next.opened()
        next.release()
        for admission in silent { admission.release() }
        #expect(gate.counts == (0, 0))
    }

    @Test("only peers of the ranges allowed come in; unix sockets have no address")
    func allowed() throws {
        let prefixes = try ["192.0.2.0/24", "2001:db8::/32"].map { try #require(AddressPrefix($0)) }
        let gate = ListenerGate(allowedPeers: prefixes)
        for address in ["192.0.2.9", "::ffff:192.0.2.9", "2001:db8::1"] { _ = try gate.admit(address) }
        _ = try gate.admit(nil)
        for address in ["192.0.3.9", "::1", "2001:db9::"] {
            #expect(throws: CloseReason.notAllowed) { try gate.admit(address) }
        }
        #expect(gate.refused == (3, 0))
    }
}
