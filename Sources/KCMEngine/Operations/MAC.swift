internal import KMIP
internal import NIOCore

/// MAC (KMIP 1.4 §4.33): HMAC or CMAC of Data, whole or in parts.
struct MAC: KeyUsingOperation {
    let request: MACRequest

    init(_ request: MACRequest) { self.request = request }

    var uniqueIdentifier: String? { request.uniqueIdentifier }
    var purpose: KeyPurpose { .macGenerate }
    var usedBytes: Int { request.data?.readableBytes ?? 0 }

    func computesLong(with object: KeyObject) -> Bool { usedBytes > LongComputation.threshold }

    func perform(
        with object: KeyObject,
        in engine: Engine,
        _ context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace {
        let step = try StreamStep(request.stream)
        let binding = StreamTable.Binding(tenant: context.tenant, operation: .mac, object: object.uniqueIdentifier)
        let outcome = try engine.repository.streams.digest(step, request.data, binding) { () throws(OperationFailure) in
            try MACUse(request.cryptographicParameters, for: object).stream()
        }
        writer.text(.uniqueIdentifier, object.uniqueIdentifier)
        switch outcome {
        case .complete(let work): writer.bytes(.macData, try work.finish())
        case .goesOn(let correlation): writer.bytes(.correlationValue, correlation)
        }
        return OperationTrace(object)
    }
}
