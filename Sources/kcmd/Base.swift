internal import KCMPluginHost
internal import KCMServer
internal import KCMSettings
internal import Logging
internal import NIOPosix

/// What the parts of a running daemon stand on.
struct Base {
    let settings: Settings
    /// The file of the settings, which is read again on SIGHUP.
    let configPath: String
    let trust: TrustSource
    /// At Core.
    let root: PluginRootOfTrust?
    let group: MultiThreadedEventLoopGroup
    let audit: AuditTrail
    let clock: ClockWatch
    let status: Status
    let logger: Logger
}
