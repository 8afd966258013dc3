import Foundation

/// Asks again and again until `answer` gives a value, for what can only be asked for (a dump of flows), and returns it.
///
/// Gives up after ``Give/up`` seconds with the name of what never came. What announces itself (a line, a message, a
/// frame) is waited for directly instead.
@discardableResult
package func eventually<Value>(_ what: String, _ answer: () throws -> Value?) throws -> Value {
    let limit = Date(timeIntervalSinceNow: Give.up)
    let pause = NSCondition()
    while true {
        if let value = try answer() { return value }
        guard Date() < limit else { throw LabError.gaveUp(waitingFor: what, output: "") }
        // Leaves the processor to what is waited for; nobody signals this condition.
        pause.lock()
        _ = pause.wait(until: Date(timeIntervalSinceNow: 0.05))
        pause.unlock()
    }
}
