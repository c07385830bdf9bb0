internal import KCMCrypto
internal import KMIP

/// Create Split Key (KMIP 1.4 §4.38): splits a key of the server, or a new one that nobody ever sees whole.
struct CreateSplitKey: ServedOperation {
    let request: CreateSplitKeyRequest

    init(_ request: CreateSplitKeyRequest) { self.request = request }

    var target: OperationTarget { .new(level: OperationTarget.level(request.templateAttribute.attributes), .splitKey) }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        guard request.objectType == .splitKey else { throw OperationFailure(.invalidField, "What is made are objects of the type Split Key") }
        var attributes = try await engine.take(request.templateAttribute, in: context)
        let secret: SecretKey
        if let identifier = request.uniqueIdentifier {
            secret = try take(try await engine.loadRelated(identifier, context), &attributes, at: context.now)
        } else {
            secret = try Self.make(&attributes)
        }
        let prime = try self.prime(for: secret)
        let first = part(1, prime)
        let sharing = try first.sharing()
        let objects: [KeyObject]
        do {
            let shares = try await LongComputation.run { () throws(OperationFailure) in
                do { return SecretKey(try sharing.split(secret.bytes)) } catch let error as CryptoError {
                    throw CryptoFailure.failure(error)
                } catch { throw Engine.failure(for: error) }
            }
            let size = sharing.shareSize(of: secret.bytes.count)
            objects = try (1...request.splitKeyParts).map { identifier in
                let share = try shares.bytes.withUnsafeBytes { (shares) throws in
                    try SecretBytes(copying: UnsafeRawBufferPointer(rebasing: shares[(Int(identifier) - 1) * size..<Int(identifier) * size]))
                }
                let material = Material(form: .keyBytes(.raw), heading: part(identifier, prime).heading, key: SecretKey(share))
                return try engine.newObject(.splitKey, attributes: attributes, material: material, isServerMade: true, in: context)
            }
        } catch let error as CryptoError {
            throw CryptoFailure.failure(error)
        } catch { throw Engine.failure(for: error) }
        let stored = try await engine.commit(in: context) { () async throws(OperationFailure) in objects.map { .create($0) } }
        return try OperationResult { (writer) throws(OperationFailure) in
            for object in stored { writer.text(.uniqueIdentifier, object.uniqueIdentifier) }
            return OperationTrace(made: stored[0])
        }
    }

    private func part(_ identifier: Int32, _ prime: [UInt8]?) -> SplitKeyPart {
        SplitKeyPart(
            parts: request.splitKeyParts, identifier: identifier, threshold: request.splitKeyThreshold, method: request.splitKeyMethod, prime: prime
        )
    }

    /// The client's prime, or one that is large enough.
    private func prime(for secret: SecretKey) throws(OperationFailure) -> [UInt8]? {
        guard request.splitKeyMethod == .polynomialSharingPrimeField else { return nil }
        if let sent = request.primeFieldSize {
            guard let first = sent.first, first < 0x80, sent.count <= SecretSharing.maximumPrimeSize else {
                throw OperationFailure(.invalidField, "Prime Field Size is a prime of up to \(SecretSharing.maximumPrimeSize) bytes")
            }
            return Array(sent.drop { $0 == 0 })
        }
        do throws(CryptoError) { return try SecretSharing.prime(for: secret.bytes.count) } catch {
            throw OperationFailure(.invalidField, "Prime Field Size is required for a key of this length")
        }
    }

    /// A key of the server; what it says of itself goes before what the request says.
    private func take(_ key: KeyObject, _ attributes: inout AttributeSet, at now: Int64) throws(OperationFailure) -> SecretKey {
        // Whoever joins the parts has the same key as a new object: what was revoked must not come back so, nor be used without limit.
        guard [.preActive, .active].contains(key.state(at: now)) else {
            throw OperationFailure(.permissionDenied, "The object is \(key.state(at: now)); it is not split any more")
        }
        guard key.rules.usageLimits == nil else { throw OperationFailure(.permissionDenied, "An object with Usage Limits is not split") }
        guard [.symmetricKey, .privateKey, .secretData].contains(key.objectType) else {
            throw OperationFailure(.invalidField, "Symmetric Keys, Private Keys and Secret Data are split")
        }
        guard let material = key.material, case .keyBytes = material.form else {
            throw OperationFailure(.illegalOperation, "The object is not held as bytes that can be split")
        }
        for name: AttributeName in [.cryptographicAlgorithm, .cryptographicLength] { attributes.set(name, key.attributes[name]) }
        if attributes.usageMask == nil { attributes.set(.cryptographicUsageMask, key.attributes[.cryptographicUsageMask]) }
        attributes.inheritProtection(from: [key])
        return material.key
    }

    private static func make(_ attributes: inout AttributeSet) throws(OperationFailure) -> SecretKey {
        guard attributes.algorithm == .aes, [128, 192, 256].contains(attributes.length ?? 256) else {
            throw OperationFailure(.invalidField, "New keys to split are AES keys of 128, 192 or 256 bits")
        }
        let length = attributes.length ?? 256
        attributes.set(.cryptographicLength, .integer(length))
        do { return SecretKey(try SecretBytes.random(count: Int(length) / 8)) } catch { throw Engine.failure(for: error) }
    }
}
