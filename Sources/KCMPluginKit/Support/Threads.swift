internal import Glibc
internal import Synchronization

/// Plain threads: what a plugin is called on.
enum Threads {
    /// Runs `body` on `count` new threads at once and waits for all.
    /// - Throws: the first error of any.
    static func run(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
        let failure = FirstError()
        var threads: [pthread_t] = []
        for index in 0..<count {
            let work = Unmanaged.passRetained(
                Work {
                    do { try body(index) } catch { failure.take(error) }
                }
            )
            var thread = pthread_t()
            let result = pthread_create(
                &thread, nil,
                { argument in
                    if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
                    return nil
                }, work.toOpaque())
            guard result == 0 else {
                work.release()
                throw CheckSkipped("cannot start a thread: \(String(cString: strerror(result)))")
            }
            threads.append(thread)
        }
        for thread in threads { pthread_join(thread, nil) }
        try failure.rethrow()
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private final class FirstError: Sendable {
        private let error = Mutex<(any Error)?>(nil)
        func take(_ new: any Error) { error.withLock { if $0 == nil { $0 = new } } }
        func rethrow() throws { if let error = error.withLock({ $0 }) { throw error } }
    }
}
