internal import KCMServer
internal import KCMService
internal import KCMSettings
internal import Synchronization

/// The limits that the daemon holds its peers to, which SIGHUP changes.
final class LimitsInForce: Sendable {
    let server: Server
    let load: LoadControl
    private let limits: Mutex<Settings.Limits>

    /// - Parameter limits: those that `server` and `load` were made with.
    init(_ limits: Settings.Limits, server: Server, load: LoadControl) {
        self.limits = Mutex(limits)
        self.server = server
        self.load = load
    }

    var current: Settings.Limits { limits.withLock { $0 } }

    /// Takes what can change while the daemon runs; what is under way, and connections that are open, stay.
    /// - Returns: the keys of those that differ and wait for the next start.
    func take(_ read: Settings.Limits) -> [String] {
        limits.withLock { limits in
            let waiting: [String]
            (limits, waiting) = limits.taking(read)
            server.change(connections: limits.connections, handshakes: limits.handshakes)
            load.limits = LoadControl.Limits(limits)
            return waiting
        }
    }
}
