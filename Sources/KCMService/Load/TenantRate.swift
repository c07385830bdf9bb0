internal import Synchronization

/// The rate that each tenant is held to. It can change under connections that hold on to their tenants' allowances.
final class TenantRate: Sendable {
    private struct State {
        var rate = 0
        var burst = 0
    }

    private let state = Mutex(State())
    private let limited = Atomic(false)
    private let changes = Atomic<Int>(0)

    /// Whether there is a limit at all. Never waits.
    var isLimited: Bool { limited.load(ordering: .relaxed) }

    /// How often it has changed. Never waits.
    var version: Int { changes.load(ordering: .acquiring) }

    /// - Parameters:
    ///   - rate: operations a second; 0 is no limit.
    ///   - burst: operations at once; 0 is as many as in a second.
    func change(rate: Int, burst: Int) {
        state.withLock { state in
            guard (state.rate, state.burst) != (rate, burst) else { return }
            (state.rate, state.burst) = (rate, burst)
            limited.store(rate > 0, ordering: .relaxed)
            changes.wrappingAdd(1, ordering: .releasing)
        }
    }

    /// A full bucket; `nil` where there is no limit.
    func bucket() -> TokenBucket? {
        state.withLock { state in
            state.rate > 0 ? TokenBucket(rate: state.rate, burst: state.burst > 0 ? state.burst : state.rate) : nil
        }
    }
}
