import Datapath
import OpenFlow

/// Which packets a mirror copies, of those that its ports and VLANs select: a match like a flow's.
package struct MirrorFilter: Sendable, Hashable {
    /// As it was written.
    package let text: String
    private let key: FlowKey
    private let mask: FlowMask

    /// Reads a match in the syntax of ovs-ofctl(8); throws a line for people.
    ///
    /// It may name what a packet has when it comes in: its port, its tunnel, its headers; nothing that tables set.
    package init(_ text: String) throws(SettingError) {
        let match: Match
        do throws(TextError) {
            match = try Match(text: text)
        } catch {
            throw SettingError("'\(text)' is not a match: \(error)")
        }
        guard match != .any else { throw SettingError("'\(text)' says nothing: expected a match") }
        for entry in match.entries {
            guard let layout = entry.field.flowLayout, !Self.pipelineWords.contains(layout.word) else {
                throw SettingError("'\(text)': a mirror cannot go by \(entry.field.name)")
            }
        }
        guard match.longEntries.isEmpty else { throw SettingError("'\(text)': a mirror cannot go by tunnel options") }
        var (key, mask) = (FlowKey(), FlowMask())
        do throws(OpenFlowError) {
            try MatchCompiler.compile(match, into: &key, &mask)
        } catch {
            throw SettingError("'\(text)' is not a match of packets: \(error)")
        }
        self.text = text
        self.key = key
        self.mask = mask
    }

    /// Metadata, registers and what else only tables set.
    private static let pipelineWords = 2...11

    package static func == (left: Self, right: Self) -> Bool { left.text == right.text }
    package func hash(into hasher: inout Hasher) { hasher.combine(self.text) }

    /// The bits that it looks at.
    var looked: FlowMask { self.mask }

    /// Whether a packet with that key is one.
    func matches(_ key: FlowKey) -> Bool { key.matches(self.key, under: self.mask) }
}
