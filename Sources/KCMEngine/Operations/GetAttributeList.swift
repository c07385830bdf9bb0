internal import KMIP

/// Get Attribute List (KMIP 1.4 §4.13).
struct GetAttributeList: ObjectOperation {
    let request: GetAttributeListRequest

    init(_ request: GetAttributeListRequest) { self.request = request }

    var uniqueIdentifier: String? { request.uniqueIdentifier }
    static var takesArchived: Bool { true }

    func perform(
        on object: KeyObject,
        in engine: Engine,
        _ context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace {
        writer.text(.uniqueIdentifier, object.uniqueIdentifier)
        for name in AttributeView(object, version: context.version, now: context.now).names { writer.text(.attributeName, name.rawValue) }
        return OperationTrace(object)
    }
}
