internal import KCMEngine
public import KCMEdge
public import Logging
public import NIOCore
internal import NIOHTTP1
public import NIOPosix
internal import Synchronization

/// Edge's way to Core: KMIP in `POST` over HTTPS with Edge's own certificate, over kept-alive connections.
///
/// A Core that fails is passed over for the next URL, and after several failures in a row not asked at all for a moment (``CoreRoutes``).
/// What Core may have taken is sent again only where doing it twice changes nothing.
public final class CoreHTTPClient: CoreService {
    /// A URL that is none.
    public struct URLError: Error, CustomStringConvertible {
        public let description: String
    }

    private struct State {
        var routes: CoreRoutes
        var metrics = CoreMetrics()
    }

    private let files: CoreTrustFiles
    private let pools: [CoreConnectionPool]
    private let timeout: TimeAmount
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameters:
    ///   - urls: Core's `https://…/kmip`, best first; at least one.
    ///   - timeout: for a whole request; URLs that were not tried yet share what is left of it evenly.
    /// - Throws: where a file or a URL cannot be used.
    public init(
        urls: [String],
        files: CoreTrustFiles,
        timeout: Duration,
        group: MultiThreadedEventLoopGroup,
        logger: Logger
    ) throws {
        let trust = try CoreTrust(files)
        pools = try urls.map { url in
            guard let endpoint = CoreEndpoint(url: url) else { throw URLError(description: "\(url) is not https://HOST:PORT/PATH") }
            return CoreConnectionPool(endpoint, trust: trust, group: group)
        }
        self.files = files
        self.timeout = TimeAmount(timeout)
        self.logger = logger
        state = Mutex(State(routes: CoreRoutes(count: urls.count)))
    }

    /// Reads certificate, key, anchors and revocation lists again. Blocks; where it throws, what was in use stays.
    ///
    /// Requests under way end on the connections they have; later ones make new connections.
    public func reload() throws {
        let trust = try CoreTrust(files)
        for pool in pools { pool.replace(trust: trust) }
    }

    /// Closes the connections.
    public func close() async {
        for pool in pools { pool.close() }
    }

    /// Counters and gauges in the text format that scrapers read.
    public var metrics: String {
        let (metrics, breakers) = state.withLock { ($0.metrics, $0.routes.breakers) }
        return metrics.text(zip(pools, breakers).map { ($0.endpoint.url, $1.state, $0.count) })
    }

    public func send(
        _ frame: ByteBuffer,
        clientChain: [[UInt8]]?,
        tenant: String?,
        traceparent: String
    ) async throws(CoreFailure) -> ByteBuffer {
        do throws(CoreFailure) {
            let answer = try await ask(frame, CoreRequestHeaders(clientChain: clientChain, tenant: tenant, traceparent: traceparent))
            state.withLock { $0.metrics.count("answered") }
            return answer
        } catch {
            state.withLock { $0.metrics.count(error.kind.name) }
            throw error
        }
    }

    private func ask(_ frame: ByteBuffer, _ headers: CoreRequestHeaders) async throws(CoreFailure) -> ByteBuffer {
        let deadline = NIODeadline.now() + timeout
        var tried: Set<Int> = []
        var last: CoreFailure?
        var mayRepeat = true
        while let index = state.withLock({ $0.routes.next(without: tried, at: MonotonicClock.now) }) {
            let pool = pools[index]
            let now = NIODeadline.now()
            let share = now + .nanoseconds(max((deadline - now).nanoseconds, 0) / Int64(pools.count - tried.count))
            tried.insert(index)
            do throws(ExchangeFailure) {
                let answer = try await attempt(frame, headers, pool, share, &mayRepeat)
                succeeded(index)
                return answer
            } catch {
                let failure = CoreFailure(error.kind, "Core at \(pool.endpoint.url) \(Self.words(error.kind)): \(error.text)")
                if error.stage == .notAsked {
                    state.withLock { $0.routes.notAsked(index, at: MonotonicClock.now) }
                } else {
                    failed(index, failure)
                }
                last = failure
                guard error.stage == .notAsked || error.stage == .notSent || Repeatable.isRepeatable(frame) else { throw failure }
            }
        }
        throw last ?? CoreFailure(.suspended, "Core is not asked for a moment: \(CircuitBreaker.threshold) or more requests in a row got no answer")
    }

    /// Asks one Core; again, once for the whole request, where a kept-alive connection turns out to be closed.
    private func attempt(
        _ frame: ByteBuffer,
        _ headers: CoreRequestHeaders,
        _ pool: CoreConnectionPool,
        _ deadline: NIODeadline,
        _ mayRepeat: inout Bool
    ) async throws(ExchangeFailure) -> ByteBuffer {
        let head = headers.head(for: pool.endpoint, length: frame.readableBytes)
        do throws(ExchangeFailure) {
            return try Self.body(of: try await pool.exchange(head, frame, by: deadline))
        } catch {
            guard mayRepeat, error.wasReused, error.kind == .unreachable,
                error.stage == .notSent || (error.stage == .closedUnanswered && Repeatable.isRepeatable(frame))
            else { throw error }
            mayRepeat = false
            state.withLock { $0.metrics.countRepeat() }
            return try Self.body(of: try await pool.exchange(head, frame, by: deadline))
        }
    }

    private static func body(of reply: CoreConnectionHandler.Reply) throws(ExchangeFailure) -> ByteBuffer {
        switch reply.status {
        case 200 where reply.contentType == "application/octet-stream": return reply.body
        case 401, 403: throw ExchangeFailure(.refused, .sent, "HTTP status \(reply.status)")
        default: throw ExchangeFailure(.badAnswer, .sent, "HTTP status \(reply.status)")
        }
    }

    private static func words(_ kind: CoreFailure.Kind) -> String {
        switch kind {
        case .timedOut: "did not answer in time"
        case .untrusted: "is not trusted"
        case .refused: "refuses this edge"
        case .overloaded: "is not asked"
        case .badAnswer: "gave an answer that is not KMIP"
        default: "cannot be reached"
        }
    }

    private func succeeded(_ index: Int) {
        guard state.withLock({ $0.routes.succeeded(index) }) else { return }
        logger.info("Core at \(pools[index].endpoint.url) answers again: its circuit is closed")
    }

    private func failed(_ index: Int, _ failure: CoreFailure) {
        let hasOpened = state.withLock { $0.routes.failed(index, at: MonotonicClock.now) }
        let url = pools[index].endpoint.url
        // Whoever asked reports the last failure; those before it would be lost.
        logger.debug("\(failure)", metadata: ["outcome": "\(failure.kind.name)"])
        guard hasOpened else { return }
        logger.error(
            "the circuit to Core at \(url) is open after \(CircuitBreaker.threshold) failures in a row, the last of them: \(failure)",
            metadata: ["outcome": "\(failure.kind.name)"]
        )
    }
}
