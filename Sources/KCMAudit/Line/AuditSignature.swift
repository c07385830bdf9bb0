internal import KCMCrypto

/// What a signed line signs: a label, so that no signature of the log means anything elsewhere, and the SHA-256 of the line up to,
/// and without, `,"sig"`. The hash of the line before is among those bytes, and with it everything earlier.
enum AuditSignature {
    private static let label = Array("OpenKCM audit 1:".utf8)

    private static func message(_ line: UnsafeRawBufferPointer) -> [UInt8] { label + SHA256.hash(line) }

    static func sign(_ line: UnsafeRawBufferPointer, with key: SigningKey) throws(CryptoError) -> [UInt8] {
        let signed: Result<[UInt8], CryptoError> = message(line).withUnsafeBytes { message in
            do throws(CryptoError) { return .success(try key.sign(message)) } catch { return .failure(error) }
        }
        return try signed.get()
    }

    static func isValid(_ signature: [UInt8], for line: UnsafeRawBufferPointer, key: VerifyingKey) -> Bool {
        message(line).withUnsafeBytes { key.isValid(signature: signature, for: $0) }
    }
}
