internal import Glibc
internal import KCMSettings
internal import Synchronization

/// Ends the process where stopping does not come to an end: a call of a plugin, or a write to a disk, that never returns cannot be
/// cancelled, and would keep the daemon, its ports and its locks for ever.
///
/// What was answered is safe by then, as it is when the process is killed: commits are durable, and the audit log ends each write with a
/// signed checkpoint.
enum StopDeadline {
    /// For everything behind the drain: the audit log, the plugins with their own deadlines. With the standard `limits.drain` it ends before
    /// the unit's `TimeoutStopSec`.
    static let grace = Duration.seconds(15)
    /// Tells an end by this deadline from a failure, which is 1 (EX_SOFTWARE of sysexits.h).
    static let exitCode: Int32 = 70

    /// What is waited for now.
    private static let step = Mutex("the requests under way")

    /// Notes what is done next, for the line that tells of it where it takes too long.
    static func waits(for what: String) { step.withLock { $0 = what } }

    /// Starts to count. The thread needs no event loop and no task, since those may be what is stuck.
    /// - Parameter drain: `limits.drain`.
    static func start(drain: Duration) {
        let limit = Limit(drain + grace)
        var thread = pthread_t()
        let created = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Limit>.fromOpaque(argument).takeRetainedValue().wait()
            },
            Unmanaged.passRetained(limit).toOpaque()
        )
        if created == 0 { pthread_detach(thread) }
    }

    /// What the thread is given: a constant.
    private final class Limit: Sendable {
        private let time: Duration
        init(_ time: Duration) { self.time = time }

        func wait() -> Never {
            let end = ContinuousClock.now + time
            while ContinuousClock.now < end { usleep(50_000) }
            let what = StopDeadline.step.withLock { $0 }
            tell("kcmd: not stopped within \(time) of the signal: \(what) did not come to an end; the process ends without it\n")
            _exit(StopDeadline.exitCode)
        }

        /// Not by the logger: whoever reads standard error may be what is stuck.
        private func tell(_ line: String) {
            var ready = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
            guard poll(&ready, 1, 0) == 1 else { return }
            _ = line.utf8.withContiguousStorageIfAvailable { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        }
    }
}
