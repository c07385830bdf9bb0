internal import Glibc
public import KCMCrypto
internal import Synchronization

/// The audit log of one node: JSON Lines, each with the hash of the one before, each batch closed by a signed checkpoint
/// (design §5). Only one process at a time writes a log.
///
/// ``append(_:)`` may be called from any thread; calls take turns.
public final class AuditLog: Sendable {
    struct State: ~Copyable {
        var file: AuditFile
        var chain: ChainWriter
        /// Of the file, up to the last good line.
        var length: Int64
        /// Time of the file's first line: nanoseconds since 1970 UTC.
        var began: Int64
        /// Of a file that holds only its first line; 0 where that is not known.
        var emptyLength: Int64 = 0
        /// A failed write may have left bytes behind `length`.
        var mustTruncate = false
        var isClosed = false
    }

    /// Where the log is.
    public let path: String
    /// How safe a record is when ``append(_:)`` returns.
    public let durability: AuditDurability
    let node: String
    let mode: String
    let clock: @Sendable () -> Int64
    let state: Mutex<State>
    let meters = AuditMeters()

    /// Opens or creates the log, checks its end and continues the chain; a torn end is cut off, and a signed line says so. Blocks.
    /// - Parameters:
    ///   - path: created with mode 0600.
    ///   - key: signs; the log's readers need its public half.
    ///   - node: the name of this daemon.
    ///   - mode: `core` or `edge`.
    ///   - clock: nanoseconds since 1970 UTC, for signed lines.
    /// - Throws: `AuditError`: `.input`; `.locked`; `.corrupt` where the end was edited or signed with another key.
    public init(
        path: String,
        key: SigningKey,
        node: String,
        mode: String,
        durability: AuditDurability,
        clock: @escaping @Sendable () -> Int64 = AuditLog.now
    ) throws(AuditError) {
        let file = try AuditFile(path: path)
        let end = try LogEnd.find(in: file, path, key.verifyingKey)
        try Self.undoRotation(path, file, end.position.sequence)
        if end.cut > 0 { try file.truncate(to: end.length) }
        let kind: AuditKind = end.length == 0 ? .open : end.cut > 0 ? .recovered : .resume
        let began = end.length == 0 ? clock() : try LogEnd.firstTime(in: file) ?? clock()
        var state = State(
            file: file,
            chain: ChainWriter(position: end.position, node: node, mode: mode, key: key),
            length: end.length,
            began: began
        )
        try Self.commit(&state, durability) { (chain) throws(AuditError) in
            try chain.appendSigned(kind, time: clock(), cut: end.cut > 0 && kind != .open ? end.cut : nil)
            // A file cut down to nothing begins anew, and says what was there.
            if kind == .open, end.cut > 0 { try chain.appendSigned(.recovered, time: clock(), cut: end.cut) }
        }
        if end.length == 0 { state.emptyLength = state.length }
        if durability == .fsync { try state.file.synchronize(name: true) }
        meters.succeed(records: 0, length: state.length, sequence: state.chain.position.sequence)
        self.path = path
        self.durability = durability
        self.node = node
        self.mode = mode
        self.clock = clock
        self.state = Mutex(state)
    }

    /// Writes a batch and its checkpoint in one write(2). On return the records are as safe as the durability says.
    /// - Parameters:
    ///   - records: of what was done.
    ///   - intents: of what is about to be; they come first.
    ///
    /// Costs the caller a signature (some 15 µs) and the write; with `fsync` also the medium's time, so not on an event loop then.
    ///
    /// Intents are signed as well: at opening, what no signature covers is cut off as the rest of a torn write, since anybody who can
    /// write the file could have put it there. An intent without a signature of its own would be cut off in the very case that it is
    /// for, the crash before the next checkpoint. The journal shares one signature among all that wait, so under load it is a small
    /// part of a durable commit.
    /// - Throws: `AuditError`: nothing of the batch is in the log, and the next call tries again by itself.
    public func append(_ records: [AuditRecord], intents: [AuditRecord] = []) throws(AuditError) {
        guard !records.isEmpty || !intents.isEmpty else { return }
        try withState { (state) throws(AuditError) in
            try Self.commit(&state, durability) { (chain) throws(AuditError) in
                for record in intents { chain.append(record, as: .intent) }
                for record in records { chain.append(record, as: .item) }
                try chain.appendSigned(.checkpoint, time: clock())
            }
            meters.succeed(records: records.count + intents.count, length: state.length, sequence: state.chain.position.sequence)
        }
    }

    /// Ends the log in good order; every later ``append(_:)`` throws `.closed`. Blocks.
    public func close() throws(AuditError) {
        try withState { (state) throws(AuditError) in
            try Self.commit(&state, .fsync) { (chain) throws(AuditError) in try chain.appendSigned(.close, time: clock()) }
            meters.succeed(records: 0, length: state.length, sequence: state.chain.position.sequence)
            state.isClosed = true
        }
    }

    /// The sequence number of the last line written; what a verifier can be told to expect.
    public var lastSequence: UInt64 { meters.statistics.sequence }

    /// The key that verifies this log.
    public var verifyingKey: VerifyingKey { state.withLock { $0.chain.key.verifyingKey } }

    /// The system's clock: nanoseconds since 1970 UTC.
    public static let now: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    func withState(_ body: (inout State) throws(AuditError) -> Void) throws(AuditError) {
        do throws(AuditError) {
            try state.withLock { (state) throws(AuditError) in
                guard !state.isClosed else { throw AuditError(.closed, "\(path) is closed") }
                try body(&state)
            }
        } catch {
            if error.code != .closed { meters.fail(error) }
            throw error
        }
    }

    /// Lets `build` write lines, appends them to the file, and on any failure puts chain and file back to where they were.
    static func commit(
        _ state: inout State,
        _ durability: AuditDurability,
        _ build: (inout ChainWriter) throws(AuditError) -> Void
    ) throws(AuditError) {
        let before = (state.chain.position, state.chain.key)
        defer { state.chain.buffer.removeAll() }
        do throws(AuditError) {
            if state.mustTruncate {
                try state.file.truncate(to: state.length)
                state.mustTruncate = false
            }
            try state.file.checkUnchanged(length: state.length)
            try build(&state.chain)
            state.mustTruncate = true
            try state.file.append(state.chain.buffer.bytes)
            if durability == .fsync { try state.file.synchronize() }
            state.length += Int64(state.chain.buffer.count)
            state.mustTruncate = false
        } catch {
            state.chain.rewind(to: before.0, key: before.1)
            // Where this fails too, the next commit begins with it.
            if state.mustTruncate, (try? state.file.truncate(to: state.length)) != nil { state.mustTruncate = false }
            throw error
        }
    }
}
