internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// A message that is signed, or whose signature is checked, in parts: its digest so far and what is to be done with it.
final class SignatureWork: DigestingWork {
    private let use: SignatureUse
    private let hash: HashWork

    init(_ use: SignatureUse) throws(OperationFailure) {
        self.use = use
        hash = try HashWork(use.scheme.hash)
    }

    func update(_ data: ByteBuffer) throws(OperationFailure) { try hash.update(data) }

    /// The signature of the message; the work is done then.
    func sign() throws(OperationFailure) -> [UInt8] { try use.sign(hash.finish()) }

    /// Whether the signature is the message's; the work is done then.
    func isValid(_ signature: ByteBuffer) throws(OperationFailure) -> Bool { try use.isValid(signature, for: hash.finish()) }
}

extension SignatureUse {
    /// The signature of a digest.
    func sign(_ digest: [UInt8]) throws(OperationFailure) -> [UInt8] {
        try digest.withUnsafeBytes { digest in
            CryptoFailure.result { () throws(CryptoError) in try key.sign(digest: digest, scheme) }
        }.get()
    }

    /// Whether a signature is the digest's.
    func isValid(_ signature: ByteBuffer, for digest: [UInt8]) throws(OperationFailure) -> Bool {
        try digest.withUnsafeBytes { digest in
            CryptoFailure.result { () throws(CryptoError) in
                try signature.withReadable { (signature) throws(CryptoError) in
                    try key.isValid(signature: signature, digest: digest, scheme)
                }
            }
        }.get()
    }
}
