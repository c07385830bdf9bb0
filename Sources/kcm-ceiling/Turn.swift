internal import KCMCrypto
internal import NIOCore

/// The answers of one turn of an event loop: they leave together, after the work that the daemon's leave after.
///
/// One for each event loop, used on that loop alone.
final class Turn {
    private let loop: any EventLoop
    private let work: Ceiling.Work
    private let log: ChainedLog
    private let key: SecretBytes
    private let plaintext: [UInt8]
    private var ciphertext: [UInt8]
    private var waiting: [(handler: CeilingHandler, answer: ByteBuffer)] = []

    /// - Throws: where there is no locked memory for a key.
    init(loop: any EventLoop, work: Ceiling.Work, log: ChainedLog) throws {
        self.loop = loop
        self.work = work
        self.log = log
        key = try SecretBytes.random(count: 32)
        plaintext = [UInt8](repeating: 0, count: 1024)
        ciphertext = plaintext
    }

    /// Takes an answer; it leaves at the end of this turn of the loop.
    func add(_ answer: ByteBuffer, for handler: CeilingHandler) {
        if work != .none { encrypt() }
        if waiting.isEmpty { loop.assumeIsolated().execute { self.end() } }
        waiting.append((handler, answer))
    }

    private func encrypt() {
        var iv = (UInt64(0), UInt32(0))
        var tag = (UInt64(0), UInt64(0))
        do {
            try withUnsafeMutableBytes(of: &iv) { iv in
                let iv = UnsafeMutableRawBufferPointer(rebasing: iv[..<12])
                try Random.fill(iv)
                _ = try withUnsafeMutableBytes(of: &tag) { tag in
                    try plaintext.withUnsafeBytes { plaintext in
                        try ciphertext.withUnsafeMutableBytes { output in
                            try AES.encrypt(
                                plaintext,
                                key: key,
                                mode: .gcm,
                                padding: .none,
                                iv: UnsafeRawBufferPointer(iv),
                                aad: UnsafeRawBufferPointer(start: nil, count: 0),
                                tag: tag,
                                into: output
                            )
                        }
                    }
                }
            }
        } catch { fatalError("AES-256-GCM failed: \(error)") }
    }

    private func end() {
        let group = waiting
        waiting.removeAll(keepingCapacity: true)
        if work == .log || work == .sign { log.append(group.count, signs: work == .sign) }
        for (handler, answer) in group { handler.write(answer) }
        for (handler, _) in group { handler.flush() }
    }
}

@available(*, unavailable)
extension Turn: Sendable {}
