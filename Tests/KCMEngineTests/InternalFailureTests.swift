import KCMEngine
import Testing

/// What operators are told.
@Suite struct InternalFailureTests {
    /// Lets expectations call what changes the value.
    private final class Shortages {
        private var repetition = Repetition()
        func note() -> Bool { repetition.note() }
        func take() -> Int { repetition.take() }
    }

    @Test func whatGoesOnIsToldOnceAndCounted() {
        let shortages = Shortages()
        #expect(shortages.take() == 0)
        #expect(shortages.note(), "the first at once")
        for _ in 0..<1000 { #expect(!shortages.note()) }
        #expect(shortages.take() == 1000)
        // It goes on: still none by itself.
        #expect(!shortages.note())
        #expect(shortages.take() == 1)
        // An interval without any: the next one is a first one.
        #expect(shortages.take() == 0)
        #expect(shortages.note())
        #expect(shortages.take() == 0)
    }
}
