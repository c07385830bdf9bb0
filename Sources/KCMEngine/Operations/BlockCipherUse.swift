internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// How a key and Cryptographic Parameters come together to one use of a block cipher (KMIP 1.4 §3.6, §4.29).
struct BlockCipherUse {
    let key: SecretKey
    let mode: KCMCrypto.BlockCipherMode
    let padding: BlockPadding
    /// In bytes; 0 for modes without a tag.
    let tagLength: Int
    private let makesRandomIV: Bool
    /// In bytes, where the parameters state one.
    private let statedIVLength: Int?

    /// - Throws: *Invalid Field*, *Feature Not Supported* or *Illegal Operation* where key and parameters do not fit.
    init(_ sent: CryptographicParameters?, for object: KeyObject) throws(OperationFailure) {
        guard object.objectType == .symmetricKey, let material = object.material, case .keyBytes = material.form else {
            throw OperationFailure(.illegalOperation, "The object is not a symmetric key that the server can use")
        }
        let own = object.rules.parameters
        let parameters = sent ?? own ?? CryptographicParameters()
        guard (parameters.cryptographicAlgorithm ?? object.rules.algorithm) == .aes, object.rules.algorithm == .aes else {
            throw OperationFailure(.featureNotSupported, "Only AES keys are served, with parameters for AES")
        }
        key = material.key
        makesRandomIV = parameters.randomIV ?? false
        statedIVLength = parameters.ivLength.map { Int($0) / 8 }
        guard let blockMode = parameters.blockCipherMode ?? own?.blockCipherMode else {
            throw OperationFailure(.invalidField, "Neither the request nor the key states a Block Cipher Mode")
        }
        switch blockMode {
        case .ecb: mode = .ecb
        case .cbc: mode = .cbc
        case .ctr: mode = .ctr
        case .gcm, .aead: mode = .gcm
        case .nistKeyWrap: mode = .nistKeyWrap
        default: throw OperationFailure(.featureNotSupported, "The Block Cipher Mode \(blockMode) is not served")
        }
        switch parameters.paddingMethod {
        case nil, .some(PaddingMethod.noPadding): padding = .none
        case .some(.pkcs5):
            // Padding has a meaning for whole-block modes only; elsewhere it is a harmless habit of clients.
            padding = mode == .ecb || mode == .cbc ? .pkcs5 : .none
        case .some(let method): throw OperationFailure(.featureNotSupported, "The Padding Method \(method) is not served")
        }
        if mode == .gcm {
            let length = Int(parameters.tagLength ?? 16)
            guard (4...16).contains(length) else {
                throw OperationFailure(.generalFailure, "A Tag Length of \(length) bytes is not possible; GCM has 4 to 16")
            }
            tagLength = length
        } else {
            tagLength = 0
        }
    }

    var needsInitializationVector: Bool { mode == .cbc || mode == .ctr || mode == .gcm }

    /// The IV to use, and whether the server made it.
    func initializationVector(_ sent: ByteBuffer?) throws(OperationFailure) -> (ByteBuffer, isServerMade: Bool) {
        if let sent { return (needsInitializationVector ? sent : ByteBuffer(), false) }
        guard needsInitializationVector else { return (ByteBuffer(), false) }
        guard makesRandomIV else {
            throw OperationFailure(.invalidMessage, "IV/Counter/Nonce is missing, and Random IV is not set")
        }
        let length = mode == .gcm ? statedIVLength ?? 12 : AES.blockSize
        // A random IV below 96 bits would soon repeat, and a repeated one breaks GCM.
        guard mode != .gcm || (12...128).contains(length) else {
            throw OperationFailure(.invalidField, "A random IV for GCM has 96 to 1024 bits")
        }
        var buffer = ByteBuffer()
        let filled: Result<Void, OperationFailure> = result { () throws(CryptoError) in
            buffer.writeBytes(try Random.bytes(length))
        }
        try filled.get()
        return (buffer, true)
    }

    /// The additional data to authenticate; only authenticated modes take any.
    func additionalData(_ sent: ByteBuffer?) throws(OperationFailure) -> ByteBuffer {
        guard let sent, sent.readableBytes > 0 else { return ByteBuffer() }
        guard mode == .gcm else {
            throw OperationFailure(.invalidField, "Authenticated Encryption Additional Data needs an authenticated mode")
        }
        return sent
    }

    /// Streams come in parts (KMIP 1.3); one part that is the whole is taken.
    static func refuseStreaming(_ correlation: ByteBuffer?, _ begins: Bool?, _ ends: Bool?) throws(OperationFailure) {
        if correlation != nil || (begins == true && ends != true) || ends == false {
            throw OperationFailure(.featureNotSupported, "Operations in several parts are not served")
        }
    }

    /// Turns a failure of the cipher into the Result Reason of the standard, with a text that tells no oracle.
    func guarding<R>(_ body: () throws(CryptoError) -> R) throws(OperationFailure) -> R { try result(body).get() }

    func result<R>(_ body: () throws(CryptoError) -> R) -> Result<R, OperationFailure> {
        do throws(CryptoError) { return .success(try body()) } catch {
            switch error.code {
            case .authentication, .padding:
                return .failure(OperationFailure(.cryptographicFailure, "The data cannot be decrypted with this key and these parameters"))
            case .length:
                return .failure(OperationFailure(.cryptographicFailure, "The length of Data does not fit the mode and padding"))
            case .parameter:
                return .failure(OperationFailure(.cryptographicFailure, "The IV/Counter/Nonce or the tag has a length that the mode does not take"))
            default:
                InternalFailure.report(error)
                return .failure(OperationFailure(.cryptographicFailure, "The cryptographic operation failed"))
            }
        }
    }
}
