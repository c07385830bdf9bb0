/// When a batch of the audit log counts as written.
public enum AuditDurability: String, Sendable, Hashable {
    /// The kernel has it: survives the daemon's death, not the machine's.
    case write
    /// The medium has it: survives power loss, at the price of a flush for each batch.
    case fsync
}
