internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// MAC Verify (KMIP 1.4 §4.34). A code that does not match is a success that says *Invalid*; so is one that is cut short.
struct MACVerify: KeyUsingOperation {
    let request: MACVerifyRequest

    init(_ request: MACVerifyRequest) { self.request = request }

    var uniqueIdentifier: String? { request.uniqueIdentifier }
    var purpose: KeyPurpose { .macVerify }
    var usedBytes: Int { request.data?.readableBytes ?? 0 }

    func computesLong(with object: KeyObject) -> Bool { usedBytes > LongComputation.threshold }

    func perform(
        with object: KeyObject,
        in engine: Engine,
        _ context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace {
        let step = try StreamStep(request.stream)
        let binding = StreamTable.Binding(tenant: context.tenant, operation: .macVerify, object: object.uniqueIdentifier)
        let outcome = try engine.repository.streams.digest(step, request.data, binding) { () throws(OperationFailure) in
            try MACUse(request.cryptographicParameters, for: object).stream()
        }
        switch outcome {
        case .complete(let work):
            guard let sent = request.macData else { throw OperationFailure(.invalidMessage, "MAC Data is missing") }
            let code = try work.finish()
            let isValid = sent.withReadable { sent in code.withUnsafeBytes { MACAlgorithm.isEqual($0, sent) } }
            writer.validity(isValid, of: object)
        case .goesOn(let correlation):
            writer.validity(nil, of: object)
            writer.bytes(.correlationValue, correlation)
        }
        return OperationTrace(object)
    }
}
