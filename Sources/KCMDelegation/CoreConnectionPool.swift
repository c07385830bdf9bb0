internal import KCMEdge
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// The connections to one Core: kept alive, bounded in number and age; who finds none free waits in line.
///
/// A connection that Core closes leaves at once; one that failed is not used again, and after a request that got no answer in time none
/// that was idle is either.
final class CoreConnectionPool: Sendable {
    static let maximumConnections = 16
    /// More requests than this are told at once that Core is overloaded.
    static let maximumWaiting = 1024
    /// So that an end of Core's certificate, which is judged at the handshake, is noticed.
    private static let maximumAge = TimeAmount.minutes(5)

    private struct State {
        var trust: CoreTrust
        var generation: UInt64 = 0
        var idle: [CoreConnection] = []
        /// Idle, in use, or being made.
        var count = 0
        /// `nil` for them means: make one of your own.
        var waiting: [(id: UInt64, promise: EventLoopPromise<CoreConnection?>)] = []
        var nextWaiter: UInt64 = 0
        var isClosed = false
    }

    let endpoint: CoreEndpoint
    private let group: MultiThreadedEventLoopGroup
    private let state: Mutex<State>

    init(_ endpoint: CoreEndpoint, trust: CoreTrust, group: MultiThreadedEventLoopGroup) {
        self.endpoint = endpoint
        self.group = group
        state = Mutex(State(trust: trust))
    }

    /// Open connections, for metrics.
    var count: Int { state.withLock { $0.count } }

    /// Takes what connections are made of from now on. Requests under way end on the connections they have.
    func replace(trust: CoreTrust) {
        drop {
            $0.trust = trust
            $0.generation += 1
        }
    }

    /// Closes what is idle; what is in use closes when it is given back.
    func close() { drop { $0.isClosed = true } }

    /// One request and its answer, on a connection that is free or made for it.
    func exchange(_ head: HTTPRequestHead, _ body: ByteBuffer, by deadline: NIODeadline) async throws(ExchangeFailure) -> CoreConnectionHandler.Reply
    {
        let (connection, isReused) = try await take(by: deadline)
        do throws(ExchangeFailure) {
            let reply = try await connection.exchange(head, body, by: deadline)
            giveBack(connection, isGood: reply.keepsAlive)
            return reply
        } catch {
            giveBack(connection, isGood: false)
            if error.kind == .timedOut { drop { _ in } }
            var failure = error
            failure.wasReused = isReused
            throw failure
        }
    }

    private enum Turn {
        case reuse(CoreConnection)
        case make
        case wait(UInt64, EventLoopFuture<CoreConnection?>)
        case refuse(ExchangeFailure)
    }

    private func take(by deadline: NIODeadline) async throws(ExchangeFailure) -> (CoreConnection, isReused: Bool) {
        switch turn() {
        case .reuse(let connection): return (connection, true)
        case .make: return (try await make(by: deadline), false)
        case .refuse(let failure): throw failure
        case .wait(let id, let future):
            let timer = future.eventLoop.scheduleTask(deadline: deadline) { self.stopWaiting(id) }
            defer { timer.cancel() }
            let given: CoreConnection?
            do { given = try await future.get() } catch { throw ExchangeFailure(error, .notSent, refusal: nil) }
            guard let given else { return (try await make(by: deadline), false) }
            return (given, true)
        }
    }

    private func turn() -> Turn {
        state.withLock { state in
            guard !state.isClosed else { return .refuse(ExchangeFailure(.unreachable, .notAsked, "the daemon is stopping")) }
            while let connection = state.idle.popLast() {
                if connection.channel.isActive { return .reuse(connection) }
                state.count -= 1
            }
            if state.count < Self.maximumConnections {
                state.count += 1
                return .make
            }
            guard state.waiting.count < Self.maximumWaiting else {
                return .refuse(ExchangeFailure(.overloaded, .notAsked, "too many requests wait for a connection"))
            }
            let promise = group.next().makePromise(of: CoreConnection?.self)
            state.nextWaiter += 1
            state.waiting.append((state.nextWaiter, promise))
            return .wait(state.nextWaiter, promise.futureResult)
        }
    }

    private func make(by deadline: NIODeadline) async throws(ExchangeFailure) -> CoreConnection {
        let (trust, generation) = state.withLock { ($0.trust, $0.generation) }
        do throws(ExchangeFailure) {
            let connection = try await CoreConnection.open(to: endpoint, trust, generation: generation, group: group, by: deadline)
            connection.channel.closeFuture.whenComplete { _ in self.forget(connection) }
            return connection
        } catch {
            freeSlot()
            throw error
        }
    }

    private func giveBack(_ connection: CoreConnection, isGood: Bool) {
        let (isKept, next) = state.withLock { state -> (Bool, EventLoopPromise<CoreConnection?>?) in
            guard isGood, !state.isClosed, connection.generation == state.generation, connection.channel.isActive,
                NIODeadline.now() - connection.opened < Self.maximumAge
            else { return (false, nil) }
            if !state.waiting.isEmpty { return (true, state.waiting.removeFirst().promise) }
            state.idle.append(connection)
            return (true, nil)
        }
        next?.succeed(connection)
        guard !isKept else { return }
        connection.channel.close(promise: nil)
        freeSlot()
    }

    /// A connection is gone: who waits longest makes another.
    private func freeSlot() {
        let next: EventLoopPromise<CoreConnection?>? = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.count -= 1
                return nil
            }
            return state.waiting.removeFirst().promise
        }
        next?.succeed(nil)
    }

    private func stopWaiting(_ id: UInt64) {
        let waiter = state.withLock { state in
            state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).promise }
        }
        waiter?.fail(ExchangeFailure(.timedOut, .notAsked, "no connection was free in time"))
    }

    /// Core closed it, or this side did, while it was idle.
    private func forget(_ connection: CoreConnection) {
        state.withLock { state in
            guard let index = state.idle.firstIndex(where: { $0 === connection }) else { return }
            state.idle.remove(at: index)
            state.count -= 1
        }
    }

    private func drop(_ change: (inout State) -> Void) {
        let dropped = state.withLock { state in
            change(&state)
            defer { state.idle = [] }
            state.count -= state.idle.count
            return state.idle
        }
        for connection in dropped { connection.channel.close(promise: nil) }
    }
}
