internal import KMIP
internal import NIOCore

/// Which requests may be done twice.
enum Repeatable {
    /// Their effect is their answer: done twice, Core holds what it would have held, and one more record in its audit log.
    private static let operations: Set<KMIP.Operation> = [.encrypt, .decrypt, .locate, .get, .getAttributes, .getAttributeList, .query]

    /// Read only where a request failed, so it costs the good case nothing.
    static func isRepeatable(_ frame: ByteBuffer) -> Bool {
        guard let message = try? RequestMessage(frame: frame, maximumItems: 1000) else { return false }
        return message.items.allSatisfy { operations.contains($0.operation) }
    }
}
