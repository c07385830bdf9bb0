internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// Wraps and unwraps with a key of another daemon: what is local with an L4 key is an Encrypt or a Decrypt there.
struct ForeignWrapping: Sendable {
    let identifier: String
    let keys: any ForeignKeys

    /// In bytes, where the request leaves it open: the key's own parameters, which are not known here, must not decide where the
    /// ciphertext ends.
    private static let tagLength: Int32 = 16

    /// Encrypts a key value; the tag of an authenticated mode stands behind the ciphertext.
    func wrap(_ value: SecretKey, _ sent: CryptographicParameters?) async throws(OperationFailure) -> WrappingKey.Wrapped {
        var parameters = sent ?? CryptographicParameters()
        // Whoever unwraps reads the IV out of Key Wrapping Data, so nobody has to send one.
        parameters.randomIV = true
        if Self.isAuthenticated(parameters.blockCipherMode) { parameters.tagLength = parameters.tagLength ?? Self.tagLength }
        let response = try await keys.encrypt(
            EncryptRequest(
                uniqueIdentifier: identifier,
                cryptographicParameters: parameters,
                data: value.bytes.withUnsafeBytes { ByteBuffer(bytes: $0) }
            )
        )
        guard var bytes = response.data else { throw Self.incomplete }
        if let tag = response.tag { bytes.writeImmutableBuffer(tag) }
        // Where the key chose the mode, only the answer tells how long the tag is.
        let isChosenThere = sent?.blockCipherMode == nil
        return WrappingKey.Wrapped(
            bytes: bytes, iv: response.iv, tagLength: isChosenThere ? response.tag.map { Int32(clamping: $0.readableBytes) } : nil)
    }

    /// Decrypts a wrapped key value.
    /// - Parameter sent: the parameters of its Key Wrapping Data.
    func unwrap(_ wrapped: SecretKey, iv: ByteBuffer?, _ sent: CryptographicParameters?) async throws(OperationFailure) -> SecretKey {
        var parameters = sent
        var data = wrapped.bytes.withUnsafeBytes { ByteBuffer(bytes: $0) }
        var tag: ByteBuffer?
        let mode = sent?.blockCipherMode
        if Self.isAuthenticated(mode) || mode == nil && sent?.tagLength != nil {
            let length = Int(sent?.tagLength ?? Self.tagLength)
            guard length > 0, length < data.readableBytes else {
                throw OperationFailure(.cryptographicFailure, "The wrapped key is too short")
            }
            parameters?.tagLength = Int32(length)
            tag = data.getSlice(at: data.writerIndex - length, length: length)
            data.moveWriterIndex(to: data.writerIndex - length)
        }
        let response = try await keys.decrypt(
            DecryptRequest(uniqueIdentifier: identifier, cryptographicParameters: parameters, data: data, iv: iv, tag: tag)
        )
        guard let value = response.data else { throw Self.incomplete }
        do { return SecretKey(try SecretBytes(copying: value)) } catch { throw Engine.failure(for: error) }
    }

    private static func isAuthenticated(_ mode: KMIP.BlockCipherMode?) -> Bool { mode == .gcm || mode == .ccm || mode == .aead }

    private static let incomplete = OperationFailure(.generalFailure, "Core's answer lacks the Data")
}
