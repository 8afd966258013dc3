import Datapath
import Support
import Testing

@Suite(
    "Megaflows of a real kernel", .serialized,
    .enabled(if: UserModeLinux.isGuest, "KernelGuestTests runs it in the guest"))
struct KernelFlowTests {
    @Test("Of every kind of frame: the kernel's key is the parser's, and a flow of that key catches the next one")
    func everyKind() throws {
        let bench = try KernelBench("kind", cables: 2)
        for (name, frame) in Frames.everyKind {
            try bench.cables[0].send(frame)
            let upcall = try bench.upcall(from: 0)
            #expect(upcall.reason == .miss && upcall.packet == frame, "\(name)")
            var parsed = FlowKey(parsing: frame)
            parsed.inPort = bench.ports[0].rawValue
            // The kernel does not know which extension headers there are.
            parsed.words[46] = 0
            #expect(upcall.key == parsed, "\(name): \(Self.differences(upcall.key, parsed))")
            #expect(bench.put(upcall.key, .headers, [.output(bench.ports[1])]) == nil, "\(name)")
            try bench.cables[0].send(frame)
            #expect(try bench.cables[1].receive(name) == frame, "\(name)")
            let read = try bench.datapath.flow(FlowIdentifier(high: 7, low: 1))
            #expect(read.statistics.packets == 1 && read.statistics.lastUsed > 0, "\(name)")
            #expect(read.key == upcall.key, "\(name): \(Self.differences(read.key, upcall.key))")
            #expect(read.actions == [.output(bench.ports[1])])
            let results = bench.datapath.apply([.delete(FlowIdentifier(high: 7, low: 1))])
            guard case .done(let last?)? = results.first else {
                Issue.record("\(name): the flow could not be deleted: \(results)")
                continue
            }
            #expect(last.packets == 1 && last.bytes == UInt64(frame.count), "\(name)")
        }
    }

    @Test("Of every kind of frame: the kernel takes a mask of any one field, and still matches")
    func everyField() throws {
        let bench = try KernelBench("fld", cables: 2)
        for (name, frame) in Frames.everyKind {
            var key = FlowKey(parsing: frame)
            key.inPort = bench.ports[0].rawValue
            for field in FlowField.allCases where (30..<46).contains(field.layout.word) || field == .packetMark {
                var mask = FlowMask.least
                mask[field] = .max
                let refusal = bench.put(key, mask, [.output(bench.ports[1])])
                #expect(refusal == nil, "\(name), \(field)")
                guard refusal == nil else { continue }
                try bench.cables[0].send(frame)
                #expect(try bench.cables[1].receive("\(name) by \(field)") == frame)
                _ = bench.datapath.apply([.delete(FlowIdentifier(high: 7, low: 1))])
            }
        }
    }

    @Test("Under a mask that looks at no tag but for its presence, packets of every depth have a flow of their own")
    func tagPresence() throws {
        let bench = try KernelBench("tag", cables: 2)
        let payload = Frames.ipv4(17, Frames.udp(1, 2))
        let stacks: [[(Int, Int)]] = [
            [], [(0x8100, 5)], [(0x88a8, 5)], [(0x88a8, 5), (0x8100, 6)], [(0x8100, 5), (0x8100, 6)],
        ]
        for (number, tags) in stacks.enumerated() {
            let frame = Frames.ethernet(0x0800, payload, tags: tags)
            try bench.cables[0].send(frame)
            // No flow of another depth or type caught it.
            let upcall = try bench.upcall(from: 0)
            #expect(upcall.packet == frame)
            var mask = FlowMask.least
            if !tags.isEmpty {
                mask.vlanTPID = .max
                mask.vlanTCI = 0x1000
            }
            if tags.count > 1 {
                mask.innerVLANTPID = .max
                mask.innerVLANTCI = 0x1000
            }
            #expect(bench.put(upcall.key, mask, [.output(bench.ports[1])], number: UInt64(number + 1)) == nil)
            // Another VLAN of the same shape is the same megaflow's.
            let other = Frames.ethernet(0x0800, payload, tags: tags.map { ($0.0, $0.1 + 100) })
            try bench.cables[0].send(other)
            #expect(try bench.cables[1].receive("\(tags)") == other)
        }
        for number in stacks.indices {
            let read = try bench.datapath.flow(FlowIdentifier(high: 7, low: UInt64(number + 1)))
            #expect(read.statistics.packets == 1)
        }
    }

