import Datapath
package import OpenFlow

/// What a learn action with the flag delete_learned teaches: all flows of one cookie in one table.
///
/// They are to go when the last flow with such an action has gone (Open vSwitch's ovs-actions(7), "learn").
struct Lesson: Hashable, Sendable {
    /// Where the learned flows are.
    var table: TableID
    /// The cookie that they have.
    var cookie: Cookie

    /// The lessons of the learn actions among `instructions`, those within others included; each once.
    static func lessons(of instructions: [Instruction]) -> [Lesson] {
        var lessons: [Lesson] = []
        for instruction in instructions {
            switch instruction {
            case .applyActions(let actions), .writeActions(let actions):
                Self.collect(actions, into: &lessons)
            default: break
            }
        }
        return lessons
    }

    private static func collect(_ actions: [Action], into lessons: inout [Lesson]) {
        for action in actions {
            switch action {
            case .learn(let learn) where learn.flags.contains(.deleteLearned):
                let lesson = Lesson(table: learn.table, cookie: learn.cookie)
                if !lessons.contains(lesson) { lessons.append(lesson) }
            // Decoding bounds how deep actions may lie in each other.
            case .clone(let inner): Self.collect(inner, into: &lessons)
            case .connectionTracking(let tracking): Self.collect(tracking.actions, into: &lessons)
            default: break
            }
        }
    }
}

/// Which lessons the flows of one table teach, and which none teaches any more.
struct LessonCounts {
    /// How many different lists of instructions teach it.
    private var teachers: [Lesson: Int] = [:]
    /// Those whose last teacher in the table has gone since they were asked for.
    private(set) var orphans: [Lesson] = []

    /// Whether nothing is taught, and nothing was.
    var isEmpty: Bool { self.teachers.isEmpty && self.orphans.isEmpty }

    /// Whether some flow of the table teaches it.
    func isTaught(_ lesson: Lesson) -> Bool { self.teachers[lesson] != nil }

    /// A list has its first flow.
    mutating func add(_ lessons: [Lesson]) {
        for lesson in lessons { self.teachers[lesson, default: 0] += 1 }
    }

    /// A list has lost its last flow.
    mutating func remove(_ lessons: [Lesson]) {
        for lesson in lessons {
            guard let count = self.teachers[lesson] else { continue }
            self.teachers[lesson] = count == 1 ? nil : count - 1
            if count == 1 { self.orphans.append(lesson) }
        }
    }

    /// Takes the orphans.
    mutating func takeOrphans() -> [Lesson] {
        defer { self.orphans = [] }
        return self.orphans
    }

    /// All flows of the table have gone at once.
    mutating func removeAll() {
        self.orphans += self.teachers.keys
        self.teachers = [:]
    }
}

extension PipelineState {
    /// Takes the lessons that no flow of any table teaches any more.
    func takeOrphanedLessons() -> [Lesson] {
        var orphans: [Lesson] = []
        for identifier in self.visibleTables(.all) {
            guard let table = self.existingTable(identifier), !table.pointee.lessons.isEmpty else {
                continue
            }
            for lesson in table.pointee.lessons.takeOrphans() where !orphans.contains(lesson) {
                orphans.append(lesson)
            }
        }
        guard !orphans.isEmpty else { return [] }
        return orphans.filter { lesson in
            !self.visibleTables(.all).contains {
                self.existingTable($0)?.pointee.lessons.isTaught(lesson) == true
            }
        }
    }

    /// How many flows of `table` have that cookie, counted up to `limit`.
    func flowCount(of cookie: Cookie, in table: TableID, upTo limit: UInt32) -> UInt32 {
        guard let table = self.existingTable(table) else { return 0 }
        var count: UInt32 = 0
        var slot = table.pointee.firstSlot(of: cookie)
        while slot != RuleSlab.none, count < limit {
            count += 1
            slot = table.pointee.rules[slot].pointee.nextOfCookie
        }
        return count
    }

    /// At most `maximum` flows of `table` with that cookie.
    func flows(of cookie: Cookie, in table: TableID, maximum: Int) -> [RuleReference] {
        guard let table = self.existingTable(table) else { return [] }
        var found: [RuleReference] = []
        var slot = table.pointee.firstSlot(of: cookie)
        while slot != RuleSlab.none, found.count < maximum {
            if !table.pointee.rules[slot].pointee.isHidden { found.append(table.pointee.reference(slot)) }
            slot = table.pointee.rules[slot].pointee.nextOfCookie
        }
        return found
    }

    /// See ``PipelineView/mayLearn(_:limit:)``.
    package func mayLearn(_ flowMod: FlowMod, limit: UInt32) -> Bool {
        guard self.flowCount(of: flowMod.cookie, in: flowMod.tableID, upTo: limit) >= limit else {
            return true
        }
        // A flow that is there is refreshed whatever the limit.
        var (key, mask) = (FlowKey(), FlowMask())
        guard let table = self.existingTable(flowMod.tableID),
            (try? MatchCompiler.compile(flowMod.match, into: &key, &mask, self.optionTable)) != nil
        else { return false }
        return table.pointee.classifier.find(key, mask: mask, priority: Int32(flowMod.priority)) != nil
    }
}
