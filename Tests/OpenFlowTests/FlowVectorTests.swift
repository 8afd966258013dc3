import Testing

@testable import OpenFlow

/// The FLOW_MODs of ovs-ofctl for every action and match field that it knows, in every version that can say them, and
/// those of os-ken for Nicira's actions.
@Suite("Flows that other implementations wrote")
struct FlowVectorTests {
    /// Flows that we write in other words of the same meaning, and why.
    private static let otherWords: [(title: String, reason: String)] = [
        ("load:", "1.2 to 1.4: a load of a whole field becomes a set-field"),
        ("register load", "as above; and what reg_load can say is not said by reg_load2"),
        ("->in_port", "1.2 and later: the ingress port is OpenFlow's, of 32 bits"),
        ("move:in_port", "as above"),
        ("0x1234/0xff00->reg0", "bits outside the mask are lost"),
        ("tun_flags", "a mask of all significant bits is left out"),
        ("tun_erspan_dir", "as above"),
        ("tun_metadata1=", "as above"),
        ("mpls_label", "1.1 has an action of its own"),
        ("set tunnel", "1.3 and later: the tunnel key is a field to set"),
        ("os-ken resubmit", "resubmit_table says what resubmit says"),
        ("register move", "1.5: copy-field"),
        ("queue", "OpenFlow's own action where the version has it"),
        ("times to live", "as above"),
        ("MPLS", "as above"),
        ("translation", "os-ken pads to eight bytes within the nested action"),
        ("output register", "output_reg2 only where output_reg cannot say it"),
        ("controller with", "os-ken pads user data differently"),
    ]

    @Test("They are read, and written again to the same bytes", arguments: OpenFlowVersion.allCases)
    func roundTrip(version: OpenFlowVersion) throws {
        let vectors = try Vector.load("openvswitch-flows").filter { $0.version == version }
        #expect(vectors.count > 240)
        for vector in vectors + (try Vector.load("os-ken-actions").filter { $0.version == version }) {
            do {
                let message = try MessageCodec.decode(vector.bytes, version: version).message
                if case .flowMod(let flowMod) = message {
                    #expect(!Self.isOpaque(flowMod) || vector.title.contains("debug_slow"), "\(vector.title)")
                }
                let bytes = try MessageCodec.encode(
                    message, version: version, transactionID: TransactionID(rawValue: 1))
                if bytes == vector.bytes { continue }
                let again = try MessageCodec.decode(bytes, version: version).message
                // os-ken's wildcards of 1.0 leave out 63 bits of an address where 32 are all.
                let isKnown =
                    version == .v1_0 && vector.title.contains("os-ken")
                    || Self.otherWords.contains { vector.title.contains($0.title) }
                #expect(
                    isKnown && again == message,
                    """
                    \(vector.testDescription)
                    theirs \(Vector.text(vector.bytes))
                    ours   \(Vector.text(bytes))
                    \(message)
                    """)
            } catch {
                Issue.record("\(vector.testDescription): \(error)\n\(Vector.text(vector.bytes))")
            }
        }
    }

    @Test("Cut at every byte, or with any byte changed, they are refused or read", arguments: OpenFlowVersion.allCases)
    func hostile(version: OpenFlowVersion) throws {
        var random = SeededGenerator(seed: UInt64(version.rawValue))
        var seen: Set<Int> = []
        for vector in try Vector.load("openvswitch-flows") where vector.version == version {
            // The same setting after another match is nothing new.
            guard !vector.title.contains(",actions=set_field") else { continue }
            // The fixed part is much the same in all.
            let isFirst = seen.insert(vector.bytes.count).inserted
            for index in vector.bytes.indices where isFirst || index >= Self.fixedBytes {
                var prefix = Array(vector.bytes[..<index])
                Self.tryOut(prefix, version)
                guard index >= 8 else { continue }
                (prefix[2], prefix[3]) = (UInt8(index >> 8), UInt8(index & 0xff))
                Self.tryOut(prefix, version)
                var changed = vector.bytes
                changed[index] = UInt8(truncatingIfNeeded: random.next())
                Self.tryOut(changed, version)
            }
        }
    }

    /// Header and fixed part of a FLOW_MOD of 1.2 and later; those of 1.0 and 1.1 are longer.
    private static let fixedBytes = 56

    /// What decodes must also encode, or be inexpressible.
    private static func tryOut(_ bytes: [UInt8], _ version: OpenFlowVersion) {
        guard let decoded = try? MessageCodec.decode(bytes, version: version) else { return }
        _ = try? MessageCodec.encode(
            decoded.message, version: version, transactionID: decoded.header.transactionID)
    }

    /// Whether an action was kept as bytes.
    private static func isOpaque(_ flowMod: FlowMod) -> Bool {
        flowMod.instructions.contains { instruction in
            guard case .applyActions(let actions) = instruction else { return false }
            return actions.contains { if case .experimenter = $0 { true } else { false } }
        }
    }
}
