internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// Wraps an object for Get (KMIP 1.4 §2.1.5, §2.1.6), and unwraps one that came wrapped.
enum KeyWrapping {
    /// The material wrapped as a Key Wrapping Specification says.
    /// - Throws: the failures of KMIP 1.4 §11.12.
    static func wrap(
        _ material: Material,
        of object: KeyObject,
        _ specification: KeyWrappingSpecification,
        in engine: Engine,
        _ context: OperationContext
    ) async throws(OperationFailure) -> Material {
        guard specification.wrappingMethod == .encrypt, specification.macSignatureKeyInformation == nil else {
            throw OperationFailure(.featureNotSupported, "Of the Wrapping Methods, Encrypt is served")
        }
        guard let information = specification.encryptionKeyInformation else {
            throw OperationFailure(.invalidField, "Encryption Key Information is missing")
        }
        let format: KeyFormatType
        switch material.form {
        case .keyBytes(let held), .keyStructure(let held): format = held
        case .wrappedKey, .wrappedMaterial: throw OperationFailure(.illegalOperation, "The object is held wrapped already")
        case .absent: throw OperationFailure(.keyValueNotPresent, "The server does not hold the value of the object")
        case .value: throw OperationFailure(.illegalOperation, "Objects of this type have no Key Value to wrap")
        }
        let value = try plaintext(material, of: object, specification, context)
        let key = try await WrappingKey.find(information.uniqueIdentifier, for: .wrapKey, bytes: value.bytes.count, in: engine, context)
        let parameters = try checked(information.cryptographicParameters, key)
        let wrapped = try await key.wrap(value, parameters)

        var writer = TTLVWriter()
        // As asked: who wrapped, how, and which encoding; the IV is the server's.
        writer.enumeration(.wrappingMethod, specification.wrappingMethod)
        information.encode(as: .encryptionKeyInformation, to: &writer)
        if let iv = wrapped.iv { writer.bytes(.ivCounterNonce, iv) }
        if let encoding = specification.encodingOption { writer.enumeration(.encodingOption, encoding) }
        let wrappingData = Array(writer.buffer.readableBytesView)
        let form: Material.Form =
            specification.encodingOption == .noEncoding
            ? .wrappedMaterial(format, wrappingData: wrappingData) : .wrappedKey(format, wrappingData: wrappingData)
        do {
            let bytes = SecretKey(try SecretBytes(copying: wrapped.bytes))
            return Material(form: form, secretDataType: material.secretDataType, heading: material.heading, key: bytes)
        } catch { throw Engine.failure(for: error) }
    }

    /// What is encrypted: the TTLV of the Key Value with the attributes that are named, or, without encoding, the Key Material alone.
    private static func plaintext(
        _ material: Material,
        of object: KeyObject,
        _ specification: KeyWrappingSpecification,
        _ context: OperationContext
    ) throws(OperationFailure) -> SecretKey {
        switch specification.encodingOption {
        case .some(.noEncoding):
            guard specification.attributeNames.isEmpty else {
                throw OperationFailure(.encodingOptionError, "Without encoding, no attributes are wrapped with the key")
            }
            guard case .keyBytes = material.form else {
                throw OperationFailure(.encodingOptionError, "Key Material that is a structure is wrapped with TTLV Encoding only")
            }
            return material.key
        case nil, .some(.ttlvEncoding):
            guard Set(specification.attributeNames).count == specification.attributeNames.count else {
                throw OperationFailure(.invalidField, "An Attribute Name stands more than once")
            }
            let view = AttributeView(object, version: context.version, now: context.now)
            let attributes = specification.attributeNames.flatMap { view.instances(of: AttributeName(rawValue: $0)) }
            var writer = TTLVWriter()
            defer { writer.wipe() }
            writer.keyValue(material, attributes: attributes)
            do { return SecretKey(try SecretBytes(copying: writer.buffer)) } catch { throw Engine.failure(for: error) }
        case .some: throw OperationFailure(.encodingOptionError, "The Encoding Option is not known")
        }
    }

