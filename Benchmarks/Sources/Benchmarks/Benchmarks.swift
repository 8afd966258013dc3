import OpenFlow

/// Measures the codec: nanoseconds of processor time and allocations for each message, and the same work in plain C.
///
/// Each figure is the best of thirty runs in one thread. With `--check` the limits on allocations are held to, and the
/// exit status is not 0 where one is exceeded; times are never checked. Another argument, such as `flow_mod`, chooses
/// the messages whose names contain it.
@main
struct Benchmarks {
    /// What is measured for one kind of message in one version.
    private struct Line {
        var name: String
        /// The most allocations that the switch's way may take.
        var limit: Double
        /// As the switch does it.
        var ordinary: () -> Cost
        /// By the description that every message has.
        var general: () -> Cost
        var plainC: () -> Cost
    }

    static func main() {
        print(Self.row("", "switch ns", "allocs", "general ns", "allocs", "C ns", "switch/C"))
        var failures: [String] = []
        let chosen = CommandLine.arguments.dropFirst().filter { !$0.hasPrefix("--") }
        for line in Self.lines(.v1_0) + Self.lines(.v1_3) {
            guard chosen.allSatisfy({ line.name.contains($0) }) else { continue }
            let (ordinary, general, plainC) = (line.ordinary(), line.general(), line.plainC())
            print(
                Self.row(
                    line.name, Self.tenths(ordinary.nanoseconds), Self.tenths(ordinary.allocations),
                    Self.tenths(general.nanoseconds), Self.tenths(general.allocations),
                    Self.tenths(plainC.nanoseconds), Self.tenths(ordinary.nanoseconds / plainC.nanoseconds)))
            if ordinary.allocations > line.limit {
                failures.append("\(line.name): \(ordinary.allocations) allocations, limit \(line.limit)")
            }
        }
        guard CommandLine.arguments.contains("--check"), !failures.isEmpty else { return }
        fatalError(failures.joined(separator: "\n"))
    }

    private static func lines(_ version: OpenFlowVersion) -> [Line] {
        let (flowMods, packetOuts) = (Samples.flowMods(version), Samples.packetOuts(version))
        return [
            Line(
                name: "decode flow_mod, five-tuple, \(version)", limit: 1.01,
                ordinary: { Decoding.ordinary(flowMods, version) }, general: { Decoding.general(flowMods, version) },
                plainC: { Decoding.flowModsInC(flowMods, version) }),
            Line(
                name: "decode packet_out, 128 bytes, \(version)", limit: 2.01,
                ordinary: { Decoding.ordinary(packetOuts, version) },
                general: { Decoding.general(packetOuts, version) }, plainC: { Decoding.packetOutsInC(packetOuts) }),
            Line(
                name: "encode packet_in, 128 bytes, \(version)", limit: 0.01,
                ordinary: { Encoding.packetIns(version) }, general: { Encoding.packetIns(version) },
                plainC: { Encoding.packetInsInC(version) }),
            Line(
                name: "encode flow stats entry, \(version)", limit: 0.05,
                ordinary: { Encoding.entries(version) }, general: { Encoding.describedEntries(version) },
                plainC: { Encoding.entriesInC(version) }),
        ]
    }

    private static func row(_ name: String, _ columns: String...) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            let space = String(repeating: " ", count: max(0, abs(width) - text.count))
            return width < 0 ? space + text : text + space
        }
        return padded(name, 38) + columns.map { padded($0, -12) }.joined()
    }

    /// A number with one digit behind the point.
    private static func tenths(_ number: Double) -> String {
        let tenths = Int(number * 10 + 0.5)
        return "\(tenths / 10).\(tenths % 10)"
    }
}
