import Datapath
import OpenFlow

// Tunnel options in matches and actions: what bits of which units they mean.
extension TunnelOptionTable {
    /// The option that a field stands for, for a flow that names it.
    ///
    /// - Throws: `flowModNiciraInvalidTLVField` where it stands for none.
    func named(_ field: MatchField) throws(OpenFlowError) -> Option {
        guard let index = field.tunnelMetadataIndex, let option = self.option(index) else {
            throw OpenFlowError(.flowModNiciraInvalidTLVField, value: UInt64(field.tunnelMetadataIndex ?? 64))
        }
        return option
    }
}

/// An entry of a match or of a set-field action that names a tunnel option.
protocol TunnelOptionEntry {
    var field: MatchField { get }
    /// Whether it means all of the option, not some of its bits.
    var isWholeOption: Bool { get }
    /// Calls `body` with each word of keys, and the bits there, that it means of its option.
    ///
    /// - Throws: `error` where it means bits that the option does not have.
    func forEachWord(
        of option: TunnelOptionTable.Option, orThrow error: OpenFlowError.Code,
        _ body: (_ word: Int, _ value: UInt64, _ mask: UInt64) -> Void
    ) throws(OpenFlowError)
}

extension MatchEntry: TunnelOptionEntry {
    func forEachWord(
        of option: TunnelOptionTable.Option, orThrow error: OpenFlowError.Code,
        _ body: (_ word: Int, _ value: UInt64, _ mask: UInt64) -> Void
    ) throws(OpenFlowError) {
        let significant = self.isWholeOption ? self.value : self.mask
        guard 128 - significant.leadingZeroBitCount <= 8 * option.byteCount else {
            throw OpenFlowError(error, value: UInt64(self.field.rawValue), limit: UInt64(option.byteCount))
        }
        guard self.isWholeOption else { return option.forEachWord(self.value, mask: self.mask, body) }
        for first in stride(from: 0, to: 8 * option.byteCount, by: 128) {
            option.forEachWord(first == 0 ? self.value : 0, mask: .max, first: first, body)
        }
    }
}

extension LongMatchEntry: TunnelOptionEntry {
    /// One that has every bit of its bytes means the whole option, zeros before them.
    var isWholeOption: Bool { self.isExact }

    func forEachWord(
        of option: TunnelOptionTable.Option, orThrow error: OpenFlowError.Code,
        _ body: (_ word: Int, _ value: UInt64, _ mask: UInt64) -> Void
    ) throws(OpenFlowError) {
        let leading = (self.isExact ? self.value : self.mask).prefix { $0 == 0 }.count
        guard self.value.count - leading <= option.byteCount else {
            throw OpenFlowError(error, value: UInt64(self.field.rawValue), limit: UInt64(option.byteCount))
        }
        for first in stride(from: 0, to: option.byteCount, by: 16) {
            let mask = self.isExact ? .max : Self.number(self.mask, endingAt: first)
            option.forEachWord(Self.number(self.value, endingAt: first), mask: mask, first: 8 * first, body)
        }
    }

    /// Up to 16 bytes that end `count` bytes before the end.
    private static func number(_ bytes: [UInt8], endingAt count: Int) -> UInt128 {
        bytes.dropLast(count).suffix(16).reduce(0) { $0 << 8 | UInt128($1) }
    }
}

extension TunnelOptionTable.Option {
    /// What a match says of the option; nil where it says nothing.
    func entry(_ key: FlowKey, _ mask: FlowMask) -> (short: MatchEntry?, long: LongMatchEntry?)? {
        guard mask.words[FlowKey.tunnelOptionIndexWord] & self.presence != 0 else { return nil }
        let masks = self.bytes(of: mask)
        let isWhole = masks.allSatisfy { $0 == 0xff }
        if let long = LongMatchEntry(self.field, value: self.bytes(of: key), mask: isWhole ? nil : masks) {
            return (nil, long)
        }
        let bits = self.bits(of: mask)
        var entry = MatchEntry(self.field, value: self.bits(of: key) & bits, mask: bits)
        entry.isPartial = !isWhole && entry.isWholeOption
        return (entry, nil)
    }
}

