internal import Glibc
public import KCMCrypto

/// Verifies logs with the public keys alone, offline, in one pass and constant memory.
///
/// Detects an edited, removed, inserted or moved line, another key, and an end without its checkpoint. A log that was cut right
/// behind a checkpoint is a shorter, valid log: only ``verify(files:expectedSequence:progress:)``'s expected sequence tells.
public struct AuditVerifier: Sendable {
    private let keys: [VerifyingKey]

    /// With the key that the log begins with; what the log signs as a change of keys is followed.
    public init(key: VerifyingKey) { keys = [key] }

    /// With all keys that the log may be signed with: a change to any other one is a finding.
    public init(keys: [VerifyingKey]) { self.keys = keys }

    /// - Parameters:
    ///   - files: of one log, in any order: they are taken in that of their sequence numbers.
    ///   - expectedSequence: the sequence number that the log must have reached, from the daemon's metrics or a former report.
    ///   - progress: called now and then with the bytes read so far, of all files.
    /// - Throws: `AuditError` `.input` where a file cannot be read. What is wrong with the content is in the report.
    public func verify(
        files: [String],
        expectedSequence: UInt64? = nil,
        progress: ((Int64) -> Void)? = nil
    ) throws(AuditError) -> AuditReport {
        var walk = ChainWalk(keys: keys)
        var bytesRead: Int64 = 0
        for file in try Self.sorted(files) {
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

    /// By the first line of each that has a sequence number; where none has, a file stays behind the others.
    private static func sorted(_ files: [String]) throws(AuditError) -> [String] {
        guard files.count > 1 else { return files }
        var keyed: [(sequence: UInt64, place: Int, file: String)] = []
        for (place, file) in files.enumerated() {
            var reader = try LineReader(path: file)
            var sequence = UInt64.max
            while let line = try reader.next() {
                guard let parsed = AuditLine(UnsafeRawBufferPointer(rebasing: line.bytes.dropLast(line.isComplete ? 1 : 0))) else { continue }
                sequence = parsed.sequence
                break
            }
            keyed.append((sequence, place, file))
        }
        return keyed.sorted { ($0.sequence, $0.place) < ($1.sequence, $1.place) }.map(\.file)
    }
}
