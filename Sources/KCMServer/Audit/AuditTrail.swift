public import KCMAudit
public import KCMCrypto
public import NIOPosix

/// The audit log of a daemon that serves, and the only way to it: the log is opened here and given to nobody, so that all that is written
/// goes through the queue, and no event loop waits for what another thread writes.
public final class AuditTrail: Sendable {
    /// For the server, and the intents of changes.
    public let queue: AuditQueue
    private let log: AuditLog
    private let pool: NIOThreadPool

    /// Opens or creates the log. Blocks.
    /// - Parameters:
    ///   - path: see ``AuditLog/init(path:key:node:mode:durability:clock:)``, as for the others.
    ///   - pool: see ``AuditQueue/init(sink:pool:)``.
    /// - Throws: `AuditError`.
    public init(
        path: String,
        key: SigningKey,
        node: String,
        mode: String,
        durability: AuditDurability,
        pool: NIOThreadPool
    ) throws(AuditError) {
        log = try AuditLog(path: path, key: key, node: node, mode: mode, durability: durability)
        queue = AuditQueue(sink: log, pool: pool)
        self.pool = pool
    }

    /// Counters and health. Never waits for a write.
    public var statistics: AuditStatistics { log.statistics }

    /// The last write failed, and none has succeeded since. Never waits for a write.
    public var isFailing: Bool { log.isFailing }

    /// Returns once the records, of what the daemon did by itself, are in the log.
    /// - Throws: `AuditError` where they are not.
    public func append(_ records: [AuditRecord]) async throws { try await queue.append(records) }

    /// Tries again to write a log that could not be written, goes on in a new file where the old one is gone, and rotates.
    /// - Returns: the path of the file that was ended by a rotation.
    /// - Throws: `AuditError`.
    public func maintain(_ rotation: AuditRotation) async throws -> String? {
        guard try await queue.alone({ [log] in try log.renew(dueBy: rotation) }) else { return nil }
        try await pool.runIfActive { [log] in try log.prepareRotation() }
        let archived = try await queue.alone { [log] in try log.replaceFile() }
        // The new file is in use: what is left is not given up because the daemon stops.
        await Task { [log, pool] in try? await pool.runIfActive { log.settleRotation(archived) } }.value
        return archived
    }

    /// Ends the log in good order; nothing can be appended after it. For when all has been answered.
    /// - Throws: `AuditError`.
    public func close() async throws { try await queue.alone { [log] in try log.close() } }
}
