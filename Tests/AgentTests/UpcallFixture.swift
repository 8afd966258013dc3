import Datapath
import NetworkTypes
import OpenFlow
import Synchronization

@testable import Agent

/// A service over a scripted datapath with one bridge of four ports, stepped by the test.
final class UpcallFixture: Sendable {
    let datapath: ScriptedDatapath
    let service: DatapathService
    let bridge: BridgeDatapath<TestPipeline>
    let notified = Atomic<Int>(0)
    private let box: Box

    private final class Box: Sendable {
        let notify = Mutex<(@Sendable () -> Void)?>(nil)
        let tables: Mutex<TestPipeline>
        init(_ tables: TestPipeline) { self.tables = Mutex(tables) }
    }

    static let start = MonotonicTime(nanoseconds: 1_000_000_000_000)

    init(flowLimit: FlowLimit = FlowLimit(), handlerCount: Int = 1, _ prepare: (inout TestPipeline) -> Void) throws {
        var pipeline = TestPipeline()
        prepare(&pipeline)
        self.datapath = ScriptedDatapath(handlerCount: handlerCount)
        self.service = try DatapathService(backend: self.datapath, flowLimit: flowLimit)
        let box = Box(pipeline)
        self.box = box
        self.bridge = BridgeDatapath(
            service: self.service, packetIns: PacketInQueue {},
            readTables: { body in box.tables.withLock { body($0) } },
            setInterfaceUp: { _, _ in nil },
            onVersionFinished: { box.notify.withLock { $0 }?() })
        for number in pipeline.ports.keys.sorted() {
            self.bridge.attach(PortIndex(rawValue: (number & 0xffff) + 100), as: PortNumber(rawValue: number))
        }
        box.notify.withLock { $0 = { [weak self] in _ = self?.notified.add(1, ordering: .relaxed) } }
    }

    deinit { self.bridge.close() }

    var notifications: Int { self.notified.load(ordering: .relaxed) }
    var credits: TestPipeline.Credits { self.box.tables.withLock { $0.credits } }

    /// Changes the tables, gives them the next version and says so; returns the version.
    @discardableResult
    func change(_ body: (inout TestPipeline) -> Void) -> UInt64 {
        let version = self.box.tables.withLock { tables in
            body(&tables)
            tables.version += 1
            return tables.version
        }
        self.bridge.tablesChanged(version: version) { $0 = .everything }
        return version
    }

    /// A packet misses in the datapath.
    func miss(_ frame: TestFrame = TestFrame(), inPort: UInt32 = 1, at now: MonotonicTime = UpcallFixture.start) {
        self.handle([Upcall(reason: .miss, key: frame.key(inPort: inPort + 100), packet: frame.bytes)], at: now)
    }

    func handle(_ upcalls: [Upcall], at now: MonotonicTime = UpcallFixture.start) {
        for upcall in upcalls { self.datapath.push(upcall) }
        var scratch = HandlerScratch()
        while (try? self.service.handleBatch(handler: 0, scratch: &scratch, timeoutMilliseconds: 0, clock: { now }))
            ?? 0 > 0
        {}
    }

    func drain() -> [PacketInEvent] { self.bridge.packetIns.drain().events }
}
