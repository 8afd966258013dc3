import CBaseline
import OpenFlow

/// Decoding of many messages that stand one after the other, as a connection reads them.
enum Decoding {
    private static let rounds = 40

    /// As a connection of the switch does it.
    static func ordinary(_ buffer: Samples.Buffer, _ version: OpenFlowVersion) -> Cost {
        let cache = DecodingCache()
        return Self.measure(buffer) { message in
            do throws(OpenFlowError) {
                Self.consume(try MessageCodec.decode(message, version: version, options: [], cache: cache))
            } catch {
                fatalError("a sample is refused: \(error)")
            }
        }
    }

    /// By the description of the message.
    static func general(_ buffer: Samples.Buffer, _ version: OpenFlowVersion) -> Cost {
        Self.measure(buffer) { message in
            do throws(OpenFlowError) {
                // The span lives no longer than this call, and the buffer does.
                Self.consume(try MessageCodec.decode(RawSpan(_unsafeBytes: message), version: version).message)
            } catch {
                fatalError("a sample is refused: \(error)")
            }
        }
    }

    static func flowModsInC(_ buffer: Samples.Buffer, _ version: OpenFlowVersion) -> Cost {
        var flowMod = baseline_flow_mod()
        return Self.measure(buffer) { message in
            guard let base = message.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            let status =
                version == .v1_0
                ? baseline_decode_flow_mod10(base, message.count, &flowMod)
                : baseline_decode_flow_mod13(base, message.count, &flowMod)
            guard status == 0 else { fatalError("a sample is refused") }
        }
    }

    static func packetOutsInC(_ buffer: Samples.Buffer) -> Cost {
        var packetOut = baseline_packet_out()
        return Self.measure(buffer) { message in
            guard let base = message.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            guard baseline_decode_packet_out(base, message.count, &packetOut) == 0 else {
                fatalError("a sample is refused")
            }
        }
    }

    @inline(__always)
    private static func measure(_ buffer: Samples.Buffer, _ decode: (UnsafeRawBufferPointer) -> Void) -> Cost {
        Cost.measure(buffer.count * Self.rounds) {
            for _ in 0..<Self.rounds {
                buffer.bytes.withUnsafeBytes { bytes in
                    var offset = 0
                    while offset < bytes.count {
                        let length = Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])
                        decode(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length]))
                        offset += length
                    }
                }
            }
        }
    }

    @inline(never)
    private static func consume(_ message: consuming Message) {}
}
