internal import KMIP
internal import KMIPBench
internal import KMIPClient
internal import NIOCore
internal import Synchronization

/// Makes and destroys many objects, in batches, on all connections at a time.
enum BenchFill {
    /// Items in a message.
    private static let batch = 100

    /// Makes `count` objects.
    /// - Parameter request: the Create of one, by its number.
    /// - Returns: their identifiers, by number.
    /// - Throws: `KMIPClientError`, `KMIPError`, or an exit code where the server refuses one.
    static func make(
        _ count: Int,
        _ sessions: [KmipSession],
        progress: ProgressLine? = nil,
        _ request: (Int) -> CreateRequest
    ) async throws -> [String] {
        var identifiers = [String](repeating: "", count: count)
        // A round is a message on every connection, so that no more than that is encoded at a time.
        for start in stride(from: 0, to: count, by: batch * sessions.count) {
            var messages: [(first: Int, session: KmipSession, frame: ByteBuffer)] = []
            for (index, session) in sessions.enumerated() {
                let first = start + index * batch
                guard first < count else { break }
                let requests = (first..<min(first + batch, count)).map(request)
                messages.append((first, session, message(requests, session.version)))
            }
            try await withThrowingTaskGroup(of: (Int, [String]).self) { group in
                for (first, session, frame) in messages { group.addTask { (first, try await send(frame, session)) } }
                for try await (first, made) in group { identifiers.replaceSubrange(first..<first + made.count, with: made) }
            }
            progress?.show("\(min(start + batch * sessions.count, count)) of \(count) keys made")
        }
        progress?.clear()
        return identifiers
    }

    /// Revokes and destroys objects.
    /// - Returns: how many could not be destroyed.
    static func destroy(_ identifiers: [String], _ sessions: [KmipSession]) async -> Int {
        await withTaskGroup(of: Int.self) { group in
            for (index, session) in sessions.enumerated() {
                group.addTask {
                    var left = 0
                    for position in stride(from: index, to: identifiers.count, by: sessions.count) {
                        if await !destroy(identifiers[position], session) { left += 1 }
                    }
                    return left
                }
            }
            return await group.reduce(0, +)
        }
    }

    private static func destroy(_ identifier: String, _ session: KmipSession) async -> Bool {
        let destroy = DestroyRequest(uniqueIdentifier: identifier)
        if (try? await session.ask(destroy, for: DestroyResponse.self)) != nil { return true }
        // An active one has to be revoked before (KMIP 1.4 §4.21).
        let revoke = RevokeRequest(uniqueIdentifier: identifier, revocationReason: RevocationReason(code: .cessationOfOperation))
        _ = try? await session.ask(revoke, for: RevokeResponse.self)
        return (try? await session.ask(destroy, for: DestroyResponse.self)) != nil
    }

    private static func message(_ requests: [CreateRequest], _ version: ProtocolVersion) -> ByteBuffer {
        let items = requests.enumerated().map { number, request in
            var writer = TTLVWriter()
            request.encode(to: &writer)
            return RequestBatchItem(operation: .create, uniqueBatchItemID: ByteBuffer(integer: UInt32(number)), payload: writer.buffer)
        }
        return RequestMessage(header: RequestHeader(protocolVersion: version), items: items).frame
    }

    private static func send(_ frame: ByteBuffer, _ session: KmipSession) async throws -> [String] {
        let answer = try await session.connection.send(frame)
        if let refusal = try LoadAnswer.refusal(answer) { throw ended(1, refusal) }
        return try LoadAnswer.identifiers(answer)
    }
}
