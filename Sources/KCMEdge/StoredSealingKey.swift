internal import KMIP
internal import NIOCore

/// A generation of a tenant's sealing key as the store holds it: ciphertext that Core made, and what Core needs to open it.
///
/// The plaintext is 64 bytes: the sealing key, then the key that blinds the index.
struct StoredSealingKey {
    /// The L3 key at Core.
    let keyIdentifier: String
    let iv: [UInt8]
    let ciphertext: [UInt8]
    let tag: [UInt8]

    static let plaintextSize = 64
    private static let format: UInt8 = 1

    init(keyIdentifier: String, iv: [UInt8], ciphertext: [UInt8], tag: [UInt8]) {
        self.keyIdentifier = keyIdentifier
        self.iv = iv
        self.ciphertext = ciphertext
        self.tag = tag
    }

    var encoded: [UInt8] {
        var buffer = ByteBuffer()
        buffer.writeInteger(Self.format)
        for part in [Array(keyIdentifier.utf8), iv, ciphertext, tag] {
            buffer.writeInteger(UInt16(truncatingIfNeeded: part.count))
            buffer.writeBytes(part)
        }
        return Array(buffer.readableBytesView)
    }

    /// `nil` where the bytes are not of this format.
    init?(_ bytes: [UInt8]) {
        var buffer = ByteBuffer(bytes: bytes)
        guard buffer.readInteger(as: UInt8.self) == Self.format else { return nil }
        var parts: [[UInt8]] = []
        for _ in 0..<4 {
            guard let size = buffer.readInteger(as: UInt16.self), let part = buffer.readBytes(length: Int(size)) else { return nil }
            parts.append(part)
        }
        guard buffer.readableBytes == 0, parts[3].count == 16 else { return nil }
        self.init(keyIdentifier: String(decoding: parts[0], as: UTF8.self), iv: parts[1], ciphertext: parts[2], tag: parts[3])
    }

    /// Binds the ciphertext to its place: Core refuses to open it as another tenant's or generation's.
    static func additionalData(tenant: String, generation: UInt32) -> ByteBuffer {
        ByteBuffer(string: "openkcm sealing key\n\(tenant)\n\(generation)")
    }

    static let parameters = CryptographicParameters(blockCipherMode: .gcm, randomIV: true, tagLength: 16)
}