    @Test("A masked field is a wildcard: other packets match, those that differ elsewhere miss")
    func wildcards() throws {
        let bench = try KernelBench("wild", cables: 2)
        let first = Frames.ethernet(0x0800, Frames.ipv4(17, Frames.udp(1, 2)))
        let same = Frames.ethernet(0x0800, Frames.ipv4(17, Frames.udp(3, 4), source: [10, 0, 0, 9]))
        let other = Frames.ethernet(0x0800, Frames.ipv4(17, Frames.udp(1, 2), destination: [10, 0, 1, 2]))
        var key = FlowKey(parsing: first)
        key.inPort = bench.ports[0].rawValue
        var mask = FlowMask.least
        mask.ipv4Destination = 0xffff_ff00
        #expect(bench.put(key, mask, [.output(bench.ports[1])]) == nil)
        for frame in [first, same] {
            try bench.cables[0].send(frame)
            #expect(try bench.cables[1].receive() == frame)
        }
        try bench.cables[0].send(other)
        #expect(try bench.upcall(from: 0).packet == other)
        // The same name with other actions: counters stay.
        #expect(bench.put(key, mask, []) == nil)
        let read = try bench.datapath.flow(FlowIdentifier(high: 7, low: 1))
        #expect(read.actions.isEmpty && read.statistics.packets == 2)
        // Another name for the same packets is refused, and nothing changes.
        #expect(bench.put(key, mask, [.output(bench.ports[1])], number: 2)?.code == .exists)
        #expect(try bench.datapath.flow(FlowIdentifier(high: 7, low: 1)).actions.isEmpty)
    }

    @Test("A thousand flows: put in batches, dumped whole and terse, deleted one by one or flushed")
    func many() throws {
        let bench = try KernelBench("many", cables: 0)
        var mask = FlowMask.least
        mask.ethernetSource = 0xffff_ffff_ffff
        let flows = (1...1000).map { number -> DatapathFlow in
            var key = FlowKey()
            key.inPort = 1
            key.etherType = 0x88b5
            key.ethernetSource = UInt64(number)
            let actions = [DatapathAction](repeating: .output(PortIndex(rawValue: 1)), count: number % 20)
            return DatapathFlow(
                identifier: FlowIdentifier(high: 3, low: UInt64(number)), key: key, mask: mask, actions: actions)
        }
        #expect(bench.datapath.apply(flows.map { .put($0) }).allSatisfy { $0.code == nil })
        var seen: [FlowIdentifier: DatapathFlow] = [:]
        try bench.datapath.forEachFlow { flow in
            let copy = copy flow
            seen[copy.identifier] = copy
        }
        #expect(seen.count == 1000)
        for flow in flows {
            let found = try #require(seen[flow.identifier])
            #expect(found.key == flow.key && found.mask == flow.mask && found.actions == flow.actions)
        }
        var terse: Set<FlowIdentifier> = []
        try bench.datapath.forEachFlowCounters { identifier, _ in terse.insert(identifier) }
        #expect(terse == Set(flows.map(\.identifier)))
        let deletions = flows.prefix(500).map { FlowOperation.delete($0.identifier) }
        let twice = bench.datapath.apply(deletions + deletions)
        for (index, result) in twice.enumerated() {
            switch result {
            case .done(let statistics): #expect(index < 500 && statistics == FlowStatistics())
            case .failed(let error): #expect(index >= 500 && error.code == .noSuchFlow)
            }
        }
        try bench.datapath.flushFlows()
        var left = 0
        try bench.datapath.forEachFlowCounters { _, _ in left += 1 }
        #expect(left == 0)
    }

    @Test("What the kernel refuses keeps its errno and leaves its neighbours alone")
    func refusals() throws {
        let bench = try KernelBench("rfu", cables: 0)
        var key = FlowKey()
        key.inPort = 1
        key.etherType = 0x88b5
        key.ethernetSource = 1
        var mask = FlowMask.least
        mask.ethernetSource = 0xffff_ffff_ffff
        func put(_ number: UInt64, _ actions: [DatapathAction]) -> FlowOperation {
            key.ethernetSource = number
            return .put(
                DatapathFlow(
                    identifier: FlowIdentifier(high: 9, low: number), key: key, mask: mask, actions: actions))
        }
        let rewrite = DatapathAction.set(.tcp(TransportFields(source: 1), mask: TransportFields(source: .max)))
        let results = bench.datapath.apply([put(1, []), put(2, [rewrite]), put(3, [.truncate(3)]), put(4, [])])
        let codes = results.map(\.code)
        #expect(codes == [nil, .invalid, .invalid, nil])
    }

    static func differences(_ left: FlowKey, _ right: FlowKey) -> String {
        FlowField.allCases.filter { left[$0] != right[$0] }
            .map { "\($0) \(String(left[$0], radix: 16)) \(String(right[$0], radix: 16))" }.joined(separator: ", ")
    }
}
