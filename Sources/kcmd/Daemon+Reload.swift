internal import KCMAccess
internal import KCMAccessSettings
internal import KCMDelegation
internal import KCMServer
internal import KCMService
internal import KCMSettings
internal import Logging
internal import Synchronization

extension Daemon {
    /// How often the files of TLS are looked at.
    private static let lookInterval = Duration.seconds(2)

    /// Takes changed certificates, keys, anchors and revocation lists without being told.
    /// - Parameter before: the stamps of the files from before they were first read.
    static func watchFiles(_ trust: TrustSource, _ client: CoreHTTPClient?, _ before: [FileWatch.Stamp], _ logger: Logger) async {
        var watch = FileWatch(before)
        while !Task.isCancelled {
            do { try await Task.sleep(for: lookInterval) } catch { return }
            let stamps = trust.stamps
            guard watch.isDue(stamps) else { continue }
            do {
                // Edge's way to Core first: where that throws, neither has changed.
                try client?.reload()
                try trust.reload()
                watch.succeeded(stamps)
                logger.info("certificates and revocation lists have changed and are reloaded")
            } catch {
                guard watch.failed(stamps) else { continue }
                logger.error(
                    "certificates or revocation lists have changed and cannot be used; what was in use stays, and they are tried again: \(error)")
            }
        }
    }

    /// Reads the settings again, and takes what can change while the daemon runs: all of it or nothing.
    static func reload(_ parts: Parts, _ limits: LimitsInForce, on base: Base) {
        let logger = base.logger
        do {
            let settings = try Settings.load(path: base.configPath, environment: ProcessEnvironment.variables())
            // All or nothing: roles that only the new policy knows are not to meet the old one.
            let policy = try Policy(settings.policy)
            try parts.client?.reload()
            try base.trust.reload(identities: IdentityMap(settings))
            parts.service.policy = policy
            LineLogHandler.level.withLock { $0 = Logger.Level(rawValue: settings.log.level.rawValue) ?? .info }
            let waiting = base.settings.waitingForRestart(in: settings) + limits.take(settings.limits)
            logger.info("certificates, revocation lists, identity rules, policy, limits and log level are reloaded")
            if !waiting.isEmpty { logger.warning("\(waiting.joined(separator: ", ")): changed in the file, and taken at the next start") }
        } catch { logger.error("nothing was reloaded, what was in use stays: \(error)") }
    }
}
