internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Calls back when a deadline passes. One thread looks at all of them four times a second, so that a call in time costs two short
/// locks and no timer.
final class Watchdog: Sendable {
    static let shared = Watchdog()

    private struct Entry {
        let deadline: ContinuousClock.Instant
        let body: @Sendable () -> Void
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var next: UInt64 = 0
        var isTicking = false
    }

    private let state = Mutex(State())

    func watch(after duration: Duration, _ body: @escaping @Sendable () -> Void) -> UInt64 {
        let (token, starts) = state.withLock { state in
            state.next += 1
            state.entries[state.next] = Entry(deadline: .now + duration, body: body)
            defer { state.isTicking = true }
            return (state.next, !state.isTicking)
        }
        if starts { tick() }
        return token
    }

    /// - Returns: whether the deadline had not passed yet.
    @discardableResult
    func forget(_ token: UInt64) -> Bool { state.withLock { $0.entries.removeValue(forKey: token) != nil } }

    private func tick() {
        _ = MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: .milliseconds(250)) {
            let now = ContinuousClock.now
            let (due, goesOn) = self.state.withLock { state in
                let due = state.entries.filter { $0.value.deadline <= now }
                for key in due.keys { state.entries[key] = nil }
                state.isTicking = !state.entries.isEmpty
                return (due, state.isTicking)
            }
            for entry in due.values { entry.body() }
            if goesOn { self.tick() }
        }
    }
}