extension MatchBuffer {
    /// Adds what an entry says of an option that a field stands for.
    func add(_ entry: some TunnelOptionEntry, _ options: TunnelOptionTable) throws(OpenFlowError) {
        let option = try self.begin(entry.field, options)
        try entry.forEachWord(of: option, orThrow: .matchBadLength) { self.add($2, value: $1, word: $0) }
    }

    /// Adds that packets have the option.
    private func begin(
        _ field: MatchField, _ options: TunnelOptionTable
    ) throws(OpenFlowError) -> TunnelOptionTable.Option {
        let option = try options.named(field)
        let word = FlowKey.tunnelOptionIndexWord
        guard self.mask(word) & option.presence == 0 else {
            throw OpenFlowError(.matchDuplicateField, value: UInt64(field.rawValue))
        }
        self.add(option.presence, value: option.presence, word: word)
        return option
    }
}

/// How many lists of instructions of one table name the field of each option.
struct TunnelOptionUses {
    /// Empty while there are none.
    private var counts: [Int] = []

    /// A bit for each field that is named.
    var fields: UInt64 {
        self.counts.enumerated().reduce(0) { $1.element > 0 ? $0 | 1 << UInt64($1.offset) : $0 }
    }

    /// A list that names those fields has its first flow.
    mutating func add(_ fields: UInt64) { self.change(fields, by: 1) }

    /// It has lost its last flow.
    mutating func remove(_ fields: UInt64) { self.change(fields, by: -1) }

    private mutating func change(_ fields: UInt64, by amount: Int) {
        if self.counts.isEmpty { self.counts = [Int](repeating: 0, count: 64) }
        for index in 0..<64 where fields >> UInt64(index) & 1 == 1 { self.counts[index] += amount }
    }
}

extension FlowTable {
    /// A bit for each of `fields` that matches or instructions of flows name.
    func used(_ fields: UInt64) -> UInt64 {
        var used = self.optionUses.fields & fields
        for index in 0..<64 where fields & ~used & 1 << UInt64(index) != 0 {
            let bit: UInt64 = 1 << UInt64(index)
            var (key, mask) = (FlowKey(), FlowMask())
            key.words[FlowKey.tunnelOptionIndexWord] = bit
            mask.words[FlowKey.tunnelOptionIndexWord] = bit
            withMatchWords(key, mask) { match in
                // Every flow that looks at the bit wants it set.
                if self.classifier.cost(ofCoveredBy: match) > 0 { used |= bit }
                if used & bit == 0 { self.classifier.forEach(coveredBy: match) { _ in used |= bit } }
            }
        }
        return used
    }
}

extension PipelineState {
    /// A bit for each of `fields` that flows or groups name.
    func usedTunnelOptions(among fields: UInt64) -> UInt64 {
        var used: UInt64 = 0
        for identifier in self.visibleTables(.all) where used != fields {
            if let table = self.existingTable(identifier) { used |= table.pointee.used(fields) }
        }
        for group in self.groups.inOrder {
            var references = ActionReferences()
            for bucket in group.buckets { references.collect(bucket.actions) }
            used |= references.tunnelOptionFields & fields
        }
        return used
    }

    /// Makes it another table of options.
    mutating func setTunnelOptions(_ options: TunnelOptionTable) {
        guard self.optionTable !== options else { return }
        self.replaceTunnelOptions(by: options)
        self.note(.configured)
    }

    /// The same, without a word.
    mutating func replaceTunnelOptions(by options: TunnelOptionTable) {
        self.optionTable = options
        for number in 0..<255 {
            self.existingTable(TableID(rawValue: UInt8(number)))?.pointee.tunnelOptions = options
        }
    }
}
