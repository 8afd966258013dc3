import Testing

@testable import Agent

@Suite("What a bridge does without controllers")
struct FailModeTests {
    private static func time(_ seconds: Int) -> MonotonicTime { MonotonicTime(nanoseconds: 5) + .seconds(seconds) }

    /// A machine that has been waiting for two controllers since second 0, with probes after five seconds.
    private static func waiting() -> FailModeStateMachine {
        var machine = FailModeStateMachine(inactivityProbe: .seconds(5))
        #expect(machine.started(mode: .standalone, controllers: 2, now: Self.time(0)) == nil)
        return machine
    }

    @Test("fail mode standalone without controllers forwards from the start, visibly")
    func noControllers() {
        var machine = FailModeStateMachine(inactivityProbe: .seconds(5))
        #expect(machine.started(mode: .standalone, controllers: 0, now: Self.time(0)) == .visibleFlow)
        #expect(machine.deadline == .distantFuture)
        #expect(machine.timerFired(now: Self.time(1000)) == nil)
    }

    @Test("fail mode secure never forwards on its own", arguments: 0...2)
    func secure(controllers: Int) {
        var machine = FailModeStateMachine(inactivityProbe: .seconds(5))
        #expect(machine.started(mode: .secure, controllers: controllers, now: Self.time(0)) == nil)
        #expect(machine.controllerTookCharge(now: Self.time(1)) == nil)
        #expect(machine.controllerLeft(now: Self.time(2)) == nil)
        #expect(machine.timerFired(now: Self.time(1000)) == nil)
        #expect(machine.deadline == .distantFuture)
    }

    @Test("controllers that are out of reach for three probe intervals are stood in for, until one takes charge")
    func outOfReach() {
        var machine = Self.waiting()
        #expect(machine.deadline == Self.time(15))
        #expect(machine.timerFired(now: Self.time(14)) == nil)
        #expect(machine.timerFired(now: Self.time(15)) == .hiddenFlow)
        #expect(machine.controllerTookCharge(now: Self.time(16)) == StandaloneForwarding.none)
        #expect(machine.controllerTookCharge(now: Self.time(17)) == nil)
        // One of two going leaves a controller in charge.
        #expect(machine.controllerLeft(now: Self.time(25)) == nil)
        #expect(machine.deadline == .distantFuture)
        #expect(machine.controllerLeft(now: Self.time(30)) == nil)
        #expect(machine.deadline == Self.time(45))
        #expect(machine.controllerTookCharge(now: Self.time(40)) == nil)
        #expect(machine.timerFired(now: Self.time(45)) == nil)
    }

    @Test("a controller that comes and goes within a probe interval changes nothing")
    func flapping() {
        var machine = Self.waiting()
        // It does not prolong the waiting …
        #expect(machine.controllerTookCharge(now: Self.time(8)) == nil)
        #expect(machine.controllerLeft(now: Self.time(9)) == nil)
        #expect(machine.deadline == Self.time(15))
        #expect(machine.controllerTookCharge(now: Self.time(14)) == nil)
        // … which may end while it is there.
        #expect(machine.controllerLeft(now: Self.time(16)) == .hiddenFlow)
        // Nor does it end the forwarding for longer than it stays.
        for second in [20, 22, 24] {
            #expect(machine.controllerTookCharge(now: Self.time(second)) == StandaloneForwarding.none)
            #expect(machine.controllerLeft(now: Self.time(second + 1)) == .hiddenFlow)
        }
        // One that stays is believed.
        #expect(machine.controllerTookCharge(now: Self.time(30)) == StandaloneForwarding.none)
        #expect(machine.controllerLeft(now: Self.time(35)) == nil)
        #expect(machine.deadline == Self.time(50))
    }

    @Test("each state says what it would come to")
    func summary() {
        var machine = Self.waiting()
        #expect(machine.summary(now: Self.time(5)).contains("on its own in 10 s"))
        _ = machine.controllerTookCharge(now: Self.time(5))
        #expect(machine.summary(now: Self.time(6)).contains("1 controller in charge"))
        _ = machine.controllerLeft(now: Self.time(20))
        _ = machine.timerFired(now: Self.time(35))
        #expect(machine.summary(now: Self.time(36)).contains("for 16 s"))
    }

