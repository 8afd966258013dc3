extension FlowIdentifier {
    /// The name of the megaflow with this key and mask: 128 bits of hash over both, the same in every run.
    ///
    /// `key` must be zero outside `mask`, as everywhere; zero words of the mask cost little.
    public init(key: FlowKey, mask: FlowMask) {
        let (words, bits) = (key.words.span, mask.words.span)
        var high = FlowHash(seed: 0x243f_6a88_85a3_08d3)
        var low = FlowHash(seed: 0x1319_8a2e_0370_7344)
        for index in 0..<FlowKey.wordCount where bits[unchecked: index] != 0 {
            let place = UInt64(truncatingIfNeeded: index &+ 1)
            high.combine(words[unchecked: index])
            high.combine(bits[unchecked: index] &+ place)
            low.combine(bits[unchecked: index] ^ place &* 0x9e37_79b9_7f4a_7c15)
            low.combine(words[unchecked: index])
        }
        self.init(high: high.finalize(), low: low.finalize())
    }
}
