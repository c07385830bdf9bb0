public import KMIP
internal import NIOCore

/// A request payload, read: one case for each operation that is served.
public enum OperationRequest: Sendable {
    case create(CreateRequest)
    case register(RegisterRequest)
    case get(GetRequest)
    case getAttributes(GetAttributesRequest)
    case getAttributeList(GetAttributeListRequest)
    case locate(LocateRequest)
    case activate(ActivateRequest)
    case revoke(RevokeRequest)
    case destroy(DestroyRequest)
    case encrypt(EncryptRequest)
    case decrypt(DecryptRequest)
    case query(QueryRequest)
    case discoverVersions(DiscoverVersionsRequest)

    /// The operations that have a case, in the order of their codes; what Query lists.
    public static let served: [Operation] = [
        .create, .register, .locate, .get, .getAttributes, .getAttributeList, .activate, .revoke, .destroy, .query, .discoverVersions,
        .encrypt, .decrypt,
    ]

    /// Reads the payload of a batch item.
    /// - Returns: `nil` for an operation that is not served.
    /// - Throws: `KMIPError` for a payload that is not the operation's.
    public init?(_ item: RequestBatchItem) throws(KMIPError) {
        var reader = TTLVReader(items: item.payload)
        switch item.operation {
        case .create: self = .create(try CreateRequest(from: &reader))
        case .register: self = .register(try RegisterRequest(from: &reader))
        case .get: self = .get(try GetRequest(from: &reader))
        case .getAttributes: self = .getAttributes(try GetAttributesRequest(from: &reader))
        case .getAttributeList: self = .getAttributeList(try GetAttributeListRequest(from: &reader))
        case .locate: self = .locate(try LocateRequest(from: &reader))
        case .activate: self = .activate(try ActivateRequest(from: &reader))
        case .revoke: self = .revoke(try RevokeRequest(from: &reader))
        case .destroy: self = .destroy(try DestroyRequest(from: &reader))
        case .encrypt: self = .encrypt(try EncryptRequest(from: &reader))
        case .decrypt: self = .decrypt(try DecryptRequest(from: &reader))
        case .query: self = .query(try QueryRequest(from: &reader))
        case .discoverVersions: self = .discoverVersions(try DiscoverVersionsRequest(from: &reader))
        default: return nil
        }
    }

    /// What a request is aimed at; decides level and route before anything is looked up.
    public enum Target: Sendable {
        /// An object that exists or not: the identifier as sent, or `nil` for the ID Placeholder.
        case object(String?)
        /// An object to be made, or objects to be searched: the level asked for in `x-OpenKCM-Level`, as sent.
        case new(level: String?, ObjectType)
        case search(level: String?)
        /// The server itself.
        case server
    }

    public var target: Target {
        switch self {
        case .create(let request): .new(level: Self.level(request.templateAttribute.attributes), request.objectType)
        case .register(let request): .new(level: Self.level(request.templateAttribute.attributes), request.objectType)
        case .locate(let request): .search(level: Self.level(request.attributes))
        case .get(let request): .object(request.uniqueIdentifier)
        case .getAttributes(let request): .object(request.uniqueIdentifier)
        case .getAttributeList(let request): .object(request.uniqueIdentifier)
        case .activate(let request): .object(request.uniqueIdentifier)
        case .revoke(let request): .object(request.uniqueIdentifier)
        case .destroy(let request): .object(request.uniqueIdentifier)
        case .encrypt(let request): .object(request.uniqueIdentifier)
        case .decrypt(let request): .object(request.uniqueIdentifier)
        case .query, .discoverVersions: .server
        }
    }

    private static func level(_ attributes: [Attribute]) -> String? {
        for attribute in attributes where attribute.name == .level {
            guard case .text(let level)? = attribute.value else { return "" }
            return level
        }
        return nil
    }
}
