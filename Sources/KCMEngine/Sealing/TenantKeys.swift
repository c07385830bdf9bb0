internal import Synchronization

/// The keys that seal one tenant's records: opened, in locked memory, for as long as the lease runs.
///
/// At Core they are the tenant's L2 and the lease has no end. At Edge they are the tenant's sealing keys, opened by Core's L3.
public final class TenantKeys: Sendable {
    private struct Generations {
        var current: UInt32
        var keys: [UInt32: SecretKey]
        /// Generations that exist and stay shut, with the reason.
        var refusals: [UInt32: String]
    }

    public let tenant: String
    /// Blinds index entries, so that a store learns no names (design §6). The same for all generations, or an object would leave the
    /// index with each of them.
    public let blinding: SecretKey
    private let generations: Mutex<Generations>
    /// Monotonic nanoseconds; 0 once closed.
    private let leaseEnd: Atomic<Int64>

    /// - Parameters:
    ///   - current: the generation that seals new records.
    ///   - generations: every sealing key by generation; holds `current`.
    ///   - refusals: generations that cannot be opened, each with the reason.
    ///   - leaseEnd: monotonic nanoseconds (``MonotonicClock``), or `Int64.max` for no end.
    public init(
        tenant: String,
        current: UInt32,
        generations: [UInt32: SecretKey],
        refusals: [UInt32: String] = [:],
        blinding: SecretKey,
        leaseEnd: Int64
    ) {
        self.tenant = tenant
        self.blinding = blinding
        self.generations = Mutex(Generations(current: current, keys: generations, refusals: refusals))
        self.leaseEnd = Atomic(leaseEnd)
    }

    /// The generation that seals new records.
    public var current: UInt32 { generations.withLock { $0.current } }

    /// The sealing key of a generation; `nil` where this tenant never had it, or it is refused.
    public func key(_ generation: UInt32) -> SecretKey? { generations.withLock { $0.keys[generation] } }

    /// The current generation with its key, read at once.
    var sealing: (generation: UInt32, key: SecretKey)? {
        generations.withLock { generations in generations.keys[generations.current].map { (generations.current, $0) } }
    }

    /// Why a generation stays shut; `nil` where it does not.
    public func refusal(of generation: UInt32) -> String? { generations.withLock { $0.refusals[generation] } }

    /// Whether any generation stays shut.
    var hasRefusals: Bool { generations.withLock { !$0.refusals.isEmpty } }

    /// Seals with a new generation from now on; the old ones still open what they sealed. Does nothing where a newer one is current.
    public func rotate(to generation: UInt32, key: SecretKey) {
        generations.withLock { generations in
            guard generation > generations.current else { return }
            generations.keys[generation] = key
            generations.current = generation
        }
    }

    /// Lets an old generation go: what it sealed does not open any more. Not for the current one, whose end is that of all.
    public func refuse(_ generation: UInt32, because reason: String) {
        generations.withLock { generations in
            guard generation != generations.current else { return }
            generations.keys[generation] = nil
            generations.refusals[generation] = reason
        }
    }

    /// True while the lease runs.
    public func isOpen(at monotonicNow: Int64) -> Bool { monotonicNow < leaseEnd.load(ordering: .acquiring) }

    /// Moves the end of the lease; does nothing once closed.
    public func extendLease(to end: Int64) {
        var seen = leaseEnd.load(ordering: .acquiring)
        while seen != 0 {
            let (exchanged, original) = leaseEnd.compareExchange(expected: seen, desired: end, ordering: .acquiringAndReleasing)
            if exchanged { return }
            seen = original
        }
    }

    /// Ends the lease now and for good: nothing opened with these keys is served any more. The bytes are wiped as the last
    /// users let go.
    public func close() { leaseEnd.store(0, ordering: .releasing) }
}
