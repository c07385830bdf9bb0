public import NIOCore

/// Asks how an outstanding asynchronous operation stands (KMIP 1.4 §4.28). The answer is that operation's own.
public struct PollRequest: RequestPayload {
    public static var operation: Operation { .poll }

    public var asynchronousCorrelationValue: ByteBuffer

    /// A payload of these items.
    public init(asynchronousCorrelationValue: ByteBuffer) {
        self.asynchronousCorrelationValue = asynchronousCorrelationValue
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var asynchronousCorrelationValue: ByteBuffer?
        while let item = try reader.next() {
            switch item.tag {
            case .asynchronousCorrelationValue where asynchronousCorrelationValue == nil: asynchronousCorrelationValue = try reader.bytes(item)
            case .asynchronousCorrelationValue: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let asynchronousCorrelationValue else { throw .missing(.asynchronousCorrelationValue, in: reader) }
        self.init(asynchronousCorrelationValue: asynchronousCorrelationValue)
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.bytes(.asynchronousCorrelationValue, asynchronousCorrelationValue)
    }
}
