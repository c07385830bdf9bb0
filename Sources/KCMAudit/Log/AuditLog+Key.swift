public import KCMCrypto

extension AuditLog {
    /// Hands the log to another signing key: a line signed with the old key names the new one, and a line signed with the new key takes
    /// over, both in one write. Blocks.
    ///
    /// A verifier that has the first key follows the chain of keys; a key that no line names is not accepted.
    /// - Throws: `AuditError`; the log then goes on with the key that it had.
    public func changeKey(to key: SigningKey) throws(AuditError) {
        try withState { (state) throws(AuditError) in
            try Self.commit(&state, .fsync) { (chain) throws(AuditError) in
                try chain.changeKey(to: key, time: clock())
                try chain.appendSigned(.resume, time: clock())
            }
            meters.succeed(records: 0, length: state.length, sequence: state.chain.position.sequence)
        }
    }
}
