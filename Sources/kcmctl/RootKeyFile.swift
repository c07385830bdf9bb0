internal import KCMCrypto

/// The key file of the `file` root of trust: a heading, then a version and 64 hex digits a line.
enum RootKeyFile {
    private static let heading = "kcm-root-key-1\n1 "

    /// Writes a file with a new key as its version 1. The key and its digits stay in locked memory.
    static func write(to path: String) throws {
        let key = try SecretBytes.random(count: 32)
        let prefix = Array(heading.utf8)
        let text = try SecretBytes(count: prefix.count + key.count * 2 + 1) { bytes in
            bytes.copyBytes(from: prefix)
            key.withUnsafeBytes { key in
                for (index, byte) in key.enumerated() {
                    bytes[prefix.count + index * 2] = Hexadecimal.digit(byte >> 4)
                    bytes[prefix.count + index * 2 + 1] = Hexadecimal.digit(byte & 0x0f)
                }
            }
            bytes[bytes.count - 1] = UInt8(ascii: "\n")
        }
        try text.withUnsafeBytes { (bytes) throws in try Files.write(bytes, to: path, mode: 0o600) }
    }
}
