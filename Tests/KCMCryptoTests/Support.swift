import Testing
@testable import KCMCrypto

/// The bytes that hexadecimal digits show.
func hex(_ text: String) -> [UInt8] { Hexadecimal.bytes(text) ?? [] }

func secret(_ bytes: [UInt8]) throws -> SecretBytes { try SecretBytes(count: bytes.count) { $0.copyBytes(from: bytes) } }

/// ``SymmetricCipher`` over arrays.
func encrypt(
    _ data: [UInt8],
    with cipher: SymmetricCipher = .aes,
    key: [UInt8],
    mode: BlockCipherMode,
    padding: BlockPadding = .none,
    iv: [UInt8] = [],
    aad: [UInt8] = [],
    tagLength: Int = 0
) throws -> (ciphertext: [UInt8], tag: [UInt8]) {
    var output = [UInt8](repeating: 0xee, count: try cipher.outputSize(encrypting: data.count, mode: mode, padding: padding))
    var tag = [UInt8](repeating: 0, count: tagLength)
    let key = try secret(key)
    let count = try data.withUnsafeBytes { data in
        try iv.withUnsafeBytes { iv in
            try aad.withUnsafeBytes { aad in
                try tag.withUnsafeMutableBytes { tag in
                    try output.withUnsafeMutableBytes {
                        try cipher.encrypt(data, key: key, mode: mode, padding: padding, iv: iv, aad: aad, tag: tag, into: $0)
                    }
                }
            }
        }
    }
    return (Array(output.prefix(count)), tag)
}

/// ``SymmetricCipher`` over arrays; `output` shows what was left behind on failure.
func decrypt(
    _ data: [UInt8],
    with cipher: SymmetricCipher = .aes,
    key: [UInt8],
    mode: BlockCipherMode,
    padding: BlockPadding = .none,
    iv: [UInt8] = [],
    aad: [UInt8] = [],
    tag: [UInt8] = [],
    output: inout [UInt8]
) throws -> [UInt8] {
    output = [UInt8](repeating: 0xee, count: data.count)
    let key = try secret(key)
    let count = try data.withUnsafeBytes { data in
        try iv.withUnsafeBytes { iv in
            try aad.withUnsafeBytes { aad in
                try tag.withUnsafeBytes { tag in
                    try output.withUnsafeMutableBytes {
                        try cipher.decrypt(data, key: key, mode: mode, padding: padding, iv: iv, aad: aad, tag: tag, into: $0)
                    }
                }
            }
        }
    }
    return Array(output.prefix(count))
}

func decrypt(
    _ data: [UInt8],
    with cipher: SymmetricCipher = .aes,
    key: [UInt8],
    mode: BlockCipherMode,
    padding: BlockPadding = .none,
    iv: [UInt8] = [],
    aad: [UInt8] = [],
    tag: [UInt8] = []
) throws -> [UInt8] {
    var output: [UInt8] = []
    return try decrypt(data, with: cipher, key: key, mode: mode, padding: padding, iv: iv, aad: aad, tag: tag, output: &output)
}
