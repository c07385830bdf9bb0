public import KCMEngine
internal import KMIP
internal import Synchronization

/// Seals the records of tenants anew under their current sealing key, in the background and at a bounded rate, so that the L3 keys of
/// older generations can be revoked without loss.
///
/// A run goes by what the records' headers say: one that was interrupted, by a restart for example, is taken up by asking again. One
/// tenant at a time; each record is replaced in a commit of its own, with an intent in the audit log.
public final class Resealer: Sendable {
    /// How far a tenant is.
    public struct Progress: Sendable {
        public enum State: String, Sendable {
            case waiting, running, done
            /// Ended with records left that it could not seal anew; see `message`, and ask again.
            case incomplete
        }

        public let tenant: String
        public var state = State.waiting
        /// The generation that new records are sealed under; 0 until it is known.
        public var current: UInt32 = 0
        /// Objects by generation, the current one included, as last counted, less what was sealed anew since.
        public var objects: [UInt32: Int] = [:]
        /// The L3 key at Core of each generation.
        public var keys: [UInt32: String] = [:]
        /// Generations that stay shut: their objects cannot be sealed anew.
        public var shut: Set<UInt32> = []
        /// Objects sealed anew by the last run.
        public var resealed = 0
        /// Objects whose records do not open: altered in the store.
        public var failed = 0
        /// Why a run is incomplete; empty otherwise.
        public var message = ""

        /// Objects that are under an older generation.
        public var left: Int { objects.filter { $0.key != current }.values.reduce(0, +) }

        init(tenant: String) { self.tenant = tenant }
    }

    private struct Work {
        var queue: [(tenant: String, rate: Int, countsOnly: Bool)] = []
        var progress: [String: Progress] = [:]
        var worker: Task<Void, Never>?
        var isStopped = false
    }

    /// Objects a second where nobody says otherwise: little beside what a store takes from clients.
    public static let standardRate = 500
    /// Rounds over a tenant before clients that go on changing objects are left to themselves.
    private static let rounds = 3

    private let repository: ObjectRepository
    private let keyring: LeasedKeyring
    private let work = Mutex(Work())
    private let whenEnded: @Sendable (Progress) async -> Void

    /// - Parameter whenEnded: called at the end of each tenant's run that sealed, whatever its outcome.
    public init(repository: ObjectRepository, keyring: LeasedKeyring, whenEnded: @escaping @Sendable (Progress) async -> Void) {
        self.repository = repository
        self.keyring = keyring
        self.whenEnded = whenEnded
    }

    /// What is known of each tenant that was asked for, in the order of their names.
    public var progress: [Progress] { work.withLock { $0.progress.values.sorted { $0.tenant < $1.tenant } } }

    /// Takes tenants up; one that is under way already goes on as it is.
    /// - Parameters:
    ///   - tenant: `nil` for all that have a sealing key here.
    ///   - rate: objects a second.
    ///   - countsOnly: whether to count by generation and change nothing.
    /// - Returns: false where there is no such tenant.
    /// - Throws: `StoreError`.
    public func start(tenant: String?, rate: Int = standardRate, countsOnly: Bool = false) async throws -> Bool {
        let known = try await keyring.sealedTenants()
        if let tenant, !known.contains(tenant) { return false }
        work.withLock { work in
            guard !work.isStopped else { return }
            for one in tenant.map({ [$0] }) ?? known {
                let state = work.progress[one]?.state
                guard state != .waiting, state != .running else { continue }
                work.progress[one] = Progress(tenant: one)
                work.queue.append((one, max(1, rate), countsOnly))
            }
            if work.worker == nil, !work.queue.isEmpty { work.worker = Task { await self.workOff() } }
        }
        return true
    }

    /// Ends what is under way, and waits for it.
    public func stop() async {
        let worker = work.withLock { work in
            work.isStopped = true
            work.queue = []
            return work.worker
        }
        worker?.cancel()
        await worker?.value
    }

    private func workOff() async {
        while true {
            let next = work.withLock { work -> (tenant: String, rate: Int, countsOnly: Bool)? in
                guard !work.queue.isEmpty else {
                    work.worker = nil
                    return nil
                }
                return work.queue.removeFirst()
            }
            guard let next else { return }
            do {
                try await run(next.tenant, rate: next.rate, countsOnly: next.countsOnly)
            } catch {
                InternalFailure.report(error)
                note(next.tenant) { progress in
                    progress.state = .incomplete
                    progress.message = (error as? OperationFailure)?.message ?? "it was interrupted; the log has the reason"
                }
            }
            if !next.countsOnly, let ended = work.withLock({ $0.progress[next.tenant] }) { await whenEnded(ended) }
        }
    }

    private func run(_ tenant: String, rate: Int, countsOnly: Bool) async throws {
        note(tenant) { $0.state = .running }
        for _ in 0..<Self.rounds {
            let keys = try await keyring.refreshedKeys(of: tenant)
            let counts = try await repository.generations(of: tenant)
            note(tenant) { progress in
                progress.current = keys.current
                progress.objects = counts
                progress.keys = keyring.coreKeys(of: tenant)
                progress.shut = Set(counts.keys.filter { keys.refusal(of: $0) != nil })
            }
            let open = counts.filter { $0.key != keys.current && keys.refusal(of: $0.key) == nil }
            if countsOnly || open.isEmpty { break }
            try await sealAll(tenant, under: keys.current, rate: rate)
        }
        note(tenant) { progress in
            progress.state = countsOnly || progress.left == 0 ? .done : .incomplete
            if progress.state == .done { return }
            progress.message =
                !progress.shut.isEmpty
                ? "the objects of generations that stay shut cannot be sealed anew"
                : progress.failed > 0
                    ? "objects are left whose records were altered in the store; the log names them"
                    : "objects are left under older generations: ask again"
        }
    }

    private func sealAll(_ tenant: String, under current: UInt32, rate: Int) async throws {
        let pause = Duration.seconds(1) / rate
        var next = ContinuousClock.now
        var after: String?
        note(tenant) { $0.failed = 0 }
        while true {
            let page = try await repository.objects(notUnder: current, after: after, of: tenant)
            for (identifier, generation) in page {
                switch try await repository.reseal(identifier, of: tenant) {
                case .sealed:
                    note(tenant) { progress in
                        progress.resealed += 1
                        progress.objects[generation, default: 1] -= 1
                        if progress.objects[generation] == 0 { progress.objects[generation] = nil }
                        progress.objects[current, default: 0] += 1
                    }
                case .altered: note(tenant) { $0.failed += 1 }
                case .current, .refused, .absent: break
                }
                // Time that a slow store took counts, but is not made up for by a burst.
                next = max(next, ContinuousClock.now - pause) + pause
                try await Task.sleep(until: next, clock: .continuous)
            }
            guard let last = page.last?.identifier else { return }
            after = last
        }
    }

    private func note(_ tenant: String, _ change: (inout Progress) -> Void) {
        work.withLock { change(&$0.progress[tenant, default: Progress(tenant: tenant)]) }
    }
}
