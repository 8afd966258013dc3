import CBaseline
import OpenFlow

/// Encoding of many messages into one buffer, as a connection writes them.
enum Encoding {
    private static let count = 100_000

    static func packetIns(_ version: OpenFlowVersion) -> Cost {
        let message = Samples.packetIn
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1 << 20)
        return Cost.measure(Self.count) {
            for _ in 0..<Self.count {
                if bytes.count > 1 << 19 { bytes.removeAll(keepingCapacity: true) }
                do throws(Inexpressible) {
                    try MessageCodec.encode(message, version: version, transactionID: .unsolicited, into: &bytes)
                } catch {
                    fatalError("a sample cannot be said: \(error)")
                }
            }
        }
    }

    static func packetInsInC(_ version: OpenFlowVersion) -> Cost {
        let packet = [UInt8](repeating: 0x5a, count: 128)
        return packet.withUnsafeBufferPointer { packet in
            var packetIn = baseline_packet_in(
                cookie: 7, buffer_id: .max, in_port: 1, total_length: 128, reason: 0, table_id: 0,
                packet_bytes: packet.count, packet: packet.baseAddress)
            return Self.measureInC { bytes, index in
                packetIn.cookie = UInt64(index)
                return baseline_encode_packet_in(bytes, version.rawValue, &packetIn)
            }
        }
    }

    /// As the switch does it: flows of one kind share a form.
    static func entries(_ version: OpenFlowVersion) -> Cost {
        let entry = Samples.entry(7)
        do throws(Inexpressible) {
            guard let form = try FlowEntryForm(entry, version: version) else { fatalError("no form for a sample") }
            let instructions = try InstructionBytes(entry.instructions, version: version, ipProtocol: 17)
            var numbers = Samples.numbers
            return Self.measure(version) { writer, index throws(Inexpressible) in
                numbers.packetCount = UInt64(index)
                try writer.append(form, numbers, instructions: instructions) { bytes in
                    let address = UInt32(truncatingIfNeeded: index).bigEndian
                    for place in form.places where place.byteCount == 4 {
                        bytes.storeBytes(of: address, toByteOffset: place.offset, as: UInt32.self)
                    }
                }
            }
        } catch {
            fatalError("a sample cannot be said: \(error)")
        }
    }

    /// By the description of the entry.
    static func describedEntries(_ version: OpenFlowVersion) -> Cost {
        var entry = Samples.entry(7)
        return Self.measure(version) { writer, index throws(Inexpressible) in
            entry.packetCount = UInt64(index)
            try writer.append(entry)
        }
    }

    static func entriesInC(_ version: OpenFlowVersion) -> Cost {
        var flow = baseline_flow_stats()
        flow.in_port = 1
        flow.output_port = 2
        return Self.measureInC { bytes, index in
            flow.source = UInt32(truncatingIfNeeded: index)
            flow.packet_count = UInt64(index)
            return baseline_encode_flow_stats(bytes, version.rawValue, &flow)
        }
    }

    @inline(__always)
    private static func measure(
        _ version: OpenFlowVersion, _ append: (inout MultipartReplyWriter, Int) throws(Inexpressible) -> Void
    ) -> Cost {
        Cost.measure(Self.count) {
            do throws(Inexpressible) {
                var writer = try MultipartReplyWriter(.flow, version: version, transactionID: .unsolicited)
                for index in 0..<Self.count {
                    try append(&writer, index)
                    if writer.byteCount > 200_000 { _ = writer.take() }
                }
            } catch {
                fatalError("a sample cannot be said: \(error)")
            }
        }
    }

    @inline(__always)
    private static func measureInC(_ append: (UnsafeMutablePointer<UInt8>, Int) -> Int) -> Cost {
        let capacity = 1 << 19
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        defer { bytes.deallocate() }
        return Cost.measure(Self.count) {
            var offset = 0
            for index in 0..<Self.count {
                if offset > capacity - 1_024 { offset = 0 }
                offset += append(bytes + offset, index)
            }
        }
    }
}
