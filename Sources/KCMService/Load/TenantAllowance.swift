internal import Synchronization

/// What one tenant may still ask for: one for all of its connections, which hold on to it, so that a request costs one short lock that
/// no other tenant waits for.
public final class TenantAllowance: Sendable {
    private let bucket: Mutex<TokenBucket>

    init(_ bucket: TokenBucket) { self.bucket = Mutex(bucket) }

    /// - Parameters:
    ///   - operations: batch items.
    ///   - now: of the monotonic clock, nanoseconds.
    /// - Returns: whether they may be done.
    func take(_ operations: Int, now: Int64) -> Bool { bucket.withLock { $0.take(operations, now: now) } }
}
