internal import Glibc
internal import Synchronization

extension AuditLog {
    /// Ends this file with a signed `rotate` line, keeps it as `PATH.SEQUENCE`, and goes on in a new file whose first line continues
    /// chain and sequence. Blocks.
    ///
    /// Who appends meanwhile waits for two small writes and, with `fsync`, for the medium: what lies in the old file is there already.
    /// Safe against a crash at any point: the new file is complete before the old one changes its name, and opening the log ends
    /// what was begun.
    /// - Returns: the path of the file that was ended.
    /// - Throws: `AuditError`; the log then goes on in the file it had.
    @discardableResult
    public func rotate() throws(AuditError) -> String {
        try prepareRotation()
        let archived = try replaceFile()
        settleRotation(archived)
        return archived
    }

    /// The first step of ``rotate()``. A large file can have much that is not on the medium yet: who appends does not wait for that. Blocks.
    public func prepareRotation() throws(AuditError) { try AuditFile.synchronize(path) }

    /// The second step of ``rotate()``, and the only one that appends wait for. Blocks.
    /// - Returns: the path of the file that was ended.
    public func replaceFile() throws(AuditError) -> String {
        let archived: String
        do throws(AuditError) {
            archived = try state.withLock { (state) throws(AuditError) in
                guard !state.isClosed else { throw AuditError(.closed, "\(path) is closed") }
                return try rotate(&state)
            }
        } catch {
            // Requests are still served: not a failure of the log.
            throw AuditError(error.code, "the audit log cannot be rotated: \(error.message)")
        }
        meters.rotated()
        return archived
    }

    /// The last step of ``rotate()``, which appends do not wait for. Blocks.
    /// - Parameter archived: the path of the file that was ended.
    public func settleRotation(_ archived: String) {
        // With the other durability it is on the medium already. This one promises nothing; an error shows at the next write.
        guard durability == .write else { return }
        try? AuditFile.synchronize(archived)
        try? AuditFile.synchronize(path)
        try? AuditFile.synchronizeFolder(of: path)
    }

    private func rotate(_ state: inout State) throws(AuditError) -> String {
        let next = Self.nextPath(path)
        guard unlink(next) == 0 || errno == ENOENT else { throw AuditFile.failure("remove", next) }
        // Before the last line is written: where there is no room for a new file, the old one stays as it is.
        let file = try AuditFile(path: next, laterAt: path)
        try Self.commit(&state, durability) { (chain) throws(AuditError) in try chain.appendSigned(.rotate, time: clock()) }
        meters.succeed(records: 0, length: state.length, sequence: state.chain.position.sequence)
        let archive = Self.archivePath(path, state.chain.position.sequence)
        let began = clock()
        var successor = State(
            file: file,
            chain: ChainWriter(position: state.chain.position, node: node, mode: mode, key: state.chain.key),
            length: 0,
            began: began
        )
        try Self.commit(&successor, durability) { (chain) throws(AuditError) in try chain.appendSigned(.open, time: began) }
        successor.emptyLength = successor.length
        // link, not rename: it refuses to replace an archive.
        guard link(path, archive) == 0 else { throw AuditFile.failure("keep", archive) }
        guard rename(next, path) == 0 else {
            let error = errno
            unlink(archive)
            throw AuditFile.failure("replace", path, error)
        }
        // The file that is in use has to be the one that bears the name, whatever becomes of the folder's sync.
        state = successor
        meters.succeed(records: 0, length: state.length, sequence: state.chain.position.sequence)
        if durability == .fsync { try AuditFile.synchronizeFolder(of: path) }
        return archive
    }

    /// Whether the file has come to its end.
    func isDue(_ state: borrowing State, _ rotation: AuditRotation) -> Bool {
        guard !state.isClosed, state.length > state.emptyLength else { return false }
        if let size = rotation.size, state.length >= size { return true }
        guard let age = rotation.age else { return false }
        return clock() - state.began >= age
    }

    private static func nextPath(_ path: String) -> String { "\(path).next" }

    private static func archivePath(_ path: String, _ sequence: UInt64) -> String { "\(path).\(sequence)" }

    /// Takes back what a crash in the middle of ``rotate()`` left: the file still has its name, so the new one was not in use.
    /// - Parameter sequence: of the file's last line.
    static func undoRotation(_ path: String, _ file: borrowing AuditFile, _ sequence: UInt64) throws(AuditError) {
        let next = nextPath(path)
        guard unlink(next) == 0 || errno == ENOENT else { throw AuditFile.failure("remove", next) }
        let archive = archivePath(path, sequence)
        if file.isNamed(archive), unlink(archive) != 0 { throw AuditFile.failure("remove", archive) }
    }
}
