internal import KCMCrypto
internal import KMIP

/// How a key and Cryptographic Parameters come together to one message authentication code (KMIP 1.4 §4.33).
struct MACUse {
    let key: SecretKey
    let algorithm: MACAlgorithm

    /// The algorithm is the request's, or that of the key's own parameters, or the key's: an AES key may serve an HMAC. A block
    /// cipher stands for its CMAC.
    /// - Throws: *Feature Not Supported* or *Illegal Operation* where key and parameters do not fit.
    init(_ sent: CryptographicParameters?, for object: KeyObject) throws(OperationFailure) {
        guard object.objectType == .symmetricKey || object.objectType == .secretData, let material = object.material,
            case .keyBytes = material.form
        else { throw OperationFailure(.illegalOperation, "The object is not a symmetric key or secret that the server can use") }
        key = material.key
        let own = object.rules.parameters
        guard let algorithm = sent?.cryptographicAlgorithm ?? own?.cryptographicAlgorithm ?? object.rules.algorithm else {
            throw OperationFailure(.invalidField, "Neither the request nor the key states a Cryptographic Algorithm")
        }
        switch algorithm {
        case .hmacMD5: self.algorithm = .hmac(.md5)
        case .hmacSHA1: self.algorithm = .hmac(.sha1)
        case .hmacSHA224: self.algorithm = .hmac(.sha224)
        case .hmacSHA256: self.algorithm = .hmac(.sha256)
        case .hmacSHA384: self.algorithm = .hmac(.sha384)
        case .hmacSHA512: self.algorithm = .hmac(.sha512)
        case .hmacSHA3_224: self.algorithm = .hmac(.sha3_224)
        case .hmacSHA3_256: self.algorithm = .hmac(.sha3_256)
        case .hmacSHA3_384: self.algorithm = .hmac(.sha3_384)
        case .hmacSHA3_512: self.algorithm = .hmac(.sha3_512)
        case .aes, .tripleDES:
            guard object.rules.algorithm == algorithm else {
                throw OperationFailure(.featureNotSupported, "The parameters are for another cipher than the key")
            }
            let mode = sent?.blockCipherMode ?? .cmac
            guard mode == .cmac else { throw OperationFailure(.featureNotSupported, "The Block Cipher Mode \(mode) makes no MAC here; CMAC does") }
            self.algorithm = .cmac(algorithm == .aes ? .aes : .tripleDES)
        default: throw OperationFailure(.featureNotSupported, "\(algorithm) makes no MAC here; HMAC and CMAC are served")
        }
    }

    /// Begins a message.
    func stream() throws(OperationFailure) -> MACWork {
        do throws(CryptoError) { return MACWork(try MACStream(algorithm, key: key.bytes)) } catch { throw CryptoFailure.failure(error) }
    }
}
