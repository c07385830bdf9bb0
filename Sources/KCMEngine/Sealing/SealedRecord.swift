internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// A record as the store holds it: a clear header and a body sealed with AES-256-GCM.
///
/// Layout, big-endian: format (1 byte, 1), part (1), level (1), 0, object type (4), state (4), generation (4), revision (8),
/// nonce (12), ciphertext, tag (16). The additional data is the header with the tenant and the identifier behind it, each with
/// its length: a record that was moved, swapped or edited does not open (design §2).
struct SealedRecord {
    /// Which half of an object a record holds. They are sealed apart so that destroying the material needs no key.
    enum Part: UInt8 {
        case attributes = 1
        case material = 2
    }

    struct Header: Equatable {
        var part: Part
        var level: Level
        var objectType: UInt32
        var state: UInt32
        var generation: UInt32
        var revision: UInt64
    }

    static let headerSize = 24
    static let nonceSize = 12
    static let tagSize = 16
    private static let format: UInt8 = 1

    /// Seals `body` under `key`.
    /// - Throws: `CryptoError`.
    static func seal(_ body: borrowing SecretBytes, header: Header, tenant: String, identifier: String, key: SecretKey) throws -> [UInt8] {
        let head = encode(header)
        let additional = head + binding(tenant, identifier)
        var record = head + (try Random.bytes(nonceSize))
        record.append(contentsOf: repeatElement(0, count: body.count + tagSize))
        try record.withUnsafeMutableBytes { record in
            let nonce = UnsafeRawBufferPointer(rebasing: record[headerSize..<headerSize + nonceSize])
            let output = UnsafeMutableRawBufferPointer(rebasing: record[(headerSize + nonceSize)...])
            try body.withUnsafeBytes { body in
                try additional.withUnsafeBytes { additional in
                    _ = try AES.encrypt(
                        body,
                        key: key.bytes,
                        mode: .gcm,
                        padding: .none,
                        iv: nonce,
                        aad: additional,
                        tag: UnsafeMutableRawBufferPointer(rebasing: output[body.count...]),
                        into: UnsafeMutableRawBufferPointer(rebasing: output[..<body.count])
                    )
                }
            }
        }
        return record
    }

    /// The clear header; `nil` where the bytes are no record of this format.
    static func header(of record: [UInt8]) -> Header? {
        guard record.count >= headerSize + nonceSize + tagSize, record[0] == format, record[3] == 0,
            let part = Part(rawValue: record[1]), let level = Level(rawValue: record[2])
        else { return nil }
        func integer<I: FixedWidthInteger>(_ offset: Int, _: I.Type) -> I {
            record[offset..<offset + MemoryLayout<I>.size].reduce(0) { $0 << 8 | I($1) }
        }
        return Header(
            part: part,
            level: level,
            objectType: integer(4, UInt32.self),
            state: integer(8, UInt32.self),
            generation: integer(12, UInt32.self),
            revision: integer(16, UInt64.self)
        )
    }

    /// Opens a record.
    /// - Throws: `CryptoError`; `.authentication` where it was changed, moved, or sealed under another key.
    static func open(_ record: [UInt8], tenant: String, identifier: String, key: SecretKey) throws -> SecretBytes {
        let additional = Array(record[..<headerSize]) + binding(tenant, identifier)
        return try SecretBytes(count: record.count - headerSize - nonceSize - tagSize) { output in
            try record.withUnsafeBytes { record in
                let sealed = record[(headerSize + nonceSize)...]
                try additional.withUnsafeBytes { additional in
                    _ = try AES.decrypt(
                        UnsafeRawBufferPointer(rebasing: sealed.dropLast(tagSize)),
                        key: key.bytes,
                        mode: .gcm,
                        padding: .none,
                        iv: UnsafeRawBufferPointer(rebasing: record[headerSize..<headerSize + nonceSize]),
                        aad: additional,
                        tag: UnsafeRawBufferPointer(rebasing: sealed.suffix(tagSize)),
                        into: output
                    )
                }
            }
        }
    }

    private static func encode(_ header: Header) -> [UInt8] {
        var bytes: [UInt8] = [format, header.part.rawValue, header.level.rawValue, 0]
        func append(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) } }
        append(header.objectType)
        append(header.state)
        append(header.generation)
        append(header.revision)
        return bytes
    }

    private static func binding(_ tenant: String, _ identifier: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for text in [tenant, identifier] {
            withUnsafeBytes(of: UInt32(text.utf8.count).bigEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: text.utf8)
        }
        return bytes
    }
}
