internal import KCMCrypto
internal import KMIP
internal import NIOCore

extension HashAlgorithm {
    /// The hash of a Hashing Algorithm.
    /// - Throws: *Feature Not Supported* for MD2, MD4, Tiger, Whirlpool and unknown ones.
    init(_ algorithm: HashingAlgorithm) throws(OperationFailure) {
        switch algorithm {
        case .md5: self = .md5
        case .sha1: self = .sha1
        case .sha224: self = .sha224
        case .sha256: self = .sha256
        case .sha384: self = .sha384
        case .sha512: self = .sha512
        case .ripemd160: self = .ripemd160
        case .sha512_224: self = .sha512_224
        case .sha512_256: self = .sha512_256
        case .sha3_224: self = .sha3_224
        case .sha3_256: self = .sha3_256
        case .sha3_384: self = .sha3_384
        case .sha3_512: self = .sha3_512
        default: throw OperationFailure(.featureNotSupported, "The Hashing Algorithm \(algorithm) is not served")
        }
    }

    /// The digest of a message's bytes.
    func digest(_ data: ByteBuffer) throws(OperationFailure) -> [UInt8] {
        try CryptoFailure.guarding { () throws(CryptoError) in
            try data.withReadable { (data) throws(CryptoError) in try hash(data) }
        }
    }
}
