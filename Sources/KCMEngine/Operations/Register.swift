internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// Register (KMIP 1.4 §4.3): an object of the client's making.
struct Register: ServedOperation {
    let request: RegisterRequest

    init(_ request: RegisterRequest) { self.request = request }

    var target: OperationTarget { .new(level: OperationTarget.level(request.templateAttribute.attributes), request.objectType) }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        guard request.object.objectType == request.objectType else {
            throw OperationFailure(.invalidField, "Object Type does not match the object that was sent")
        }
        var attributes = try await engine.take(request.templateAttribute, in: context)
        let material = try take(&attributes)
        try checkWrappingLevel(context)
        let object = try await engine.guarding { () async throws in
            try engine.newObject(request.objectType, attributes: attributes, material: material, isServerMade: false, in: context)
        }
        return OperationResult(made: try await engine.store(object, in: context))
    }

    /// The object's bytes, and the attributes that follow from them.
    private func take(_ attributes: inout AttributeSet) throws(OperationFailure) -> Material {
        switch request.object {
        case .symmetricKey(let block), .publicKey(let block), .privateKey(let block):
            let material = try take(block)
            try complete(&attributes, from: block, material)
            return material
        case .secretData(let type, let block):
            let material = try take(block, secretDataType: type.rawValue)
            try complete(&attributes, from: block, nil)
            return material
        case .splitKey(let key):
            guard key.parts > 0, (1...key.parts).contains(key.identifier), (1...key.parts).contains(key.threshold) else {
                throw OperationFailure(.invalidField, "Key Part Identifier and Split Key Threshold are from 1 to Split Key Parts")
            }
            guard key.method != .polynomialSharingPrimeField || key.primeFieldSize != nil else {
                throw OperationFailure(.invalidField, "Prime Field Size is missing")
            }
            let material = try take(key.keyBlock, heading: Self.heading { key.encodeHeading(to: &$0) })
            try complete(&attributes, from: key.keyBlock, nil)
            return material
        case .pgpKey(let version, let block):
            let material = try take(block, heading: Self.heading { $0.integer(.pgpKeyVersion, version) })
            try complete(&attributes, from: block, nil)
            return material
        case .certificate(let type, let value):
            try CertificateAttributes.set(&attributes, type, Array(value.readableBytesView))
            return Material(form: .value(type: type.rawValue), key: try secret(value))
        case .opaque(let type, let value): return Material(form: .value(type: type), key: try secret(value))
        case .template(let content):
            // Taken as a client would set them, so that whoever uses the template later meets no surprise.
            _ = try AttributeIntake.take(content)
            var writer = TTLVWriter()
            for attribute in content { attribute.encode(to: &writer) }
            return Material(form: .value(type: 0), key: try secret(writer.buffer))
        }
    }

    private static func heading(_ write: (inout TTLVWriter) -> Void) -> [UInt8] {
        var writer = TTLVWriter()
        write(&writer)
        return Array(writer.buffer.readableBytesView)
    }

    /// Copies bytes of a message into locked memory.
    private func secret(_ bytes: ByteBuffer) throws(OperationFailure) -> SecretKey {
        do { return SecretKey(try SecretBytes(copying: bytes)) } catch { throw Engine.failure(for: error) }
    }

    private func take(_ block: KeyBlock, secretDataType: UInt32 = 0, heading: [UInt8] = []) throws(OperationFailure) -> Material {
        guard block.keyCompressionType == nil else {
            throw OperationFailure(.keyCompressionTypeNotSupported, "The Key Compression Type is not served")
        }
        let form: Material.Form
        let key: SecretKey
        switch block.keyValue {
        case nil:
            // The server keeps the attributes of a key that is somewhere else (KMIP 1.2).
            form = .absent(block.keyFormatType)
            key = try secret(ByteBuffer())
        case .bytes(let bytes, _) where block.keyWrappingData != nil:
            // Wrapped without encoding (KMIP 1.4 §2.1.5): the Key Material is what the wrapping gave.
            form = .wrappedMaterial(block.keyFormatType, wrappingData: try wrappingData(block))
            key = try secret(bytes)
        case .bytes(let bytes, _):
            guard request.objectType != .symmetricKey || block.keyFormatType == .raw || block.keyFormatType == .opaque else {
                throw OperationFailure(.keyFormatTypeNotSupported, "Symmetric keys of the format \(block.keyFormatType) are not taken; Raw is")
            }
            form = .keyBytes(block.keyFormatType)
            key = try secret(bytes)
        case .structure(let items, _) where block.keyFormatType == .transparentSymmetricKey:
            // A transparent symmetric key holds its bytes and nothing else (KMIP 1.4 §2.1.7.1); it is kept and served as Raw.
            form = .keyBytes(.raw)
            key = try secret(try transparentKey(items))
        case .structure(let items, _):
            form = .keyStructure(block.keyFormatType)
            key = try secret(items)
        case .wrapped(let bytes):
            form = .wrappedKey(block.keyFormatType, wrappingData: try wrappingData(block))
            key = try secret(bytes)
        }
        return Material(form: form, secretDataType: secretDataType, heading: heading, key: key)
    }

    /// The items of Key Wrapping Data, as they came, once they were read.
    private func wrappingData(_ block: KeyBlock) throws(OperationFailure) -> [UInt8] {
        guard let items = block.keyWrappingData else {
            throw OperationFailure(.invalidField, "The Key Value is a Byte String, and Key Wrapping Data is missing")
        }
        do throws(KMIPError) { _ = try block.wrapping() } catch {
            throw OperationFailure(.invalidMessage, "The Key Wrapping Data is not well-formed: \(error)")
        }
        return Array(items.readableBytesView)
    }

    /// A key that came wrapped names what opens it: never a key of a level that this one has nothing to do with.
    private func checkWrappingLevel(_ context: OperationContext) throws(OperationFailure) {
        guard let wrapping = try? request.object.keyBlock?.wrapping() else { return }
        for key in [wrapping.encryptionKeyInformation, wrapping.macSignatureKeyInformation] {
            if let key { _ = try WrappingKey.isElsewhere(key.uniqueIdentifier, context) }
        }
    }

    private func transparentKey(_ items: ByteBuffer) throws(OperationFailure) -> ByteBuffer {
        var reader = TTLVReader(items: items)
        if let item = try? reader.next(), item.tag == .key, let bytes = try? reader.bytes(item), reader.isAtEnd { return bytes }
        throw OperationFailure(.invalidField, "A transparent symmetric key holds one item, Key")
    }

    /// Fills in algorithm and length from the Key Block, and refuses what contradicts it or the key itself.
    private func complete(_ attributes: inout AttributeSet, from block: KeyBlock, _ material: Material?) throws(OperationFailure) {
        if let algorithm = block.cryptographicAlgorithm {
            guard attributes.algorithm == nil || attributes.algorithm == algorithm else {
                throw OperationFailure(.invalidField, "Cryptographic Algorithm differs between attribute and Key Block")
            }
            attributes.set(.cryptographicAlgorithm, .enumeration(algorithm.rawValue))
        }
        var length = block.cryptographicLength
        if let stated = attributes.length {
            guard length == nil || length == stated else {
                throw OperationFailure(.invalidField, "Cryptographic Length differs between attribute and Key Block")
            }
            length = stated
        }
        if request.objectType == .symmetricKey, let material, case .keyBytes = material.form {
            let actual = Int32(clamping: material.key.bytes.count * 8)
            // A DES key counts without its parity bits in some clients, so only AES is held to its length.
            if attributes.algorithm == .aes {
                guard [128, 192, 256].contains(actual) else {
                    throw OperationFailure(.invalidField, "The Key Material has \(actual) bits; an AES key has 128, 192 or 256")
                }
                guard length == nil || length == actual else {
                    throw OperationFailure(.invalidField, "Cryptographic Length does not match the Key Material")
                }
            }
            length = length ?? actual
        }
        if let length { attributes.set(.cryptographicLength, .integer(length)) }
    }
}
