internal import Synchronization

/// The keys that seal one tenant's records: opened, in locked memory, for as long as the lease runs.
///
/// At Core they are the tenant's L2 and the lease has no end. At Edge they are the tenant's sealing keys, opened by Core's L3.
public final class TenantKeys: Sendable {
    public let tenant: String
    /// The generation that seals new records.
    public let current: UInt32
    private let generations: [UInt32: SecretKey]
    /// Blinds index entries, so that a store learns no names (design §6).
    let blinding: SecretKey
    /// Monotonic nanoseconds; 0 once closed.
    private let leaseEnd: Atomic<Int64>

    /// - Parameters:
    ///   - generations: every sealing key by generation; holds `current`.
    ///   - leaseEnd: monotonic nanoseconds (``MonotonicClock``), or `Int64.max` for no end.
    public init(tenant: String, current: UInt32, generations: [UInt32: SecretKey], blinding: SecretKey, leaseEnd: Int64) {
        self.tenant = tenant
        self.current = current
        self.generations = generations
        self.blinding = blinding
        self.leaseEnd = Atomic(leaseEnd)
    }

    /// The sealing key of a generation; `nil` where this tenant never had it.
    public func key(_ generation: UInt32) -> SecretKey? { generations[generation] }

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
