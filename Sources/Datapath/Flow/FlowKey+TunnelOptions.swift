// Tunnel options in keys and masks, in the datapath's terms: the bytes that follow the Geneve header (RFC 8926 §3.5),
// each option with its header of four bytes.
extension FlowKey {
    /// How many bytes of options keys hold; what a packet has beyond is neither matched nor seen.
    @inlinable public static var tunnelOptionBytesMaximum: Int { 8 * Self.tunnelOptionWords.count }

    /// How many bytes of options an encapsulated packet may have: 63 words of 32 bits.
    @inlinable public static var tunnelOptionLengthMaximum: Int { 252 }

    /// Makes `bytes` the packet's options: their length, and as many of them as keys hold.
    package mutating func setTunnelOptions(_ bytes: RawSpan) {
        self.removeTunnelOptions()
        self.tunnelOptionLength = UInt16(truncatingIfNeeded: bytes.byteCount)
        for index in 0..<min(bytes.byteCount, Self.tunnelOptionBytesMaximum) {
            self.setTunnelOptionByte(index, bytes.byte(index))
        }
    }

    /// Makes the packet one without options.
    @inlinable @inline(__always)
    package mutating func removeTunnelOptions() {
        // Options are only where the word before them says so.
        guard self.words[Self.tunnelOptionIndexWord] != 0 else { return }
        for word in Self.tunnelOptionIndexWord..<Self.wordCount { self.words[word] = 0 }
    }
}

extension FlowWordsAccess {
    /// How many bytes of tunnel options the packet has; in the datapath's terms alone.
    @inlinable public var tunnelOptionLength: UInt16 {
        get { self.bits(47, 0, 16) }
        set { self.setBits(47, 0, 16, newValue) }
    }

    /// The byte of that number, 0…127, of the options.
    package func tunnelOptionByte(_ index: Int) -> UInt8 {
        guard index < FlowKey.tunnelOptionBytesMaximum else { return 0 }
        let word = self.words[FlowKey.tunnelOptionWords.lowerBound + index / 8]
        return UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * (index % 8)))
    }

    /// Replaces the byte of that number, 0…127, of the options.
    package mutating func setTunnelOptionByte(_ index: Int, _ byte: UInt8) {
        guard index < FlowKey.tunnelOptionBytesMaximum else { return }
        let word = FlowKey.tunnelOptionWords.lowerBound + index / 8
        let shift = UInt64(56 - 8 * (index % 8))
        self.words[word] = self.words[word] & ~(0xff << shift) | UInt64(byte) << shift
    }

    /// The first `count` bytes of the options; zero where keys do not hold them.
    package func tunnelOptionBytes(_ count: Int) -> [UInt8] { (0..<count).map { self.tunnelOptionByte($0) } }
}

extension [UInt8] {
    /// The options of a packet in order: class, type with the bit that says critical, and where the value is.
    ///
    /// A value may reach beyond the end where the bytes are cut off.
    package var tunnelOptions: [(optionClass: UInt16, type: UInt8, value: Range<Int>)] {
        var found: [(optionClass: UInt16, type: UInt8, value: Range<Int>)] = []
        var start = 0
        while start + 4 <= self.count {
            let end = start + 4 + 4 * Int(self[start + 3] & 0x1f)
            found.append((UInt16(self[start]) << 8 | UInt16(self[start + 1]), self[start + 2], (start + 4)..<end))
            start = end
        }
        return found
    }
}
