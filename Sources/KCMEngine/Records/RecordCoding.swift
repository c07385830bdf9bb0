internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// An object's attributes and material as the bodies of sealed records, and back.
enum RecordCoding {
    /// What a body says that is not an object.
    struct Malformed: Error {}

    // MARK: Attributes: a run of TTLV Attribute structures

    static func encode(_ attributes: AttributeSet) throws -> SecretBytes {
        var writer = TTLVWriter()
        for attribute in attributes.entries { attribute.encode(to: &writer) }
        return try SecretBytes(copying: writer.buffer)
    }

    static func attributes(_ body: borrowing SecretBytes) throws -> AttributeSet {
        let buffer = body.withUnsafeBytes { ByteBuffer(bytes: $0) }
        var reader = TTLVReader(items: buffer)
        var entries: [Attribute] = []
        while let item = try reader.next() {
            var fields = try reader.structure(item)
            let attribute = try Attribute(from: &fields)
            entries.append(Attribute(attribute.name, index: attribute.index ?? 0, attribute.value))
        }
        return AttributeSet(entries)
    }

    // MARK: Material: kind (1 byte), three 4-byte numbers, wrapping data and heading with their lengths, and the bytes

    private static let materialHeaderSize = 1 + 4 + 4 + 4 + 4

    static func encode(_ material: Material) throws -> SecretBytes {
        let (kind, number, wrapping): (UInt8, UInt32, [UInt8]) =
            switch material.form {
            case .keyBytes(let format): (1, format.rawValue, [])
            case .keyStructure(let format): (2, format.rawValue, [])
            case .wrappedKey(let format, let wrapping): (3, format.rawValue, wrapping)
            case .value(let type): (4, type, [])
            case .absent(let format): (5, format.rawValue, [])
            case .wrappedMaterial(let format, let wrapping): (6, format.rawValue, wrapping)
            }
        let heading = material.heading
        return try material.key.bytes.withUnsafeBytes { key in
            try SecretBytes(count: materialHeaderSize + wrapping.count + heading.count + key.count) { body in
                body.storeBytes(of: kind, as: UInt8.self)
                body.storeBytes(of: number.bigEndian, toByteOffset: 1, as: UInt32.self)
                body.storeBytes(of: material.secretDataType.bigEndian, toByteOffset: 5, as: UInt32.self)
                body.storeBytes(of: UInt32(wrapping.count).bigEndian, toByteOffset: 9, as: UInt32.self)
                body.storeBytes(of: UInt32(heading.count).bigEndian, toByteOffset: 13, as: UInt32.self)
                body[materialHeaderSize...].copyBytes(from: wrapping)
                body[(materialHeaderSize + wrapping.count)...].copyBytes(from: heading)
                let start = materialHeaderSize + wrapping.count + heading.count
                UnsafeMutableRawBufferPointer(rebasing: body[start...]).copyMemory(from: key)
            }
        }
    }

    static func material(_ body: borrowing SecretBytes) throws -> Material {
        try body.withUnsafeBytes { body in
            guard body.count >= materialHeaderSize else { throw Malformed() }
            func number(_ offset: Int) -> UInt32 { UInt32(bigEndian: body.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
            let wrappingCount = Int(number(9))
            guard wrappingCount <= body.count - materialHeaderSize else { throw Malformed() }
            let headingCount = Int(number(13))
            guard headingCount <= body.count - materialHeaderSize - wrappingCount else { throw Malformed() }
            let keyStart = materialHeaderSize + wrappingCount + headingCount
            let wrapping = Array(body[materialHeaderSize..<materialHeaderSize + wrappingCount])
            let form: Material.Form =
                switch body[0] {
                case 1: .keyBytes(KeyFormatType(rawValue: number(1)))
                case 2: .keyStructure(KeyFormatType(rawValue: number(1)))
                case 3: .wrappedKey(KeyFormatType(rawValue: number(1)), wrappingData: wrapping)
                case 4: .value(type: number(1))
                case 5: .absent(KeyFormatType(rawValue: number(1)))
                case 6: .wrappedMaterial(KeyFormatType(rawValue: number(1)), wrappingData: wrapping)
                default: throw Malformed()
                }
            let key = try SecretBytes(copying: UnsafeRawBufferPointer(rebasing: body[keyStart...]))
            let heading = Array(body[materialHeaderSize + wrappingCount..<keyStart])
            return Material(form: form, secretDataType: number(5), heading: heading, key: SecretKey(key))
        }
    }
}
