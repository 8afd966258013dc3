import Datapath
import OpenFlow

// Tunnel options (Geneve, RFC 8926 §3.5) as fields: those that the bridge's table names are in the key while the
// packet is in the bridge, in places of the table's; in the mask that translation ends with they are where the packet
// has them.
extension Translator {
    /// Takes up the options that the packet came with.
    mutating func beginTunnelOptions(_ options: TunnelOptionTable) {
        self.tunnelOptions = options
        self.entryTunnelOptions = options
        if self.key.words[FlowKey.tunnelOptionIndexWord] != 0 { options.raise(&self.key) }
        let isTunnelled = self.key.tunnelIPv4Destination != 0 || self.key.tunnelIPv6Destination != 0
        // Where none can be named, or the packet came by no tunnel, nothing of them depends on the packet.
        guard options.isEmpty || !isTunnelled else { return }
        for word in FlowKey.tunnelOptionIndexWord..<FlowKey.wordCount { self.constant.words[word] = .max }
    }

    /// Leaves the tunnel that the packet came by behind, as where it goes on in another bridge.
    mutating func leaveTunnel() {
        for word in Self.tunnelWords {
            self.key.words[word] = 0
            self.constant.words[word] = .max
        }
        self.hasOwnTunnel = true
    }

    /// Notes which options were looked at, in the datapath's terms.
    mutating func endTunnelOptions() {
        guard self.result.mask.words[FlowKey.tunnelOptionIndexWord] != 0 else { return }
        self.entryTunnelOptions.lower(&self.result.mask, of: self.original)
    }

    private func has(_ option: TunnelOptionTable.Option) -> Bool {
        self.key.words[FlowKey.tunnelOptionIndexWord] & option.presence != 0
    }

    /// Some bits of an option, which the result then depends on: zeros where the packet does not have it, nil where
    /// there is no such option.
    mutating func readTunnelOption(_ field: Int, offset: Int, bitCount: Int) -> UInt128? {
        guard let option = self.tunnelOptions.option(field), (1...128).contains(bitCount),
            offset + bitCount <= 8 * option.byteCount
        else { return nil }
        self.unwildcard(word: FlowKey.tunnelOptionIndexWord, bits: option.presence)
        let ones = UInt128.max >> UInt128(128 - bitCount)
        if self.has(option) {
            option.forEachWord(0, mask: ones, first: offset) { word, _, mask in
                self.unwildcard(word: word, bits: mask)
            }
        }
        return option.bits(of: self.key, first: offset) & ones
    }

    /// Sets bits of an option from bit `offset` on; a packet without the option gets it, with zeros elsewhere.
    mutating func writeTunnelOption(_ field: Int, offset: Int, value: UInt128, mask: UInt128) {
        guard let option = self.tunnelOptions.option(field) else { return self.omit(.unsupportedAction) }
        self.beginWriting(option, isWhole: false)
        option.forEachWord(value, mask: mask, first: offset) { self.write(word: $0, value: $1, bits: $2) }
    }

    /// Sets an option, or the bits that the entry has of it.
    mutating func setTunnelOption(_ entry: some TunnelOptionEntry) {
        guard let option = entry.field.tunnelMetadataIndex.flatMap(self.tunnelOptions.option) else {
            return self.omit(.unsupportedAction)
        }
        self.beginWriting(option, isWhole: entry.isWholeOption)
        do throws(OpenFlowError) {
            try entry.forEachWord(of: option, orThrow: .actionBadSetLength) {
                self.write(word: $0, value: $1, bits: $2)
            }
        } catch {
            self.omit(.unsupportedAction)
        }
    }

    /// Sees to it that the packet has the option; the bits that are not written then stay what they are.
    private mutating func beginWriting(_ option: TunnelOptionTable.Option, isWhole: Bool) {
        let word = FlowKey.tunnelOptionIndexWord
        if !isWhole { self.unwildcard(word: word, bits: option.presence) }
        self.write(word: word, value: option.presence, bits: option.presence)
    }

    /// Nicira's delete_field: takes an option from the packet.
    mutating func deleteField(_ field: MatchField) {
        guard let option = field.tunnelMetadataIndex.flatMap(self.tunnelOptions.option) else {
            return self.omit(.unsupportedAction)
        }
        self.write(word: FlowKey.tunnelOptionIndexWord, value: 0, bits: option.presence)
        for first in stride(from: 0, to: 8 * option.byteCount, by: 128) {
            option.forEachWord(0, mask: .max, first: first) { self.write(word: $0, value: $1, bits: $2) }
        }
    }

    /// The options that the packet leaves with, all of which the result then depends on; nil where they do not fit.
    mutating func departingTunnelOptions() -> [UInt8]? {
        guard !self.tunnelOptions.isEmpty else { return [] }
        self.unwildcard(word: FlowKey.tunnelOptionIndexWord, bits: self.tunnelOptions.fields)
        for option in self.tunnelOptions.options where self.has(option) {
            for first in stride(from: 0, to: 8 * option.byteCount, by: 128) {
                option.forEachWord(0, mask: .max, first: first) { word, _, mask in
                    self.unwildcard(word: word, bits: mask)
                }
            }
        }
        let bytes = self.tunnelOptions.encode(self.key)
        return bytes.count <= FlowKey.tunnelOptionLengthMaximum ? bytes : nil
    }

    /// Takes down which options an action has changed.
    func noteTunnelOptions(before: FlowKey) {
        guard let recorder = self.recorder else { return }
        for option in self.tunnelOptions.options {
            let had = before.words[FlowKey.tunnelOptionIndexWord] & option.presence != 0
            let (old, new) = (option.bytes(of: before), option.bytes(of: self.key))
            guard had != self.has(option) || old != new else { continue }
            func text(_ bytes: [UInt8], _ isThere: Bool) -> String {
                isThere ? "0x" + TunnelOptionText.digits(bytes, bytes.indices) : "none"
            }
            recorder.note(.note("\(option.field.name): \(text(old, had)) -> \(text(new, self.has(option)))"))
        }
    }

    /// The words of the tunnel that the packet would leave by where actions have set any of it, else none.
    ///
    /// What of it is the packet's own must be the same in every packet of the megaflow.
    mutating func tunnelToFreeze() -> [UInt64] {
        guard self.hasOwnTunnel else { return [] }
        for word in Self.tunnelWords { self.unwildcard(word: word, bits: .max) }
        return Self.tunnelWords.map { self.key.words[$0] }
    }

    /// Goes on with the tunnel that was put away.
    mutating func thawTunnel(_ words: [UInt64]) {
        guard !words.isEmpty else { return }
        self.hasOwnTunnel = true
        for (word, value) in zip(Self.tunnelWords, words) {
            self.key.words[word] = value
            self.constant.words[word] = .max
        }
    }

    /// Words of addresses, keys and flags of the tunnel.
    private static let tunnelHeaderWords = 22..<30
    private static let tunnelWords = Array(tunnelHeaderWords) + Array(FlowKey.tunnelOptionIndexWord..<FlowKey.wordCount)

    /// Whether a word of keys says something of tunnels.
    static func isTunnelWord(_ word: Int) -> Bool {
        Self.tunnelHeaderWords.contains(word) || word >= FlowKey.tunnelOptionIndexWord
    }
}
