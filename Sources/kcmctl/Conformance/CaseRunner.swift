internal import Glibc
internal import KMIP
internal import KMIPClient
internal import KMIPConformance
internal import NIOCore

/// Replays cases against a server, each over a connection of its own, and removes what they made.
struct CaseRunner {
    let transport: CaseTransport
    let target: KmipSession.Target
    /// Where POST /kmip is, for the cases that prescribe an encoding; nil where only the address of `transport` is known.
    let httpsTarget: KmipSession.Target?
    let configuration: KMIPClientConfiguration
    let version: ProtocolVersion

    /// - Returns: one result for each entry.
    /// - Throws: `KMIPClientError` where no connection could be made at all.
    func run(_ entries: [CaseSuite.Entry]) async throws -> [CaseResult] {
        var results: [CaseResult] = []
        var previous: CaseReplay?
        for (index, entry) in entries.enumerated() {
            let name = entry.file.name
            let used = httpsTarget == nil ? transport : entry.prescribed ?? transport
            guard let obstacle = entry.obstacle(over: used) else {
                Output.hint("\(index + 1)/\(entries.count) \(name)")
                let (result, replay) = try await one(entry, over: used, after: entry.continuesPrevious ? previous : nil)
                results.append(result)
                previous = replay
                // The next case may go on with what this one made.
                let isContinued = index + 1 < entries.count && entries[index + 1].continuesPrevious
                if !isContinued { try await remove(replay.made) }
                continue
            }
            results.append(CaseResult(name: name, profile: entry.profile, outcome: .notRun(obstacle), rules: []))
        }
        return results
    }

    private func one(_ entry: CaseSuite.Entry, over used: CaseTransport, after previous: CaseReplay?) async throws -> (CaseResult, CaseReplay) {
        var replay = CaseReplay(entry.file, after: previous, alternatives: entry.alternatives)
        let isOther = used != transport && used != .ttlv
        let connection = try await CaseConnection.open(used, isOther ? httpsTarget ?? target : target, configuration)
        var outcome = CaseResult.Outcome.passed
        do {
            while let request = try replay.nextRequest(now: Self.now) {
                let response = try await connection.exchange(request)
                guard let difference = replay.take(response, now: Self.now) else { continue }
                outcome = .failed(difference.description, difference)
                break
            }
        } catch { outcome = .failed("\(error)", nil) }
        await connection.close()
        return (CaseResult(name: entry.file.name, profile: entry.profile, outcome: outcome, rules: replay.rules), replay)
    }

    /// Destroys the objects. What is destroyed already, or cannot be, is left.
    private func remove(_ identifiers: [String]) async throws {
        guard !identifiers.isEmpty else { return }
        let connection = try await CaseConnection.open(transport, target, configuration)
        for identifier in identifiers {
            // An Active object has to be revoked first; one that is not refuses that, and is destroyed all the same.
            let requests = [
                RequestMessage(DestroyRequest(uniqueIdentifier: identifier), version: version).frame,
                RequestMessage(
                    RevokeRequest(uniqueIdentifier: identifier, revocationReason: RevocationReason(code: .cessationOfOperation)), version: version
                ).frame,
                RequestMessage(DestroyRequest(uniqueIdentifier: identifier), version: version).frame,
            ]
            for request in requests {
                guard let answer = try? await connection.exchange(request), let message = try? ResponseMessage(frame: answer) else { break }
                if request == requests[0], message.items.first?.resultStatus == .success { break }
            }
        }
        await connection.close()
    }

    private static var now: Int64 { Int64(time(nil)) }
}
