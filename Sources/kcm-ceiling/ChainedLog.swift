internal import Glibc
internal import KCMCrypto
internal import Synchronization

/// Lines of a fixed size, each with the SHA-256 of the one before, appended in one write, with a signature below where asked for.
///
/// One for all event loops, as the daemon has one audit log.
final class ChainedLog: Sendable {
    private struct State {
        var hash = [UInt8](repeating: 0, count: SHA256.digestSize)
        var buffer: [UInt8] = []
    }

    private let line: [UInt8]
    private let file: Int32
    private let key: SigningKey
    private let state = Mutex(State())

    init(line: Int, file: Int32, key: SigningKey) {
        self.line = [UInt8](repeating: 0x61, count: line)
        self.file = file
        self.key = key
    }

    /// Appends `count` lines. Blocks for a write to the page cache, as the daemon with `durability: write` does.
    func append(_ count: Int, signs: Bool) {
        state.withLock { state in
            state.buffer.removeAll(keepingCapacity: true)
            for _ in 0..<count {
                let start = state.buffer.count
                state.buffer += line
                state.buffer.replaceSubrange(start..<start + state.hash.count, with: state.hash)
                state.buffer.withUnsafeBytes { bytes in
                    state.hash.withUnsafeMutableBytes { SHA256.hash(UnsafeRawBufferPointer(rebasing: bytes[start...]), into: $0) }
                }
            }
            if signs {
                do { state.buffer += try state.hash.withUnsafeBytes { try key.sign($0) } } catch { fatalError("Ed25519 failed: \(error)") }
            }
            guard state.buffer.withUnsafeBytes({ write(file, $0.baseAddress, $0.count) }) == state.buffer.count else {
                fatalError("the log cannot be written")
            }
        }
    }
}
