import Datapath
import OpenFlow

/// Where a field lies in a key, in three bytes: ``MatchField/flowLayout`` as a flat table, made once.
private struct FieldPlace {
    /// The first word, or 255 where keys do not have the field.
    var word: UInt8 = .max
    var shift: UInt8 = 0
    var width: UInt8 = 0
    var prerequisite = MatchPrerequisite.none

    static let table: [FieldPlace] = {
        var table = [FieldPlace](repeating: FieldPlace(), count: 256)
        for field in MatchField.allCases {
            guard let layout = field.flowLayout else { continue }
            table[Int(field.rawValue)] = FieldPlace(
                word: UInt8(layout.word), shift: UInt8(layout.shift), width: UInt8(layout.width),
                prerequisite: field.prerequisite)
        }
        return table
    }()
}

extension MatchBuffer {
    /// Keeps packets without an Ethernet header from a match of Ethernet fields that their zeros would suit.
    ///
    /// Naming such a field implies Ethernet (ovs-fields(7), `packet_type`). Nothing is added where some bit of it must
    /// be set, which such packets have not.
    func confineToEthernet() {
        guard self.mask(30) | self.mask(31) | self.mask(32) != 0, self.mask(21) & 0xffff_ffff == 0 else { return }
        let words = self.words.values
        guard words[30] | words[31] | words[32] == 0 else { return }
        self.add(0xffff_ffff, value: 0, word: 21)
    }

    /// Makes it the match that `match` says.
    ///
    /// - Parameter options: The tunnel options that it can name, asked for where it names any.
    /// - Throws: `matchBadField` for a field that keys do not have, `matchDuplicateField` for bits that two entries
    ///   name, `matchBadPrerequisite` for a field whose prerequisite no entry says, `flowModNiciraInvalidTLVField` for
    ///   one that stands for no option, `matchBadLength` for bits that an option does not have; it is then of no use.
    func compile(_ match: Match, options: @autoclosure () -> TunnelOptionTable) throws(OpenFlowError) {
        self.clear()
        for entry in match.longEntries { try self.add(entry, options()) }
        let places = FieldPlace.table.span
        var needsPrerequisites = false
        for entry in match.entries {
            let place = places[Int(entry.field.rawValue)]
            guard place.word != .max else {
                if entry.field.isVariableLength {
                    try self.add(entry, options())
                    continue
                }
                throw OpenFlowError(.matchBadField, value: UInt64(entry.field.rawValue))
            }
            let word = Int(place.word)
            var isFree: Bool
            if place.width == 128 {
                let high = UInt64(truncatingIfNeeded: entry.mask >> 64)
                let low = UInt64(truncatingIfNeeded: entry.mask)
                isFree = self.mask(word) & high == 0 && self.mask(word + 1) & low == 0
                self.add(high, value: UInt64(truncatingIfNeeded: entry.value >> 64), word: word)
                self.add(low, value: UInt64(truncatingIfNeeded: entry.value), word: word + 1)
            } else {
                let ones = UInt64.max >> UInt64(64 - Int(place.width))
                let mask = (UInt64(truncatingIfNeeded: entry.mask) & ones) &<< UInt64(place.shift)
                isFree = self.mask(word) & mask == 0
                self.add(mask, value: UInt64(truncatingIfNeeded: entry.value) &<< UInt64(place.shift), word: word)
            }
            guard isFree else {
                throw OpenFlowError(.matchDuplicateField, value: UInt64(entry.field.rawValue))
            }
            needsPrerequisites = needsPrerequisites || place.prerequisite != .none
        }
        guard needsPrerequisites else { return }
        let facts = PacketFacts(self.words)
        for entry in match.entries where !facts.satisfy(places[Int(entry.field.rawValue)].prerequisite) {
            throw OpenFlowError(.matchBadPrerequisite, value: UInt64(entry.field.rawValue))
        }
    }
}
