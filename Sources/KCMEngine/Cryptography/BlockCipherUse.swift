internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// How a key and Cryptographic Parameters come together to one use of a block cipher (KMIP 1.4 §3.6, §4.29). What the request leaves
/// open, the key's own parameters say.
struct BlockCipherUse {
    let key: SecretKey
    let cipher: SymmetricCipher
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
        let algorithm = sent?.cryptographicAlgorithm ?? object.rules.algorithm
        switch algorithm {
        case .some(.aes): cipher = .aes
        case .some(.tripleDES): cipher = .tripleDES
        default: throw OperationFailure(.featureNotSupported, "Keys for AES and 3DES are served, with parameters for the same algorithm")
        }
        guard object.rules.algorithm == algorithm else {
            throw OperationFailure(.featureNotSupported, "The parameters are for another algorithm than the key")
        }
        key = material.key
        makesRandomIV = sent?.randomIV ?? own?.randomIV ?? false
        statedIVLength = (sent?.ivLength ?? own?.ivLength).map { Int($0) / 8 }
        guard let blockMode = sent?.blockCipherMode ?? own?.blockCipherMode else {
            throw OperationFailure(.invalidField, "Neither the request nor the key states a Block Cipher Mode")
        }
        mode = try Self.mode(blockMode)
        // Padding has a meaning for whole-block modes only; elsewhere it is a harmless habit of clients.
        padding = mode.hasBlocks ? try Self.padding(sent?.paddingMethod ?? own?.paddingMethod) : .none
        if mode.isAuthenticated {
            let length = Int(sent?.tagLength ?? own?.tagLength ?? 16)
            guard (4...16).contains(length), mode == .gcm || length % 2 == 0 else {
                throw OperationFailure(.generalFailure, "A Tag Length of \(length) bytes is not possible; it is from 4 to 16, for CCM even")
            }
            tagLength = length
        } else {
            tagLength = 0
        }
    }

    private static func mode(_ mode: KMIP.BlockCipherMode) throws(OperationFailure) -> KCMCrypto.BlockCipherMode {
        switch mode {
        case .ecb: .ecb
        case .cbc: .cbc
        case .ctr: .ctr
        case .gcm, .aead: .gcm
        case .cfb: .cfb
        case .ofb: .ofb
        case .ccm: .ccm
        case .xts: .xts
        case .nistKeyWrap: .nistKeyWrap
        case .aesKeyWrapPadding: .keyWrapPadding
        default: throw OperationFailure(.featureNotSupported, "The Block Cipher Mode \(mode) is not served here")
        }
    }

    private static func padding(_ method: PaddingMethod?) throws(OperationFailure) -> BlockPadding {
        switch method {
        case nil, .some(PaddingMethod.noPadding): .none
        case .some(.pkcs5): .pkcs5
        case .some(.zeros): .zeros
        case .some(.ansiX9_23): .ansiX9_23
        case .some(.iso10126): .iso10126
        case .some(.ssl3): .ssl3
        case .some(let method): throw OperationFailure(.featureNotSupported, "The Padding Method \(method) is none of block ciphers")
        }
    }

    /// The IV to use, and whether the server made it.
    func initializationVector(_ sent: ByteBuffer?) throws(OperationFailure) -> (ByteBuffer, isServerMade: Bool) {
        if let sent { return (mode.hasIV ? sent : ByteBuffer(), false) }
        guard mode.hasIV else { return (ByteBuffer(), false) }
        guard makesRandomIV else {
            throw OperationFailure(.invalidMessage, "IV/Counter/Nonce is missing, and Random IV is not set")
        }
        let length = mode.isAuthenticated ? statedIVLength ?? 12 : cipher.blockSize
        // A random IV below 96 bits would soon repeat, and a repeated one breaks GCM and CCM.
        guard !mode.isAuthenticated || (12...(mode == .gcm ? 128 : 13)).contains(length) else {
            throw OperationFailure(.invalidField, "A random IV has 96 to 1024 bits for GCM, 96 or 104 for CCM")
        }
        var buffer = ByteBuffer()
        var filled = Result<Void, OperationFailure>.success(())
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { bytes in
            filled = CryptoFailure.result { () throws(CryptoError) in try Random.fill(UnsafeMutableRawBufferPointer(rebasing: bytes[..<length])) }
            return length
        }
        try filled.get()
        return (buffer, true)
    }

    /// The IV to decrypt with.
    func statedInitializationVector(_ sent: ByteBuffer?) throws(OperationFailure) -> ByteBuffer {
        guard mode.hasIV else { return ByteBuffer() }
        guard let sent else { throw OperationFailure(.invalidMessage, "IV/Counter/Nonce is missing") }
        return sent
    }

    /// The additional data to authenticate; only authenticated modes take any.
    func additionalData(_ sent: ByteBuffer?) throws(OperationFailure) -> ByteBuffer {
        guard let sent, sent.readableBytes > 0 else { return ByteBuffer() }
        guard mode.isAuthenticated else {
            throw OperationFailure(.invalidField, "Authenticated Encryption Additional Data needs an authenticated mode")
        }
        return sent
    }
}
