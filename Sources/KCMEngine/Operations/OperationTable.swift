public import KMIP
internal import NIOCore

/// The operations that are served, in one place: reads payloads, and says to Query what there is.
public struct OperationTable: Sendable {
    private typealias Decoder = @Sendable (inout TTLVReader) throws(KMIPError) -> any ServedOperation

    /// By the operation's code, so that finding one costs an index.
    private var decoders: [Decoder?] = []
    /// What is served, in the order of the codes.
    public private(set) var operations: [KMIP.Operation] = []

    /// All operations that this service has; see ``ServedOperation`` for how one is added.
    public static let standard: OperationTable = {
        var table = OperationTable()
        table.add(Create.self)
        table.add(Register.self)
        table.add(Locate.self)
        table.add(Get.self)
        table.add(GetAttributes.self)
        table.add(GetAttributeList.self)
        table.add(Activate.self)
        table.add(Revoke.self)
        table.add(Destroy.self)
        table.add(Query.self)
        table.add(DiscoverVersions.self)
        table.add(Encrypt.self)
        table.add(Decrypt.self)
        table.add(Sign.self)
        table.add(SignatureVerify.self)
        table.add(MAC.self)
        table.add(MACVerify.self)
        table.add(RNGRetrieve.self)
        table.add(RNGSeed.self)
        table.add(Hash.self)
        table.add(Check.self)
        table.add(AddAttribute.self)
        table.add(ModifyAttribute.self)
        table.add(DeleteAttribute.self)
        table.add(ObtainLease.self)
        table.add(GetUsageAllocation.self)
        table.add(Archive.self)
        table.add(Recover.self)
        table.add(Cancel.self)
        table.add(Poll.self)
        table.add(CreateKeyPair.self)
        table.add(ReKey.self)
        table.add(ReKeyKeyPair.self)
        table.add(DeriveKey.self)
        table.add(Certify.self)
        table.add(ReCertify.self)
        table.add(CreateSplitKey.self)
        table.add(JoinSplitKey.self)
        return table
    }()

    private mutating func add<Served: ServedOperation>(_ type: Served.Type) {
        let operation = Served.Request.operation
        let code = Int(operation.rawValue)
        while decoders.count <= code { decoders.append(nil) }
        decoders[code] = { (reader) throws(KMIPError) in Served(try Served.Request(from: &reader)) }
        operations.append(operation)
        operations.sort { $0.rawValue < $1.rawValue }
    }

    /// Reads the payload of a batch item.
    /// - Returns: `nil` for an operation that is not served.
    /// - Throws: `KMIPError` for a payload that is not the operation's.
    public func read(_ item: RequestBatchItem) throws(KMIPError) -> (any ServedOperation)? {
        let code = Int(item.operation.rawValue)
        guard code < decoders.count, let decode = decoders[code] else { return nil }
        var reader = TTLVReader(items: item.payload)
        return try decode(&reader)
    }
}
