internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// How the objects and the parameters of Derive Key come together to one derivation (KMIP 1.4 §4.6).
struct Derivation {
    private let method: DerivationMethod
    private let parameters: DerivationParameters
    private let base: KeyObject
    private let key: SecretKey
    /// What is hashed, encrypted or authenticated; `nil` where nothing was given.
    private let data: SecretKey?

    /// PBKDF2 beyond this takes seconds. In iterations, all blocks of the result together.
    private static let maximumIterations = 10_000_000
    /// What the blocks of a result go through together, in bytes: each block goes through the salt or the data once more.
    private static let maximumWork = 64 << 20

    /// - Parameter bases: a key or password, and behind it the Secret Data to derive over, where there is no Derivation Data.
    /// - Throws: *Invalid Message* where both are there; *Invalid Field* for objects that have no part in the method.
    init(_ request: DeriveKeyRequest, _ bases: [KeyObject]) throws(OperationFailure) {
        method = request.derivationMethod
        parameters = request.derivationParameters
        // The key first, however they are named; a password alone is one.
        let base = bases.first { $0.objectType == .symmetricKey } ?? bases[0]
        let others = bases.filter { $0 !== base }
        guard let key = base.material?.key, others.count <= 1, others.allSatisfy({ $0.objectType == .secretData }) else {
            throw OperationFailure(.invalidField, "A key or secret, and one Secret Data object to derive over, are taken")
        }
        self.base = base
        self.key = key
        if let other = others.first {
            guard parameters.derivationData == nil else {
                throw OperationFailure(.invalidMessage, "Derivation Data and a Secret Data object to derive over exclude one another")
            }
            data = other.material?.key
        } else if let sent = parameters.derivationData {
            do { data = SecretKey(try SecretBytes(copying: sent)) } catch { throw Engine.failure(for: error) }
        } else {
            data = nil
        }
    }

    /// Derives `count` bytes.
    /// - Throws: *Invalid Field* for parameters that are missing or are none of the method; *Cryptographic Failure* where the method
    ///   gives fewer bytes.
    func derive(_ count: Int) async throws(OperationFailure) -> SecretKey {
        switch method {
        case .pbkdf2: return try await LongComputation.run { () throws(OperationFailure) in try self.pbkdf2(count) }
        case .hash: return try hash(count)
        case .hmac:
            let algorithm = try hmac()
            let data = try requiredData()
            return try guarding { SecretKey(try data.bytes.withUnsafeBytes { try KeyDerivation.mac($0, key: key.bytes, algorithm, count: count) }) }
        case .encrypt: return try encrypt(count)
        case .nist800_108C: return try sp800_108(.counter, count)
        case .nist800_108F:
            return try sp800_108(.feedback(iv: parameters.initializationVector.map { Array($0.readableBytesView) } ?? []), count)
        case .nist800_108DPI: return try sp800_108(.doublePipeline, count)
        default: throw OperationFailure(.invalidField, "The Derivation Method \(method) is not served")
        }
    }

    private func pbkdf2(_ count: Int) throws(OperationFailure) -> SecretKey {
        guard data == nil else { throw OperationFailure(.invalidMessage, "The password is the object; PBKDF2 takes no other data") }
        guard let salt = parameters.salt, let iterations = parameters.iterationCount else {
            throw OperationFailure(.invalidField, "Salt and Iteration Count are required")
        }
        let hash = try statedHash() ?? .sha1
        let blocks = (count + hash.digestSize - 1) / hash.digestSize
        try checkWork(salt.readableBytes, blocks)
        guard iterations > 0, Int(iterations) * blocks <= Self.maximumIterations else {
            throw OperationFailure(.invalidField, "An Iteration Count from 1 to \(Self.maximumIterations), for each block of the hash, is served")
        }
        return try guarding {
            try salt.withUnsafeReadableBytes {
                SecretKey(try KeyDerivation.pbkdf2(key.bytes, salt: $0, iterations: Int(iterations), hash: hash, count: count))
            }
        }
    }

    private func hash(_ count: Int) throws(OperationFailure) -> SecretKey {
        guard let hash = try statedHash() else { throw OperationFailure(.invalidField, "Neither the request nor the key states a Hashing Algorithm") }
        let input = data ?? key
        return try guarding { SecretKey(try input.bytes.withUnsafeBytes { try KeyDerivation.hash($0, hash, count: count) }) }
    }

    private func encrypt(_ count: Int) throws(OperationFailure) -> SecretKey {
        let data = try requiredData()
        let use = try BlockCipherUse(parameters.cryptographicParameters, for: base)
        let iv = try use.statedInitializationVector(parameters.initializationVector)
        let capacity = try CryptoFailure.guarding { () throws(CryptoError) in
            try use.cipher.outputSize(encrypting: data.bytes.count, mode: use.mode, padding: use.padding)
        }
        return try guarding {
            let whole = try SecretBytes(count: capacity + use.tagLength) { output in
                _ = try data.bytes.withUnsafeBytes { data in
                    try iv.withUnsafeReadableBytes { iv in
                        try use.cipher.encrypt(
                            data,
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
            // The tag of an authenticated mode is no part of what is derived.
            guard count <= capacity else { throw CryptoError(.length, "the ciphertext is shorter") }
            return SecretKey(try whole.prefix(count))
        }
    }

    private func sp800_108(_ mode: KeyDerivation.Mode, _ count: Int) throws(OperationFailure) -> SecretKey {
        let fixed = try requiredData()
        let prf: MACAlgorithm
        if let hash = try statedHash() {
            prf = .hmac(hash)
        } else {
            prf = try MACUse(parameters.cryptographicParameters, for: base).algorithm
        }
        let iv = parameters.initializationVector?.readableBytes ?? 0
        try checkWork(fixed.bytes.count + iv, (count + prf.size - 1) / prf.size)
        return try guarding {
            SecretKey(try fixed.bytes.withUnsafeBytes { try KeyDerivation.sp800_108(mode, key: key.bytes, fixed: $0, prf: prf, count: count) })
        }
    }

    private func checkWork(_ bytes: Int, _ blocks: Int) throws(OperationFailure) {
        guard bytes * blocks <= Self.maximumWork else {
            throw OperationFailure(.invalidField, "The salt or Derivation Data is too long for a result of this length")
        }
    }

    // MARK: Parameters

    private func statedHash() throws(OperationFailure) -> HashAlgorithm? {
        guard let stated = parameters.cryptographicParameters?.hashingAlgorithm ?? base.rules.parameters?.hashingAlgorithm else { return nil }
        return try HashAlgorithm(stated)
    }

    /// A key for an HMAC says which; others have it stated (KMIP 1.4 §4.6).
    private func hmac() throws(OperationFailure) -> MACAlgorithm {
        if base.objectType == .symmetricKey, let own = try? MACUse(nil, for: base).algorithm, case .hmac = own { return own }
        guard let hash = try statedHash() else { throw OperationFailure(.invalidField, "Neither the key nor the request states a Hashing Algorithm") }
        return .hmac(hash)
    }

    private func requiredData() throws(OperationFailure) -> SecretKey {
        guard let data else { throw OperationFailure(.invalidField, "Derivation Data is required, or a Secret Data object to derive over") }
        return data
    }

    private func guarding(_ body: () throws -> SecretKey) throws(OperationFailure) -> SecretKey {
        do { return try body() } catch let error as CryptoError {
            if error.code == .length { throw OperationFailure(.cryptographicFailure, "The method gives fewer bytes, or does not take the data") }
            throw CryptoFailure.failure(error)
        } catch { throw Engine.failure(for: error) }
    }
}
