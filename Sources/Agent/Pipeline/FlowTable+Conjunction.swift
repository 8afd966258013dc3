import Datapath
import OpenFlow

/// One conjunction action: membership in a clause of a conjunctive match.
struct ConjunctionMembership: Hashable, Sendable {
    /// The conjunction's number.
    var identifier: UInt32
    /// Which clause, from 0.
    var clause: UInt8
    /// How many clauses there are, 2…64.
    var clauseCount: UInt8
}

// Conjunctive matches, as Open vSwitch's ovs-fields(7) describes them under "Conjunctive match fields".
//
// A rule with conjunction actions is a part of conjunctions: it matches nothing by itself. From the highest priority
// downwards, all parts that a packet matches at one priority are put together. Where they are in every clause of a
// conjunction, the table is searched once more, parts aside, for the packet with the conjunction's number in conj_id;
// what is found, at whatever priority, is the answer. Where nothing is found, or no conjunction is complete, the search
// goes on below. An ordinary rule goes before the parts of its own priority.
extension FlowTable {
    /// The lookup of a table that has parts of conjunctions.
    @inline(never)
    func lookupConjunctive(_ key: borrowing FlowKey, unwildcarding mask: inout FlowMask) -> MatchedRule? {
        var collected: [Classifier.Part]? = []
        let ordinary = self.classifier.lookup(key, unwildcarding: &mask, collecting: &collected)
        guard var parts = collected, !parts.isEmpty else { return ordinary.map { self.matchedRule($0) } }
        parts.sort { $0.priority > $1.priority }
        var numbered = copy key
        var none: [Classifier.Part]?
        var start = 0
        while start < parts.count {
            let end = parts[start...].firstIndex { $0.priority != parts[start].priority } ?? parts.count
            var members: [ConjunctionMembership] = []
            for part in parts[start..<end] { members += self.rules[part.rule].pointee.instructions.conjunctions }
            for identifier in Self.completed(members) {
                numbered.conjunctionID = identifier
                if let slot = self.classifier.lookup(numbered, unwildcarding: &mask, collecting: &none) {
                    return self.matchedRule(slot)
                }
            }
            start = end
        }
        return ordinary.map { self.matchedRule($0) }
    }

    /// The conjunctions in all of whose clauses there is one of `members`, in order of their numbers.
    ///
    /// Conjunctions of one number and different counts of clauses are different ones.
    static func completed(_ members: some Sequence<ConjunctionMembership>) -> [UInt32] {
        var clauses: [UInt64: UInt64] = [:]
        for member in members {
            let conjunction = UInt64(member.identifier) << 8 | UInt64(member.clauseCount)
            clauses[conjunction, default: 0] |= 1 << UInt64(member.clause)
        }
        return clauses.compactMap { conjunction, present in
            let all = UInt64.max >> (64 - (conjunction & 0xff))
            return present == all ? UInt32(truncatingIfNeeded: conjunction >> 8) : nil
        }.sorted()
    }
}
