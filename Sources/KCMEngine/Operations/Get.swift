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
        try writer.object(object, material)
        return OperationTrace(object)
    }

    private func checkFormat(_ asked: KeyFormatType?, of material: Material) throws(OperationFailure) {
        guard let asked else { return }
        switch material.form {
        case .keyBytes(let format), .keyStructure(let format), .wrappedKey(let format, _), .absent(let format):
            guard format == asked else {
                throw OperationFailure(.keyFormatTypeNotSupported, "The object is held as \(format) and is not converted to \(asked)")
            }
        case .value: throw OperationFailure(.keyFormatTypeNotSupported, "The object has no Key Format Type")
        }
    }
}
