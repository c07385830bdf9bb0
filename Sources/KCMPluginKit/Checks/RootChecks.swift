internal import CKCMPlugin

/// A root of trust wraps and unwraps, and knows a blob that is not its own.
enum RootChecks {
    static let all: [Check] = [
        Check(remarking: sizes, "root.wrap.sizes", "keys of 16 to 64 bytes go in and come out, by blobs of at most 1,024 bytes", of: .root),
        Check("root.wrap.invalid", "wrap of any other size is KCM_INVALID, and the sink is not called", of: .root, invalid),
        Check(remarking: blob, "root.wrap.blob", "the blob does not show the key", of: .root),
        Check("root.unwrap.flipped", "a blob with any byte changed is KCM_CORRUPT, and the sink is not called", of: .root, seconds: 300, flipped),
        Check("root.unwrap.size", "a blob that was cut or is longer is KCM_CORRUPT, and the sink is not called", of: .root, seconds: 300, size),
        Check("root.unwrap.foreign", "bytes that no wrap made are KCM_CORRUPT", of: .root, foreign),
        Check("root.sink", "the sink is called once, on the call's own thread", of: .root, sink),
        Check("root.threads", "many threads wrap and unwrap, as many at a time as the thread model allows", of: .root, threads),
        Check("root.reopen", "a blob opens after close and open", of: .root, reopen),
        Check("root.health", "health is KCM_OK where the root of trust serves", of: .root) { context in
            let root = try context.openRoot()
            let (code, text) = root.health()
            try expect(code == KCM_OK, "expected KCM_OK, got \(ResultCode.text(code, text))")
        },
        Check("root.extension", "get_extension of an unknown identifier is NULL", of: .root) { context in
            try expect(try context.openRoot().getExtension("kit.unknown/1") == nil, "an extension that nobody has was given")
        },
        Check("root.errors", "error texts are there, NUL-terminated UTF-8, and hold no key; nor does the log", of: .root, errors),
    ]

    private static func sizes(_ context: CheckContext) throws -> String? {
        let root = try context.openRoot()
        var most = 0
        for size in 16...64 {
            let key = Noise.bytes(size, seed: UInt64(size))
            let blob = try root.mustWrap(key)
            try expect(!blob.isEmpty && blob.count <= 1024, "the blob of \(size) bytes has \(blob.count), expected 1 to 1,024")
            try root.mustUnwrap(blob, to: key, "of \(size) bytes")
            most = max(most, blob.count)
        }
        for key in [[UInt8](repeating: 0, count: 32), [UInt8](repeating: 0xFF, count: 32)] {
            try root.mustUnwrap(try root.mustWrap(key), to: key, "of a key of one byte repeated")
        }
        return "blobs of up to \(most) bytes"
    }

    private static func invalid(_ context: CheckContext) throws {
        let root = try context.openRoot()
        for size in [0, 1, 8, 15, 65, 128, 1024, 70_000] {
            let answer = root.wrap(Noise.bytes(size, seed: 1))
            try expect(answer.code == KCM_INVALID, "wrap of \(size) bytes: expected KCM_INVALID, got \(answer.answer)")
            try expect(answer.sinkCalls == 0, "wrap of \(size) bytes failed and called the sink")
        }
        let key = Noise.bytes(16, seed: 1)
        try root.mustUnwrap(try root.mustWrap(key), to: key, "after wraps that were refused")
    }

    private static func blob(_ context: CheckContext) throws -> String? {
        let root = try context.openRoot()
        let key = Noise.bytes(64, seed: 1)
        let (one, other) = (try root.mustWrap(key), try root.mustWrap(key))
        for blob in [one, other] {
            for start in 0...(key.count - 8) {
                let part = key[start..<start + 8]
                let found = blob.count >= 8 && (0...(blob.count - 8)).contains { blob[$0..<$0 + 8].elementsEqual(part) }
                try expect(!found, "the blob holds 8 bytes of the key as they are")
            }
        }
        // Key wrapping such as AES-KW gives the same blob each time, which the contract allows.
        return one == other ? "the same key gives the same blob" : nil
    }

    private static func corrupt(_ root: RawRoot, _ blob: [UInt8], _ what: String) throws {
        let answer = root.unwrap(blob)
        try expect(answer.code == KCM_CORRUPT, "unwrap of \(what): expected KCM_CORRUPT, got \(answer.answer)")
        try expect(answer.sinkCalls == 0, "unwrap of \(what) failed and called the sink")
    }

