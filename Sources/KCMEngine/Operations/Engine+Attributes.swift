internal import KMIP

extension Engine {
    /// Get Attributes (KMIP 1.4 §4.12).
    func getAttributes(
        _ request: GetAttributesRequest,
        of object: KeyObject,
        in context: OperationContext,
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

    /// Get Attribute List (KMIP 1.4 §4.13).
    func getAttributeList(
        of object: KeyObject,
        in context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace {
        writer.text(.uniqueIdentifier, object.uniqueIdentifier)
        for name in AttributeView(object, version: context.version, now: context.now).names { writer.text(.attributeName, name.rawValue) }
        return OperationTrace(object)
    }
}