    /// What a change of the configuration leads to.
    private static func reconfigure(
        _ machine: inout FailModeStateMachine, _ mode: FailMode, controllers: Int, inCharge: Int = 0, at second: Int
    ) -> StandaloneForwarding? {
        machine.reconfigured(
            mode: mode, inactivityProbe: .seconds(5), controllers: controllers, inCharge: inCharge,
            now: Self.time(second))
    }

    @Test("another mode while the bridge runs begins and ends forwarding at once")
    func otherMode() {
        var machine = FailModeStateMachine(inactivityProbe: .seconds(5))
        #expect(machine.started(mode: .secure, controllers: 0, now: Self.time(0)) == nil)
        #expect(Self.reconfigure(&machine, .standalone, controllers: 0, at: 1) == .visibleFlow)
        #expect(Self.reconfigure(&machine, .standalone, controllers: 0, at: 2) == nil)
        #expect(Self.reconfigure(&machine, .secure, controllers: 0, at: 3) == StandaloneForwarding.none)
        #expect(Self.reconfigure(&machine, .secure, controllers: 1, at: 4) == nil)
        // From here on there is somebody to wait for.
        #expect(Self.reconfigure(&machine, .standalone, controllers: 1, at: 10) == nil)
        #expect(machine.deadline == Self.time(25))
        #expect(machine.timerFired(now: Self.time(25)) == .hiddenFlow)
        #expect(Self.reconfigure(&machine, .secure, controllers: 1, at: 30) == StandaloneForwarding.none)
        #expect(machine.deadline == .distantFuture)
    }

    @Test("a bridge that forwarded for want of controllers goes on until one that it is given takes charge")
    func firstController() {
        var machine = FailModeStateMachine(inactivityProbe: .seconds(5))
        #expect(machine.started(mode: .standalone, controllers: 0, now: Self.time(0)) == .visibleFlow)
        #expect(Self.reconfigure(&machine, .standalone, controllers: 1, at: 5) == .hiddenFlow)
        #expect(machine.isStandingIn)
        #expect(machine.controllerTookCharge(now: Self.time(6)) == StandaloneForwarding.none)
        // Its last controller goes: first out of the configuration, then its connection.
        #expect(Self.reconfigure(&machine, .standalone, controllers: 0, inCharge: 1, at: 20) == .visibleFlow)
        #expect(machine.controllerLeft(now: Self.time(21)) == nil)
    }

    @Test("waiting goes on as it was when other controllers come or go, and controllers in charge stay so")
    func otherControllers() {
        var machine = Self.waiting()
        #expect(Self.reconfigure(&machine, .standalone, controllers: 1, at: 10) == nil)
        #expect(machine.deadline == Self.time(15))
        #expect(machine.controllerTookCharge(now: Self.time(12)) == nil)
        #expect(Self.reconfigure(&machine, .standalone, controllers: 3, inCharge: 1, at: 13) == nil)
        #expect(machine.deadline == .distantFuture)
        #expect(Self.reconfigure(&machine, .secure, controllers: 3, inCharge: 1, at: 14) == StandaloneForwarding.none)
        #expect(Self.reconfigure(&machine, .standalone, controllers: 3, inCharge: 1, at: 15) == nil)
        #expect(machine.deadline == .distantFuture)
        #expect(machine.controllerLeft(now: Self.time(40)) == nil)
        #expect(machine.deadline == Self.time(55))
    }

    @Test("a shorter probe interval may end the waiting")
    func shorterProbe() {
        var machine = Self.waiting()
        #expect(
            machine.reconfigured(
                mode: .standalone, inactivityProbe: .seconds(1), controllers: 2, inCharge: 0, now: Self.time(4))
                == .hiddenFlow)
    }
}
