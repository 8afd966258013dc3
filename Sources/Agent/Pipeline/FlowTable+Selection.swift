import Datapath
import OpenFlow

extension FlowTable {
    /// Appends the slots of the visible rules that `selector` means to `slots`, in no order.
    ///
    /// Costs what it finds where the match is exact, or where a whole cookie, a port or a group is named; else the
    /// subtables whose masks the match can cover.
    func select(_ selector: FlowSelector, into slots: inout [UInt32]) {
        if let priority = selector.strictPriority {
            let entry = self.classifier.find(selector.key, mask: selector.mask, priority: Int32(priority))
            guard let slot = entry?.head.pointee.rule, self.passesFilters(slot, selector) else { return }
            slots.append(slot)
        } else if selector.cookieMask == .max {
            var slot = self.firstSlot(of: selector.cookie)
            while slot != RuleSlab.none {
                self.append(slot, if: selector, to: &slots)
                slot = self.rules[slot].pointee.nextOfCookie
            }
        } else if selector.outPort != .any || selector.outGroup != .any {
            self.selectByInstructions(selector, into: &slots)
        } else if selector.mask.isEmpty {
            for slot in 0..<self.rules.usedSlots where self.rules[slot].pointee.entry != nil {
                if self.passesFilters(slot, selector) { slots.append(slot) }
            }
        } else {
            let wanted = SelectorFilters(selector)
            var found: [UInt32] = []
            self.classifier.forEach(coveredBy: selector.key, selector.mask) { found.append($0.head.pointee.rule) }
            for slot in found where self.passes(slot, wanted) { slots.append(slot) }
        }
    }

    private func selectByInstructions(_ selector: FlowSelector, into slots: inout [UInt32]) {
        let wanted = SelectorFilters(selector)
        var first: [UInt32] = []
        self.forEachInstructionList { first.append($0) }
        first.removeAll { !self.usesWanted(self.rules[$0].pointee.instructions, wanted) }
        for head in first {
            var slot = head
            while slot != RuleSlab.none {
                self.append(slot, if: selector, to: &slots)
                slot = self.rules[slot].pointee.nextOfInstructions
            }
        }
    }

    private func append(_ slot: UInt32, if selector: FlowSelector, to slots: inout [UInt32]) {
        guard self.selects(selector, slot) else { return }
        slots.append(slot)
    }

    /// Whether `selector`, which must not be strict, means the rule in `slot`, which must be in use.
    func selects(_ selector: borrowing FlowSelector, _ slot: UInt32) -> Bool {
        guard self.passesFilters(slot, selector), let entry = self.rules[slot].pointee.entry else { return false }
        if selector.mask.isEmpty { return true }
        return self.classifier.covers(selector.key, selector.mask, entry)
    }

    private func passesFilters(_ slot: UInt32, _ selector: borrowing FlowSelector) -> Bool {
        self.passes(slot, SelectorFilters(selector))
    }

    private func passes(_ slot: UInt32, _ wanted: SelectorFilters) -> Bool {
        let rule = self.rules[slot]
        guard !rule.pointee.isHidden,
            (rule.pointee.cookie.rawValue ^ wanted.cookie.rawValue) & wanted.cookieMask == 0
        else { return false }
        return self.usesWanted(rule.pointee.instructions, wanted)
    }

    private func usesWanted(_ list: InstructionList, _ wanted: SelectorFilters) -> Bool {
        (wanted.outPort == .any || list.outputPorts.contains(wanted.outPort))
            && (wanted.outGroup == .any || list.groups.contains(wanted.outGroup))
    }
}

/// The small part of a ``FlowSelector``: everything but the match.
private struct SelectorFilters {
    var cookie: Cookie
    var cookieMask: UInt64
    var outPort: PortNumber
    var outGroup: GroupID

    init(_ selector: borrowing FlowSelector) {
        self.cookie = selector.cookie
        self.cookieMask = selector.cookieMask
        self.outPort = selector.outPort
        self.outGroup = selector.outGroup
    }
}
