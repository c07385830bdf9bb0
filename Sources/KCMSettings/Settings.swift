/// Everything that the daemon is told, read once at start-up and never changed.
///
/// Made by ``load(path:environment:)``. Paths are absolute or relative to the working directory: relative ones in the file were resolved
/// against the folder of the file. Nothing in here is secret: keys are named by file.
public struct Settings: Sendable, Equatable {
    /// What this daemon is: one of the two, never both.
    public let mode: Mode
    /// This daemon's name in audit records and logs. 1 to 64 characters of `A-Z a-z 0-9 . _ -`.
    public let node: String
    public let listen: Listen
    public let tls: TLS
    /// Where records are kept.
    public let keystore: Plugin
    /// The root of trust (L1). Present in ``Mode/core`` only, and always there.
    public let root: Plugin?
    /// How to reach Core. Present in ``Mode/edge`` only, and always there.
    public let core: Core?
    /// How L4 records are sealed. Present in ``Mode/edge`` only, and always there.
    public let sealing: Sealing?
    /// Certificate to principal; the first rule that matches wins. Never empty.
    public let identity: [IdentityRule]
    public let policy: PolicySource
    public let audit: Audit
    public let limits: Limits
    public let cache: Cache
    public let plugins: PluginSearch
    public let log: Log
    /// L3 keys that Core makes and activates at start-up for tenants that never had one of that name. Empty at Edge.
    public let provision: [Provision]

    /// What the daemon is.
    public enum Mode: String, Sendable, CaseIterable {
        case core
        case edge
    }
}
