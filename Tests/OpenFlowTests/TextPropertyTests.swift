import NetworkTypes
import Testing

@testable import OpenFlow

@Suite("Text read back, and text of any kind")
struct TextPropertyTests {
    /// A match as the parser orders it, without what text cannot tell apart.
    private static func normal(_ match: Match) -> Match {
        Match(match.entries.sorted { $0.field.wireRank < $1.field.wireRank }, longEntries: match.longEntries)
    }

    /// Actions of which text keeps everything.
    private static func isKept(_ action: Action) -> Bool {
        switch action {
        case .output(.controller, _): true
        case .output(_, let maximumLength): maximumLength == 0
        case .outputField(_, let maximumLength): maximumLength == 0xffff
        // Written by itself, it is the instruction.
        case .meter, .writeMetadata: false
        case .controllerOutput(let output): !output.userData.isEmpty || output.isPausing || output.meter != nil
        case .clone(let actions): actions.allSatisfy(Self.isKept)
        default: true
        }
    }

    @Test("What is printed is read back to the same value", arguments: OpenFlowVersion.allCases)
    func roundTrip(version: OpenFlowVersion) throws {
        for seed in UInt64(1)...400 {
            var wire = WireGenerator(version: version, seed: seed)
            var flow = FlowMod()
            do throws(WireError) { try flow.describe(to: &wire) } catch { continue }
            flow.semantics = []
            flow.match = Self.normal(flow.match)
            flow.instructions = flow.instructions.compactMap { instruction in
                switch instruction {
                case .applyActions(let actions):
                    let kept = actions.filter(Self.isKept)
                    return kept.isEmpty ? nil : .applyActions(kept)
                case .writeActions(let actions): return .writeActions(actions.filter(Self.isKept))
                default: return instruction
                }
            }
            let text = flow.description
            do throws(TextError) {
                let again = try FlowMod(text: text)
                #expect(again == flow, "seed \(seed): \(text)")
            } catch {
                Issue.record("seed \(seed): \(error): \(text)")
            }
        }
    }

    @Test("Every field's values are read back, exact and masked")
    func fields() throws {
        var random = SeededGenerator(seed: 77)
        for field in MatchField.allCases {
            for _ in 0..<50 {
                let value = (UInt128(random.next()) << 64 | UInt128(random.next())) & field.allOnes
                let mask = field.isMaskable ? UInt128(random.next()) << 64 | UInt128(random.next()) : field.allOnes
                let entry = MatchEntry(field, value: value & mask & field.allOnes, mask: mask & field.allOnes)
                guard entry.mask != 0 else { continue }
                let text = field.text(entry.value, mask: entry.mask)
                #expect(try field.entry(from: TextPart(text)) == entry, "\(field.name)=\(text)")
            }
        }
    }

    @Test("Groups, meters and packets-out are read back", arguments: [OpenFlowVersion.v1_3, .v1_5])
    func otherMessages(version: OpenFlowVersion) throws {
        for seed in UInt64(1)...200 {
            var wire = WireGenerator(version: version, seed: seed)
            var (group, meter, packet) = (GroupMod(), MeterMod(), PacketOut())
            do throws(WireError) {
                try group.describe(to: &wire)
                try meter.describe(to: &wire)
                try packet.describe(to: &wire)
            } catch { continue }
            for index in group.buckets.indices { group.buckets[index].actions.removeAll { !Self.isKept($0) } }
            if group.command == .delete || group.command == .removeBucket { group.type = .all }
            if group.command != .insertBucket, group.command != .removeBucket { group.commandBucketID = .all }
            if var selection = group.selectionMethod {
                if selection.method.isEmpty { selection.method = "hash" }
                selection.fields = selection.fields.map { MatchEntry($0.field, $0.value) }
                group.selectionMethod = selection
            }
            if version < .v1_5 {
                for index in group.buckets.indices { group.buckets[index].bucketID = BucketID(rawValue: UInt32(index)) }
            }
            meter.flags.formIntersection(MeterFlags(rawValue: 15))
            packet.actions.removeAll { !Self.isKept($0) }
            packet.pipelineFields = Self.normal(packet.pipelineFields)
            #expect(try GroupMod(text: group.description) == group, "seed \(seed): \(group)")
            #expect(try MeterMod(text: meter.description) == meter, "seed \(seed): \(meter)")
            #expect(try PacketOut(text: packet.description) == packet, "seed \(seed): \(packet)")
        }
    }

    @Test("Every prefix and every changed byte of a line is read or refused, and never traps")
    func hostileText() {
        var random = SeededGenerator(seed: 5)
        let lines =
            TextTests.actions.map { "add table=1,tcp,tp_dst=80 actions=\($0)" }
            + TextTests.matches.map { "\($0) actions=drop" }
        var read = 0
        func attempt(_ bytes: [UInt8]) {
            let text = String(decoding: bytes, as: UTF8.self)
            if (try? FlowMod(text: text)) != nil { read += 1 }
            _ = try? GroupMod(text: text)
            _ = try? MeterMod(text: text)
            _ = try? PacketOut(text: text)
        }
        for line in lines {
            let bytes = Array(line.utf8)
            for length in 0..<bytes.count { attempt(Array(bytes[..<length])) }
            for index in bytes.indices {
                var changed = bytes
                changed[index] = UInt8(truncatingIfNeeded: random.next())
                attempt(changed)
                changed[index] = Array("()[]=:,-+/|>0x~".utf8)[Int(random.next() % 15)]
                attempt(changed)
            }
        }
        #expect(read > 100)
    }
}
