import Datapath
import OpenFlow

// What a packet-in tells of a key beside the ingress port (1.3 §7.4.1).
extension FlowKey {
    /// The pipeline fields that are not zero, and the tunnel options that the packet has of those in `options`.
    func packetInFields(_ options: TunnelOptionTable) -> Match {
        // Most packets have none; words are read by numbers that the compiler knows (``FlowWords``).
        let registers =
            self.words[3] | self.words[4] | self.words[5] | self.words[6] | self.words[7] | self.words[8]
            | self.words[9] | self.words[10]
        let tunnel = self.tunnelID | UInt64(self.tunnelIPv4Source | self.tunnelIPv4Destination)
        guard registers | tunnel | self.metadata | UInt64(self.packetMark | self.packetType) != 0 || self.words[47] != 0
        else {
            return .any
        }
        var entries: [MatchEntry] = []
        for (field, layout) in Self.packetInFields {
            let value = self.bits(at: layout)
            if value != 0 { entries.append(MatchEntry(field, value: value, mask: field.allOnes)) }
        }
        guard !options.isEmpty, self.words[FlowKey.tunnelOptionIndexWord] != 0 else { return Match(entries) }
        var mask = FlowMask()
        for word in FlowKey.tunnelOptionIndexWord..<FlowKey.wordCount { mask.words[word] = .max }
        mask.words[FlowKey.tunnelOptionIndexWord] = self.words[FlowKey.tunnelOptionIndexWord]
        let found = MatchCompiler.match(self, mask, options)
        for entry in found.entries { entries.append(entry) }
        return Match(entries, longEntries: found.longEntries)
    }

    /// None is wider than a word.
    private static let packetInFields: [(field: MatchField, layout: FlowFieldLayout)] =
        ([.packetType, .metadata, .tunnelID, .tunnelIPv4Source, .tunnelIPv4Destination, .packetMark]
        + (0..<16).compactMap { MatchField.register($0) })
        .compactMap { field in field.flowLayout.map { (field, $0) } }
}
