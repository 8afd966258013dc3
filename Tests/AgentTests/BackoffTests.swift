import Testing

@testable import Agent

@Suite("Waiting for controllers")
struct BackoffTests {
    @Test("the wait doubles from a second to the maximum")
    func doubling() {
        var backoff = ReconnectBackoff(maximum: .seconds(8))
        #expect((0..<6).map { _ in backoff.attemptFailed() } == [1, 2, 4, 8, 8, 8].map { .seconds($0) })
        backoff.reset()
        #expect(backoff.attemptFailed() == .seconds(1))
    }

    @Test("a maximum below a second holds from the start")
    func smallMaximum() {
        var backoff = ReconnectBackoff(maximum: .milliseconds(300))
        #expect(backoff.attemptFailed() == .milliseconds(300))
        #expect(backoff.attemptFailed() == .milliseconds(300))
    }

    @Test("a good session resets the wait, a short one does not")
    func sessions() {
        var backoff = ReconnectBackoff(maximum: .seconds(8))
        _ = backoff.attemptFailed()
        _ = backoff.attemptFailed()
        #expect(backoff.sessionEnded(after: .milliseconds(10)) == .seconds(4))
        #expect(backoff.sessionEnded(after: .seconds(4)) == .seconds(1))
        // The first session of all, dropped at once.
        var fresh = ReconnectBackoff(maximum: .seconds(8))
        #expect(fresh.sessionEnded(after: .zero) == .seconds(1))
        #expect(fresh.sessionEnded(after: .zero) == .seconds(2))
    }
}