    /// The parameters to wrap with. Where the key has Cryptographic Parameters of its own, those sent have to agree with one of them
    /// (KMIP 1.4 §2.1.6); where it has none, those sent are taken.
    private static func checked(_ sent: CryptographicParameters?, _ key: WrappingKey) throws(OperationFailure) -> CryptographicParameters? {
        guard case .local(let object) = key else { return sent }
        let own = object.attributes.all(.cryptographicParameters).compactMap { AttributeSet([$0]).cryptographicParameters }
        guard let sent else {
            guard let first = own.first else {
                throw OperationFailure(.itemNotFound, "Neither the request nor the wrapping key has Cryptographic Parameters")
            }
            return first
        }
        guard own.isEmpty || own.contains(where: { $0.agrees(with: sent) }) else {
            throw OperationFailure(.itemNotFound, "The wrapping key does not have these Cryptographic Parameters")
        }
        return sent
    }

    /// The material of an object that was registered wrapped, as it was before (KMIP 1.4 §4.11, Key Wrap Type Not Wrapped).
    /// - Throws: as the unwrapping key's use does; *Cryptographic Failure* where what comes out is no Key Value.
    static func unwrap(_ material: Material, in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> Material {
        let format: KeyFormatType
        let items: [UInt8]
        switch material.form {
        case .wrappedKey(let held, let wrappingData), .wrappedMaterial(let held, let wrappingData): (format, items) = (held, wrappingData)
        default: return material
        }
        var reader = TTLVReader(items: ByteBuffer(bytes: items))
        guard let data = try? KeyWrappingData(from: &reader), data.wrappingMethod == .encrypt, data.macSignatureKeyInformation == nil,
            let information = data.encryptionKeyInformation
        else { throw OperationFailure(.featureNotSupported, "The object was wrapped in a way that the server does not unwrap") }
        let key = try await WrappingKey.find(information.uniqueIdentifier, for: .unwrapKey, bytes: material.key.bytes.count, in: engine, context)
        let value = try await key.unwrap(material.key, iv: data.iv, information.cryptographicParameters)
        if data.encodingOption == .noEncoding {
            return Material(form: .keyBytes(format), secretDataType: material.secretDataType, heading: material.heading, key: value)
        }
        return try read(value, format, like: material)
    }

    /// The Key Material inside of a TTLV-encoded Key Value; attributes that were wrapped with it stay where they are.
    private static func read(_ value: SecretKey, _ format: KeyFormatType, like material: Material) throws(OperationFailure) -> Material {
        let malformed = OperationFailure(.cryptographicFailure, "What was unwrapped is not a Key Value")
        // The reader works on a buffer of the message kind, which is overwritten afterwards.
        var buffer = value.bytes.withUnsafeBytes { ByteBuffer(bytes: $0) }
        defer { buffer.withUnsafeMutableReadableBytes { SecretBytes.wipe($0) } }
        do {
            var fields = try TTLVReader(message: buffer, tag: .keyValue)
            while let field = try fields.next() {
                guard field.tag == .keyMaterial else { continue }
                let isStructure = field.type == .structure
                let start = field.offset + 8
                let key = try value.bytes.withUnsafeBytes { (bytes) throws in
                    try SecretBytes(copying: UnsafeRawBufferPointer(rebasing: bytes[start..<start + field.length]))
                }
                return Material(
                    form: isStructure ? .keyStructure(format) : .keyBytes(format),
                    secretDataType: material.secretDataType,
                    heading: material.heading,
                    key: SecretKey(key)
                )
            }
            throw malformed
        } catch is KMIPError {
            throw malformed
        } catch { throw Engine.failure(for: error) }
    }
}

extension CryptographicParameters {
    /// Whether nothing that `sent` states is stated otherwise here.
    fileprivate func agrees(with sent: CryptographicParameters) -> Bool {
        func same<T: Equatable>(_ own: T?, _ sent: T?) -> Bool { own == nil || sent == nil || own == sent }
        return same(blockCipherMode, sent.blockCipherMode) && same(paddingMethod, sent.paddingMethod)
            && same(hashingAlgorithm, sent.hashingAlgorithm) && same(keyRoleType, sent.keyRoleType)
            && same(cryptographicAlgorithm, sent.cryptographicAlgorithm) && same(tagLength, sent.tagLength)
            && same(maskGenerator, sent.maskGenerator) && same(maskGeneratorHashingAlgorithm, sent.maskGeneratorHashingAlgorithm)
    }
}
