internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// Register (KMIP 1.4 §4.3): a symmetric key, secret data or opaque object of the client's making.
struct Register: ServedOperation {
    let request: RegisterRequest

    init(_ request: RegisterRequest) { self.request = request }

    var target: OperationTarget { .new(level: OperationTarget.level(request.templateAttribute.attributes), request.objectType) }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        guard request.object.objectType == request.objectType else {
            throw OperationFailure(.invalidField, "Object Type does not match the object that was sent")
        }
        var attributes = try AttributeIntake.take(request.templateAttribute)
        let material: Material?
        switch request.object {
        case .symmetricKey(let block):
            material = try take(block, secretDataType: 0)
            try complete(&attributes, from: block, material)
        case .secretData(let type, let block):
            material = try take(block, secretDataType: type.rawValue)
            try complete(&attributes, from: block, nil)
        case .opaque(let type, let value): material = Material(form: .value(type: type), key: try secret(value))
        case .publicKey, .privateKey, .certificate, .splitKey, .template, .pgpKey:
            throw OperationFailure(.featureNotSupported, "Objects of the type \(request.objectType) are not registered here")
        }
        let object = try await engine.guarding { () async throws in
            try engine.newObject(request.objectType, attributes: attributes, material: material, isServerMade: false, in: context)
        }
        return OperationResult(made: try await engine.store(object, in: context))
    }

    /// Copies bytes of a message into locked memory.
    private func secret(_ bytes: ByteBuffer) throws(OperationFailure) -> SecretKey {
        do { return SecretKey(try SecretBytes(copying: bytes)) } catch { throw Engine.failure(for: error) }
    }

    private func take(_ block: KeyBlock, secretDataType: UInt32) throws(OperationFailure) -> Material? {
        guard block.keyCompressionType == nil else {
            throw OperationFailure(.keyCompressionTypeNotSupported, "The Key Compression Type is not served")
        }
        switch block.keyValue {
        case nil: return nil
        case .bytes(let bytes, _):
            guard block.keyFormatType == .raw || block.keyFormatType == .opaque else {
                throw OperationFailure(.keyFormatTypeNotSupported, "Keys of the format \(block.keyFormatType) are not taken; Raw is")
            }
            return Material(form: .keyBytes(block.keyFormatType), secretDataType: secretDataType, key: try secret(bytes))
        case .structure(let items, _):
            guard block.keyFormatType == .transparentSymmetricKey else {
                throw OperationFailure(.keyFormatTypeNotSupported, "Keys of the format \(block.keyFormatType) are not taken; Raw is")
            }
            // A transparent symmetric key holds its bytes and nothing else (KMIP 1.4 §2.1.7.1); it is kept and served as Raw.
            return Material(form: .keyBytes(.raw), secretDataType: secretDataType, key: try secret(try transparentKey(items)))
        case .wrapped(let bytes):
            guard let wrappingData = block.keyWrappingData else {
                throw OperationFailure(.invalidField, "The Key Value is a Byte String, and Key Wrapping Data is missing")
            }
            let form = Material.Form.wrappedKey(block.keyFormatType, wrappingData: Array(wrappingData.readableBytesView))
            return Material(form: form, secretDataType: secretDataType, key: try secret(bytes))
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
        if let material, case .keyBytes = material.form {
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
