public import KCMCrypto

/// Shares one ``SecretBytes`` among everyone who uses a key; wiped when the last one lets go.
public final class SecretKey: Sendable {
    /// The key's bytes, in locked memory.
    public let bytes: SecretBytes

    /// Takes the bytes over.
    public init(_ bytes: consuming SecretBytes) { self.bytes = bytes }
}
