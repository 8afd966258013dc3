import CBaseline
import OpenFlow

/// Measures the codec: nanoseconds of processor time and allocations for each message, and the same work in plain C.
///
/// Each figure is the best of seven runs in one thread. With `--check` the limits on allocations are held to, and the
/// exit status is 1 where one is exceeded; times are never checked.
@main
struct Benchmarks {
    /// What one message takes.
    struct Cost {
        var nanoseconds: Double
        var allocations: Double
    }

    static func measure(_ count: Int, _ body: () -> Void) -> Cost {
        var best = Cost(nanoseconds: .infinity, allocations: 0)
        for _ in 0..<7 {
            let (start, allocated) = (baseline_cpu_nanoseconds(), baseline_allocations())
            body()
            let nanoseconds = Double(baseline_cpu_nanoseconds() - start) / Double(count)
            let allocations = Double(baseline_allocations() - allocated) / Double(count)
            if nanoseconds < best.nanoseconds { best = Cost(nanoseconds: nanoseconds, allocations: allocations) }
        }
        return best
    }

    static func main() {
        let checks = CommandLine.arguments.contains("--check")
        var failures = 0
        func report(_ name: String, _ cost: Cost, limit: Double? = nil) {
            let time = Int(cost.nanoseconds.rounded())
            let allocations = (cost.allocations * 100).rounded() / 100
            print("\(Self.padded(name, 44)) \(Self.padded("\(time)", -7)) ns  \(allocations) allocations")
            if let limit, allocations > limit {
                print("  more than the limit of \(limit)")
                failures += 1
            }
        }
        for version in [OpenFlowVersion.v1_0, .v1_3] {
            let buffer = Samples.flowMods(version)
            report(
                "decode flow_mod, five-tuple, \(version)", Self.decode(buffer, version), limit: version == .v1_0 ? 2 : 1
            )
        }
        let buffer = Samples.flowMods(.v1_3)
        report("the same of 1.3 in plain C", Self.decodeInC(buffer), limit: 0)
        for version in [OpenFlowVersion.v1_0, .v1_3] {
            report("encode flow statistics entry, \(version)", Self.encodeEntries(version), limit: 0.05)
            report("encode packet_in, 128 bytes, \(version)", Self.encodePacketIns(version))
            report("decode packet_out, 128 bytes, \(version)", Self.decode(Samples.packetOuts(version), version))
        }
        if checks, failures > 0 { fatalError("\(failures) limits exceeded") }
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        let space = String(repeating: " ", count: max(0, abs(width) - text.count))
        return width < 0 ? space + text : text + space
    }

    /// Decodes all messages of a buffer, as a connection does.
    private static func decode(_ buffer: Samples.Buffer, _ version: OpenFlowVersion) -> Cost {
        let cache = DecodingCache()
        return Self.measure(buffer.count * 20) {
            for _ in 0..<20 {
                buffer.bytes.withUnsafeBytes { bytes in
                    var offset = 0
                    while offset < bytes.count {
                        let length = Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])
                        let message = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
                        do throws(OpenFlowError) {
                            Self.consume(
                                try MessageCodec.decode(message, version: version, options: [], cache: cache))
                        } catch {
                            fatalError("a sample is refused: \(error)")
                        }
                        offset += length
                    }
                }
            }
        }
    }

    @inline(never)
    private static func consume(_ message: consuming Message) {}

    private static func decodeInC(_ buffer: Samples.Buffer) -> Cost {
        var flowMod = baseline_flow_mod()
        return Self.measure(buffer.count * 20) {
            for _ in 0..<20 {
                buffer.bytes.withUnsafeBufferPointer { bytes in
                    var offset = 0
                    while offset < bytes.count, let base = bytes.baseAddress {
                        let length = Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])
                        guard baseline_decode(base + offset, length, &flowMod) == 0 else {
                            fatalError("a sample is refused")
                        }
                        offset += length
                    }
                }
            }
        }
    }

    private static func encodeEntries(_ version: OpenFlowVersion) -> Cost {
        let count = 100_000
        let entry = Samples.entry(7)
        do throws(Inexpressible) {
            guard let form = try FlowEntryForm(entry, version: version) else { fatalError("no form for a sample") }
            let instructions = try InstructionBytes(entry.instructions, version: version, ipProtocol: 17)
            var numbers = Samples.numbers
            return Self.measure(count) {
                do throws(Inexpressible) {
                    var writer = try MultipartReplyWriter(.flow, version: version, transactionID: .unsolicited)
                    for index in 0..<count {
                        numbers.packetCount = UInt64(index)
                        try writer.append(form, numbers, instructions: instructions) { bytes in
                            let address = UInt32(truncatingIfNeeded: index).bigEndian
                            for place in form.places where place.byteCount == 4 {
                                bytes.storeBytes(of: address, toByteOffset: place.offset, as: UInt32.self)
                            }
                        }
                        if writer.byteCount > 200_000 { _ = writer.take() }
                    }
                } catch {
                    fatalError("a sample cannot be said: \(error)")
                }
            }
        } catch {
            fatalError("a sample cannot be said: \(error)")
        }
    }

    private static func encodePacketIns(_ version: OpenFlowVersion) -> Cost {
        let count = 100_000
        let message = Samples.packetIn
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1 << 20)
        return Self.measure(count) {
            for _ in 0..<count {
                if bytes.count > 1 << 19 { bytes.removeAll(keepingCapacity: true) }
                do throws(Inexpressible) {
                    try MessageCodec.encode(message, version: version, transactionID: .unsolicited, into: &bytes)
                } catch {
                    fatalError("a sample cannot be said: \(error)")
                }
            }
        }
    }
}
