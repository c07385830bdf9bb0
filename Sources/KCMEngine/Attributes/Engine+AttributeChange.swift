internal import KMIP

extension Engine {
    /// Changes one attribute of an object and answers with it, as Add, Modify and Delete Attribute do.
    func changeAttribute(
        _ sent: String?,
        in context: OperationContext,
        _ body: (AttributeChange) throws(OperationFailure) -> (KeyObject, Attribute)
    ) async throws(OperationFailure) -> OperationResult {
        var changed: Attribute?
        let object: KeyObject
        do throws(OperationFailure) {
            object = try await change(sent, in: context) { (object) throws(OperationFailure) in
                let (after, attribute) = try body(try AttributeChange(object, self.rules, at: context.now))
                changed = attribute
                return after
            }
        } catch {
            // KMIP 1.4 §11.15, §11.16 have another reason here than for a new object.
            throw error == Self.nameTaken ? OperationFailure(.illegalOperation, error.message) : error
        }
        return try OperationResult { (writer) throws(OperationFailure) in
            writer.text(.uniqueIdentifier, object.uniqueIdentifier)
            changed?.encode(to: &writer)
            return OperationTrace(object)
        }
    }
}
