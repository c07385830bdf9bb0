internal import KMIP
internal import NIOCore

/// What a request means for its stream (KMIP 1.3 and 1.4, §4.29).
enum StreamStep {
    /// No stream: the message is whole.
    case whole
    /// The first of several parts.
    case begin
    /// A further part of the stream with this Correlation Value.
    case next(ByteBuffer, isLast: Bool)

    /// - Throws: *Invalid Field* for fields that contradict one another.
    init(_ part: StreamPart) throws(OperationFailure) {
        if part.correlationValue == nil, part.initIndicator == nil, part.finalIndicator == nil {
            self = .whole
            return
        }
        switch (part.correlationValue, part.initIndicator ?? false, part.finalIndicator) {
        // One part that is the whole needs no stream.
        case (nil, true, .some(true)), (nil, false, nil), (nil, false, .some(true)): self = .whole
        case (nil, true, _): self = .begin
        case (nil, false, .some(false)):
            throw OperationFailure(.invalidField, "A part that is neither the first nor the last needs a Correlation Value")
        case (.some, true, _): throw OperationFailure(.invalidField, "The first part of a stream has no Correlation Value")
        case (.some(let value), false, let final): self = .next(value, isLast: final ?? false)
        }
    }
}
