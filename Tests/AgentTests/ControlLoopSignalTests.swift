import NIOEmbedded
import Synchronization
import Testing

@testable import Agent

@Suite("Waking the control loop")
struct ControlLoopSignalTests {
    @Test("however often causes are raised, the loop runs one turn, which gets all of them")
    func once() {
        let loop = EmbeddedEventLoop()
        let signal = ControlLoopSignal(eventLoop: loop)
        let turns = Mutex<[UInt32]>([])
        signal.raise(.ports)
        signal.connect {
            turns.withLock { $0.append(signal.take().rawValue) }
            signal.turnEnded()
        }
        signal.raise(.connections)
        signal.raise([.packetIns, .connections])
        loop.run()
        loop.run()
        let all: ControlLoopSignal.Causes = [.ports, .connections, .packetIns]
        #expect(turns.withLock { $0 } == [all.rawValue])
    }

    @Test("what is raised within a turn leads to one more, unless the turn takes it itself")
    func withinTurn() {
        let loop = EmbeddedEventLoop()
        let signal = ControlLoopSignal(eventLoop: loop)
        let turns = Mutex<[UInt32]>([])
        signal.connect {
            let causes = signal.take()
            let number = turns.withLock { turns in
                turns.append(causes.rawValue)
                return turns.count
            }
            if number == 1 {
                #expect(!signal.takeWithinTurn(.packetIns))
                signal.raise([.packetIns, .barriers])
                signal.raise(.packetIns)
                #expect(signal.takeWithinTurn(.packetIns))
                #expect(!signal.takeWithinTurn(.packetIns))
            } else if number == 2 {
                signal.raise(.packetIns)
                #expect(signal.takeWithinTurn(.packetIns))
            }
            signal.turnEnded()
        }
        signal.raise(.connections)
        loop.run()
        let expected: [ControlLoopSignal.Causes] = [.connections, .barriers]
        #expect(turns.withLock { $0 } == expected.map(\.rawValue))
        signal.raise(.ports)
        loop.run()
        #expect(turns.withLock { $0.count } == 3)
    }
}
