internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// Hash (KMIP 1.4 §4.37): the digest of Data, whole or in parts; needs no key.
struct Hash: ServedOperation {
    let request: HashRequest

    init(_ request: HashRequest) { self.request = request }

    var target: OperationTarget { .server }

    func performNow(in engine: Engine, _ context: OperationContext, to writer: inout TTLVWriter) throws(OperationFailure) -> OperationTrace? {
        if (request.data?.readableBytes ?? 0) > LongComputation.threshold { return nil }
        return try hash(in: engine, context, to: &writer)
    }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        try OperationResult { (writer) throws(OperationFailure) in try self.hash(in: engine, context, to: &writer) }
    }

    private func hash(in engine: Engine, _ context: OperationContext, to writer: inout TTLVWriter) throws(OperationFailure) -> OperationTrace {
        let step = try StreamStep(request.stream)
        let binding = StreamTable.Binding(tenant: context.tenant, operation: .hash, object: "")
        let outcome = try engine.repository.streams.digest(step, request.data, binding) { () throws(OperationFailure) in
            guard let algorithm = request.cryptographicParameters?.hashingAlgorithm else {
                throw OperationFailure(.invalidField, "The Cryptographic Parameters state no Hashing Algorithm")
            }
            return try HashWork(HashAlgorithm(algorithm))
        }
        switch outcome {
        case .complete(let work): writer.bytes(.data, try work.finish())
        case .goesOn(let correlation): writer.bytes(.correlationValue, correlation)
        }
        return OperationTrace()
    }
}
