import OpenFlow
import Testing

@testable import Agent

@Suite("The rules of a connection")
struct ConnectionStateMachineTests {
    typealias Machine = OpenFlowConnection.StateMachine

    private static let start = MonotonicTime(nanoseconds: 1_000_000_000_000)

    private static func time(_ seconds: Double) -> MonotonicTime { self.start + .milliseconds(Int(seconds * 1000)) }

    private static func header(_ type: UInt8, version: UInt8 = 4) -> MessageHeader {
        MessageHeader(version: version, type: type, length: 8, transactionID: TransactionID(rawValue: 7))
    }

    private static func established(_ version: OpenFlowVersion = .v1_3, probe: Duration = .seconds(5)) -> Machine {
        var machine = Machine(Machine.Settings(offered: .all, inactivityProbe: probe))
        _ = machine.opened(now: Self.start)
        _ = machine.received(hello: VersionSet(versions: [version]), headerVersion: 6, now: Self.start)
        return machine
    }

    // MARK: HELLO

    @Test("our HELLO says the newest version, and a bitmap from 1.3 on")
    func helloSaysTheNewestVersion() {
        for newest in OpenFlowVersion.allCases {
            let offered = VersionSet(versions: OpenFlowVersion.allCases.filter { $0 <= newest })
            var machine = Machine(Machine.Settings(offered: offered, inactivityProbe: .zero))
            let intent = machine.opened(now: Self.start)
            #expect(intent == .init(version: newest, versions: newest >= .v1_3 ? offered : nil))
        }
    }

    /// Every set of versions that is not empty.
    private static let sets = (1..<64).map { VersionSet(rawValue: $0 << 1) }

    @Test("with two bitmaps the newest common version is spoken, whatever the sets", arguments: sets)
    func bitmaps(offered: VersionSet) {
        for peer in Self.sets {
            var machine = Machine(Machine.Settings(offered: offered, inactivityProbe: .zero))
            _ = machine.opened(now: Self.start)
            let result = machine.received(hello: peer, headerVersion: 6, now: Self.start)
            let expected = OpenFlowVersion.allCases.last { offered.contains($0) && peer.contains($0) }
            if let expected {
                #expect(result == .adopt(expected))
                #expect(machine.version == expected)
            } else {
                guard case .refuse(let refusal) = result else {
                    Issue.record("\(offered.versions) and \(peer.versions) gave \(result)")
                    continue
                }
                #expect(refusal.code == .helloIncompatible)
                #expect(refusal.closing != nil)
                let names = offered.versions + peer.versions
                #expect(names.allSatisfy { refusal.text?.contains($0.description) == true })
            }
        }
    }

    @Test("without a bitmap the lesser header version is spoken, if we offer it", arguments: sets)
    func headers(offered: VersionSet) {
        for header in UInt8(0)...8 {
            var machine = Machine(Machine.Settings(offered: offered, inactivityProbe: .zero))
            _ = machine.opened(now: Self.start)
            let result = machine.received(hello: nil, headerVersion: header, now: Self.start)
            let newest = offered.versions.last?.rawValue ?? 0
            if let version = OpenFlowVersion(rawValue: min(header, newest)), offered.contains(version) {
                #expect(result == .adopt(version))
            } else {
                guard case .refuse(let refusal) = result else {
                    Issue.record("\(offered.versions) and header \(header) gave \(result)")
                    continue
                }
                #expect(refusal.code == .helloIncompatible)
            }
        }
    }

