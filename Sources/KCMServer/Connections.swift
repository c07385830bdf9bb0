internal import NIOCore
internal import Synchronization

/// Asks a connection to close once nothing is under way on it.
struct DrainRequest: Sendable {}

/// The open connections of all listeners: counted against the limit, and asked to leave when the daemon stops.
final class Connections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isDraining = false
        var nextComplaint = NIODeadline.uptimeNanoseconds(0)
    }

    /// Whether a connection may stay.
    enum Admission {
        case taken
        /// To be closed at once; `isToBeLogged` is true once a second at most, so that a flood does not fill the log.
        case refused(isToBeLogged: Bool)
    }

    let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// How many are open.
    var count: Int { state.withLock { $0.channels.count } }

    func add(_ channel: any Channel) -> Admission {
        let admission = state.withLock { state -> Admission in
            guard !state.isDraining else { return .refused(isToBeLogged: false) }
            guard state.channels.count < limit else {
                let now = NIODeadline.now()
                let isToBeLogged = state.nextComplaint <= now
                if isToBeLogged { state.nextComplaint = now + .seconds(1) }
                return .refused(isToBeLogged: isToBeLogged)
            }
            state.channels[ObjectIdentifier(channel)] = channel
            return .taken
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
