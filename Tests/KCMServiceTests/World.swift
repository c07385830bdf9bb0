import KCMAccess
import KCMAudit
import KCMCore
import KCMCrypto
import KCMEdge
import KCMEngine
import KCMPluginHost
import KCMService
import KCMStore
import KMIP
import Logging
import NIOCore
import Synchronization

/// A service over a real store (the memory plugin) with keys of its own, asked with real messages; no sockets.
struct World {
    let service: KMIPService
    let engine: Engine
    let keyring: FixedKeyring
    let store: PluginStore

    static let acme = principal("acme", "acme-app", .service)
    static let globex = principal("globex", "globex-app", .service)
    static let admin = principal("acme", "acme-admin", .tenantAdmin)
    static let auditor = principal("acme", "acme-auditor", .auditor)
    static let edge = principal("openkcm", "edge", .edge, assigned: .some(["acme"]))

    static func principal(_ tenant: String, _ service: String, _ role: Role, assigned: AssignedTenants = .none) -> Principal {
        let certificate = CertificateIdentity(subject: "CN=\(service)", subjectAlternativeNames: [], issuer: "CN=ca", serial: "1", fingerprint: "f")
        return Principal(tenant: tenant, service: service, roles: [role], assignedTenants: assigned, certificate: certificate)
    }

    /// Makes what stands between the engine and the memory plugin, or keys of another kind.
    typealias Wrap = (any Store, FixedKeyring) -> (store: any Store, keyring: any SealingKeyring)

    /// - Parameter wrap: what the engine gets for the store.
    static func atEdge(_ policy: Policy = Policy(), load: LoadControl.Limits = .init(), wrap: (any Store) -> any Store = { $0 }) throws -> World {
        try World(policy, load, nil, { (wrap($0), $1) }) { EdgeMode(repository: $0, core: AbsentCore()) }
    }

    static func atEdge(_ wrap: Wrap) throws -> World {
        try World(Policy(), .init(), nil, wrap) { EdgeMode(repository: $0, core: AbsentCore()) }
    }

    /// Another daemon on the same store, with the same keys: what the first had in memory is gone.
    func restartedAtEdge(wrap: (any Store) -> any Store = { $0 }) throws -> World {
        try World(Policy(), .init(), nil, { (wrap($0), $1) }, self) { EdgeMode(repository: $0, core: AbsentCore()) }
    }

    func restartedAtCore() throws -> World { try World(Policy(), .init(), World.known, { ($0, $1) }, self) { CoreMode(repository: $0) } }

    /// - Parameter propagated: whom a chain that an edge passes on stands for.
    static func atCore(
        _ policy: Policy = Policy(),
        load: LoadControl.Limits = .init(),
        propagated: @escaping @Sendable ([[UInt8]]) -> Principal? = known,
        wrap: (any Store) -> any Store = { $0 }
    ) throws -> World {
        try World(policy, load, propagated, { (wrap($0), $1) }) { CoreMode(repository: $0) }
    }

    @Sendable static func known(_ chain: [[UInt8]]) -> Principal? { chain == [[1]] ? acme : chain == [[2]] ? globex : nil }

    private init(
        _ policy: Policy,
        _ load: LoadControl.Limits,
        _ propagated: (@Sendable ([[UInt8]]) -> Principal?)?,
        _ wrap: Wrap,
        _ before: World? = nil,
        _ mode: (ObjectRepository) -> any KeyMode
    ) throws {
        store =
            try before?.store
            ?? PluginStore(
                try PluginLibrary.load("memory", searchPath: .standard()),
                settings: [:],
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                // Tests of all suites run side by side.
                deadline: .seconds(120)
            )
        keyring = before?.keyring ?? FixedKeyring()
        let parts = wrap(store, keyring)
        let mode = mode(ObjectRepository(store: parts.store, keyring: parts.keyring))
        engine = mode.engine
        var verify: KMIPService.PropagatedChainVerifier?
        if let propagated {
            verify = { chain in
                guard let client = propagated(chain) else { return .failure(.init("not known")) }
                return .success(client)
            }
        }
        service = KMIPService(mode: mode, policy: policy, limits: .init(batch: 10, load: load), verifyPropagated: verify)
    }

    private init(service: KMIPService, engine: Engine, keyring: FixedKeyring, store: PluginStore) {
        self.service = service
        self.engine = engine
        self.keyring = keyring
        self.store = store
    }

    /// A Core over the same store and keys: what it would see of a store that was an Edge's.
    func seenByCore() -> World {
        let mode = CoreMode(repository: engine.repository)
        let service = KMIPService(mode: mode, policy: Policy(), limits: .init(batch: 10))
        return World(service: service, engine: mode.engine, keyring: keyring, store: store)
    }

