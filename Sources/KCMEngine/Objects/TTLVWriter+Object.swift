internal import KCMCrypto
internal import KMIP
internal import NIOCore

extension TTLVWriter {
    /// An object under the tag of its type, as Get answers with it.
    /// - Throws: *Illegal Operation* for a type that has no such form.
    mutating func object(_ object: KeyObject, _ material: Material) throws(OperationFailure) {
        let tag: Tag
        switch object.objectType {
        case .symmetricKey: tag = .symmetricKey
        case .publicKey: tag = .publicKey
        case .privateKey: tag = .privateKey
        case .secretData: tag = .secretData
        case .splitKey: tag = .splitKey
        case .pgpKey: tag = .pgpKey
        case .opaqueObject: tag = .opaqueObject
        case .certificate: tag = .certificate
        case .template: tag = .template
        default: throw OperationFailure(.illegalOperation, "Objects of this type cannot be fetched")
        }
        let mark = beginStructure(tag)
        switch (material.form, object.objectType) {
        case (.value, .template): raw(material.key.bytes.withUnsafeBytes { ByteBuffer(bytes: $0) })
        case (.value(let type), .certificate):
            enumerationValue(.certificateType, type)
            bytes(.certificateValue, material)
        case (.value(let type), _):
            enumerationValue(.opaqueDataType, type)
            bytes(.opaqueDataValue, material)
        default:
            if object.objectType == .secretData { enumerationValue(.secretDataType, material.secretDataType) }
            if !material.heading.isEmpty { raw(ByteBuffer(bytes: material.heading)) }
            keyBlock(material, algorithm: object.rules.algorithm, length: object.rules.length)
        }
        endStructure(mark)
    }

    /// A Byte String whose value is a material's bytes, copied once, from locked memory into the message.
    mutating func bytes(_ tag: Tag, _ material: Material) {
        let key = material.key
        bytes(tag, capacity: key.bytes.count) { room in
            key.bytes.withUnsafeBytes { room.copyMemory(from: $0) }
            return key.bytes.count
        }
    }

    /// A Key Value structure with a material's bytes as its Key Material.
    mutating func keyValue(_ material: Material, attributes: [Attribute] = []) {
        keyValue(attributes: attributes) { writer in
            if case .keyStructure = material.form {
                let mark = writer.beginStructure(.keyMaterial)
                material.key.bytes.withUnsafeBytes { writer.raw($0) }
                writer.endStructure(mark)
            } else {
                writer.bytes(.keyMaterial, material)
            }
        }
    }

    /// A Key Block with a material's bytes in the form they have.
    mutating func keyBlock(_ material: Material, algorithm: CryptographicAlgorithm?, length: Int32?) {
        switch material.form {
        case .keyBytes(let format), .keyStructure(let format):
            keyBlock(format: format, algorithm: algorithm, length: length) { $0.keyValue(material) }
        case .wrappedKey(.pkcs12, _): keyBlock(format: .pkcs12, algorithm: nil, length: nil) { $0.bytes(.keyValue, material) }
        case .wrappedKey(let format, let wrappingData), .wrappedMaterial(let format, let wrappingData):
            keyBlock(format: format, algorithm: algorithm, length: length) { writer in
                if case .wrappedKey = material.form { writer.bytes(.keyValue, material) } else { writer.keyValue(material) }
            } wrappingData: { writer in
                let mark = writer.beginStructure(.keyWrappingData)
                writer.raw(ByteBuffer(bytes: wrappingData))
                writer.endStructure(mark)
            }
        case .absent(let format): keyBlock(format: format, algorithm: algorithm, length: length) { _ in }
        case .value: break
        }
    }
}
