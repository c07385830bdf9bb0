internal import KMIP
internal import Synchronization

/// Holds requests to the limits on load: of the daemon, and of each tenant.
///
/// What is answered from memory, within the call, is under way for no time and counts against a tenant's rate alone: to refuse it would
/// cost as much as to answer it.
public final class LoadControl: Sendable {
    /// Bounds; 0 is none.
    public struct Limits: Sendable, Equatable {
        /// On what is under way.
        public var underWay: LoadGate.Limits
        /// Batch items a second of each tenant.
        public var tenantRate: Int
        /// Batch items at once of each tenant; 0 is as many as in a second.
        public var tenantBurst: Int

        public init(underWay: LoadGate.Limits = .init(), tenantRate: Int = 0, tenantBurst: Int = 0) {
            self.underWay = underWay
            self.tenantRate = tenantRate
            self.tenantBurst = tenantBurst
        }
    }

    /// Tenants whose allowance is kept. They come from certificates that an authority vouches for.
    private static let maximumTenants = 100_000

    private let current: Mutex<Limits>
    private let gate: Mutex<LoadGate>
    private let rate = TenantRate()
    private let allowances = Mutex<[String: TenantAllowance]>([:])
    private let ledger = Mutex(RefusalLedger())

    init(_ limits: Limits) {
        current = Mutex(limits)
        gate = Mutex(LoadGate(limits.underWay))
        rate.change(rate: limits.tenantRate, burst: limits.tenantBurst)
    }

    /// What holds from the next request on; what is under way stays.
    public var limits: Limits {
        get { current.withLock { $0 } }
        set {
            current.withLock { limits in
                limits = newValue
                gate.withLock { $0.limits = newValue.underWay }
                rate.change(rate: newValue.tenantRate, burst: newValue.tenantBurst)
            }
        }
    }

    /// Tenants are held to a rate. Never waits.
    var hasTenantRate: Bool { rate.isLimited }

    /// What is under way.
    public var underWay: LoadGate.Held { gate.withLock { $0.all } }

    /// Requests refused since the start, by the limit that was in their way.
    public var refused: [(refusal: LoadRefusal, count: Int)] { ledger.withLock { ledger in LoadRefusal.allCases.map { ($0, ledger.total($0)) } } }

    /// The allowance of a tenant.
    func allowance(of tenant: String) -> TenantAllowance {
        allowances.withLock { allowances in
            if let known = allowances[tenant] { return known }
            // Connections keep theirs; who comes later begins anew.
            if allowances.count >= Self.maximumTenants { allowances = [:] }
            let made = TenantAllowance(rate)
            allowances[tenant] = made
            return made
        }
    }

    /// Takes in a request that will be under way for a while; it has to ``leave(tenant:bytes:)``.
    func enter(tenant: String, bytes: Int) -> LoadRefusal? { gate.withLock { $0.enter(tenant: tenant, bytes: bytes) } }

    func leave(tenant: String, bytes: Int) { gate.withLock { $0.leave(tenant: tenant, bytes: bytes) } }

    /// Counts bytes of a message that is not whole; see ``LoadGate/hold(tenant:bytes:beside:)``.
    func hold(tenant: String, bytes: Int, beside counted: Int) -> LoadRefusal? {
        gate.withLock { $0.hold(tenant: tenant, bytes: bytes, beside: counted) }
    }

    func release(tenant: String, bytes: Int) { gate.withLock { $0.release(tenant: tenant, bytes: bytes) } }

    /// Counts a refused request; see ``RefusalLedger/note(_:of:items:)``.
    func note(_ refusal: LoadRefusal, of tenant: String, items: Int) -> Int { ledger.withLock { $0.note(refusal, of: tenant, items: items) } }

    /// What was refused since the last call.
    func takeRefusals() -> [RefusalLedger.Key: RefusalLedger.Row] { ledger.withLock { $0.takeRows() } }

    func giveBack(_ refusal: LoadRefusal, of tenant: String, unrecorded: Int) {
        ledger.withLock { $0.giveBack(refusal, of: tenant, unrecorded: unrecorded) }
    }

    /// What the client is told: which limit, and what to do.
    func failure(for refusal: LoadRefusal, of tenant: String) -> OperationFailure {
        let limits = limits
        let text =
            switch refusal {
            case .requests: "The server has as many requests under way as it takes (limits.in_flight is \(limits.underWay.requests)); try again later"
            case .bytes:
                "The requests under way are as large as the server takes (limits.in_flight_bytes is \(limits.underWay.bytes)); try again later"
            case .tenantRate:
                "The tenant \(tenant) asks for more than the \(limits.tenantRate) operations a second that it may (limits.tenant.rate); "
                    + "send fewer, and try again later"
            case .tenantBytes:
                "The tenant \(tenant) has more under way than the \(limits.underWay.tenantBytes) bytes that it may (limits.tenant.in_flight_bytes); "
                    + "wait for answers, and try again"
            }
        return OperationFailure(.generalFailure, text, rule: refusal.rawValue)
    }
}
