internal import CKCMPlugin

/// Calls that have to go well for a check to make sense.
extension RawStore {
    /// - Throws: ``CheckFailure`` where a batch does not succeed.
    func mustCommit(_ namespace: [UInt8], _ writes: [Write]) throws {
        let answer = commit([Batch(namespace: namespace, writes: writes)])
        try expect(answer.isOK, "a batch of \(writes.count) writes: expected KCM_OK, got \(answer.answer)")
    }

    func mustPut(_ namespace: [UInt8], _ key: [UInt8], _ value: [UInt8]) throws { try mustCommit(namespace, [.put(key, value)]) }

    /// - Throws: ``CheckFailure`` where the key is not there with a value.
    func mustGet(_ namespace: [UInt8], _ key: [UInt8]) throws -> (value: [UInt8], revision: UInt64) {
        let answer = get(namespace, key)
        guard answer.code == KCM_OK, let value = answer.value else {
            throw CheckFailure("get of a key that was written: expected KCM_OK and a value, got \(answer.answer) and \(answer.sinkCalls) values")
        }
        return (value, answer.revision)
    }

    /// - Throws: ``CheckFailure`` where the key is there.
    func mustLack(_ namespace: [UInt8], _ key: [UInt8], _ when: String) throws {
        let answer = get(namespace, key)
        try expect(answer.code == KCM_NOT_FOUND, "get \(when): expected KCM_NOT_FOUND, got \(answer.answer)")
    }

    /// - Throws: ``CheckFailure`` where the key does not hold exactly this.
    func mustHold(_ namespace: [UInt8], _ key: [UInt8], _ value: [UInt8], revision: UInt64? = nil, _ when: String) throws {
        let found = try mustGet(namespace, key)
        try expect(
            found.value == value, "get \(when): the value is not the one that was written (\(found.value.count) bytes, expected \(value.count))")
        if let revision { try expect(found.revision == revision, "get \(when): expected revision \(revision), got \(found.revision)") }
    }

    /// All entries of a namespace, read in one scan.
    func mustScan(_ namespace: [UInt8], prefix: [UInt8] = [], after: [UInt8]? = nil, limit: UInt32 = .max) throws -> [ScanAnswer.Entry] {
        let answer = scan(namespace, prefix: prefix, after: after, limit: limit)
        try expect(answer.code == KCM_OK, "scan: expected KCM_OK, got \(answer.answer)")
        return answer.entries
    }
}
