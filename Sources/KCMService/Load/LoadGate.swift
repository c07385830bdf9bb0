/// How many requests, and bytes of requests, are under way: all together and of each tenant. A plain value, without clock and I/O.
/// Bytes of messages that are not whole count as well.
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

    /// For what comes from now on.
    public var limits: Limits
    public private(set) var all = Held()
    private var tenants: [String: Held] = [:]

    public init(_ limits: Limits) { self.limits = limits }

    /// Takes a request in, or says which limit is in its way. What came in has to ``leave(tenant:bytes:)``.
    ///
    /// A tenant that has nothing under way is not held to its limit of bytes, and nobody is where nothing is under way at all: no
    /// limit makes a message of the largest size impossible.
    public mutating func enter(tenant: String, bytes: Int) -> LoadRefusal? {
        let own = tenants[tenant] ?? Held()
        let active = active(with: tenant)
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
        dropIfEmpty(index)
    }

    /// Counts more bytes of a message that is being received, or says which limit is in their way. They have to be
    /// ``release(tenant:bytes:)``d.
    /// - Parameter counted: so many of the same message count already. Where nothing else is there, of all or of the tenant, the message is
    ///   not held to the limit of bytes: see ``enter(tenant:bytes:)``.
    public mutating func hold(tenant: String, bytes: Int, beside counted: Int) -> LoadRefusal? {
        let own = tenants[tenant] ?? Held()
        if limits.tenantBytes > 0, own.bytes > counted, own.bytes + bytes > limits.tenantBytes { return .tenantBytes }
        guard all.bytes == counted || Self.fits(bytes, in: all.bytes, own.bytes, limits.bytes, active(with: tenant)) else { return .bytes }
        all.bytes += bytes
        tenants[tenant, default: Held()].bytes += bytes
        return nil
    }

    /// They are part of a whole message now, which has to ``enter(tenant:bytes:)``, or gone.
    public mutating func release(tenant: String, bytes: Int) {
        all.bytes -= bytes
        guard let index = tenants.index(forKey: tenant) else { return }
        tenants.values[index].bytes -= bytes
        dropIfEmpty(index)
    }

    private mutating func dropIfEmpty(_ index: Dictionary<String, Held>.Index) {
        if tenants.values[index] == Held() { tenants.remove(at: index) }
    }

    /// How many tenants have something under way, this one included.
    private func active(with tenant: String) -> Int { tenants.count + (tenants[tenant] == nil ? 1 : 0) }

    /// What is under way of a tenant.
    public func held(by tenant: String) -> Held { tenants[tenant] ?? Held() }

    private static func fits(_ more: Int, in held: Int, _ own: Int, _ limit: Int, _ active: Int) -> Bool {
        guard limit > 0, held + more > limit - limit / 8 else { return true }
        return held + more <= limit && active > 1 && own + more <= limit / active
    }
}
