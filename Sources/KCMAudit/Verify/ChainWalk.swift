internal import KCMCrypto

/// Follows the chain line by line and notes what does not fit. After a fault it goes on from what the file has, so that one change
/// gives one finding and not thousands.
struct ChainWalk {
    private var keys: TrustedKeys
    private var intents = OpenIntents()
    private(set) var report = AuditReport()
    private var file = ""
    private var lineInFile = 0
    private var before: ChainWriter.Position?
    private var lastKind: AuditKind?

    init(keys: [VerifyingKey]) { self.keys = TrustedKeys(keys) }

    mutating func begin(_ file: String) {
        self.file = file
        lineInFile = 0
        lastKind = nil
    }

    /// - Parameter bytes: with the newline, where there is one.
    mutating func take(_ bytes: UnsafeRawBufferPointer, isComplete: Bool) {
        lineInFile += 1
        report.lines += 1
        let line = UnsafeRawBufferPointer(rebasing: bytes.dropLast(isComplete ? 1 : 0))
        guard isComplete else {
            note(.incomplete, nil, "the last line has no end: the file was cut, or a write was torn")
            lastKind = nil
            return
        }
        guard let parsed = AuditLine(line) else {
            note(.malformed, nil, "this is no line of an audit log")
            // The line took the place of one: the next one's hash will not fit, which is the same finding.
            before = nil
            lastKind = nil
            return
        }
        check(parsed)
        checkSignature(parsed, line)
        intents.take(parsed.kind, line)
        report.counts[parsed.kind, default: 0] += 1
        if report.firstSequence == nil { report.firstSequence = parsed.sequence }
        report.lastSequence = parsed.sequence
        before = ChainWriter.Position(sequence: parsed.sequence, hash: ChainHash(of: bytes))
        lastKind = parsed.kind
    }

    private mutating func check(_ line: AuditLine) {
        if (lineInFile == 1) != (line.kind == .open) {
            let isFirst = lineInFile == 1
            note(
                .header, line.sequence,
                isFirst ? "the file begins with \(line.kind.rawValue), not open: its beginning is missing" : "open in the middle of a file"
            )
        }
        guard let before else {
            if report.lines == 1 {
                report.continuesEarlierFile = line.previous != .zero
                if line.sequence != 1, line.previous == .zero {
                    note(.removed, line.sequence, "the log begins with sequence \(line.sequence)")
                }
            }
            return
        }
        let expected = before.sequence + 1
        let isFirst = lineInFile == 1
        if line.sequence > expected {
            note(
                isFirst ? .continuation : .removed, line.sequence,
                "sequence \(line.sequence) follows \(before.sequence): \(line.sequence - expected) lines are missing"
            )
        } else if line.sequence < expected {
            note(
                isFirst ? .continuation : .inserted, line.sequence,
                "sequence \(line.sequence) follows \(before.sequence): lines were inserted or have changed places"
            )
        } else if line.previous != before.hash {
            note(
                isFirst ? .continuation : .edited, line.sequence,
                isFirst ? "the file does not continue the one before it" : "the line before this one was changed"
            )
        }
    }

    private mutating func checkSignature(_ line: AuditLine, _ bytes: UnsafeRawBufferPointer) {
        guard let signature = line.signature else { return }
        let signed = UnsafeRawBufferPointer(rebasing: bytes[..<signature.covers])
        switch keys.judge(signature.bytes, for: signed, naming: line.nextKey) {
        case .valid: break
        case .unannounced: note(.key, line.sequence, "the log goes on with another of the keys, and no line says so")
        case .untrusted: note(.key, line.sequence, "the log is handed to a key that is not among those given")
        case .invalid:
            note(.signature, line.sequence, "the signature is not this key's for this line: another key, or the line was changed")
            return
        }
        if line.nextKey != nil, let key = keys.current {
            report.keyChanges.append(AuditReport.KeyChange(sequence: line.sequence, fingerprint: key.fingerprint))
        }
        report.lastSignedSequence = line.sequence
    }

    mutating func endFile() {
        if lineInFile == 0 { note(.header, nil, "the file is empty") }
        if let lastKind, !lastKind.isSigned {
            note(.unsigned, report.lastSequence, "the file ends without a checkpoint: its end was cut off, or a write was torn")
        }
        report.endsInClose = lastKind == .close
    }

    mutating func end(expecting sequence: UInt64?) {
        report.changesWithoutResult = intents.count
        guard let sequence, (report.lastSequence ?? 0) < sequence else { return }
        note(.missing, report.lastSequence, "the log ends with sequence \(report.lastSequence ?? 0), and \(sequence) was expected")
    }

    private mutating func note(_ kind: AuditFinding.Kind, _ sequence: UInt64?, _ message: String) {
        report.add(AuditFinding(kind: kind, file: file, line: lineInFile, sequence: sequence, message: message))
    }
}
