import KCMEngine
import KCMStore
import KMIP
import Synchronization
import Testing

/// What operators are told, and in which trace.
@Suite(.serialized) struct InternalFailureTests {
    private struct Failed: Error, CustomStringConvertible { let description: String }

    @Test func aFailureWithinACallIsNamedWithItsTrace() throws {
        let heard = Mutex<[String: String?]>([:])
        InternalFailure.setSink { text, trace in heard.withLock { $0[text] = .some(trace) } }
        try InternalFailure.tracing("4bf92f3577b34da6a3ce929d0e0e4736") { () throws(OperationFailure) in
            InternalFailure.report(Failed(description: "within"))
        }
        #expect(throws: OperationFailure.self) {
            try InternalFailure.tracing("00f067aa0ba902b7") { () throws(OperationFailure) -> Void in
                throw OperationFailure(.generalFailure, "")
            }
        }
        InternalFailure.report(Failed(description: "behind"))
        #expect(heard.withLock { $0["within"] } == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(heard.withLock { $0["behind"] } == .some(nil))
    }

    /// Other suites may report the same cause meanwhile.
    @Test func aStoreThatIsFullDoesNotFillTheLog() {
        let told = Mutex(0)
        InternalFailure.setSink { text, _ in if text == "no room for these" { told.withLock { $0 += 1 } } }
        for _ in 0..<1000 { InternalFailure.report(StoreError(.full, "no room for these")) }
        #expect(told.withLock { $0 } <= 10)
        #expect((InternalFailure.takeRepeated().first { $0.cause == .fullKeystore }?.count ?? 0) >= 990)
    }

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
