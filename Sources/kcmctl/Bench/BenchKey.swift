internal import KMIP
internal import KMIPClient
internal import NIOCore

/// The key that a run uses, and the requests with it, encoded once.
struct BenchKey {
    let identifier: String
    private let frames: [Bench.Load: ByteBuffer]

    /// Makes an active AES-256 key and encrypts `size` zero bytes with it once, so that there is something to decrypt.
    /// - Throws: ``KmipSession/Refused``, `KMIPClientError`, `KMIPError`. What was made by then is destroyed.
    static func make(_ session: KmipSession, size: Int) async throws -> BenchKey {
        let create = CreateRequest(
            objectType: .symmetricKey,
            templateAttribute: TemplateAttribute(attributes: [
                Attribute(.cryptographicAlgorithm, .enumeration(CryptographicAlgorithm.aes.rawValue)),
                Attribute(.cryptographicLength, .integer(256)),
                Attribute(.cryptographicUsageMask, .integer(CryptographicUsageMask([.encrypt, .decrypt]).rawValue)),
            ])
        )
        let identifier = try await session.ask(create, for: CreateResponse.self).uniqueIdentifier
        do {
            _ = try await session.ask(ActivateRequest(uniqueIdentifier: identifier), for: ActivateResponse.self)
            let parameters = CryptographicParameters(blockCipherMode: .gcm, cryptographicAlgorithm: .aes)
            var randomIV = parameters
            randomIV.randomIV = true
            let encrypt = EncryptRequest(
                uniqueIdentifier: identifier,
                cryptographicParameters: randomIV,
                data: ByteBuffer(repeating: 0, count: size)
            )
            let encrypted = try await session.ask(encrypt, for: EncryptResponse.self)
            let decrypt = DecryptRequest(
                uniqueIdentifier: identifier,
                cryptographicParameters: parameters,
                data: encrypted.data,
                iv: encrypted.iv,
                tag: encrypted.tag
            )
            let frames: [Bench.Load: ByteBuffer] = [
                .create: RequestMessage(create, version: session.version).frame,
                .get: RequestMessage(GetRequest(uniqueIdentifier: identifier), version: session.version).frame,
                .encrypt: RequestMessage(encrypt, version: session.version).frame,
                .decrypt: RequestMessage(decrypt, version: session.version).frame,
            ]
            return BenchKey(identifier: identifier, frames: frames)
        } catch {
            await destroy(identifier, session)
            throw error
        }
    }

    func frame(_ load: Bench.Load) -> ByteBuffer { frames[load] ?? ByteBuffer() }

    /// Revokes and destroys an active key.
    /// - Returns: whether it is gone.
    @discardableResult
    static func destroy(_ identifier: String, _ session: KmipSession) async -> Bool {
        let revoke = RevokeRequest(uniqueIdentifier: identifier, revocationReason: RevocationReason(code: .cessationOfOperation))
        // A key that is not active yet needs no Revoke; whether it is gone is what Destroy says.
        _ = try? await session.ask(revoke, for: RevokeResponse.self)
        return (try? await session.ask(DestroyRequest(uniqueIdentifier: identifier), for: DestroyResponse.self)) != nil
    }

    /// Destroys keys that were never activated, on all connections at a time.
    /// - Returns: how many could not be destroyed.
    static func destroy(_ identifiers: [String], _ sessions: [KmipSession]) async -> Int {
        await withTaskGroup(of: Int.self) { group in
            for (index, session) in sessions.enumerated() {
                group.addTask {
                    var left = 0
                    for position in stride(from: index, to: identifiers.count, by: sessions.count) {
                        let request = DestroyRequest(uniqueIdentifier: identifiers[position])
                        if (try? await session.ask(request, for: DestroyResponse.self)) == nil { left += 1 }
                    }
                    return left
                }
            }
            return await group.reduce(0, +)
        }
    }
}
