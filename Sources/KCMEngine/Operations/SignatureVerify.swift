internal import KMIP
internal import NIOCore

/// Signature Verify (KMIP 1.4 §4.32). A signature that does not match is a success that says *Invalid*.
struct SignatureVerify: KeyUsingOperation {
    let request: SignatureVerifyRequest

    init(_ request: SignatureVerifyRequest) { self.request = request }

    var uniqueIdentifier: String? { request.uniqueIdentifier }
    var purpose: KeyPurpose { .verify }
    var usedBytes: Int { (request.data ?? request.digestedData)?.readableBytes ?? 0 }

    /// Reading a key for the first time takes some tenths of a millisecond.
    func computesLong(with object: KeyObject) -> Bool { true }

    func perform(
        with object: KeyObject,
        in engine: Engine,
        _ context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace {
        let step = try StreamStep(request.stream)
        let parameters = request.cryptographicParameters
        if let digest = try request.digestedData?.asDigest(beside: request.data, step) {
            let isValid = try SignatureUse(parameters, for: object).isValid(signature(), for: digest)
            writer.validity(isValid, of: object)
            return OperationTrace(object)
        }
        let binding = StreamTable.Binding(tenant: context.tenant, operation: .signatureVerify, object: object.uniqueIdentifier)
        let outcome = try engine.repository.streams.digest(step, request.data, binding) { () throws(OperationFailure) in
            try SignatureWork(SignatureUse(parameters, for: object))
        }
        switch outcome {
        case .complete(let work): writer.validity(try work.isValid(signature()), of: object)
        case .goesOn(let correlation):
            writer.validity(nil, of: object)
            writer.bytes(.correlationValue, correlation)
        }
        return OperationTrace(object)
    }

    private func signature() throws(OperationFailure) -> ByteBuffer {
        guard let signature = request.signatureData else { throw OperationFailure(.invalidMessage, "Signature Data is missing") }
        return signature
    }
}

extension TTLVWriter {
    /// The object and what was found of its signature or code; `nil` while a stream goes on.
    mutating func validity(_ isValid: Bool?, of object: KeyObject) {
        text(.uniqueIdentifier, object.uniqueIdentifier)
        enumeration(.validityIndicator, isValid.map { $0 ? ValidityIndicator.valid : .invalid } ?? .unknown)
    }
}
