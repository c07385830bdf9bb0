public import KMIP

/// What the policy lets a request reach beside tenant and level: some types of objects, or some names.
///
/// Holds for every object that the operation makes, reads, uses or changes. The engine asks in few places: where objects are loaded
/// (``Engine/load(_:_:)``, ``Engine/cached(_:_:)``, templates), searched, made (``Engine/newObject(_:attributes:material:isServerMade:in:)``)
/// and changed.
public struct ObjectRestriction: Sendable {
    private let permits: @Sendable (_ type: ObjectType, _ names: [String]) -> Bool

    /// - Parameter permits: decides by the type and the values of the Name attributes; pure, never blocks.
    public init(_ permits: @escaping @Sendable (_ type: ObjectType, _ names: [String]) -> Bool) { self.permits = permits }

    func permits(_ type: ObjectType, _ attributes: AttributeSet) -> Bool { permits(type, attributes.names.map(\.value)) }

    /// What is answered for an object out of reach.
    public static let refusal = OperationFailure(.permissionDenied, "The roles of the client do not allow the operation on this object")
}

extension OperationContext {
    /// Whether the policy lets the request see an object.
    func permits(_ object: KeyObject) -> Bool { restriction?.permits(object.objectType, object.attributes) ?? true }

    /// - Throws: ``ObjectRestriction/refusal``.
    func require(_ type: ObjectType, _ attributes: AttributeSet) throws(OperationFailure) {
        guard restriction?.permits(type, attributes) ?? true else { throw ObjectRestriction.refusal }
    }
}
