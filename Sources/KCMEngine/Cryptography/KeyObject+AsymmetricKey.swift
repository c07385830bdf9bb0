internal import KCMCrypto
internal import KMIP

extension KeyObject {
    /// The object's RSA or elliptic-curve key, or that of its certificate; read once for as long as the object is in memory.
    /// - Throws: *Illegal Operation* for an object that has none, *Key Format Type Not Supported*, *Cryptographic Failure* where the
    ///   bytes are not what the format says.
    func asymmetricKey() throws(OperationFailure) -> AsymmetricKey {
        guard let material else { throw OperationFailure(.illegalOperation, "The object has no key that the server can use") }
        let encoding: AsymmetricKey.Encoding?
        var transparent: KeyFormatType?
        switch (objectType, material.form) {
        case (.privateKey, .keyBytes(.pkcs1)): encoding = .pkcs1Private
        case (.privateKey, .keyBytes(.pkcs8)): encoding = .pkcs8
        case (.privateKey, .keyBytes(.ecPrivateKey)): encoding = .sec1
        case (.publicKey, .keyBytes(.pkcs1)): encoding = .pkcs1Public
        case (.publicKey, .keyBytes(.x509)): encoding = .subjectPublicKeyInfo
        case (.certificate, .value(CertificateType.x509.rawValue)): encoding = .certificate
        case (.privateKey, .keyStructure(let format)) where format == .transparentRSAPrivateKey || TransparentKey.curvePrivate.contains(format),
            (.publicKey, .keyStructure(let format)) where format == .transparentRSAPublicKey || TransparentKey.curvePublic.contains(format):
            (encoding, transparent) = (nil, format)
        case (.privateKey, .keyBytes(let format)), (.publicKey, .keyBytes(let format)),
            (.privateKey, .keyStructure(let format)), (.publicKey, .keyStructure(let format)):
            throw OperationFailure(.keyFormatTypeNotSupported, "Keys of the format \(format) are kept, not used")
        default: throw OperationFailure(.illegalOperation, "The object is not a public or private key that the server can use")
        }
        do throws(CryptoError) {
            return try material.key.asymmetricKey { (bytes) throws(CryptoError) in
                if let encoding { return try AsymmetricKey(der: bytes, encoding: encoding) }
                return try bytes.withUnsafeBytes { (items) throws(CryptoError) in try TransparentKey.read(items, transparent ?? .raw) }
            }
        } catch {
            if error.code == .unsupported { throw OperationFailure(.featureNotSupported, "The server does not use keys of this kind, curve or size") }
            throw OperationFailure(.cryptographicFailure, "The object's bytes are not a key in the format that was stated")
        }
    }
}
