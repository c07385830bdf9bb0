internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// Get (KMIP 1.4 §4.11): key bytes go from locked memory straight into the response, as they are held, in another format, or wrapped.
struct Get: ServedOperation {
    let request: GetRequest

    init(_ request: GetRequest) { self.request = request }

    var target: OperationTarget { .object(request.uniqueIdentifier) }

    func performNow(
        in engine: Engine,
        _ context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace? {
        guard let object = try engine.cached(request.uniqueIdentifier, context), !object.rules.isFresh else { return nil }
        try KeyUse.requireOnLine(object)
        let material = try material(of: object, in: engine)
        guard isHeldSo(material, in: context.version) else { return nil }
        return try write(object, material, to: &writer)
    }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        let object = try await engine.load(request.uniqueIdentifier, context)
        try KeyUse.requireOnLine(object)
        var material = try material(of: object, in: engine)
        if !isHeldSo(material, in: context.version) { material = try await presented(material, of: object, in: engine, context) }
        let result = try OperationResult { [material] (writer) throws(OperationFailure) in try self.write(object, material, to: &writer) }
        guard object.rules.isFresh else { return result }
        do throws(OperationFailure) {
            _ = try await engine.change(object.uniqueIdentifier, in: context) { (object) throws(OperationFailure) in
                var attributes = object.attributes
                attributes.set(.fresh, .boolean(false))
                return object.counted(attributes)
            }
        } catch {
            // A keystore that takes no changes, such as a full one, still serves the keys that it has.
            InternalFailure.report(error)
        }
        return result
    }

    private func write(_ object: KeyObject, _ material: Material, to writer: inout TTLVWriter) throws(OperationFailure) -> OperationTrace {
        writer.enumeration(.objectType, object.objectType)
        writer.text(.uniqueIdentifier, object.uniqueIdentifier)
        try writer.object(object, material)
        return OperationTrace(object)
    }

    /// The object's material, where it may leave the server in the way that was asked for.
    private func material(of object: KeyObject, in engine: Engine) throws(OperationFailure) -> Material {
        guard !object.isDestroyed else { throw OperationFailure(.permissionDenied, "The object is destroyed") }
        let isWrapped = request.keyWrappingSpecification != nil
        if isWrapped, object.objectType == .template { throw OperationFailure(.invalidField, "A Template is not wrapped") }
        if engine.rules.keysNeverLeave || object.attributes.flag(.extractable) == false {
            if isWrapped { throw OperationFailure(.notExtractable, "The object is not Extractable") }
            throw engine.rules.keysNeverLeave || object.attributes.flag(.sensitive) == true
                ? OperationFailure(.sensitive, "The object is Sensitive: its value never leaves the server")
                : OperationFailure(.notExtractable, "The object is not Extractable")
        }
        if object.attributes.flag(.sensitive) == true, !isWrapped {
            throw OperationFailure(.sensitive, "The object is Sensitive: its value leaves the server wrapped only")
        }
        guard let material = object.material else {
            throw OperationFailure(.illegalOperation, "The server does not hold the value of the object")
        }
        return material
    }

    /// Whether the material as it is held is the answer, in the vocabulary of a version.
    private func isHeldSo(_ material: Material, in version: ProtocolVersion) -> Bool {
        guard request.keyWrappingSpecification == nil, request.keyCompressionType == nil else { return false }
        switch material.form {
        case .keyBytes(let format), .keyStructure(let format), .absent(let format):
            return request.keyFormatType ?? format == format && format.since ?? version <= version
        case .wrappedKey(let format, _), .wrappedMaterial(let format, _):
            return request.keyFormatType ?? format == format && request.keyWrapType != .notWrapped
        case .value: return request.keyFormatType == nil
        }
    }

    /// The material in another format, unwrapped or wrapped.
    private func presented(
        _ held: Material,
        of object: KeyObject,
        in engine: Engine,
        _ context: OperationContext
    ) async throws(OperationFailure) -> Material {
        var material = held
        if request.keyWrapType == .notWrapped { material = try await KeyWrapping.unwrap(material, in: engine, context) }
        if request.keyFormatType == .pkcs12 {
            guard context.version >= .v1_4, request.keyWrappingSpecification == nil, request.keyCompressionType == nil else {
                throw OperationFailure(.keyFormatTypeNotSupported, "A PKCS #12 file is protected by its password and nothing else")
            }
            return try await PersonalInformation.material(of: object, in: engine, context)
        }
        material = try KeyFormats.material(
            of: object, material, as: request.keyFormatType, compression: request.keyCompressionType, in: context.version
        )
        guard let specification = request.keyWrappingSpecification else { return material }
        return try await KeyWrapping.wrap(material, of: object, specification, in: engine, context)
    }
}
