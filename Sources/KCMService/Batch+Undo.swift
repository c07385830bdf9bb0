internal import KCMAudit
internal import KCMEngine
internal import KMIP
internal import NIOCore

extension Batch {
    /// Ends a batch with Batch Error Continuation Option Undo (KMIP 1.4 §6.13, §11.29): stores the changes of all items in one commit,
    /// or none of them where one failed. The failed item is answered as such, those before it as undone.
    func settle(_ engine: Engine, _ responses: inout [ResponseBatchItem], _ records: inout [AuditRecord]) async {
        guard let last = responses.indices.last else { return }
        if responses[last].resultStatus == .success {
            do throws(OperationFailure) {
                // An answer that cannot be sent is a failure, too: the client could not tell that anything was done.
                if let maximum = message.header.maximumResponseSize,
                    ResponseWriter.message(header, items: responses).readableBytes > Int(maximum)
                {
                    throw Self.tooLarge
                }
                let done = records
                let result: Result<Void, OperationFailure> = await ChangeContext.$batch.withValue(done) {
                    await ChangeContext.$record.withValue(done[last]) {
                        do throws(OperationFailure) { return .success(try await engine.commitStaged(in: caller.tenant)) } catch {
                            return .failure(error)
                        }
                    }
                }
                try result.get()
                return
            } catch {
                let item = message.items[last]
                responses[last] = ResponseBatchItem(item.operation, item.uniqueBatchItemID, failed: error, in: message.header.protocolVersion)
                records[last].resultStatus = ResultStatus.operationFailed.description
                records[last].resultReason = error.reason.description
            }
        }
        for index in responses.indices.dropLast() {
            responses[index].resultStatus = .operationUndone
            responses[index].resultMessage = "Undone, since a later item of the batch failed"
            responses[index].payload = nil
            records[index].resultStatus = ResultStatus.operationUndone.description
        }
    }
}
