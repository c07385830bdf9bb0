internal import KCMCrypto
internal import Synchronization

extension AuditLog {
    /// Counters and health. Never waits for a write.
    public var statistics: AuditStatistics { meters.statistics }

    /// The last write failed, and none has succeeded since. Never waits for a write.
    public var isFailing: Bool { meters.isFailing }

    /// What is to be done now and then, beside the requests: tries again to write a log that could not be written, goes on in a new file
    /// where the old one was removed or moved away, and rotates. Blocks.
    /// - Returns: the path of the file that was ended by a rotation.
    /// - Throws: `AuditError` as ``append(_:intents:)`` and ``rotate()``.
    public func maintain(_ rotation: AuditRotation = AuditRotation()) throws(AuditError) -> String? {
        try renew(dueBy: rotation) ? try rotate() : nil
    }

    /// ``maintain(_:)`` without the rotation.
    /// - Returns: whether the file is to be rotated.
    public func renew(dueBy rotation: AuditRotation) throws(AuditError) -> Bool {
        try withState { (state) throws(AuditError) in
            // Where the clock was put back, the file is not to grow for that much longer.
            state.began = min(state.began, clock())
            let isNamed = state.file.isNamed(path)
            if !isNamed { try reopen(&state) }
            guard !isNamed || meters.isFailing else { return }
            try Self.commit(&state, durability) { (chain) throws(AuditError) in try chain.appendSigned(.checkpoint, time: clock()) }
            meters.succeed(records: 0, length: state.length, sequence: state.chain.position.sequence)
        }
        return state.withLock { isDue($0, rotation) }
    }

    /// The path names no file any more, or another one. A new file continues chain and sequence, so that its first line tells an auditor
    /// that there was one before it; a copy of the old file that was put back is gone on with where it is whole.
    private func reopen(_ state: inout State) throws(AuditError) {
        let file = try AuditFile(path: path)
        let size = try file.size()
        let isNew = size == 0
        if !isNew {
            let end = try LogEnd.find(in: file, path, state.chain.key.verifyingKey)
            guard end.cut == 0, end.position == state.chain.position else {
                throw AuditError(.changed, "\(path) was replaced by another file, which ends with sequence \(end.position.sequence); move it away")
            }
        }
        var successor = State(
            file: file,
            chain: ChainWriter(position: state.chain.position, node: node, mode: mode, key: state.chain.key),
            length: size,
            began: isNew ? clock() : state.began
        )
        if isNew {
            try Self.commit(&successor, durability) { (chain) throws(AuditError) in try chain.appendSigned(.open, time: clock()) }
            successor.emptyLength = successor.length
        }
        // First, since its end is not found to be the chain's again once it has a line more.
        state = successor
        if durability == .fsync { try state.file.synchronize(name: true) }
    }
}
