internal import KMIP

/// Get Attributes (KMIP 1.4 §4.12).
struct GetAttributes: ObjectOperation {
    let request: GetAttributesRequest

    init(_ request: GetAttributesRequest) { self.request = request }

    var uniqueIdentifier: String? { request.uniqueIdentifier }
    static var takesArchived: Bool { true }

    func perform(
        on object: KeyObject,
        in engine: Engine,
        _ context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace {
        guard Set(request.attributeNames).count == request.attributeNames.count else {
            throw OperationFailure(.invalidMessage, "An Attribute Name stands more than once")
        }
        let view = AttributeView(object, version: context.version, now: context.now)
        writer.text(.uniqueIdentifier, object.uniqueIdentifier)
        if request.attributeNames.isEmpty {
            for attribute in view.unasked { attribute.encode(to: &writer) }
        } else {
            for name in request.attributeNames {
                for attribute in view.instances(of: AttributeName(rawValue: name)) { attribute.encode(to: &writer) }
            }
        }
        return OperationTrace(object)
    }
}
