import Testing

@testable import OpenFlow

/// What decoding came to: a message, or the error that refuses it.
private enum Outcome: Equatable {
    case message(Message)
    case refused(OpenFlowError)
}

@Suite("The quick ways of the codec")
struct OrdinaryFormTests {
    private static let versions: [OpenFlowVersion] = [.v1_0, .v1_3, .v1_4, .v1_5]

    private static func quick(_ bytes: [UInt8], _ version: OpenFlowVersion, _ cache: DecodingCache) -> Outcome {
        bytes.withUnsafeBytes { raw in
            do throws(OpenFlowError) {
                return .message(try MessageCodec.decode(raw, version: version, options: [], cache: cache))
            } catch {
                return .refused(error)
            }
        }
    }

    private static func general(_ bytes: [UInt8], _ version: OpenFlowVersion) -> Outcome {
        do throws(OpenFlowError) {
            return .message(try MessageCodec.decode(bytes, version: version).message)
        } catch {
            return .refused(error)
        }
    }

    /// A five-tuple flow, as controllers send them by the thousand.
    private static func fiveTuple(_ number: UInt32) -> Message {
        .flowMod(
            FlowMod(
                cookie: Cookie(rawValue: UInt64(number)), priority: 1000,
                match: Match([
                    MatchEntry(.inPort, 1), MatchEntry(.etherType, 0x0800), MatchEntry(.ipProtocol, 17),
                    MatchEntry(.ipv4Source, value: 0x0a00_0000, mask: 0xff00_0000),
                    MatchEntry(.ipv4Destination, number), MatchEntry(.udpSource, 5), MatchEntry(.udpDestination, 6),
                ]),
                instructions: [.applyActions([.output(PortNumber(rawValue: 2), maximumLength: 0)])]))
    }

    @Test("read an ordinary flow_mod, and remember its instructions", arguments: versions)
    func fiveTuples(version: OpenFlowVersion) throws {
        let cache = DecodingCache()
        for number in 0..<5 as Range<UInt32> {
            let message = Self.fiveTuple(number)
            let bytes = try MessageCodec.encode(message, version: version, transactionID: .unsolicited)
            let read = bytes.withUnsafeBytes {
                MessageCodec.decodeOrdinary($0, version: version, options: [], cache: cache)
            }
            // The general way tells what the version implies as well, such as what an add of 1.0 does to counters.
            guard let read else {
                Issue.record("\(version): not read the quick way")
                continue
            }
            #expect(Outcome.message(read) == Self.general(bytes, version))
        }
    }

    @Test("read a flow_mod for a bundle", arguments: [OpenFlowVersion.v1_3, .v1_4, .v1_5])
    func bundled(version: OpenFlowVersion) throws {
        let message = Message.bundleAdd(
            BundleAdd(bundleID: BundleID(rawValue: 0x1234_5678), flags: .ordered, message: Self.fiveTuple(1)))
        let bytes = try MessageCodec.encode(message, version: version, transactionID: TransactionID(rawValue: 5))
        let read = bytes.withUnsafeBytes {
            MessageCodec.decodeOrdinary($0, version: version, options: [], cache: DecodingCache())
        }
        #expect(read.map(Outcome.message) == Self.general(bytes, version))
    }

    @Test(
        "read any flow_mod, also for a bundle, as the general way does, whole, cut or corrupted",
        arguments: versions, 1...40)
    func agree(version: OpenFlowVersion, seed: Int) throws {
        let cache = DecodingCache()
        var wire = WireGenerator(version: version, seed: UInt64(seed))
        var flowMod = FlowMod()
        do throws(WireError) { try flowMod.describe(to: &wire) } catch { return }
        if seed % 4 == 0, case .flowMod(let ordinary) = Self.fiveTuple(UInt32(seed)) { flowMod = ordinary }
        var message = Message.flowMod(flowMod)
        if seed % 8 < 3, version >= .v1_3 {
            message = .bundleAdd(BundleAdd(bundleID: BundleID(rawValue: UInt32(seed)), message: message))
        }
        guard let bytes = try? MessageCodec.encode(message, version: version, transactionID: .unsolicited)
        else { return }
        for _ in 0..<3 { #expect(Self.quick(bytes, version, cache) == Self.general(bytes, version), "seed \(seed)") }
        for index in bytes.indices {
            var other = bytes
            other[index] = UInt8.random(in: 0...255, using: &wire.random)
            #expect(Self.quick(other, version, cache) == Self.general(other, version), "seed \(seed), byte \(index)")
        }
        for count in 8..<bytes.count {
            var cut = Array(bytes[..<count])
            (cut[2], cut[3]) = (UInt8(count >> 8), UInt8(count & 0xff))
            #expect(Self.quick(cut, version, cache) == Self.general(cut, version), "seed \(seed), \(count) bytes")
        }
    }

    @Test("write any flow of a reply as the general way does", arguments: OpenFlowVersion.allCases, 1...60)
    func entries(version: OpenFlowVersion, seed: Int) throws {
        var wire = WireGenerator(version: version, seed: UInt64(seed))
        var entry = FlowStatisticsEntry()
        do throws(WireError) { try entry.describe(to: &wire) } catch { return }
        if seed % 4 == 0, case .flowMod(let ordinary) = Self.fiveTuple(UInt32(seed)) {
            (entry.match, entry.instructions) = (ordinary.match, ordinary.instructions)
        }
        entry.idleSeconds = UInt32(seed)
        var general = try MultipartReplyWriter(.flow, version: version, transactionID: .unsolicited)
        guard (try? general.append(entry)) != nil, let form = try FlowEntryForm(entry, version: version) else { return }
        var quick = try MultipartReplyWriter(.flow, version: version, transactionID: .unsolicited)
        let ipProtocol = entry.match.exactValue(of: .ipProtocol).map { UInt8(truncatingIfNeeded: $0) }
        let instructions = try InstructionBytes(entry.instructions, version: version, ipProtocol: ipProtocol)
        let numbers = FlowEntryNumbers(
            tableID: entry.tableID, durationSeconds: entry.durationSeconds,
            durationNanoseconds: entry.durationNanoseconds, idleSeconds: UInt32(seed), priority: entry.priority,
            idleTimeoutSeconds: entry.idleTimeoutSeconds, hardTimeoutSeconds: entry.hardTimeoutSeconds,
            flags: entry.flags, importance: entry.importance, cookie: entry.cookie, packetCount: entry.packetCount,
            byteCount: entry.byteCount)
        // More than one message's worth, so that messages begin in between.
        let count = 0x1_8000 / (form.bytes.count + instructions.bytes.count)
        for _ in 0..<count {
            try general.append(entry)
        }
        for _ in 0...count {
            try quick.append(form, numbers, instructions: instructions) { bytes in
                for place in form.places {
                    let value = entry.match[place.field]?.value ?? 0
                    for index in 0..<place.byteCount {
                        let shift = UInt128(8 * (place.byteCount - 1 - index))
                        bytes.storeBytes(
                            of: UInt8(truncatingIfNeeded: value >> shift), toByteOffset: place.offset + index,
                            as: UInt8.self)
                    }
                }
            }
        }
        let (expected, found) = (general.finish(), quick.finish())
        #expect(found == expected, "seed \(seed)")
    }
}