    /// Sends a message and waits for the answer.
    func answer(_ exchange: Exchange, from principal: Principal?) async -> Answer {
        let identity = principal?.certificate ?? World.acme.certificate
        let allowance = principal.flatMap { service.allowance(of: $0) }
        let peer = Peer(
            principal: principal, certificate: identity, chain: [[9]], remoteAddress: "127.0.0.1:1", transport: .kmip, allowance: allowance
        )
        switch service.respond(to: exchange, from: peer) {
        case .now(let answer): return answer
        case .later(let work): return await work()
        }
    }

    /// The items of the response to a batch.
    func batch(
        _ payloads: [any RequestPayload],
        from principal: Principal?,
        version: ProtocolVersion = .v1_4,
        propagated: [[UInt8]]? = nil,
        acting: String? = nil,
        header change: (inout RequestHeader) -> Void = { _ in }
    ) async throws -> (items: [ResponseBatchItem], audit: [AuditRecord]) {
        var items: [RequestBatchItem] = []
        for (index, payload) in payloads.enumerated() {
            func item(_ payload: some RequestPayload) -> RequestBatchItem { RequestMessage(payload, version: version).items[0] }
            var made = item(payload)
            if payloads.count > 1 { made.uniqueBatchItemID = ByteBuffer(bytes: [UInt8(index)]) }
            items.append(made)
        }
        var header = RequestHeader(protocolVersion: version)
        change(&header)
        let frame = RequestMessage(header: header, items: items).frame
        let answer = await answer(Exchange(frame: frame, propagatedChain: propagated, actingTenant: acting), from: principal)
        return (try ResponseMessage(frame: answer.frame).items, answer.audit)
    }

    /// The response of one operation, or its failure.
    func ask<R: ResponsePayload>(
        _ payload: any RequestPayload,
        from principal: Principal = acme,
        version: ProtocolVersion = .v1_4,
        as: R.Type = R.self
    ) async throws -> R {
        let item = try await batch([payload], from: principal, version: version).items[0]
        guard item.resultStatus == .success else { throw OperationFailure(item.resultReason ?? .generalFailure, item.resultMessage ?? "") }
        var reader = TTLVReader(items: item.payload ?? ByteBuffer())
        return try R(from: &reader)
    }

    /// The Result Reason of one operation; `nil` for success.
    func reason(_ payload: any RequestPayload, from principal: Principal? = acme, version: ProtocolVersion = .v1_4) async throws -> ResultReason? {
        try await batch([payload], from: principal, version: version).items[0].resultReason
    }

    /// An active AES key.
    func key(_ name: String? = nil, from principal: Principal = acme, attributes: [Attribute] = []) async throws -> String {
        let made: CreateResponse = try await ask(World.create(name, attributes: attributes), from: principal)
        _ = try await ask(ActivateRequest(uniqueIdentifier: made.uniqueIdentifier), from: principal, as: ActivateResponse.self)
        return made.uniqueIdentifier
    }

    static func create(_ name: String? = nil, attributes: [Attribute] = []) -> CreateRequest {
        var all = [
            Attribute(.cryptographicAlgorithm, .enumeration(CryptographicAlgorithm.aes.rawValue)), Attribute(.cryptographicLength, .integer(256)),
            Attribute(.cryptographicUsageMask, .integer(12)),
        ]
        if let name { all.append(Attribute(.name, Name(name).attributeValue)) }
        return CreateRequest(objectType: .symmetricKey, templateAttribute: TemplateAttribute(attributes: all + attributes))
    }

    static let revoke = RevocationReason(code: .keyCompromise)
}

/// Sealing keys that a test can close and open.
final class FixedKeyring: SealingKeyring, @unchecked Sendable {
    // Tests close and open it between requests, never during one.
    var isClosed = false
    private let lock = Mutex<Void>(())
    private var opened: [String: TenantKeys] = [:]

    func open(_ tenant: String) -> TenantKeys? { isClosed ? nil : lock.withLock { _ in opened[tenant] } }

    func keys(of tenant: String) async throws(OperationFailure) -> TenantKeys {
        guard !isClosed else { throw OperationFailure(.generalFailure, "closed") }
        return lock.withLock { _ in
            if let keys = opened[tenant] { return keys }
            // Random keys; a test without any has nothing to run on.
            func key() -> SecretKey { try! SecretKey(SecretBytes.random(count: 32)) }
            let keys = TenantKeys(tenant: tenant, current: 1, generations: [1: key()], blinding: key(), leaseEnd: .max)
            opened[tenant] = keys
            return keys
        }
    }
}

/// A Core that is not there.
struct AbsentCore: CoreService {
    func send(_ frame: ByteBuffer, clientChain: [[UInt8]]?, tenant: String?, traceparent: String) async throws(CoreFailure) -> ByteBuffer {
        throw CoreFailure(.unreachable, "no Core in this test")
    }
}
