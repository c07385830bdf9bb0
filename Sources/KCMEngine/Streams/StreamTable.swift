internal import KCMCrypto
internal import KMIP
internal import NIOCore
internal import Synchronization

/// The streams that are open: bounded in number, bytes and time, each bound to its tenant, operation and object.
///
/// A part that fails ends its stream. What is left alone is wiped once its time is over, by a task that lives as long as there are streams.
final class StreamTable: Sendable {
    /// Whose stream it is, and what for. Another binding does not find it.
    struct Binding: Hashable {
        let tenant: String
        let operation: KMIP.Operation
        /// The key's identifier; empty for Hash.
        let object: String
    }

    private struct Entry {
        let binding: Binding
        let work: any StreamWork
        let began: Int64
        var used: Int64
        var bytes: Int
        /// A request is working on it; a second one at the same time is refused.
        var isBusy = false
    }

    private struct State {
        var entries: [[UInt8]: Entry] = [:]
        var isSweeping = false
    }

    let limits: StreamLimits
    private let state = Mutex(State())
    private static let sweepInterval = Duration.seconds(5)

    init(limits: StreamLimits = StreamLimits()) { self.limits = limits }

    /// Opens a stream.
    /// - Parameter bytes: of the first part, which `work` has taken.
    /// - Returns: its Correlation Value: 16 random bytes.
    /// - Throws: *General Failure* where too many are open.
    func begin(_ work: any StreamWork, _ binding: Binding, bytes: Int) throws(OperationFailure) -> ByteBuffer {
        let value = try CryptoFailure.guarding { () throws(CryptoError) in try Random.bytes(16) }
        let now = MonotonicClock.now
        let (isOpen, startsSweeping) = state.withLock { state in
            Self.expire(&state, limits, at: now)
            let own = state.entries.values.lazy.filter { $0.binding.tenant == binding.tenant }
            guard state.entries.count < limits.total, own.count < limits.perTenant,
                !type(of: work).gathers || own.reduce(bytes, { $0 + $1.work.heldBytes }) <= limits.gatheredPerTenant
            else { return (false, false) }
            state.entries[value] = Entry(binding: binding, work: work, began: now, used: now, bytes: bytes)
            defer { state.isSweeping = true }
            return (true, !state.isSweeping)
        }
        guard isOpen else { throw OperationFailure(.generalFailure, "Too many operations in several parts are open") }
        if startsSweeping { sweepWhileNeeded() }
        return ByteBuffer(bytes: value)
    }

    /// Works on a further part of a stream. The stream ends where it is the last one, or where `body` fails.
    /// - Parameter bytes: of the part.
    /// - Throws: *Invalid Field* where there is no such stream for this binding, or a limit is reached; what `body` throws.
    func next<R>(
        _ correlation: ByteBuffer,
        _ binding: Binding,
        bytes: Int,
        isLast: Bool,
        _ body: (any StreamWork) throws(OperationFailure) -> R
    ) throws(OperationFailure) -> R {
        let value = Array(correlation.readableBytesView)
        let now = MonotonicClock.now
        let work: (any StreamWork)? = state.withLock { state in
            Self.expire(&state, limits, at: now)
            guard var entry = state.entries[value], entry.binding == binding, !entry.isBusy else { return nil }
            let held =
                type(of: entry.work).gathers
                ? state.entries.values.reduce(bytes) { $0 + ($1.binding.tenant == binding.tenant ? $1.work.heldBytes : 0) } : 0
            guard bytes <= limits.message - entry.bytes, held <= limits.gatheredPerTenant else {
                state.entries[value] = nil
                return nil
            }
            entry.isBusy = true
            entry.bytes += bytes
            state.entries[value] = entry
            return entry.work
        }
        guard let work else { throw Self.unknown }
        var goesOn = false
        defer {
            state.withLock { state in
                // Where the tenant's keys were closed meanwhile, the entry is gone and stays so.
                if goesOn, state.entries[value] != nil {
                    state.entries[value]?.isBusy = false
                    state.entries[value]?.used = now
                } else {
                    state.entries[value] = nil
                }
            }
        }
        let result = try body(work)
        goesOn = !isLast
        return result
    }

    /// One text for whatever is wrong with a Correlation Value, another tenant's included.
    static let unknown = OperationFailure(.invalidField, "The Correlation Value is not one of an open operation of this kind on this object")

    /// Forgets all streams of a tenant.
    func removeAll(of tenant: String) { state.withLock { $0.entries = $0.entries.filter { $0.value.binding.tenant != tenant } } }

    /// Forgets the streams with one key.
    func remove(_ object: String, of tenant: String) {
        state.withLock { state in
            guard !state.entries.isEmpty else { return }
            state.entries = state.entries.filter { $0.value.binding.object != object || $0.value.binding.tenant != tenant }
        }
    }

    /// How many are open.
    var count: Int { state.withLock { $0.entries.count } }

    /// Forgets what is over at `now`.
    /// - Returns: whether there are streams left; where not, the task that asks is to end.
    func sweep(at now: Int64 = MonotonicClock.now) -> Bool {
        state.withLock { state in
            Self.expire(&state, limits, at: now)
            state.isSweeping = !state.entries.isEmpty
            return state.isSweeping
        }
    }

    private static func expire(_ state: inout State, _ limits: StreamLimits, at now: Int64) {
        guard !state.entries.isEmpty else { return }
        state.entries = state.entries.filter { _, entry in
            entry.isBusy || (now - entry.used < limits.idle && now - entry.began < limits.lifetime)
        }
    }

    private func sweepWhileNeeded() {
        Task.detached(priority: .background) { [weak self] in
            repeat { try? await Task.sleep(for: Self.sweepInterval) } while self?.sweep() == true
        }
    }
}
