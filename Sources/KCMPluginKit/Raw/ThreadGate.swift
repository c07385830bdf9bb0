internal import CKCMPlugin
internal import Synchronization

/// Lets calls run beside one another as far as the plugin's thread model says.
final class ThreadGate: Sendable {
    private let model: Int32
    private let all = Mutex(())
    private let writer = Mutex(())

    init(model: UInt32) { self.model = Int32(bitPattern: model) }

    func read<R>(_ body: () -> R) -> R {
        model == KCM_THREADS_SERIALIZED ? all.withLock { _ in UncheckedBox(body()) }.value : body()
    }

    func write<R>(_ body: () -> R) -> R {
        switch model {
        case KCM_THREADS_SERIALIZED: all.withLock { _ in UncheckedBox(body()) }.value
        case KCM_THREADS_ONE_WRITER: writer.withLock { _ in UncheckedBox(body()) }.value
        default: body()
        }
    }

    /// `@unchecked Sendable`: it goes from a lock's closure back to the same thread.
    private struct UncheckedBox<R>: @unchecked Sendable {
        let value: R
        init(_ value: R) { self.value = value }
    }
}
