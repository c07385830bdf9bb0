/// What streams may take, so that clients who never finish theirs take no more.
public struct StreamLimits: Sendable, Hashable {
    /// Open streams of one tenant.
    public var perTenant = 64
    /// Open streams of all tenants.
    public var total = 4_096
    /// Between two parts, in nanoseconds.
    public var idle: Int64 = 60_000_000_000
    /// From the first part on, in nanoseconds.
    public var lifetime: Int64 = 900_000_000_000
    /// Of one message, in bytes.
    public var message = 16 << 30
    /// Of one message that has to be gathered before it can be worked on, in bytes.
    public var gathered = 8 << 20
    /// Of all messages of a tenant that are being gathered, in bytes.
    public var gatheredPerTenant = 32 << 20

    public init() {}
}
