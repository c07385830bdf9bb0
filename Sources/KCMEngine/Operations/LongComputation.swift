internal import KMIP
internal import NIOPosix

/// What is too long for an event loop, which serves other connections meanwhile.
enum LongComputation {
    /// Data beyond this takes a fifth of a millisecond and more, even of the fastest algorithms. In bytes.
    static let threshold = 256 * 1024

    /// Threads for what takes seconds: in tasks it would keep the few threads of Swift's pool, on which every other request waits.
    /// A connection asks for one thing at a time, so no more is queued than there are connections.
    private static let pool: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 2)
        pool.start()
        return pool
    }()

    /// Computes on a thread for such work, and suspends the caller meanwhile.
    /// - Throws: what `body` throws.
    static func run<R: Sendable>(_ body: @escaping @Sendable () throws(OperationFailure) -> R) async throws(OperationFailure) -> R {
        let result: Result<R, OperationFailure> = await withCheckedContinuation { continuation in
            pool.submit { _ in
                do throws(OperationFailure) { continuation.resume(returning: .success(try body())) } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
