/// How many requests, and bytes of requests, are under way: all together and of each tenant. A plain value, without clock and I/O.
///
/// What does not fit is refused at once: a client that is told can wait and try again, or go elsewhere; one that is left waiting runs
/// into its own time limit and comes back on top of the load. The last eighth of each limit is kept for tenants that have less than an
/// even share, so that one that floods does not shut out the others.
public struct LoadGate: Sendable {
    /// Bounds; 0 is none.
    public struct Limits: Sendable, Equatable {
        /// Requests at a time.
        public var requests: Int
        /// Bytes of these requests.
        public var bytes: Int
        /// Bytes of the requests of one tenant.
        public var tenantBytes: Int

        public init(requests: Int = 1_024, bytes: Int = 256 << 20, tenantBytes: Int = 0) {
            self.requests = requests
            self.bytes = bytes
            self.tenantBytes = tenantBytes
        }
    }

    /// What is under way of one tenant, or of all.
    public struct Held: Sendable, Equatable {
        public var requests = 0
        public var bytes = 0

        public init(requests: Int = 0, bytes: Int = 0) {
            self.requests = requests
            self.bytes = bytes
        }

        fileprivate mutating func add(_ bytes: Int) {
            requests += 1
            self.bytes += bytes
        }

        fileprivate mutating func remove(_ bytes: Int) {
            requests -= 1
            self.bytes -= bytes
        }
    }

    public let limits: Limits
    public private(set) var all = Held()
    private var tenants: [String: Held] = [:]

    public init(_ limits: Limits) { self.limits = limits }

    /// Takes a request in, or says which limit is in its way. What came in has to ``leave(tenant:bytes:)``.
    ///
    /// A tenant that has nothing under way is not held to its limit of bytes, and nobody is where nothing is under way at all: no
    /// limit makes a message of the largest size impossible.
    public mutating func enter(tenant: String, bytes: Int) -> LoadRefusal? {
        let own = tenants[tenant] ?? Held()
        let active = tenants.count + (own.requests == 0 ? 1 : 0)
        guard Self.fits(1, in: all.requests, own.requests, limits.requests, active) else { return .requests }
        if limits.tenantBytes > 0, own.requests > 0, own.bytes + bytes > limits.tenantBytes { return .tenantBytes }
        guard all.requests == 0 || Self.fits(bytes, in: all.bytes, own.bytes, limits.bytes, active) else { return .bytes }
        all.add(bytes)
        tenants[tenant, default: Held()].add(bytes)
        return nil
    }

    /// Its answer is made.
    public mutating func leave(tenant: String, bytes: Int) {
        all.remove(bytes)
        guard let index = tenants.index(forKey: tenant) else { return }
        tenants.values[index].remove(bytes)
        if tenants.values[index].requests == 0 { tenants.remove(at: index) }
    }

    /// What is under way of a tenant.
    public func held(by tenant: String) -> Held { tenants[tenant] ?? Held() }

    private static func fits(_ more: Int, in held: Int, _ own: Int, _ limit: Int, _ active: Int) -> Bool {
        guard limit > 0, held + more > limit - limit / 8 else { return true }
        return held + more <= limit && active > 1 && own + more <= limit / active
    }
}
