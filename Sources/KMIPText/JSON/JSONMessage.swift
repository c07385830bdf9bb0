internal import KMIP
public import NIOCore

/// A KMIP message as JSON (KMIP Additional Message Encodings §3): `{"tag": "BatchCount", "type": "Integer", "value": 1}`; the value of a
/// structure is an array of such objects, and its type may be left out.
///
/// Taken: tags by name or as `0x54ABCD`; numbers as JSON numbers, decimal or `0x…` strings; bits by name between `|`; keys in any order,
/// others than these three are passed over, one that stands twice is refused. Given: the canonical form, see ``TextScalar``, with
/// numbers as JSON numbers where every reader of JSON holds them exactly, and `0x…` strings beyond.
public enum JSONMessage {
    /// The message as TTLV.
    /// - Throws: ``KMIPTextError``.
    public static func decode(_ text: ByteBuffer, limits: TextLimits = TextLimits()) throws(KMIPTextError) -> ByteBuffer {
        var builder = TTLVBuilder(limits: limits, capacity: min(text.readableBytes, limits.bytes) / 2)
        var failure: KMIPTextError?
        text.withUnsafeReadableBytes { bytes in
            do throws(KMIPTextError) { try JSONReader.read(bytes, limits: limits, into: &builder) } catch { failure = error }
        }
        if let failure { throw failure }
        return try builder.finish()
    }

    /// The message as JSON in UTF-8.
    /// - Parameters:
    ///   - message: TTLV, one structure.
    ///   - indented: each object on its own line, for people.
    /// - Throws: ``KMIPTextError`` `.message` where the message is malformed.
    public static func encode(_ message: ByteBuffer, indented: Bool = false) throws(KMIPTextError) -> ByteBuffer {
        var writer = JSONWriter(indented: indented, capacity: message.readableBytes * 3)
        try TTLVWalker.walk(message, into: &writer)
        return writer.buffer
    }
}
