import Testing

@testable import Agent

@Suite("News that repeats")
struct RepeatedNewsTests {
    @Test("what is new is said at once; what repeats after one minute, then two, up to an hour, with its count")
    func repeats() {
        var news = RepeatedNews()
        var now = MonotonicTime.seconds(50)
        #expect(news.note("refused", now: now) == .say(heldBack: 0))
        var said: [Int: UInt64] = [:]
        for second in 1...20_000 {
            now = now + .seconds(1)
            if case .say(let heldBack) = news.note("refused", now: now) { said[second] = heldBack }
        }
        #expect(said.keys.sorted() == [60, 180, 420, 900, 1860, 3780, 7380, 10_980, 14_580, 18_180])
        #expect(said[60] == 59 && said[180] == 119 && said[7380] == 3599)
        #expect(news.note("timed out", now: now) == .say(heldBack: 0))
        #expect(news.note("refused", now: now) == .say(heldBack: 0))
        #expect(news.note("refused", now: now) == .hold)
        news.reset()
        #expect(news.note("refused", now: now) == .say(heldBack: 0))
    }
}
