internal import KCMAudit
internal import KCMEngine
internal import KMIP
internal import NIOCore
internal import Synchronization

/// The L3 keys of Core as one message at Edge may use them to wrap and unwrap: each use is authorised, passed on with the client's
/// chain and the trace of the message, and recorded, as an Encrypt or Decrypt of the client's own would be (design §2).
final class DelegatedKeys: ForeignKeys {
    private let batch: Batch
    private let made = Mutex<[AuditRecord]>([])

    init(batch: Batch) { self.batch = batch }

    /// One for each use, refused ones included.
    var records: [AuditRecord] { made.withLock { $0 } }

    func encrypt(_ request: EncryptRequest) async throws(OperationFailure) -> EncryptResponse {
        try await ask(request, of: request.uniqueIdentifier ?? "")
    }

    func decrypt(_ request: DecryptRequest) async throws(OperationFailure) -> DecryptResponse {
        try await ask(request, of: request.uniqueIdentifier ?? "")
    }

    private func ask<Request: RequestPayload, Response: ResponsePayload>(
        _ request: Request,
        of key: String
    ) async throws(OperationFailure) -> Response {
        let began = MonotonicClock.now
        var record = batch.template
        record.time = WallClock.now
        record.operation = Request.operation.description
        record.object = UniqueIdentifier.isWellFormed(key) ? key : String(key.prefix(64))
        record.level = Level.l3.name
        record.servedBy = "core"
        defer {
            record.duration = MonotonicClock.now - began
            made.withLock { $0.append(record) }
        }
        do throws(OperationFailure) {
            if case .refused(let failure) = batch.service.mode.route(Request.operation, level: .l3) {
                record.rule = "level-separation"
                throw failure
            }
            try batch.authorise(Request.operation, .l3, &record)
            // Whatever the client speaks: only KMIP 1.4 has a field for the tag.
            let item = RequestMessage(request, version: .v1_4).items[0]
            let response = try await batch.service.mode.delegate(item, batch.delegation(in: .v1_4))
            guard response.resultStatus == .success, let payload = response.payload else {
                throw OperationFailure(response.resultReason ?? .generalFailure, response.resultMessage ?? "")
            }
            var reader = TTLVReader(items: payload)
            guard let answer = try? Response(from: &reader) else {
                throw OperationFailure(.generalFailure, "Core gave an answer that is not KMIP")
            }
            record.resultStatus = ResultStatus.success.description
            record.resultReason = ""
            return answer
        } catch {
            record.resultReason = error.reason.description
            throw error
        }
    }
}
