internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// How an RSA key and Cryptographic Parameters come together to encrypt or decrypt (KMIP 1.4 §3.6, §4.29). What the request leaves
/// open, the key's own parameters say.
struct PublicKeyEncryptionUse {
    let key: AsymmetricKey
    let padding: EncryptionPadding

    /// - Throws: *Invalid Field* where something needed is not stated; *Feature Not Supported*, *Illegal Operation*,
    ///   *Key Format Type Not Supported* where key and parameters do not fit.
    init(_ sent: CryptographicParameters?, for object: KeyObject) throws(OperationFailure) {
        key = try object.asymmetricKey()
        guard key.kind == .rsa, sent?.cryptographicAlgorithm ?? .rsa == .rsa else {
            throw OperationFailure(.featureNotSupported, "Of public and private keys only RSA keys encrypt, with parameters for RSA")
        }
        let own = object.rules.parameters
        switch sent?.paddingMethod ?? own?.paddingMethod {
        case .some(.oaep):
            guard let hash = try SignatureUse.hash(sent?.hashingAlgorithm ?? own?.hashingAlgorithm) else {
                throw OperationFailure(.invalidField, "Neither the request nor the key states a Hashing Algorithm for OAEP")
            }
            guard (sent?.maskGenerator ?? own?.maskGenerator ?? .mgf1) == .mgf1 else {
                throw OperationFailure(.featureNotSupported, "The Mask Generator is not served; MGF1 is")
            }
            let mask = try SignatureUse.hash(sent?.maskGeneratorHashingAlgorithm ?? own?.maskGeneratorHashingAlgorithm) ?? hash
            let label = (sent?.pSource ?? own?.pSource).map { Array($0.readableBytesView) } ?? []
            padding = .oaep(hash, mask: mask, label: label)
        case .some(.pkcs1V1_5): padding = .pkcs1
        case nil: throw OperationFailure(.invalidField, "Neither the request nor the key states a Padding Method")
        case .some(let method):
            throw OperationFailure(.featureNotSupported, "The Padding Method \(method) does not encrypt with RSA here; OAEP and PKCS1 v1.5 do")
        }
    }
}
