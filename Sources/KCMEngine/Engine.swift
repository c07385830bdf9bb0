public import KMIP
internal import KCMCrypto
internal import KCMStore

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
    /// What can be asked here.
    public let operations = OperationTable.standard

    public init(repository: ObjectRepository, rules: Rules) {
        self.repository = repository
        self.rules = rules
    }

    /// What has a larger payload, in bytes, is never done at once: it computes for long, or has to be stored.
    public static let largestPayloadAtOnce = LongComputation.threshold + 4096

    /// Does an operation whose object is in memory, at once and on the caller's thread; see ``ServedOperation/performNow(in:_:to:)``.
    public func performNow(
        _ operation: any ServedOperation,
        in context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace? {
        try operation.performNow(in: self, context, to: &writer)
    }

    /// Does any operation; see ``ServedOperation/perform(in:_:)``.
    public func perform(
        _ operation: any ServedOperation,
        in context: OperationContext
    ) async throws(OperationFailure) -> OperationResult {
        try await operation.perform(in: self, context)
    }

    // MARK: What operations share

    /// The object asked for, where it is in memory.
    /// - Throws: *Permission Denied* where the policy does not let the request reach it.
    func cached(_ sent: String?, _ context: OperationContext) throws(OperationFailure) -> KeyObject? {
        guard let object = repository.cached(try context.identifier(sent), of: context.tenant) else { return nil }
        try context.require(object.objectType, object.attributes)
        return object
    }

    /// The object asked for.
    /// - Throws: *Item Not Found*, worded the same whether it never existed or is another tenant's; *Permission Denied* where the
    ///   policy does not let the request reach it.
    func load(_ sent: String?, _ context: OperationContext) async throws(OperationFailure) -> KeyObject {
        let identifier = try context.identifier(sent)
        return try await guarding { () async throws in
            guard let object = try await self.repository.load(identifier, of: context.tenant) else { throw Self.notFound }
            try context.require(object.objectType, object.attributes)
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
        case let error as GenerationRefused: return error.failure
        case let error as CryptoError where error.code == .lockedMemory: return CryptoFailure.failure(error)
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
