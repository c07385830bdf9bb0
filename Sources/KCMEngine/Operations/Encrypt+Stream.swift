internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// A message in parts (KMIP 1.3): worked on as it comes where the mode can, else gathered.
extension Encrypt {
    private func binding(_ object: KeyObject, _ context: OperationContext) -> StreamTable.Binding {
        StreamTable.Binding(tenant: context.tenant, operation: .encrypt, object: object.uniqueIdentifier)
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
        guard let use, CipherStream.takes(use.mode, padding: use.padding, encrypting: true) else {
            var first = request
            first.data = nil
            let work = GatheredWork(first, limit: streams.limits.gathered)
            try work.append(data)
            return writer.bytes(.correlationValue, try streams.begin(work, binding, bytes: data.readableBytes))
        }
        let (iv, isServerMade) = try use.initializationVector(request.iv)
        let work = try CipherWork(use, iv: iv, additional: use.additionalData(request.additionalData), encrypts: true)
        try work.update(data, to: &writer)
        if isServerMade { writer.bytes(.ivCounterNonce, iv) }
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
        var tag: [UInt8] = []
        let start = writer.count
        writer.text(.uniqueIdentifier, object.uniqueIdentifier)
        try streams.next(correlation, binding(object, context), bytes: data.readableBytes, isLast: isLast) { (work) throws(OperationFailure) in
            switch work {
            case let work as CipherWork:
                if isLast {
                    tag = try work.finish(data, appendsTag: context.version < .v1_4, to: &writer)
                } else {
                    try work.update(data, to: &writer)
                }
            case let work as GatheredWork<EncryptRequest>:
                try work.append(data)
                guard isLast else { return }
                var message = work.first
                message.data = work.message()
                writer.rewind(to: start)
                try Encrypt(message).whole(object, context, to: &writer)
            default: throw StreamTable.unknown
            }
        }
        if !isLast { writer.bytes(.correlationValue, correlation) }
        if !tag.isEmpty { writer.bytes(.authenticatedEncryptionTag, tag) }
    }
}
