internal import COpenSSL

/// Key bytes: in locked memory that is left out of core dumps, owned by one place, wiped when that place lets go.
///
/// Not copyable, so no copy is made by accident; it has no description and cannot be printed.
///
/// `@unchecked Sendable`: the memory belongs to this value alone, it is written only in the initialiser, and afterwards every
/// access is a read until `deinit`, which runs when no reader is left.
public struct SecretBytes: ~Copyable, @unchecked Sendable {
    private let block: LockedArena.Block
    private var base: UnsafeMutableRawPointer { block.start }
    /// Length in bytes.
    public let count: Int

    /// Takes memory for `count` bytes and lets `body` fill it; it is zero before.
    /// - Throws: `CryptoError` `.lockedMemory` where no locked memory is to be had, and what `body` throws: then the bytes are wiped.
    public init(count: Int, initializingWith body: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
        let memory = try LockedArena.shared.allocate(count)
        do { try body(UnsafeMutableRawBufferPointer(start: memory.start, count: count)) } catch {
            LockedArena.shared.release(memory, count)
            throw error
        }
        block = memory
        self.count = count
    }

    /// Copies bytes in; wiping the source is the caller's part.
    public init(copying bytes: UnsafeRawBufferPointer) throws {
        try self.init(count: bytes.count) { $0.copyMemory(from: bytes) }
    }

    /// Fresh random bytes from OpenSSL's private generator.
    /// - Throws: `CryptoError`.
    public static func random(count: Int) throws -> SecretBytes {
        try SecretBytes(count: count) { bytes in
            guard RAND_priv_bytes(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(bytes.count)) == 1 else {
                throw CryptoError.openSSL("the random generator failed")
            }
        }
    }

    /// Reads the bytes in place; the pointer is not to leave `body`.
    public borrowing func withUnsafeBytes<R: ~Copyable, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// A second, independent copy.
    public borrowing func copy() throws -> SecretBytes {
        try withUnsafeBytes { (bytes) throws in try SecretBytes(copying: bytes) }
    }

    /// Compares in constant time; lengths are not secret.
    public borrowing func isEqual(to other: borrowing SecretBytes) -> Bool {
        count == other.count && CRYPTO_memcmp(base, other.base, count) == 0
    }

    /// The locked memory that it takes, in bytes: ``count`` in a whole block.
    public var footprint: Int { LockedArena.blockSize(for: count) }

    deinit { LockedArena.shared.release(block, count) }
}
