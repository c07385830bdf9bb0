internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// Get (KMIP 1.4 §4.11): key bytes go from locked memory straight into the response.
struct Get: ObjectOperation {
    let request: GetRequest

    init(_ request: GetRequest) { self.request = request }

    var uniqueIdentifier: String? { request.uniqueIdentifier }

    func perform(
        on object: KeyObject,
        in engine: Engine,
        _ context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace {
        guard !object.isDestroyed else { throw OperationFailure(.permissionDenied, "The object is destroyed") }
        if engine.rules.keysNeverLeave || object.attributes.flag(.extractable) == false {
            if request.keyWrappingSpecification != nil {
                throw OperationFailure(.notExtractable, "The object is not Extractable")
            }
            throw engine.rules.keysNeverLeave || object.attributes.flag(.sensitive) == true
                ? OperationFailure(.sensitive, "The object is Sensitive: its value never leaves the server")
                : OperationFailure(.notExtractable, "The object is not Extractable")
        }
        if request.keyWrappingSpecification != nil {
            throw OperationFailure(.featureNotSupported, "Get with a Key Wrapping Specification is not served")
        }
        if object.attributes.flag(.sensitive) == true {
            throw OperationFailure(.sensitive, "The object is Sensitive: its value leaves the server wrapped only")
        }
        guard let material = object.material else {
            throw OperationFailure(.illegalOperation, "The server does not hold the value of the object")
        }
        if request.keyCompressionType != nil {
            throw OperationFailure(.keyCompressionTypeNotSupported, "The Key Compression Type is not served")
        }
        try checkFormat(request.keyFormatType, of: material)

        writer.enumeration(.objectType, object.objectType)
        writer.text(.uniqueIdentifier, object.uniqueIdentifier)
        let mark: Int
        switch object.objectType {
        case .symmetricKey: mark = writer.beginStructure(.symmetricKey)
        case .publicKey: mark = writer.beginStructure(.publicKey)
        case .privateKey: mark = writer.beginStructure(.privateKey)
        case .secretData:
            mark = writer.beginStructure(.secretData)
            writer.enumerationValue(.secretDataType, material.secretDataType)
        case .opaqueObject:
            mark = writer.beginStructure(.opaqueObject)
            if case .value(let type) = material.form { writer.enumerationValue(.opaqueDataType, type) }
            writer.bytes(.opaqueDataValue, material)
            writer.endStructure(mark)
            return OperationTrace(object)
        default: throw OperationFailure(.illegalOperation, "Objects of this type cannot be fetched")
        }
        writer.keyBlock(material, algorithm: object.rules.algorithm, length: object.rules.length)
        writer.endStructure(mark)
        return OperationTrace(object)
    }

    private func checkFormat(_ asked: KeyFormatType?, of material: Material) throws(OperationFailure) {
        guard let asked else { return }
        switch material.form {
        case .keyBytes(let format), .keyStructure(let format), .wrappedKey(let format, _):
            guard format == asked else {
                throw OperationFailure(.keyFormatTypeNotSupported, "The object is held as \(format) and is not converted to \(asked)")
            }
        case .value: throw OperationFailure(.keyFormatTypeNotSupported, "The object has no Key Format Type")
        }
    }
}

extension TTLVWriter {
    /// A Byte String whose value is a material's bytes, copied once, from locked memory into the message.
    mutating func bytes(_ tag: Tag, _ material: Material) {
        let key = material.key
        bytes(tag, capacity: key.bytes.count) { room in
            key.bytes.withUnsafeBytes { room.copyMemory(from: $0) }
            return key.bytes.count
        }
    }

    /// A Key Block with a material's bytes in the form they have.
    mutating func keyBlock(_ material: Material, algorithm: CryptographicAlgorithm?, length: Int32?) {
        switch material.form {
        case .keyBytes(let format):
            keyBlock(format: format, algorithm: algorithm, length: length) { writer in
                writer.keyValue { $0.bytes(.keyMaterial, material) }
            }
        case .keyStructure(let format):
            keyBlock(format: format, algorithm: algorithm, length: length) { writer in
                writer.keyValue { writer in
                    let mark = writer.beginStructure(.keyMaterial)
                    writer.raw(material.key.bytes.withUnsafeBytes { ByteBuffer(bytes: $0) })
                    writer.endStructure(mark)
                }
            }
        case .wrappedKey(let format, let wrappingData):
            keyBlock(format: format, algorithm: algorithm, length: length) { writer in
                writer.bytes(.keyValue, material)
            } wrappingData: { writer in
                let mark = writer.beginStructure(.keyWrappingData)
                writer.raw(ByteBuffer(bytes: wrappingData))
                writer.endStructure(mark)
            }
        case .value: break
        }
    }
}
