package import KMIP
package import NIOCore

/// Reads of a response no more than a load generator has to know: the time of reading it is the client's, not the server's.
package enum LoadAnswer {
    /// Looks no further than the Result Status of each item.
    /// - Returns: reason and message of the first failure, `nil` where all is success.
    package static func refusal(_ answer: ByteBuffer) throws(KMIPError) -> String? {
        var message = try TTLVReader(message: answer, tag: .responseMessage)
        var isEmpty = true
        while let item = try message.next() {
            guard item.tag == .batchItem else { continue }
            isEmpty = false
            var fields = try message.structure(item)
            while let field = try fields.next() {
                guard field.tag == .resultStatus else { continue }
                if try fields.enumeration(field, as: ResultStatus.self) == .success { break }
                let failed = try ResponseMessage(frame: answer).items.first { $0.resultStatus != .success }
                return "\(failed?.resultReason?.description ?? "GeneralFailure"): \(failed?.resultMessage ?? "")"
            }
        }
        return isEmpty ? "the answer has no batch item" : nil
    }

    /// The Unique Identifier of each item's payload, where it has one.
    package static func identifiers(_ answer: ByteBuffer) throws(KMIPError) -> [String] {
        var identifiers: [String] = []
        for item in try ResponseMessage(frame: answer).items {
            var fields = TTLVReader(items: item.payload ?? ByteBuffer())
            while let field = try fields.next() {
                guard field.tag == .uniqueIdentifier else { continue }
                identifiers.append(try fields.text(field))
                break
            }
        }
        return identifiers
    }
}
