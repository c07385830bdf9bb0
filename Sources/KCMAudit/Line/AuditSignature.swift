internal import KCMCrypto

/// What a signed line signs: a label, so that no signature of the log means anything elsewhere, and the SHA-256 of the line up to,
/// and without, `,"sig"`. The hash of the line before is among those bytes, and with it everything earlier.
enum AuditSignature {
    private static let label: StaticString = "OpenKCM audit 1:"

    /// On the stack: this is done for each turn of an event loop.
    private static func withMessage<R>(_ line: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        let labelSize = label.utf8CodeUnitCount
        return withUnsafeTemporaryAllocation(byteCount: labelSize + SHA256.digestSize, alignment: 1) { message in
            message.copyMemory(from: UnsafeRawBufferPointer(start: label.utf8Start, count: labelSize))
            SHA256.hash(line, into: UnsafeMutableRawBufferPointer(rebasing: message[labelSize...]))
            return body(UnsafeRawBufferPointer(message))
        }
    }

    static func sign(_ line: UnsafeRawBufferPointer, with key: SigningKey) throws(CryptoError) -> [UInt8] {
        let signed: Result<[UInt8], CryptoError> = withMessage(line) { message in
            do throws(CryptoError) { return .success(try key.sign(message)) } catch { return .failure(error) }
        }
        return try signed.get()
    }

    static func isValid(_ signature: [UInt8], for line: UnsafeRawBufferPointer, key: VerifyingKey) -> Bool {
        withMessage(line) { key.isValid(signature: signature, for: $0) }
    }
}
