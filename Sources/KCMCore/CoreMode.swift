public import KCMEngine
public import KMIP

/// Core: tenant and application keys, L2 and L3, which never leave it; L4 is refused by level, whether it exists or not (design §2).
public struct CoreMode: KeyMode {
    public let engine: Engine
    public var name: String { "core" }

    public init(repository: ObjectRepository) {
        engine = Engine(
            repository: repository,
            rules: Engine.Rules(homeLevel: .l3, keysNeverLeave: true, vendorIdentification: "OpenKCM Crypto Service (Core)")
        )
    }

    public func route(_ operation: KMIP.Operation, level: Level) -> Route { Self.route(operation, level: level) }

    /// The same, for tools that explain it.
    public static func route(_ operation: KMIP.Operation, level: Level) -> Route {
        switch level {
        case .l3: return .local
        case .l4: return .refused(OperationFailure(.permissionDenied, "Core does not serve L4 objects; they live at Edge"))
        case .l2:
            switch operation {
            case .locate, .getAttributes, .getAttributeList: return .local
            case .get: return .refused(OperationFailure(.sensitive, "The object is Sensitive: its value never leaves the server"))
            default:
                return .refused(OperationFailure(.permissionDenied, "L2 keys are made and used by Core itself"))
            }
        }
    }

    public func delegate(_ item: RequestBatchItem, _ delegation: Delegation) async throws(OperationFailure) -> ResponseBatchItem {
        throw OperationFailure(.operationNotSupported, "Core passes nothing on")
    }
}
