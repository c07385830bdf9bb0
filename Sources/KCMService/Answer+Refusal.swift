internal import KMIP
public import NIOCore

extension Answer {
    /// What to send when `audit` cannot be written: the same response with every item failed (*General Failure*), since an
    /// operation without its record is not to be seen to succeed (design §5). Made on demand: it is never needed in good health.
    public var refusal: ByteBuffer {
        guard var response = try? ResponseMessage(frame: frame) else { return ByteBuffer() }
        for index in response.items.indices {
            response.items[index].resultStatus = .operationFailed
            response.items[index].resultReason = .generalFailure
            response.items[index].resultMessage = "The audit log cannot be written; the server serves nothing until it can"
            response.items[index].payload = nil
        }
        return ResponseWriter.message(response.header, items: response.items)
    }
}
