internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// A message in parts (KMIP 1.3): worked on as it comes where the mode can, else gathered; with a tag always, so that no plaintext leaves
/// before the tag was checked.
extension Decrypt {
    private func binding(_ object: KeyObject, _ context: OperationContext) -> StreamTable.Binding {
        StreamTable.Binding(tenant: context.tenant, operation: .decrypt, object: object.uniqueIdentifier)
    }

    private var data: ByteBuffer { request.data ?? ByteBuffer() }

    /// The first part.
    func begin(
        _ object: KeyObject,
        _ streams: StreamTable,
        _ context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) {
        let binding = binding(object, context)
        let use = object.objectType == .symmetricKey ? try BlockCipherUse(request.cryptographicParameters, for: object) : nil
        writer.text(.uniqueIdentifier, object.uniqueIdentifier)
        guard let use, CipherStream.takes(use.mode, padding: use.padding, encrypting: false) else {
            var first = request
            first.data = nil
            let work = GatheredWork(first, limit: streams.limits.gathered)
            try work.append(data)
            return writer.bytes(.correlationValue, try streams.begin(work, binding, bytes: data.readableBytes))
        }
        let iv = try use.statedInitializationVector(request.iv)
        let work = try CipherWork(use, iv: iv, additional: use.additionalData(request.additionalData), encrypts: false)
        try work.update(data, to: &writer)
        writer.bytes(.correlationValue, try streams.begin(work, binding, bytes: data.readableBytes))
    }

    /// A further part.
    func next(
        _ object: KeyObject,
        _ streams: StreamTable,
        _ context: OperationContext,
        _ correlation: ByteBuffer,
        isLast: Bool,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) {
        guard request.additionalData == nil else {
            throw OperationFailure(.invalidField, "Authenticated Encryption Additional Data belongs to the first part")
        }
        let data = data
        let start = writer.count
        writer.text(.uniqueIdentifier, object.uniqueIdentifier)
        try streams.next(correlation, binding(object, context), bytes: data.readableBytes, isLast: isLast) { (work) throws(OperationFailure) in
            switch work {
            case let work as CipherWork:
                if isLast { _ = try work.finish(data, appendsTag: false, to: &writer) } else { try work.update(data, to: &writer) }
            case let work as GatheredWork<DecryptRequest>:
                try work.append(data)
                guard isLast else { return }
                var message = work.first
                message.data = work.message()
                if let tag = request.tag { message.tag = tag }
                writer.rewind(to: start)
                try Decrypt(message).whole(object, context, to: &writer)
            default: throw StreamTable.unknown
            }
        }
        if !isLast { writer.bytes(.correlationValue, correlation) }
    }
}
