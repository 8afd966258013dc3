import Datapath
package import OpenFlow

/// Which tunnel options a bridge's flows can name, and where keys have them: the table of NXT_TLV_TABLE_MOD.
///
/// Keys have room for 128 bytes of values in units of four bytes (``FlowKey/tunnelOptionWords``). An option takes as
/// many units as it has, wherever they are free, the most significant first, and a bit of the word before them says
/// whether a packet has it: the bit of its field's number. Immutable and shared; a change makes another.
package final class TunnelOptionTable: Sendable {
    /// An option that a field stands for.
    package struct Option: Sendable, Equatable {
        /// Class, type, length and field.
        package let mapping: TLVMapping
        /// The units of four bytes that its value takes, the most significant first.
        let units: [UInt8]

        /// How many bytes its value has.
        package var byteCount: Int { 4 * self.units.count }
        /// The bit that says whether a packet has it.
        var presence: UInt64 { 1 << UInt64(self.mapping.fieldIndex & 63) }
        /// The field, one of the 64.
        var field: MatchField { .tunnelMetadata(Int(self.mapping.fieldIndex)) ?? .tunnelMetadata0 }
        /// What tells it from other options.
        fileprivate var name: UInt32 { Self.name(self.mapping.optionClass, self.mapping.optionType) }

        fileprivate static func name(_ optionClass: UInt16, _ type: UInt8) -> UInt32 {
            UInt32(optionClass) << 8 | UInt32(type)
        }
    }

    /// The table of a bridge that has been told of none.
    package static let empty = TunnelOptionTable([])
    /// How many bytes of values there is room for.
    package static let byteCountMaximum = FlowKey.tunnelOptionBytesMaximum
    /// How many options there may be.
    package static let optionCountMaximum = 64

    /// The options, by field.
    package let options: [Option]
    /// A bit for each field that stands for an option.
    package let fields: UInt64

    private init(_ options: [Option]) {
        self.options = options
        self.fields = options.reduce(0) { $0 | $1.presence }
    }

    /// Whether there are no options.
    package var isEmpty: Bool { self.options.isEmpty }

    /// The option that the field of that number stands for; nil where it stands for none.
    package func option(_ field: Int) -> Option? {
        guard (0..<64).contains(field), self.fields >> UInt64(field) & 1 == 1 else { return nil }
        return self.options.first { Int($0.mapping.fieldIndex) == field }
    }

    /// What NXT_TLV_TABLE_REPLY says.
    package var reply: TLVTableReply {
        TLVTableReply(
            maximumOptionSpaceBytes: UInt32(Self.byteCountMaximum), maximumFields: UInt16(Self.optionCountMaximum),
            mappings: self.options.map(\.mapping))
    }

    // MARK: - Changes

    /// The table with more options.
    ///
    /// - Throws: `tlvTableAlreadyMapped` for a field that stands for an option, `tlvTableDuplicateEntry` for an option
    ///   that a field stands for, `tlvTableFull`.
    func adding(_ mappings: [TLVMapping]) throws(OpenFlowError) -> TunnelOptionTable {
        var options = self.options
        var free = Array(0..<UInt8(Self.byteCountMaximum / 4))
        for option in options { free.removeAll { option.units.contains($0) } }
        for mapping in mappings {
            guard mapping.fieldIndex < 64 else {
                throw OpenFlowError(.tlvTableBadFieldIndex, value: UInt64(mapping.fieldIndex), limit: 63)
            }
            guard !options.contains(where: { $0.mapping.fieldIndex == mapping.fieldIndex }) else {
                throw OpenFlowError(.tlvTableAlreadyMapped, value: UInt64(mapping.fieldIndex))
            }
            let name = Option.name(mapping.optionClass, mapping.optionType)
            guard !options.contains(where: { $0.name == name }) else {
                throw OpenFlowError(.tlvTableDuplicateEntry, value: UInt64(name))
            }
            let count = Int(mapping.optionLengthBytes) / 4
            guard count > 0, count <= 31, mapping.optionLengthBytes % 4 == 0 else {
                throw OpenFlowError(.tlvTableBadOptionLength, value: UInt64(mapping.optionLengthBytes), limit: 124)
            }
            guard count <= free.count else {
                throw OpenFlowError(.tlvTableFull, value: UInt64(4 * count), limit: UInt64(4 * free.count))
            }
            options.append(Option(mapping: mapping, units: Array(free[..<count])))
            free.removeFirst(count)
        }
        return TunnelOptionTable(options.sorted { $0.mapping.fieldIndex < $1.mapping.fieldIndex })
    }

    /// The table without the options of some fields: a bit for each.
    func removing(_ fields: UInt64) -> TunnelOptionTable {
        let left = self.options.filter { $0.presence & fields == 0 }
        return left.isEmpty ? .empty : TunnelOptionTable(left)
    }

    // MARK: - Packets

    /// Brings the options of a key from the datapath's terms into those of the pipeline; those that no field stands for
    /// are left out, and those of another length than said.
    func raise(_ key: inout FlowKey) {
        let length = min(Int(key.tunnelOptionLength), FlowKey.tunnelOptionBytesMaximum)
        let bytes = key.tunnelOptionBytes(length)
        key.removeTunnelOptions()
        var found: UInt64 = 0
        for present in bytes.tunnelOptions {
            guard let option = self.option(present, of: bytes), found & option.presence == 0 else { continue }
            found |= option.presence
            for (index, unit) in option.units.enumerated() {
                let start = present.value.lowerBound + 4 * index
                let value = bytes[start..<(start + 4)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                key.words[Self.word(of: unit)] |= value << Self.shift(of: unit)
            }
        }
        key.words[FlowKey.tunnelOptionIndexWord] = found
    }

    /// Brings the options of a mask from the pipeline's terms into those of the datapath, for a packet that had `key`
    /// there.
    ///
    /// Where options were looked at, so are the length of all of them and what says where each is.
    func lower(_ mask: inout FlowMask, of key: borrowing FlowKey) {
        var looked: UInt64 = 0
        for word in FlowKey.tunnelOptionIndexWord..<FlowKey.wordCount { looked |= mask.words[word] }
        guard looked != 0 else { return }
        let pipeline = mask
        for word in FlowKey.tunnelOptionIndexWord..<FlowKey.wordCount { mask.words[word] = 0 }
        mask.tunnelOptionLength = .max
        let bytes = key.tunnelOptionBytes(min(Int(key.tunnelOptionLength), FlowKey.tunnelOptionBytesMaximum))
        for present in bytes.tunnelOptions {
            for index in (present.value.lowerBound - 4)..<present.value.lowerBound {
                mask.setTunnelOptionByte(index, 0xff)
            }
            guard let option = self.option(present, of: bytes) else { continue }
            for (index, unit) in option.units.enumerated() {
                let bits = pipeline.words[Self.word(of: unit)] >> Self.shift(of: unit)
                for byte in 0..<4 {
                    let value = UInt8(truncatingIfNeeded: bits >> UInt64(24 - 8 * byte))
                    mask.setTunnelOptionByte(present.value.lowerBound + 4 * index + byte, value)
                }
            }
        }
    }

    /// The options of a key in the pipeline's terms as packets carry them.
    func encode(_ key: borrowing FlowKey) -> [UInt8] {
        var bytes: [UInt8] = []
        for option in self.options where key.words[FlowKey.tunnelOptionIndexWord] & option.presence != 0 {
            let mapping = option.mapping
            bytes.append(UInt8(mapping.optionClass >> 8))
            bytes.append(UInt8(mapping.optionClass & 0xff))
            bytes.append(mapping.optionType)
            bytes.append(UInt8(option.units.count & 0x1f))
            for unit in option.units {
                let value = key.words[Self.word(of: unit)] >> Self.shift(of: unit)
                for shift in [24, 16, 8, 0] as [UInt64] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
            }
        }
        return bytes
    }

    private func option(
        _ present: (optionClass: UInt16, type: UInt8, value: Range<Int>), of bytes: [UInt8]
    ) -> Option? {
        let name = Option.name(present.optionClass, present.type)
        return self.options.first {
            $0.name == name && $0.byteCount == present.value.count && present.value.upperBound <= bytes.count
        }
    }

    fileprivate static func word(of unit: UInt8) -> Int { FlowKey.tunnelOptionWords.lowerBound + Int(unit) / 2 }
    fileprivate static func shift(of unit: UInt8) -> UInt64 { unit % 2 == 0 ? 32 : 0 }
}

extension TunnelOptionTable.Option {
    /// Calls `body` with each word of keys that has some of the bits in `mask`, with value and mask as they are there;
    /// both are of the option's value from bit `first` on.
    func forEachWord(
        _ value: UInt128, mask: UInt128, first: Int = 0, _ body: (_ word: Int, _ value: UInt64, _ mask: UInt64) -> Void
    ) {
        for (index, unit) in self.units.reversed().enumerated() {
            let distance = 32 * index - first
            let bits = UInt64(UInt32(truncatingIfNeeded: mask >> distance))
            guard bits != 0 else { continue }
            let shift = TunnelOptionTable.shift(of: unit)
            body(
                TunnelOptionTable.word(of: unit), UInt64(UInt32(truncatingIfNeeded: value >> distance)) << shift,
                bits << shift)
        }
    }

    /// The 128 bits of the option's value from bit `first` on; zeros beyond its end.
    func bits(of words: some FlowWordsAccess, first: Int = 0) -> UInt128 {
        var value: UInt128 = 0
        for (index, unit) in self.units.reversed().enumerated() {
            let bits = words.words[TunnelOptionTable.word(of: unit)] >> TunnelOptionTable.shift(of: unit)
            value |= UInt128(UInt32(truncatingIfNeeded: bits)) << (32 * index - first)
        }
        return value
    }

    /// The whole value, the most significant byte first.
    func bytes(of words: some FlowWordsAccess) -> [UInt8] {
        self.units.flatMap { unit in
            let bits = words.words[TunnelOptionTable.word(of: unit)] >> TunnelOptionTable.shift(of: unit)
            return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bits >> UInt64($0)) }
        }
    }
}
