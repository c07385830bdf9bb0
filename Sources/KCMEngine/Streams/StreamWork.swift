internal import KMIP
internal import NIOCore

/// What a stream has made of the parts so far. One request at a time works on it; it wipes what it holds when it goes.
protocol StreamWork: AnyObject, Sendable {
    /// Bytes of the message that are kept in memory.
    var heldBytes: Int { get }
    /// Whether parts are kept until the last one.
    static var gathers: Bool { get }
}

extension StreamWork {
    var heldBytes: Int { 0 }
    static var gathers: Bool { false }
}

/// Work that only takes parts in and gives nothing out before the end.
protocol DigestingWork: StreamWork {
    /// Takes a part.
    func update(_ data: ByteBuffer) throws(OperationFailure)
}
