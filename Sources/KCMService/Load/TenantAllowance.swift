internal import Synchronization

/// What one tenant may still ask for: one for all of its connections, which hold on to it, so that a request costs one short lock that
/// no other tenant waits for; none where there is no limit.
public final class TenantAllowance: Sendable {
    private struct State {
        var bucket: TokenBucket?
        /// The version of the rate that the bucket was made for.
        var version: Int
    }

    private let rate: TenantRate
    private let state: Mutex<State>

    init(_ rate: TenantRate) {
        self.rate = rate
        let version = rate.version
        state = Mutex(State(bucket: rate.bucket(), version: version))
    }

    /// After the rate has changed, a tenant begins anew with a full burst.
    /// - Parameters:
    ///   - operations: batch items.
    ///   - now: of the monotonic clock, nanoseconds.
    /// - Returns: whether they may be done.
    func take(_ operations: Int, now: Int64) -> Bool {
        guard rate.isLimited else { return true }
        return state.withLock { state in
            let version = rate.version
            if state.version != version { state = State(bucket: rate.bucket(), version: version) }
            return state.bucket?.take(operations, now: now) ?? true
        }
    }
}
