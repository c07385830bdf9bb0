public import KMIP
internal import KCMStore
public import NIOCore

/// Does the operations of KMIP on the objects of one store. Knows neither certificates nor transports; the caller has authorised.
public final class Engine: Sendable {
    /// What differs between the modes.
    public struct Rules: Sendable {
        /// The level of the objects that clients make here.
        public let homeLevel: Level
        /// New keys are Sensitive and not Extractable, and Get never answers with them (design §2, Core).
        public let keysNeverLeave: Bool
        /// Query's Vendor Identification.
        public let vendorIdentification: String

        public init(homeLevel: Level, keysNeverLeave: Bool, vendorIdentification: String) {
            self.homeLevel = homeLevel
            self.keysNeverLeave = keysNeverLeave
            self.vendorIdentification = vendorIdentification
        }
    }

    public let repository: ObjectRepository
    public let rules: Rules

    public init(repository: ObjectRepository, rules: Rules) {
        self.repository = repository
        self.rules = rules
    }

    /// Does an operation whose object is in memory, at once and on the caller's thread.
    ///
    /// Writes the items of the Response Payload to `writer`.
    /// - Returns: `nil` where the operation has to wait for something: then nothing was written, and
    ///   ``perform(_:in:)`` is to be called.
    /// - Throws: the failure that the client gets; `writer` may hold a part then, which the caller drops.
    public func performNow(
        _ request: OperationRequest,
        in context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace? {
        switch request {
        case .encrypt(let request):
            guard let object = try cached(request.uniqueIdentifier, context) else { return nil }
            return try encrypt(request, with: object, in: context, to: &writer)
        case .decrypt(let request):
            guard let object = try cached(request.uniqueIdentifier, context) else { return nil }
            return try decrypt(request, with: object, in: context, to: &writer)
        case .get(let request):
            guard let object = try cached(request.uniqueIdentifier, context) else { return nil }
            return try get(request, object, in: context, to: &writer)
        case .getAttributes(let request):
            guard let object = try cached(request.uniqueIdentifier, context) else { return nil }
            return try getAttributes(request, of: object, in: context, to: &writer)
        case .getAttributeList(let request):
            guard let object = try cached(request.uniqueIdentifier, context) else { return nil }
            return try getAttributeList(of: object, in: context, to: &writer)
        case .query(let request): return query(request, in: context, to: &writer)
        case .discoverVersions(let request): return discoverVersions(request, to: &writer)
        case .create, .register, .locate, .activate, .revoke, .destroy: return nil
        }
    }

    /// Does any operation.
    /// - Returns: the items of the Response Payload and what was done.
    /// - Throws: the failure that the client gets.
    public func perform(
        _ request: OperationRequest,
        in context: OperationContext
    ) async throws(OperationFailure) -> (payload: ByteBuffer, trace: OperationTrace) {
        switch request {
        case .create(let request): return try await create(request, in: context)
        case .register(let request): return try await register(request, in: context)
        case .locate(let request): return try await locate(request, in: context)
        case .activate(let request): return try await activate(request, in: context)
        case .revoke(let request): return try await revoke(request, in: context)
        case .destroy(let request): return try await destroy(request, in: context)
        case .encrypt(let request):
            let object = try await load(request.uniqueIdentifier, context)
            return try emit { (writer) throws(OperationFailure) in try self.encrypt(request, with: object, in: context, to: &writer) }
        case .decrypt(let request):
            let object = try await load(request.uniqueIdentifier, context)
            return try emit { (writer) throws(OperationFailure) in try self.decrypt(request, with: object, in: context, to: &writer) }
        case .get(let request):
            let object = try await load(request.uniqueIdentifier, context)
            return try emit { (writer) throws(OperationFailure) in try self.get(request, object, in: context, to: &writer) }
        case .getAttributes(let request):
            let object = try await load(request.uniqueIdentifier, context)
            return try emit { (writer) throws(OperationFailure) in try self.getAttributes(request, of: object, in: context, to: &writer) }
        case .getAttributeList(let request):
            let object = try await load(request.uniqueIdentifier, context)
            return try emit { (writer) throws(OperationFailure) in try self.getAttributeList(of: object, in: context, to: &writer) }
        case .query(let request):
            return try emit { (writer) throws(OperationFailure) in self.query(request, in: context, to: &writer) }
        case .discoverVersions(let request):
            return try emit { (writer) throws(OperationFailure) in self.discoverVersions(request, to: &writer) }
        }
    }

    // MARK: What operations share

    /// Writes a payload into a buffer of its own.
    func emit(
        _ body: (inout TTLVWriter) throws(OperationFailure) -> OperationTrace
    ) throws(OperationFailure) -> (payload: ByteBuffer, trace: OperationTrace) {
        var writer = TTLVWriter()
        let trace = try body(&writer)
        return (writer.buffer, trace)
    }

    private func cached(_ sent: String?, _ context: OperationContext) throws(OperationFailure) -> KeyObject? {
        repository.cached(try context.identifier(sent), of: context.tenant)
    }

    /// The object asked for.
    /// - Throws: *Item Not Found*, worded the same whether it never existed or is another tenant's.
    func load(_ sent: String?, _ context: OperationContext) async throws(OperationFailure) -> KeyObject {
        let identifier = try context.identifier(sent)
        return try await guarding { () async throws in
            guard let object = try await self.repository.load(identifier, of: context.tenant) else { throw Self.notFound }
            return object
        }
    }

    static let notFound = OperationFailure(.itemNotFound, "No object with this Unique Identifier exists")

    /// Runs what may fail below the engine and turns its errors into what a client may know; the inner text goes to the log
    /// through ``InternalFailure``.
    func guarding<T>(_ body: () async throws -> T) async throws(OperationFailure) -> T {
        do { return try await body() } catch { throw Self.failure(for: error) }
    }

    static func failure(for error: any Error) -> OperationFailure {
        switch error {
        case let failure as OperationFailure: return failure
        case let error as StoreError where error.code == .full:
            InternalFailure.report(error)
            return OperationFailure(.generalFailure, "The server's keystore is full; nothing was changed")
        case let error as StoreError where error.code == .tooLarge:
            return OperationFailure(.invalidField, "The object is larger than the server's keystore takes")
        case let error as StoreError where error.code == .conflict:
            return OperationFailure(.generalFailure, "The object was changed by another request at the same time; try again")
        case let error as StoreError where error.code == .unavailable || error.code == .timedOut:
            InternalFailure.report(error)
            return OperationFailure(.generalFailure, "The server's keystore does not answer")
        default:
            InternalFailure.report(error)
            return OperationFailure(.generalFailure, "The server could not complete the operation; its log has the reason")
        }
    }
}
