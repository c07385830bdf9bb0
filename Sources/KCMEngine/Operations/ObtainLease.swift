internal import KMIP

/// Obtain Lease (KMIP 1.4 §4.17): how long a client may keep what it knows of an object before it asks again.
struct ObtainLease: ObjectOperation {
    let request: ObtainLeaseRequest

    init(_ request: ObtainLeaseRequest) { self.request = request }

    var uniqueIdentifier: String? { request.uniqueIdentifier }

    func perform(
        on object: KeyObject,
        in engine: Engine,
        _ context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace {
        guard object.objectType.isCryptographic else {
            throw OperationFailure(.permissionDenied, "Only cryptographic objects are leased")
        }
        // Whoever holds a lease goes on using the object: not one that was taken out of use.
        let state = object.state(at: context.now)
        guard state == .preActive || state == .active || state == .deactivated else {
            throw OperationFailure(.permissionDenied, "The object is \(state); it is not leased any more")
        }
        let changed = object.attributes.date(.lastChangeDate) ?? object.attributes.date(.initialDate) ?? 0
        ObtainLeaseResponse(uniqueIdentifier: object.uniqueIdentifier, leaseTime: Engine.leaseTime, lastChangeDate: changed).encode(to: &writer)
        return OperationTrace(object)
    }
}
