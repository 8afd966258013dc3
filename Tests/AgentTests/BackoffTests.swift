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

    private static func time(_ seconds: Int) -> MonotonicTime { MonotonicTime(nanoseconds: 5) + .seconds(seconds) }

    @Test("fail mode standalone without controllers forwards from the start, visibly")
    func noControllers() {
        var machine = FailModeStateMachine(inactivityProbe: .seconds(5))
        #expect(machine.started(mode: .standalone, controllers: 0, now: Self.time(0)) == .visibleFlow)
        #expect(machine.deadline == .distantFuture)
        #expect(machine.timerFired(now: Self.time(1000)) == nil)
    }

    @Test("fail mode secure never forwards on its own")
    func secure() {
        for controllers in 0...2 {
            var machine = FailModeStateMachine(inactivityProbe: .seconds(5))
            #expect(machine.started(mode: .secure, controllers: controllers, now: Self.time(0)) == nil)
            #expect(machine.controllerConnected() == nil)
            machine.controllerDisconnected(now: Self.time(1))
            #expect(machine.timerFired(now: Self.time(1000)) == nil)
        }
    }

    @Test("controllers that are out of reach for three probe intervals are stood in for, until one is back")
    func outOfReach() {
        var machine = FailModeStateMachine(inactivityProbe: .seconds(5))
        #expect(machine.started(mode: .standalone, controllers: 2, now: Self.time(0)) == nil)
        #expect(machine.deadline == Self.time(15))
        #expect(machine.timerFired(now: Self.time(14)) == nil)
        #expect(machine.timerFired(now: Self.time(15)) == .hiddenFlow)
        #expect(machine.controllerConnected() == StandaloneForwarding.none)
        #expect(machine.controllerConnected() == nil)
        // One of two going leaves a controller in charge.
        machine.controllerDisconnected(now: Self.time(20))
        #expect(machine.deadline == .distantFuture)
        machine.controllerDisconnected(now: Self.time(30))
        #expect(machine.deadline == Self.time(45))
        #expect(machine.controllerConnected() == nil)
        #expect(machine.timerFired(now: Self.time(45)) == nil)
    }
}
