internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// Keys in the Key Format Types of KMIP 1.4 §9.1.3.2.3: the format that an object is kept in, and the others that it can be asked for in.
enum KeyFormats {
    /// The format that a key made here is kept in (KMIP 1.4, default Key Format Types).
    static func standard(for type: ObjectType, _ kind: AsymmetricKey.Kind) -> KeyFormatType {
        switch (type, kind) {
        case (.privateKey, .ec): .transparentECPrivateKey
        case (.publicKey, .ec): .transparentECPublicKey
        case (_, .rsa): .pkcs1
        case (.privateKey, .dsa): .pkcs8
        default: .x509
        }
    }

    /// One half of a key as material.
    /// - Throws: *Key Format Type Not Supported* where the kind of key does not have the format.
    static func material(
        _ key: AsymmetricKey,
        as type: ObjectType,
        _ format: KeyFormatType,
        point: AsymmetricKey.PointForm = .uncompressed
    ) throws(OperationFailure) -> Material {
        do {
            switch (type, format) {
            case (.privateKey, .pkcs1): return Material(form: .keyBytes(format), key: SecretKey(try key.encoded(as: .pkcs1Private)))
            case (.privateKey, .pkcs8): return Material(form: .keyBytes(format), key: SecretKey(try key.encoded(as: .pkcs8)))
            case (.privateKey, .ecPrivateKey): return Material(form: .keyBytes(format), key: SecretKey(try key.encoded(as: .sec1)))
            case (.privateKey, .raw) where key.kind == .ec:
                if let d = try key.number(.d) { return Material(form: .keyBytes(format), key: SecretKey(d)) }
            case (.publicKey, .pkcs1): return Material(form: .keyBytes(format), key: SecretKey(try key.encoded(as: .pkcs1Public)))
            case (.publicKey, .x509): return Material(form: .keyBytes(format), key: SecretKey(try key.encoded(as: .subjectPublicKeyInfo)))
            case (.publicKey, .raw) where key.kind == .ec:
                return Material(form: .keyBytes(format), key: SecretKey(try SecretBytes(copying: ByteBuffer(bytes: key.point(point)))))
            case (.privateKey, _), (.publicKey, _):
                let isPrivateFormat = format == .transparentRSAPrivateKey || TransparentKey.curvePrivate.contains(format)
                if isPrivateFormat == (type == .privateKey) {
                    return Material(form: .keyStructure(format), key: SecretKey(try TransparentKey.items(of: key, format)))
                }
            default: break
            }
        } catch let error as CryptoError where error.code == .unsupported {
            // Said below.
        } catch { throw Engine.failure(for: error) }
        throw notSupported(format)
    }

    /// A registered key in the format that its Digest is computed over besides its own (KMIP 1.4 §3.17).
    /// - Returns: `nil` where it is held so, or is no key that the server can read.
    static func inStandardFormat(_ held: Material, of type: ObjectType) -> Material? {
        guard type == .privateKey || type == .publicKey else { return nil }
        let object = KeyObject(
            uniqueIdentifier: "", level: .l4, objectType: type, attributes: AttributeSet(), state: .preActive, material: held, revision: 0
        )
        guard let key = try? object.asymmetricKey() else { return nil }
        switch held.form {
        case .keyBytes(standard(for: type, key.kind)), .keyStructure(standard(for: type, key.kind)): return nil
        default: return try? material(key, as: type, standard(for: type, key.kind))
        }
    }

    /// An object's material in the format that was asked for.
    /// - Throws: *Key Format Type Not Supported*, *Key Compression Type Not Supported*.
    static func material(
        of object: KeyObject,
        _ held: Material,
        as asked: KeyFormatType?,
        compression: KeyCompressionType?,
        in version: ProtocolVersion
    ) throws(OperationFailure) -> Material {
        let heldFormat: KeyFormatType
        switch held.form {
        case .keyBytes(let format), .keyStructure(let format): heldFormat = format
        case .wrappedKey(let format, _), .wrappedMaterial(let format, _), .absent(let format):
            guard asked == nil || asked == format, compression == nil else { throw notSupported(asked ?? format) }
            return held
        case .value:
            guard asked == nil || (asked == .x509 && object.objectType == .certificate) else {
                throw OperationFailure(.keyFormatTypeNotSupported, "The object has no Key Format Type")
            }
            return held
        }
        if let compression { return try compressed(object, heldFormat, asked, compression) }
        if let since = asked?.since, since > version { throw notSupported(heldFormat) }
        switch (object.objectType, asked ?? known(heldFormat, in: version)) {
        case (_, nil): return held
        case (_, .some(heldFormat)): return held
        case (.symmetricKey, .some(.transparentSymmetricKey)): return try transparent(held)
        case (.publicKey, .some(let asked)), (.privateKey, .some(let asked)):
            return try material(object.asymmetricKey(), as: object.objectType, asked)
        case (_, .some(let asked)): throw notSupported(asked)
        }
    }

    /// What a version calls the format that a key is held in, where that came later: nothing else is different. `nil`: just so.
    private static func known(_ format: KeyFormatType, in version: ProtocolVersion) -> KeyFormatType? {
        guard let since = format.since, since > version else { return nil }
        switch format {
        case .transparentECPrivateKey: return .transparentECDSAPrivateKey
        case .transparentECPublicKey: return .transparentECDSAPublicKey
        default: return nil
        }
    }

    /// The public point of an elliptic curve in another form (KMIP 1.4 §9.1.3.2.2): Raw only, since the other formats say how they are to
    /// be read themselves.
    private static func compressed(
        _ object: KeyObject,
        _ held: KeyFormatType,
        _ asked: KeyFormatType?,
        _ compression: KeyCompressionType
    ) throws(OperationFailure) -> Material {
        let form: AsymmetricKey.PointForm
        switch compression {
        case .ecPublicKeyTypeUncompressed: form = .uncompressed
        case .ecPublicKeyTypeX9_62CompressedPrime, .ecPublicKeyTypeX9_62CompressedChar2: form = .compressed
        case .ecPublicKeyTypeX9_62Hybrid: form = .hybrid
        default: throw OperationFailure(.keyCompressionTypeNotSupported, "The Key Compression Type is not known")
        }
        guard object.objectType == .publicKey, (asked ?? held) == .raw || asked == nil else {
            throw OperationFailure(.keyCompressionTypeNotSupported, "Only the Raw format of an elliptic-curve public key can be compressed")
        }
        let key = try object.asymmetricKey()
        guard key.kind == .ec else { throw OperationFailure(.keyCompressionTypeNotSupported, "The key is not on an elliptic curve") }
        return try material(key, as: .publicKey, .raw, point: form)
    }

    private static func transparent(_ held: Material) throws(OperationFailure) -> Material {
        var writer = TTLVWriter()
        defer { writer.wipe() }
        writer.bytes(.key, held)
        do {
            return Material(form: .keyStructure(.transparentSymmetricKey), key: SecretKey(try SecretBytes(copying: writer.buffer)))
        } catch { throw Engine.failure(for: error) }
    }

    private static func notSupported(_ format: KeyFormatType) -> OperationFailure {
        OperationFailure(.keyFormatTypeNotSupported, "The object cannot be given in the format \(format)")
    }
}
