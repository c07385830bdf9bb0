internal import NIOCore

/// Whose request an event loop takes next: a plain value without I/O, for one loop.
///
/// A loop reads all sockets that have something and would answer all of it before it looks again, so a tenant with many busy connections
/// would make each request of another wait for as many of its own. While more than one tenant asks, each has so many requests between
/// two looks at the sockets; what is above that waits, in order, and whoever asks for little is answered in between. One who is alone
/// waits for nobody.
struct TurnOrder<Waiter> {
    /// Requests of a tenant between two looks, while others ask as well. Fewer would sign and write the audit log more often.
    static var share: Int { 8 }
    /// Of a tenant that is alone: requests that came behind another on the same connection. All that its connections sent by themselves
    /// are taken as they come.
    static var pipelined: Int { 32 }
    /// A tenant that asked within that time asks still.
    let memory: TimeAmount
    /// Beyond so many, tenants are forgotten; whoever is connected keeps its own.
    private static var maximumTenants: Int { 10_000 }

    /// One tenant on this loop.
    final class Tenant {
        fileprivate var look: UInt64 = 0
        /// Taken since that look.
        fileprivate var taken = 0
        fileprivate var waiting: CircularBuffer<Waiter> = []
        fileprivate init() {}
    }

    private var tenants: [String: Tenant] = [:]
    /// Counts the looks.
    private var look: UInt64 = 1
    /// Whose last request was the last of all, and when that was.
    private var latest: Tenant?
    private var latestAsked = NIODeadline.distantPast
    /// When anyone else asked last.
    private var othersAsked = NIODeadline.distantPast
    /// Those with something waiting, in the order of their turns.
    private var queue: CircularBuffer<Tenant> = []

    init(memory: TimeAmount = .milliseconds(100)) { self.memory = memory }

    /// Whether anything waits.
    var isEmpty: Bool { queue.isEmpty }

    /// A tenant by its name.
    mutating func tenant(_ name: String) -> Tenant {
        if let known = tenants[name] { return known }
        if tenants.count >= Self.maximumTenants { tenants = [:] }
        let made = Tenant()
        tenants[name] = made
        return made
    }

    /// What is said of a request.
    enum Verdict: Equatable {
        case take
        /// It counts: the next look at the sockets has to be told, by ``looked()``.
        case takeCounted
        /// It has to ``wait(_:of:)``.
        case wait
    }

    /// Whether a request may be taken now.
    /// - Parameter isPipelined: it came behind another on its connection, so that no look lies between the two.
    mutating func judge(_ tenant: Tenant, isPipelined: Bool, now: NIODeadline) -> Verdict {
        if latest !== tenant {
            if latest != nil { othersAsked = latestAsked }
            latest = tenant
        }
        latestAsked = now
        let isAlone = isAlone(at: now)
        if isAlone, !isPipelined { return .take }
        // In order, also with those of the same tenant on other connections.
        guard tenant.waiting.isEmpty else { return .wait }
        if tenant.look != look { (tenant.look, tenant.taken) = (look, 0) }
        guard tenant.taken < (isAlone ? Self.pipelined : Self.share) else { return .wait }
        tenant.taken += 1
        return .takeCounted
    }

    /// Puts one in its tenant's line.
    mutating func wait(_ waiter: Waiter, of tenant: Tenant) {
        if tenant.waiting.isEmpty { queue.append(tenant) }
        tenant.waiting.append(waiter)
    }

    /// The sockets were looked at: everyone's share is whole again.
    /// - Returns: whose turn it is, a share of each tenant, one after the other; those count as taken.
    mutating func looked(at now: NIODeadline) -> [Waiter] {
        look &+= 1
        guard !queue.isEmpty else { return [] }
        let share = isAlone(at: now) ? Self.pipelined : Self.share
        var next: [Waiter] = []
        for _ in 0..<queue.count {
            let tenant = queue.removeFirst()
            let size = min(share, tenant.waiting.count)
            next.append(contentsOf: tenant.waiting.prefix(size))
            tenant.waiting.removeFirst(size)
            (tenant.look, tenant.taken) = (look, size)
            if !tenant.waiting.isEmpty { queue.append(tenant) }
        }
        return next
    }

    /// Whether only one tenant asks.
    private func isAlone(at now: NIODeadline) -> Bool { queue.count < 2 && now - memory > othersAsked }
}

@available(*, unavailable)
extension TurnOrder.Tenant: Sendable {}
