import Datapath
import Synchronization
import Testing

@testable import Agent

@Suite("How many megaflows there may be")
struct FlowLimitTests {
    @Test("a slow sweep leaves room for as many as can be visited in time, but for a few in any case")
    func slowSweep() {
        var limit = FlowLimit()
        #expect(limit.maximum == 200_000 && limit.cause == .ceiling)
        let notYet = limit.adapt(toSweepOf: 150_000, taking: .seconds(1))
        #expect(!notYet && limit.maximum == 200_000)
        let lowered = limit.adapt(toSweepOf: 150_000, taking: .seconds(3))
        #expect(lowered && limit.maximum == 50_000)
        #expect(limit.cause == .slowSweep(flows: 150_000, duration: .seconds(3)))
        // A machine that stood still says little about megaflows.
        let stalled = limit.adapt(toSweepOf: 10_000, taking: .seconds(60))
        #expect(!stalled && limit.maximum == 50_000)
        let least = limit.adapt(toSweepOf: 10_001, taking: .seconds(60))
        #expect(least && limit.maximum == FlowLimit.leastMaximum)
        var small = FlowLimit(maximum: 7)
        let changed = small.adapt(toSweepOf: 7, taking: .seconds(60))
        #expect(!changed && small.maximum == 7)
    }

    @Test("quick sweeps give the room back by and by, those in between leave it")
    func recovery() {
        var limit = FlowLimit(maximum: 100_000)
        _ = limit.adapt(toSweepOf: 100_000, taking: .seconds(2))
        #expect(limit.maximum == 50_000)
        let kept = limit.adapt(toSweepOf: 40_000, taking: .milliseconds(700))
        #expect(!kept && limit.maximum == 50_000)
        let grown = limit.adapt(toSweepOf: 40_000, taking: .milliseconds(100))
        #expect(grown && limit.maximum == 56_250 && limit.cause == .recovering)
        var steps = 1
        while limit.adapt(toSweepOf: 40_000, taking: .milliseconds(100)) { steps += 1 }
        #expect(limit.maximum == 100_000 && limit.cause == .ceiling && steps == 6)
    }

    @Test("idle megaflows go sooner where there is little room, and at once where there is none")
    func idle() {
        let limit = FlowLimit(maximum: 800)
        func idle(_ count: Int) -> [String] {
            let found = limit.idleTimeout(at: count)
            return ["\(found.duration.wholeNanoseconds / 1_000_000)", found.cause.text]
        }
        #expect(idle(0) == ["10000", "there is room"])
        #expect(idle(700) == ["10000", "there is room"])
        #expect(idle(701) == ["1000", "there is nearly no room"])
        #expect(idle(800) == ["1000", "there is nearly no room"])
        #expect(idle(801) == ["100", "there are too many"])
    }

    @Test("handlers keep to the limit as it is now, and the report says why it is so")
    func service() throws {
        let fixture = try UpcallFixture(flowLimit: FlowLimit(maximum: 20_000)) { $0.add(actions: [output(2)]) }
        #expect(
            DatapathReport.line(of: fixture.service) == """
                Datapath scripted: 0 megaflows of at most 20000 (flow-limit); idle ones go after \
                10000 ms (there is room); swept every 500 ms; 0 upcalls lost

                """)
        fixture.service.adaptFlowLimit(toSweepOf: 20_000, taking: .milliseconds(1600))
        #expect(fixture.service.flowLimit.maximum == 12_500)
        #expect(DatapathReport.line(of: fixture.service).contains("12500 (a sweep over 20000 took 1600 ms)"))
        fixture.miss()
        var metrics = MetricsText()
        DatapathReport.add(fixture.service, to: &metrics)
        #expect(metrics.text.contains("sluice_datapath_flow_limit{datapath=\"scripted\"} 12500\n"))
        #expect(metrics.text.contains("sluice_datapath_upcalls_missed_total{datapath=\"scripted\"} 1\n"))
        #expect(metrics.text.contains("sluice_datapath_flows{datapath=\"scripted\"} 1\n"))
    }
}