    private static func flipped(_ context: CheckContext) throws {
        let root = try context.openRoot()
        let key = Noise.bytes(32, seed: 2)
        let blob = try root.mustWrap(key)
        for index in blob.indices {
            for mask: UInt8 in [0x01, 0x80] {
                var changed = blob
                changed[index] ^= mask
                try corrupt(root, changed, "a blob with byte \(index + 1) of \(blob.count) changed")
            }
            context.channel.progress(Double(index + 1) / Double(blob.count))
        }
        try root.mustUnwrap(blob, to: key, "after blobs that were refused")
    }

    private static func size(_ context: CheckContext) throws {
        let root = try context.openRoot()
        let key = Noise.bytes(32, seed: 3)
        let blob = try root.mustWrap(key)
        for size in blob.indices {
            try corrupt(root, Array(blob[..<size]), "the first \(size) of a blob's \(blob.count) bytes")
            context.channel.progress(Double(size + 1) / Double(blob.count))
        }
        for more in [1, 16, 1000, 70_000] { try corrupt(root, blob + [UInt8](repeating: 0, count: more), "a blob with \(more) bytes more") }
        try corrupt(root, Array(blob.dropFirst()), "a blob without its first byte")
        try corrupt(root, blob + blob, "a blob twice")
        try root.mustUnwrap(blob, to: key, "after blobs that were refused")
    }

    private static func foreign(_ context: CheckContext) throws {
        let root = try context.openRoot()
        let length = try root.mustWrap(Noise.bytes(32, seed: 4)).count
        for seed in UInt64(0)..<50 { try corrupt(root, Noise.bytes(length, seed: seed), "random bytes of a blob's length") }
        try corrupt(root, [UInt8](repeating: 0, count: length), "zeros of a blob's length")
        try corrupt(root, [UInt8](repeating: 0xFF, count: 1024), "1,024 bytes of 0xFF")
    }

    private static func sink(_ context: CheckContext) throws {
        let root = try context.openRoot()
        try Threads.run(2) { thread in
            let wrapped = root.wrap(Noise.bytes(32, seed: UInt64(thread)))
            let opened = root.unwrap(wrapped.value ?? [])
            for (name, answer) in [("wrap", wrapped), ("unwrap", opened)] {
                try expect(
                    answer.code == KCM_OK && answer.sinkCalls == 1,
                    "\(name): expected KCM_OK and one call of the sink, got \(answer.answer) and \(answer.sinkCalls)")
                if let fault = answer.sinkFault { throw CheckFailure("\(name): \(fault)") }
            }
        }
    }

    private static func threads(_ context: CheckContext) throws {
        let root = try context.openRoot()
        let end = ContinuousClock.now + .seconds(3)
        try Threads.run(8) { thread in
            for round in 0..<200 where ContinuousClock.now < end {
                let key = Noise.bytes(16 + (thread * 7 + round) % 49, seed: UInt64(thread * 1000 + round))
                try root.mustUnwrap(try root.mustWrap(key), to: key, "beside other threads")
                if round % 20 == 0 { try expect(root.health().code == KCM_OK, "health beside other calls is not KCM_OK") }
            }
        }
    }

    private static func reopen(_ context: CheckContext) throws {
        let keys = (16...64).map { Noise.bytes($0, seed: UInt64($0)) }
        var blobs: [[UInt8]] = []
        for round in 0..<3 {
            let root = try context.openRoot()
            for (blob, key) in zip(blobs, keys) { try root.mustUnwrap(blob, to: key, "of an earlier instance's blob, at open number \(round + 1)") }
            blobs = try keys.map { try root.mustWrap($0) }
            root.close()
        }
    }

    private static func errors(_ context: CheckContext) throws {
        let root = try context.openRoot()
        let secret = Array("kit-secret-4f1e77-kit-secret-4f1e77".utf8)
        let blob = try root.mustWrap(secret)
        var texts: [String] = []
        for (what, answer) in [
            ("wrap of a size that is wrong", root.wrap(secret + secret)), ("unwrap of a blob that was cut", root.unwrap(Array(blob.dropLast()))),
            ("unwrap of nothing", root.unwrap([])), ("unwrap of a key", root.unwrap(secret)),
        ] {
            if let fault = answer.textFault { throw CheckFailure("\(what), which ended with \(ResultCode.text(answer.code)): \(fault)") }
            texts.append(answer.text)
        }
        texts += root.host.log.map(\.text)
        let words = ["kit-secret-4f1e77", secret.prefix(8).map { String($0, radix: 16) }.joined()]
        try expect(
            !texts.contains { text in words.contains { text.lowercased().contains($0) } }, "an error text or a line of the log holds bytes of a key")
    }
}
