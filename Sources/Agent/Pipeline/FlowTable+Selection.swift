import Datapath
import OpenFlow

/// Which of the flows that a match covers a modify, a delete or a statistics request means; see ``FlowSelector``.
struct FlowFilter {
    /// Nil: every flow that the match covers, else the one of exactly that match and priority.
    var strictPriority: UInt16?
    /// With ``cookieMask``: only flows whose cookie agrees.
    var cookie = Cookie.none
    /// Which bits of the cookie count.
    var cookieMask: UInt64 = 0
    /// Only flows that output there; ``PortNumber/any`` for no restriction.
    var outPort = PortNumber.any
    /// Only flows that use that group; ``GroupID/any`` for no restriction.
    var outGroup = GroupID.any

    /// Whether every flow that the match covers is meant.
    var isEverything: Bool {
        self.strictPriority == nil && self.cookieMask == 0 && self.outPort == .any && self.outGroup == .any
    }

    /// Whether flows with these instructions are meant.
    func admits(_ list: InstructionList) -> Bool {
        (self.outPort == .any || list.outputPorts.contains(self.outPort))
            && (self.outGroup == .any || list.groups.contains(self.outGroup))
    }
}

extension FlowSelector {
    /// Everything but the match.
    var filter: FlowFilter {
        FlowFilter(
            strictPriority: self.strictPriority, cookie: self.cookie, cookieMask: self.cookieMask,
            outPort: self.outPort, outGroup: self.outGroup)
    }
}

extension FlowTable {
    /// Appends the slots of the visible rules that `selector` means to `slots`, in no order.
    func select(_ selector: FlowSelector, into slots: inout [UInt32]) {
        withMatchWords(selector.key, selector.mask) { self.select(selector.filter, $0, into: &slots) }
    }

    /// Appends the slots of the visible rules that `match` covers and `filter` admits to `slots`, in no order.
    ///
    /// Costs what it finds where the match is exact, or where a whole cookie, a port or a group is named; else the
    /// subtables whose masks the match can cover.
    func select(_ filter: FlowFilter, _ match: MatchWords, into slots: inout [UInt32]) {
        if let priority = filter.strictPriority {
            let entry = self.classifier.find(match, priority: Int32(priority))
            guard let slot = entry?.head.pointee.rule, self.passes(slot, filter) else { return }
            slots.append(slot)
        } else if filter.cookieMask == .max {
            var slot = self.firstSlot(of: filter.cookie)
            while slot != RuleSlab.none {
                if self.selects(filter, match, slot) { slots.append(slot) }
                slot = self.rules[slot].pointee.nextOfCookie
            }
        } else if filter.outPort != .any || filter.outGroup != .any {
            self.selectByInstructions(filter, match, into: &slots)
        } else if match.isEverything {
            for slot in 0..<self.rules.usedSlots where self.rules[slot].pointee.entry != nil {
                if self.passes(slot, filter) { slots.append(slot) }
            }
        } else {
            var found: [UInt32] = []
            self.classifier.forEach(coveredBy: match) { found.append($0.head.pointee.rule) }
            for slot in found where self.passes(slot, filter) { slots.append(slot) }
        }
    }

    /// The most rules that ``selectFew(_:_:)`` looks at.
    static let fewRules = 4_096

    /// The visible rules that `match` covers and `filter` admits, where finding them takes looking at few; else nil.
    func selectFew(_ filter: FlowFilter, _ match: MatchWords) -> [RuleReference]? {
        guard self.isFew(filter, match) else { return nil }
        var slots: [UInt32] = []
        self.select(filter, match, into: &slots)
        return slots.map { self.reference($0) }
    }

    private func isFew(_ filter: FlowFilter, _ match: MatchWords) -> Bool {
        if filter.strictPriority != nil || self.rules.usedSlots <= Self.fewRules { return true }
        var steps = Self.fewRules
        if filter.cookieMask == .max {
            var slot = self.firstSlot(of: filter.cookie)
            while slot != RuleSlab.none, steps > 0 {
                slot = self.rules[slot].pointee.nextOfCookie
                steps -= 1
            }
            return steps > 0
        }
        if filter.outPort != .any || filter.outGroup != .any {
            guard self.instructionListCount <= Self.fewRules else { return false }
            self.forEachInstructionList { head in
                guard filter.admits(self.rules[head].pointee.instructions) else { return }
                var slot = head
                while slot != RuleSlab.none, steps > 0 {
                    slot = self.rules[slot].pointee.nextOfInstructions
                    steps -= 1
                }
            }
            return steps > 0
        }
        return !match.isEverything && self.classifier.cost(ofCoveredBy: match) <= Self.fewRules
    }

    private func selectByInstructions(_ filter: FlowFilter, _ match: MatchWords, into slots: inout [UInt32]) {
        var first: [UInt32] = []
        self.forEachInstructionList { first.append($0) }
        first.removeAll { !filter.admits(self.rules[$0].pointee.instructions) }
        for head in first {
            var slot = head
            while slot != RuleSlab.none {
                if self.selects(filter, match, slot) { slots.append(slot) }
                slot = self.rules[slot].pointee.nextOfInstructions
            }
        }
    }

    /// Whether the rule in `slot`, which must be in use, is visible, covered by `match` and admitted by `filter`, which
    /// must not be strict.
    func selects(_ filter: FlowFilter, _ match: MatchWords, _ slot: UInt32) -> Bool {
        guard self.passes(slot, filter), let entry = self.rules[slot].pointee.entry else { return false }
        return match.isEverything || self.classifier.covers(match, entry)
    }

    private func passes(_ slot: UInt32, _ filter: FlowFilter) -> Bool {
        let rule = self.rules[slot]
        guard !rule.pointee.isHidden,
            (rule.pointee.cookie.rawValue ^ filter.cookie.rawValue) & filter.cookieMask == 0
        else { return false }
        return filter.outPort == .any && filter.outGroup == .any || filter.admits(rule.pointee.instructions)
    }
}
