internal import Glibc
public import KCMCrypto

/// Verifies logs with the public key alone, offline, in one pass and constant memory.
///
/// Detects an edited, removed, inserted or moved line, another key, and an end without its checkpoint. A log that was cut right
/// behind a checkpoint is a shorter, valid log: only ``verify(files:expectedSequence:progress:)``'s expected sequence tells.
public struct AuditVerifier: Sendable {
    private let key: VerifyingKey

    public init(key: VerifyingKey) { self.key = key }

    /// - Parameters:
    ///   - files: of one log, oldest first.
    ///   - expectedSequence: the sequence number that the log must have reached, from the daemon's metrics or a former report.
    ///   - progress: called now and then with the bytes read so far, of all files.
    /// - Throws: `AuditError` `.input` where a file cannot be read. What is wrong with the content is in the report.
    public func verify(
        files: [String],
        expectedSequence: UInt64? = nil,
        progress: ((Int64) -> Void)? = nil
    ) throws(AuditError) -> AuditReport {
        var walk = ChainWalk(key: key)
        var bytesRead: Int64 = 0
        for file in files {
            walk.begin(file)
            var reader = try LineReader(path: file)
            while let line = try reader.next() {
                walk.take(line.bytes, isComplete: line.isComplete)
                bytesRead += Int64(line.bytes.count)
                if walk.report.lines % 4096 == 0 { progress?(bytesRead) }
            }
            walk.endFile()
        }
        walk.end(expecting: expectedSequence)
        progress?(bytesRead)
        return walk.report
    }
}
