internal import KCMService
internal import NIOCore
internal import Synchronization

/// Asks a connection to close once nothing is under way on it.
struct DrainRequest: Sendable {}

/// The open connections of some listeners: counted against their limits, and asked to leave when the daemon stops.
final class Connections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isDraining = false
        var nextComplaint = NIODeadline.uptimeNanoseconds(0)
        var limit: Int
        var rate: Int
        var newcomers: TokenBucket?
        var refused: [Refusal: Int] = [:]
    }

    /// Why a connection may not stay. The raw value is its name in metrics.
    enum Refusal: String, CaseIterable {
        /// As many are open as may be.
        case connections
        /// More came in this second than may begin a handshake.
        case handshakes
        /// The descriptors that are left are kept for other ends.
        case descriptors
    }

    /// Whether a connection may stay.
    enum Admission {
        case taken
        /// To be closed at once; `isToBeLogged` is true once a second at most, so that a flood does not fill the log.
        case refused(Refusal, isToBeLogged: Bool)
        /// To be closed at once, since the server stops.
        case stopping
    }

    private let state: Mutex<State>

    /// Descriptors that these connections leave to others, besides ``DescriptorReserve``.
    let spared: Int

    /// - Parameters:
    ///   - limit: open ones.
    ///   - rate: new ones a second; 0 is no limit.
    ///   - spared: see ``spared``.
    init(limit: Int, rate: Int = 0, spared: Int = 0) {
        state = Mutex(State(limit: limit, rate: rate, newcomers: Self.newcomers(rate)))
        self.spared = spared
    }

    private static func newcomers(_ rate: Int) -> TokenBucket? { rate > 0 ? TokenBucket(rate: rate, burst: rate) : nil }

    var limit: Int { state.withLock { $0.limit } }
    var rate: Int { state.withLock { $0.rate } }

    /// Changes the limits for those who come; who is in stays.
    func change(limit: Int, rate: Int) {
        state.withLock { state in
            state.limit = limit
            guard state.rate != rate else { return }
            state.rate = rate
            state.newcomers = Self.newcomers(rate)
        }
    }

    /// How many are open.
    var count: Int { state.withLock { $0.channels.count } }

    /// How many were refused since the start.
    var refused: [(refusal: Refusal, count: Int)] { state.withLock { state in Refusal.allCases.map { ($0, state.refused[$0] ?? 0) } } }

    /// On the channel's event loop.
    func add(_ channel: any Channel) -> Admission {
        let takesOfReserve = DescriptorReserve.isTouched(by: channel, orOf: spared)
        let admission = state.withLock { state -> Admission in
            guard !state.isDraining else { return .stopping }
            let now = NIODeadline.now()
            var refusal: Refusal?
            if takesOfReserve {
                refusal = .descriptors
            } else if state.channels.count >= state.limit {
                refusal = .connections
            } else if state.newcomers?.take(now: Int64(clamping: now.uptimeNanoseconds)) == false {
                refusal = .handshakes
            }
            guard let refusal else {
                state.channels[ObjectIdentifier(channel)] = channel
                return .taken
            }
            state.refused[refusal, default: 0] += 1
            let isToBeLogged = state.nextComplaint <= now
            if isToBeLogged { state.nextComplaint = now + .seconds(1) }
            return .refused(refusal, isToBeLogged: isToBeLogged)
        }
        if case .taken = admission { channel.closeFuture.whenComplete { _ in self.remove(channel) } }
        return admission
    }

    private func remove(_ channel: any Channel) { state.withLock { $0.channels[ObjectIdentifier(channel)] = nil } }

    /// Takes no more, and asks those that are open to finish.
    func drain() {
        let open = state.withLock { state in
            state.isDraining = true
            return Array(state.channels.values)
        }
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(DrainRequest()) }
    }

    /// Closes what is left.
    func closeAll() {
        for channel in state.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
    }
}