    @Test("the refusal of a HELLO names what both sides speak, in a version that the peer knows")
    func refusalText() {
        var machine = Machine(Machine.Settings(offered: [.v1_0, .v1_3], inactivityProbe: .zero))
        _ = machine.opened(now: Self.start)
        let text =
            "no OpenFlow version in common: this switch speaks OpenFlow10, OpenFlow13, "
            + "peer offers OpenFlow12 and no version bitmap"
        #expect(
            machine.received(hello: nil, headerVersion: 3, now: Self.start)
                == .refuse(
                    .init(code: .helloIncompatible, version: .v1_2, text: text, closing: .incompatible(text))))
    }

    @Test("a message before HELLO is refused, and the connection ends")
    func messageBeforeHello() {
        var machine = Machine(Machine.Settings(offered: .all, inactivityProbe: .zero))
        _ = machine.opened(now: Self.start)
        #expect(
            machine.received(Self.header(5))
                == .refuse(.init(code: .requestBadType, version: .v1_3, closing: .messageBeforeHello(type: 5))))
        #expect(machine.received(Self.header(0)) == .ignore)
    }

    @Test("an error instead of HELLO is not answered")
    func errorBeforeHello() {
        var machine = Machine(Machine.Settings(offered: .all, inactivityProbe: .zero))
        _ = machine.opened(now: Self.start)
        #expect(machine.received(Self.header(1)) == .close(.refusedByPeer))
    }

    @Test("a peer that says no HELLO in time is given up")
    func helloTimeout() {
        var machine = Machine(
            Machine.Settings(offered: .all, inactivityProbe: .zero, helloTimeout: .seconds(10)))
        _ = machine.opened(now: Self.start)
        // Bytes that are no HELLO do not help.
        machine.heard(now: Self.time(9))
        #expect(machine.deadline == Self.time(10))
        #expect(machine.timerFired(now: Self.time(9.9)) == .wait)
        #expect(machine.timerFired(now: Self.time(10)) == .close(.noHello))
        #expect(machine.deadline == .distantFuture)
    }

    // MARK: The session

    @Test("messages of the agreed version are for the switch, those of another are refused and the session goes on")
    func versions() {
        var machine = Self.established(.v1_3)
        #expect(machine.received(Self.header(5)) == .deliver(.v1_3))
        #expect(
            machine.received(Self.header(5, version: 1)) == .refuse(.init(code: .requestBadVersion, version: .v1_3)))
        #expect(
            machine.received(Self.header(2, version: 99)) == .refuse(.init(code: .requestBadVersion, version: .v1_3)))
        #expect(machine.received(Self.header(20)) == .deliver(.v1_3))
    }

    @Test("echo requests are answered in their own version, replies and second HELLOs forgotten")
    func symmetricMessages() {
        var machine = Self.established(.v1_3)
        #expect(machine.received(Self.header(2)) == .answerEcho(.v1_3))
        #expect(machine.received(Self.header(2, version: 1)) == .answerEcho(.v1_0))
        #expect(machine.received(Self.header(3)) == .ignore)
        #expect(machine.received(Self.header(0)) == .ignore)
        #expect(machine.received(hello: .all, headerVersion: 6, now: Self.start) == .ignore)
        #expect(machine.received(Self.header(1)) == .deliver(.v1_3))
        #expect(machine.received(Self.header(1, version: 99)) == .ignore)
    }

    // MARK: Liveness

    @Test("a silent peer is asked after the probe interval and given up after another")
    func probe() {
        var machine = Self.established(probe: .seconds(5))
        #expect(machine.timerFired(now: Self.time(4.9)) == .wait)
        #expect(machine.timerFired(now: Self.time(5)) == .sendEchoRequest(.v1_3))
        #expect(machine.timerFired(now: Self.time(9.9)) == .wait)
        #expect(machine.timerFired(now: Self.time(10)) == .close(.inactive))
    }

    @Test("any byte is a sign of life")
    func activity() {
        var machine = Self.established(probe: .seconds(5))
        machine.heard(now: Self.time(3))
        #expect(machine.deadline == Self.time(8))
        #expect(machine.timerFired(now: Self.time(8)) == .sendEchoRequest(.v1_3))
        machine.heard(now: Self.time(9))
        #expect(machine.timerFired(now: Self.time(13)) == .wait)
        #expect(machine.timerFired(now: Self.time(14)) == .sendEchoRequest(.v1_3))
    }

    @Test("our own output is no sign of life while we read")
    func outputIsNoActivity() {
        var machine = Self.established(probe: .seconds(5))
        machine.wrote(now: Self.time(4))
        #expect(machine.deadline == Self.time(5))
    }

    @Test("without a probe interval nobody is asked")
    func noProbe() {
        var machine = Self.established(probe: .zero)
        #expect(machine.deadline == .distantFuture)
        #expect(machine.timerFired(now: Self.time(1_000_000)) == .wait)
    }

    @Test("a peer is not given up while the switch is what is busy")
    func busySwitch() {
        var machine = Self.established(probe: .seconds(5))
        machine.readingPaused(.switchBusy, now: Self.time(1))
        #expect(machine.deadline == .distantFuture)
        #expect(machine.timerFired(now: Self.time(100)) == .wait)
        machine.readingResumed(now: Self.time(100))
        #expect(machine.deadline == Self.time(105))
    }

    @Test("a peer that does not read its answers must make progress")
    func fullOutput() {
        var machine = Self.established(probe: .seconds(5))
        machine.readingPaused(.outputFull, now: Self.time(0))
        machine.wrote(now: Self.time(8))
        #expect(machine.timerFired(now: Self.time(17)) == .wait)
        #expect(machine.timerFired(now: Self.time(18)) == .close(.notReading))
    }

    @Test("after the end nothing happens any more")
    func afterTheEnd() {
        var machine = Self.established()
        machine.closed()
        #expect(machine.received(Self.header(5)) == .ignore)
        #expect(machine.received(hello: .all, headerVersion: 6, now: Self.start) == .ignore)
        #expect(machine.timerFired(now: Self.time(1000)) == .wait)
        #expect(machine.version == nil)
    }
}
