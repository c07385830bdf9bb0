internal import KCMCrypto
internal import KCMEngine
internal import KMIP
internal import NIOCore

/// The three things that sealing asks of Core, as KMIP over the connection of Edge's own certificate.
struct SealingCore: Sendable {
    let core: any CoreService

    /// Why a sealing key is not open.
    enum Refusal: Error {
        /// Core answered, and said no: the kill switch.
        case refused(ResultReason, String)
        /// No usable answer: Core may say yes later.
        /// With the rule for the audit record, where the network is the reason.
        case unanswered(String, rule: String? = nil)

        /// There is no locked memory for a sealing key; the log has the reason.
        static func noMemory(_ error: any Error) -> Refusal {
            InternalFailure.report(error)
            return .unanswered("The server has no locked memory left for keys")
        }
    }

    /// The Unique Identifier of the tenant's L3 key of this name; `nil` where there is none.
    func locate(name: String, tenant: String) async throws(Refusal) -> String? {
        let request = LocateRequest(attributes: [
            Attribute(.name, Name(name).attributeValue), Attribute(.objectType, .enumeration(ObjectType.symmetricKey.rawValue)),
            Attribute(.state, .enumeration(State.active.rawValue)),
        ])
        let response: LocateResponse = try await ask(request, tenant)
        return response.uniqueIdentifiers.first
    }

    /// Has Core encrypt a new sealing key.
    func encrypt(_ plaintext: borrowing SecretBytes, with key: String, tenant: String, generation: UInt32) async throws(Refusal) -> StoredSealingKey {
        let request = EncryptRequest(
            uniqueIdentifier: key,
            cryptographicParameters: StoredSealingKey.parameters,
            data: plaintext.withUnsafeBytes { ByteBuffer(bytes: $0) },
            additionalData: StoredSealingKey.additionalData(tenant: tenant, generation: generation)
        )
        let response: EncryptResponse = try await ask(request, tenant)
        guard let data = response.data, let iv = response.iv, let tag = response.tag else {
            throw .unanswered("Core's answer to Encrypt lacks Data, IV or tag")
        }
        return StoredSealingKey(
            keyIdentifier: key,
            iv: Array(iv.readableBytesView),
            ciphertext: Array(data.readableBytesView),
            tag: Array(tag.readableBytesView)
        )
    }

    /// Has Core open a sealing key.
    /// - Returns: the plaintext, in locked memory.
    func decrypt(_ stored: StoredSealingKey, tenant: String, generation: UInt32) async throws(Refusal) -> SecretKey {
        let request = DecryptRequest(
            uniqueIdentifier: stored.keyIdentifier,
            cryptographicParameters: StoredSealingKey.parameters,
            data: ByteBuffer(bytes: stored.ciphertext),
            iv: ByteBuffer(bytes: stored.iv),
            additionalData: StoredSealingKey.additionalData(tenant: tenant, generation: generation),
            tag: ByteBuffer(bytes: stored.tag)
        )
        let response: DecryptResponse = try await ask(request, tenant)
        guard let data = response.data, data.readableBytes == StoredSealingKey.plaintextSize else {
            throw .unanswered("Core's answer to Decrypt is not a sealing key")
        }
        do {
            let secret = try SecretBytes(count: data.readableBytes) { bytes in data.withUnsafeReadableBytes { bytes.copyMemory(from: $0) } }
            return SecretKey(secret)
        } catch { throw .noMemory(error) }
    }

    private func ask<Response: ResponsePayload>(_ request: some RequestPayload, _ tenant: String) async throws(Refusal) -> Response {
        let answer: ByteBuffer
        do throws(CoreFailure) {
            answer = try await core.send(
                RequestMessage(request, version: .v1_4).frame,
                clientChain: nil,
                tenant: tenant,
                traceparent: TraceContext.make().traceparent
            )
        } catch {
            InternalFailure.report(error)
            throw .unanswered(error.clientMessage, rule: error.rule)
        }
        guard let message = try? ResponseMessage(frame: answer), let item = message.items.first else {
            throw .unanswered("Core gave an answer that is not KMIP")
        }
        guard item.resultStatus == .success, let payload = item.payload else {
            let text = item.resultMessage ?? ""
            // A Core that has trouble of its own has not decided against the key.
            if item.resultReason == nil || item.resultReason == .generalFailure { throw .unanswered("Core: \(text)") }
            throw .refused(item.resultReason ?? .generalFailure, text)
        }
        var reader = TTLVReader(items: payload)
        do { return try Response(from: &reader) } catch { throw .unanswered("Core gave an answer that is not KMIP") }
    }
}
