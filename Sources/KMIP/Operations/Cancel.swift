public import NIOCore

/// Asks to cancel an outstanding asynchronous operation (KMIP 1.4 §4.27).
public struct CancelRequest: RequestPayload {
    public static var operation: Operation { .cancel }

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

/// Says what became of it (KMIP 1.4 §4.27).
public struct CancelResponse: ResponsePayload {
    public var asynchronousCorrelationValue: ByteBuffer
    public var cancellationResult: CancellationResult

    /// A payload of these items.
    public init(asynchronousCorrelationValue: ByteBuffer, cancellationResult: CancellationResult) {
        self.asynchronousCorrelationValue = asynchronousCorrelationValue
        self.cancellationResult = cancellationResult
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var asynchronousCorrelationValue: ByteBuffer?
        var cancellationResult: CancellationResult?
        while let item = try reader.next() {
            switch item.tag {
            case .asynchronousCorrelationValue where asynchronousCorrelationValue == nil: asynchronousCorrelationValue = try reader.bytes(item)
            case .cancellationResult where cancellationResult == nil: cancellationResult = try reader.enumeration(item)
            case .asynchronousCorrelationValue, .cancellationResult: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let asynchronousCorrelationValue else { throw .missing(.asynchronousCorrelationValue, in: reader) }
        guard let cancellationResult else { throw .missing(.cancellationResult, in: reader) }
        self.init(asynchronousCorrelationValue: asynchronousCorrelationValue, cancellationResult: cancellationResult)
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.bytes(.asynchronousCorrelationValue, asynchronousCorrelationValue)
        writer.enumeration(.cancellationResult, cancellationResult)
    }
}
