internal import KMIP
internal import NIOCore

/// Sign (KMIP 1.4 §4.31): Data, whole or in parts, or its digest.
struct Sign: KeyUsingOperation {
    let request: SignRequest

    init(_ request: SignRequest) { self.request = request }

    var uniqueIdentifier: String? { request.uniqueIdentifier }
    var purpose: KeyPurpose { .sign }
    var usedBytes: Int { (request.data ?? request.digestedData)?.readableBytes ?? 0 }

    /// RSA takes milliseconds, and so does reading a key for the first time.
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
            let signature = try SignatureUse(parameters, for: object).sign(digest)
            writer.text(.uniqueIdentifier, object.uniqueIdentifier)
            writer.bytes(.signatureData, signature)
            return OperationTrace(object)
        }
        let binding = StreamTable.Binding(tenant: context.tenant, operation: .sign, object: object.uniqueIdentifier)
        let outcome = try engine.repository.streams.digest(step, request.data, binding) { () throws(OperationFailure) in
            try SignatureWork(SignatureUse(parameters, for: object))
        }
        writer.text(.uniqueIdentifier, object.uniqueIdentifier)
        switch outcome {
        case .complete(let work): writer.bytes(.signatureData, try work.sign())
        case .goesOn(let correlation): writer.bytes(.correlationValue, correlation)
        }
        return OperationTrace(object)
    }
}

extension ByteBuffer {
    /// Digested Data as bytes.
    /// - Throws: *Invalid Field* where it stands beside Data or in a stream.
    func asDigest(beside data: ByteBuffer?, _ step: StreamStep) throws(OperationFailure) -> [UInt8] {
        guard data == nil, case .whole = step else {
            throw OperationFailure(.invalidField, "Digested Data stands instead of Data, and not in parts")
        }
        return Array(readableBytesView)
    }
}
