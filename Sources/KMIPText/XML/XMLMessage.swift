internal import KMIP
public import NIOCore

/// A KMIP message as XML (KMIP Additional Message Encodings §2): `<BatchCount type="Integer" value="1"/>`.
///
/// Taken: elements by name or as `<TTLV tag="0x54ABCD" …>`, without `type` where it is a structure, attributes in any order; `name` and
/// unknown attributes are passed over. Given: the canonical form, see ``TextScalar``.
public enum XMLMessage {
    /// The message as TTLV.
    /// - Throws: ``KMIPTextError``.
    public static func decode(_ text: ByteBuffer, limits: TextLimits = TextLimits()) throws(KMIPTextError) -> ByteBuffer {
        let receiver = XMLMessageReceiver(limits: limits, capacity: min(text.readableBytes, limits.bytes) / 2)
        var failure: KMIPTextError?
        text.withUnsafeReadableBytes { bytes in
            do throws(KMIPTextError) { try XMLParser.parse(bytes, limits: limits, receiver: receiver) } catch { failure = error }
        }
        if let failure { throw failure }
        return try receiver.finish()
    }

    /// The message as XML in UTF-8, without a declaration.
    /// - Parameters:
    ///   - message: TTLV, one structure.
    ///   - indented: each element on its own line, for people.
    /// - Throws: ``KMIPTextError`` `.message` where the message is malformed, `.value` for a text with characters that XML cannot hold.
    public static func encode(_ message: ByteBuffer, indented: Bool = false) throws(KMIPTextError) -> ByteBuffer {
        var writer = XMLWriter(indented: indented, capacity: message.readableBytes * 3)
        try TTLVWalker.walk(message, into: &writer)
        return writer.buffer
    }
}
