internal import CKCMPlugin
internal import Glibc

/// SIGKILL at random moments.
enum CrashChecks {
    static let all: [Check] = [
        Check(
            remarking: crash, "store.durable.crash", "after SIGKILL in the middle of commits all that was answered is there, and no batch in part",
            needsDurable: true, seconds: 120
        )
    ]

    private static let groups = [1, 8, 1, 64]

    private static func crash(_ context: CheckContext) throws -> String? {
        let namespace = context.namespace()
        try context.openStore().close()
        var acknowledged: UInt64 = 0
        // Where the store stood when it was last looked at: a commit may be there whose answer the kill cut off.
        var standing: UInt64 = 0
        var kills = 0
        for round in 0..<context.rounds {
            let group = groups[round % groups.count]
            let writer = try context.start(.writer(group: group))
            // Most die while they commit, some while they open.
            let early = round % 10 == 9
            if early {
                usleep(UInt32.random(in: 0..<60_000))
            } else {
                let line = writer.line(before: .now + .seconds(60))
                guard let line, line.hasPrefix("open") else {
                    throw CheckFailure("round \(round + 1): after a kill, the writer cannot open the store: \(line ?? "it ended")")
                }
                usleep(UInt32.random(in: 0..<25_000))
            }
            writer.kill()
            let last = acknowledged
            while let line = writer.line(before: nil) {
                let (word, text) = Kit.split(line)
                if word == "ack", let number = UInt64(text) { acknowledged = number }
                if word == "fail" { throw CheckFailure("round \(round + 1): \(text)") }
            }
            let end = writer.wait()
            guard end == .signalled(SIGKILL) else {
                throw CheckFailure("round \(round + 1): the writer ended by itself after number \(acknowledged): \(end)")
            }
            kills += 1
            do { standing = try verify(context, namespace, acknowledged, standing, group) } catch let failure as CheckFailure {
                throw CheckFailure(
                    "round \(round + 1) of \(context.rounds), \(acknowledged - last) commits answered in groups of \(group): \(failure.reason)")
            }
            context.channel.progress(Double(round + 1) / Double(context.rounds))
        }
        return "\(kills) kills, \(acknowledged) batches answered"
    }

    /// - Parameters:
    ///   - acknowledged: the last number that was answered.
    ///   - before: where the store stood before this round.
    ///   - group: so many more may have been under way.
    /// - Returns: the number at which the store stands.
    private static func verify(_ context: CheckContext, _ namespace: [UInt8], _ acknowledged: UInt64, _ before: UInt64, _ group: Int) throws -> UInt64
    {
        let store = try context.openStore()
        defer { store.close() }
        let first = store.get(namespace, CrashWriter.shared[0])
        guard first.code == KCM_OK else {
            try expect(first.code == KCM_NOT_FOUND, "get: got \(first.answer)")
            try expect(max(acknowledged, before) == 0, "everything is gone; \(acknowledged) batches were answered")
            try expect(try store.mustScan(namespace).isEmpty, "a batch is there in part")
            return 0
        }
        guard let number = first.value.flatMap(Noise.number(of:)) else { throw CheckFailure("a value is not whole") }
        try expect(number >= before, "batch \(before) was there before and is lost; the store stands at \(number)")
        try expect(number >= acknowledged, "batch \(acknowledged) was answered and is lost; the store stands at \(number)")
        try expect(number <= max(acknowledged, before) + UInt64(group), "the store stands at batch \(number), which nobody wrote")
        let entries = try store.mustScan(namespace)
        let low = number > CrashWriter.window ? number - CrashWriter.window + 1 : 1
        let expected =
            CrashWriter.shared.enumerated().map { ScanAnswer.Entry(key: $1, value: CrashWriter.sharedValue(number, $0), revision: number) }
            + (low...number).map { ScanAnswer.Entry(key: CrashWriter.key($0), value: CrashWriter.ownValue($0), revision: 1) }
        for entry in expected {
            guard let found = entries.first(where: { $0.key == entry.key }) else {
                throw CheckFailure("batch \(number) is there in part: a key of a batch up to it is missing")
            }
            try expect(found.value == entry.value, "batch \(number) is there in part: a key holds another batch's value")
            try expect(found.revision == entry.revision, "a key has revision \(found.revision) after a crash, expected \(entry.revision)")
        }
        try expect(entries.count == expected.count, "batch \(number) is there in part: \(entries.count) entries, expected \(expected.count)")
        if let pointer = store.getExtension(KCM_STORE_VERIFY), let verify = pointer.assumingMemoryBound(to: kcm_store_verify.self).pointee.verify {
            let error = ErrorField()
            let code = verify(store.instance, error.pointer)
            try expect(code == KCM_OK, "\(KCM_STORE_VERIFY) after a crash: expected KCM_OK, got \(ResultCode.text(code, error.text))")
        }
        return number
    }
}
