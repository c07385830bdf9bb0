internal import KMIP

/// The symmetric keys that are made here.
enum SymmetricKeySizes {
    private static let hmacs: Set<CryptographicAlgorithm> = [
        .hmacSHA1, .hmacSHA224, .hmacSHA256, .hmacSHA384, .hmacSHA512, .hmacSHA3_224, .hmacSHA3_256, .hmacSHA3_384, .hmacSHA3_512,
    ]

    /// What a Cryptographic Length means in bytes.
    /// - Parameter length: in bits; `nil`: the longest key of the algorithm, for an HMAC 256.
    /// - Returns: the length to state, in bits, and the size of the key, in bytes. A 3DES key counts without its parity bits: 168 bits
    ///   are 24 bytes.
    /// - Throws: *Invalid Field* for a length that the algorithm does not have; *Feature Not Supported* for another algorithm.
    static func size(of algorithm: CryptographicAlgorithm, length: Int32?) throws(OperationFailure) -> (length: Int32, bytes: Int) {
        switch algorithm {
        case .aes:
            let length = length ?? 256
            if [128, 192, 256].contains(length) { return (length, Int(length) / 8) }
        case .tripleDES:
            switch length ?? 168 {
            case 168: return (168, 24)
            case 112: return (112, 16)
            case 192: return (192, 24)
            case 128: return (128, 16)
            default: break
            }
        case _ where hmacs.contains(algorithm):
            let length = length ?? 256
            if (64...4096).contains(length), length % 8 == 0 { return (length, Int(length) / 8) }
        default:
            throw OperationFailure(.featureNotSupported, "Keys of the algorithm \(algorithm) are not made; AES, 3DES and HMAC keys are")
        }
        throw OperationFailure(.invalidField, "A Cryptographic Length of \(length ?? 0) bits is not one that \(algorithm) has")
    }
}
