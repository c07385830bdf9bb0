public import KCMCrypto
internal import Synchronization

/// Shares one ``SecretBytes`` among everyone who uses a key; wiped when the last one lets go.
public final class SecretKey: Sendable {
    /// The key's bytes, in locked memory.
    public let bytes: SecretBytes
    /// The bytes as a parsed key: parsing costs what a signature does, so it is done once, on first use.
    private let parsed = Mutex<AsymmetricKey?>(nil)

    /// Takes the bytes over.
    public init(_ bytes: consuming SecretBytes) { self.bytes = bytes }

    /// The bytes as an RSA or elliptic-curve key. An object has one format, so `parse` is the same each time.
    func asymmetricKey(_ parse: (borrowing SecretBytes) throws(CryptoError) -> AsymmetricKey) throws(CryptoError) -> AsymmetricKey {
        if let key = parsed.withLock({ $0 }) { return key }
        let key = try parse(bytes)
        parsed.withLock { $0 = key }
        return key
    }
}
