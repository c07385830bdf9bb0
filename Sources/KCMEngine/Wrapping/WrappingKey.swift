internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// The key that wraps or unwraps another one (KMIP 1.4 §2.1.5), and the one place that decides where it is.
enum WrappingKey {
    /// A key of this server.
    case local(KeyObject)
    /// A key that never comes here: an L3 key, asked for at Edge. Core would have to wrap with it.
    case elsewhere(String)

    /// Finds the key that Encryption Key Information names, checks that it may be used so, and charges its Usage Limits.
    /// - Parameters:
    ///   - purpose: Wrap Key or Unwrap Key.
    ///   - bytes: what Usage Limits in bytes are charged with.
    /// - Throws: *Item Not Found*, *Illegal Operation* where it is no key, *Permission Denied* where it may not be used so.
    static func find(
        _ identifier: String,
        for purpose: KeyPurpose,
        bytes: Int,
        in engine: Engine,
        _ context: OperationContext
    ) async throws(OperationFailure) -> WrappingKey {
        if try isElsewhere(identifier, context) { return .elsewhere(identifier) }
        let object = try await engine.load(identifier, context)
        guard [.symmetricKey, .publicKey, .privateKey].contains(object.objectType) else {
            throw OperationFailure(.illegalOperation, "The object that Encryption Key Information names is not a key")
        }
        return .local(try await engine.use(identifier, for: purpose, bytes: bytes, in: context))
    }

    /// Whether the key is one of Core's, while the request is for an object at Edge.
    /// - Throws: *Permission Denied* where the levels exclude one another: wrapping crosses no other border (design §2).
    static func isElsewhere(_ identifier: String, _ context: OperationContext) throws(OperationFailure) -> Bool {
        guard let level = UniqueIdentifier.level(of: identifier), level != context.level else { return false }
        guard context.level == .l4, level == .l3 else {
            throw OperationFailure(.permissionDenied, "Keys of the level \(level.name) do not wrap \(context.level.name) objects here")
        }
        return true
    }

    /// What a wrapping key made of a key value.
    struct Wrapped {
        var bytes: ByteBuffer
        /// `nil` for modes without one.
        var iv: ByteBuffer?
    }

    /// Encrypts a key value.
    /// - Throws: *Cryptographic Failure* and others as Encrypt does.
    func wrap(_ value: SecretKey, _ parameters: CryptographicParameters?) async throws(OperationFailure) -> Wrapped {
        switch self {
        case .elsewhere: throw Self.notServed
        case .local(let key) where key.objectType == .symmetricKey:
            var parameters = parameters ?? key.rules.parameters ?? CryptographicParameters()
            // Whoever unwraps reads the IV out of Key Wrapping Data, so nobody has to send one.
            parameters.randomIV = true
            let use = try BlockCipherUse(parameters, for: key)
            return try Self.encrypt(value, use)
        case .local(let key):
            let use = try PublicKeyEncryptionUse(parameters, for: key)
            let bytes = try CryptoFailure.guarding { () throws(CryptoError) in
                try value.bytes.withUnsafeBytes { (value) throws(CryptoError) in try use.key.encrypt(value, use.padding) }
            }
            return Wrapped(bytes: ByteBuffer(bytes: bytes))
        }
    }

    /// Decrypts a wrapped key value.
    /// - Throws: *Cryptographic Failure* and others as Decrypt does.
    func unwrap(_ wrapped: SecretKey, iv: ByteBuffer?, _ parameters: CryptographicParameters?) async throws(OperationFailure) -> SecretKey {
        switch self {
        case .elsewhere: throw Self.notServed
        case .local(let key) where key.objectType == .symmetricKey:
            let use = try BlockCipherUse(parameters, for: key)
            return try Self.decrypt(wrapped, use, iv: try use.statedInitializationVector(iv))
        case .local(let key):
            let use = try PublicKeyEncryptionUse(parameters, for: key)
            return try Self.secret(room: use.key.modulusSize) { (output) throws(CryptoError) in
                try wrapped.bytes.withUnsafeBytes { (data) throws(CryptoError) in try use.key.decrypt(data, use.padding, into: output) }
            }
        }
    }

    /// The hook for wrapping under keys of Core: to be replaced by Encrypt and Decrypt there.
    private static let notServed = OperationFailure(
        .featureNotSupported, "Wrapping under an L3 key, which never leaves Core, is not served; wrap under an L4 key"
    )

    // MARK: Block ciphers; the tag of an authenticated mode stands behind the ciphertext

    private static func encrypt(_ value: SecretKey, _ use: BlockCipherUse) throws(OperationFailure) -> Wrapped {
        let (iv, isServerMade) = try use.initializationVector(nil)
        let capacity = try CryptoFailure.guarding { () throws(CryptoError) in
            try use.cipher.outputSize(encrypting: value.bytes.count, mode: use.mode, padding: use.padding)
        }
        var output = [UInt8](repeating: 0, count: capacity + use.tagLength)
        let written: Result<Int, OperationFailure> = output.withUnsafeMutableBytes { output in
            CryptoFailure.result { () throws(CryptoError) in
                try value.bytes.withUnsafeBytes { (value) throws(CryptoError) in
                    try iv.withReadable { (iv) throws(CryptoError) in
                        try use.cipher.encrypt(
                            value,
                            key: use.key.bytes,
                            mode: use.mode,
                            padding: use.padding,
                            iv: iv,
                            aad: UnsafeRawBufferPointer(start: nil, count: 0),
                            tag: UnsafeMutableRawBufferPointer(rebasing: output[capacity...]),
                            into: UnsafeMutableRawBufferPointer(rebasing: output[..<capacity])
                        )
                    }
                }
            }
        }
        _ = try written.get()
        return Wrapped(bytes: ByteBuffer(bytes: output), iv: isServerMade ? iv : nil)
    }

    private static func decrypt(_ wrapped: SecretKey, _ use: BlockCipherUse, iv: ByteBuffer) throws(OperationFailure) -> SecretKey {
        let size = wrapped.bytes.count - use.tagLength
        guard size > 0 else { throw OperationFailure(.cryptographicFailure, "The wrapped key is too short") }
        return try secret(room: size) { (output) throws(CryptoError) in
            try wrapped.bytes.withUnsafeBytes { (wrapped) throws(CryptoError) in
                try iv.withReadable { (iv) throws(CryptoError) in
                    try use.cipher.decrypt(
                        UnsafeRawBufferPointer(rebasing: wrapped[..<size]),
                        key: use.key.bytes,
                        mode: use.mode,
                        padding: use.padding,
                        iv: iv,
                        aad: UnsafeRawBufferPointer(start: nil, count: 0),
                        tag: UnsafeRawBufferPointer(rebasing: wrapped[size...]),
                        into: output
                    )
                }
            }
        }
    }

    /// Locked memory that `fill` writes to, cut to what it wrote.
    private static func secret(
        room: Int,
        _ fill: (UnsafeMutableRawBufferPointer) throws(CryptoError) -> Int
    ) throws(OperationFailure) -> SecretKey {
        do {
            var written = 0
            let whole = try SecretBytes(count: room) { written = try fill($0) }
            return SecretKey(written == room ? whole : try whole.prefix(written))
        } catch let error as CryptoError {
            throw CryptoFailure.failure(error)
        } catch { throw Engine.failure(for: error) }
    }
}
