internal import Glibc

extension AuditLog {
    /// Ends this file with a signed `rotate` line, keeps it as `PATH.SEQUENCE`, and goes on in a new file whose first line continues
    /// chain and sequence. Blocks.
    ///
    /// Safe against a crash at any point: the new file is complete before the old one changes its name, and opening the log ends
    /// what was begun.
    /// - Returns: the path of the file that was ended.
    /// - Throws: `AuditError`; the log then goes on in the file it had.
    @discardableResult
    public func rotate() throws(AuditError) -> String {
        var archived = ""
        try withState { (state) throws(AuditError) in
            try Self.commit(&state, .fsync) { (chain) throws(AuditError) in try chain.appendSigned(.rotate, time: clock()) }
            let archive = Self.archivePath(path, state.chain.position.sequence)
            let next = Self.nextPath(path)
            unlink(next)
            var successor = State(
                file: try AuditFile(path: next),
                chain: ChainWriter(position: state.chain.position, node: node, mode: mode, key: key),
                length: 0
            )
            try Self.commit(&successor, .fsync) { (chain) throws(AuditError) in try chain.appendSigned(.open, time: clock()) }
            // link, not rename: it refuses to replace an archive.
            guard link(path, archive) == 0 else { throw AuditFile.failure("keep", archive) }
            guard rename(next, path) == 0 else {
                let error = errno
                unlink(archive)
                throw AuditFile.failure("replace", path, error)
            }
            try AuditFile.synchronizeFolder(of: path)
            state = successor
            archived = archive
        }
        return archived
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
