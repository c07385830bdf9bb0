/// What a plugin says of itself.
public struct PluginInfo: Sendable, Hashable {
    /// As the configuration names it.
    public let name: String
    /// The plugin's own version.
    public let version: String
    public let vendor: String
    /// What it does, in one line.
    public let summary: String
    /// The ABI that it was built for, as `1.0`.
    public let abi: String
    /// The library it was loaded from.
    public let file: String
    public let threadModel: ThreadModel
    /// Whether it can be a keystore.
    public let isStore: Bool
    /// Whether it can be the root of trust.
    public let isRootOfTrust: Bool
    /// A commit survives a crash of process and machine.
    public let isDurable: Bool

    /// Which calls may run at the same time.
    public enum ThreadModel: String, Sendable, Hashable {
        /// One call at a time.
        case serialized
        /// Reads in parallel, beside at most one commit.
        case oneWriter = "one-writer"
        /// Any calls in parallel.
        case parallel
    }
}
