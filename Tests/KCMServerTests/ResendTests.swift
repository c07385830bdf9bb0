import KCMDelegation
import KCMEdge
import KMIP
import Logging
import NIOCore
import NIOPosix
import Testing

/// What Edge sends again when the connection to Core ends on the way: never what Core may have done, where twice is not as good as once.
@Suite struct ResendTests {
    private static let create = RequestMessage(
        CreateRequest(objectType: .symmetricKey, templateAttribute: TemplateAttribute(attributes: [])), version: .v1_4
    ).frame
    private static let encrypt = RequestMessage(
        EncryptRequest(uniqueIdentifier: "L3-1", cryptographicParameters: nil, data: ByteBuffer(repeating: 1, count: 64)), version: .v1_4
    ).frame

    /// Runs with Cores that end connections so, best first.
    private func with(_ ends: [[FakeCore.End]], timeout: Duration = patience, _ body: (CoreHTTPClient, [FakeCore]) async throws -> Void) async throws
    {
        let pki = try TestPKI()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var cores: [FakeCore] = []
        for end in ends { cores.append(try await FakeCore(pki, ends: end, group: group)) }
        let identity = try pki.client("edge")
        let client = try CoreHTTPClient(
            urls: cores.map { "https://127.0.0.1:\($0.port)/kmip" },
            files: CoreTrustFiles(certificate: identity.certificate, key: identity.key, trust: pki.trust, revocation: nil),
            timeout: timeout,
            group: group,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await body(client, cores)
        await client.close()
        for core in cores { await core.close() }
        try await group.shutdownGracefully()
    }

    private func failure(_ client: CoreHTTPClient, _ frame: ByteBuffer) async -> CoreFailure? {
        do throws(CoreFailure) {
            _ = try await client.send(frame, clientChain: nil, tenant: nil, traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            return nil
        } catch { return error }
    }

    private static let ends = [FakeCore.End.beforeReading, .afterHalf, .afterAll, .withinAnswer]

    @Test(arguments: ends) func whatCannotBeDoneTwiceGoesToNoOtherCore(_ end: FakeCore.End) async throws {
        try await with([[end], [.never]]) { client, cores in
            #expect(await failure(client, Self.create)?.kind == .unreachable)
            #expect(cores[0].connections == 1 && cores[1].connections == 0)
        }
    }

    @Test(arguments: ends) func whatChangesNothingGoesToTheNextCore(_ end: FakeCore.End) async throws {
        try await with([[end], [.never]]) { client, cores in
            #expect(await failure(client, Self.encrypt) == nil)
            #expect(cores[0].connections == 1 && cores[1].requests.count == 1)
        }
    }

    @Test(arguments: ends) func overAKeptConnectionWhatCannotBeDoneTwiceIsSentOnce(_ end: FakeCore.End) async throws {
        try await with([[.never, end]]) { client, cores in
            #expect(await failure(client, Self.create) == nil)
            #expect(await failure(client, Self.create)?.kind == .unreachable)
            #expect(cores[0].connections == 1)
        }
    }

    @Test(arguments: ends)
    func overAKeptConnectionWhatChangesNothingIsSentOnceMore(_ end: FakeCore.End) async throws {
        // The connection made for it is dropped, too: there is no third.
        try await with([[.never, end]]) { client, cores in
            #expect(await failure(client, Self.encrypt) == nil)
            #expect(await failure(client, Self.encrypt)?.kind == .unreachable)
            #expect(cores[0].connections == 2)
        }
        try await with([[.never, end, .never]]) { client, cores in
            for _ in 0..<3 { #expect(await failure(client, Self.encrypt) == nil) }
            #expect(cores[0].connections == 2)
            #expect(client.metrics.contains("kcm_core_repeats_total 1\n"))
        }
    }

    @Test func anEdgeThatIsForbiddenIsToldSoAndAsksNoOther() async throws {
        try await with([[.forbidden], [.never]]) { client, cores in
            #expect(await failure(client, Self.create)?.kind == .refused)
            #expect(cores[1].connections == 0)
        }
    }

    @Test func tooManyWhoWaitAreToldAtOnce() async throws {
        // 16 connections and 1024 who wait for one, of CoreConnectionPool. Core is silent, so the first who are told anything are those for
        // whom there is no place: by order, not by the clock, which on a busy machine tells of the machine.
        let places = 16 + 1024
        try await with([[.unanswered]]) { client, cores in
            await withTaskGroup(of: CoreFailure?.self) { group in
                for _ in 0..<places + 60 { group.addTask { await failure(client, Self.encrypt) } }
                for _ in 0..<60 {
                    #expect(await group.next()??.kind == .overloaded)
                }
                #expect(client.metrics.contains("kcm_core_circuit_state{url=\"https://127.0.0.1:\(cores[0].port)/kmip\"} 0\n"))
                await cores[0].close()
                for await one in group { #expect(one?.kind == .unreachable || one?.kind == .suspended) }
            }
        }
    }

    @Test func aConnectionThatCoreClosedWhileItWasIdleCostsNoRequest() async throws {
        try await with([[.afterAnswer]]) { client, cores in
            for _ in 0..<5 {
                #expect(await failure(client, Self.create) == nil)
                // Until the close has arrived: what is sent into it may have been taken.
                while client.metrics.contains("/kmip\"} 1\n") { try await Task.sleep(for: .milliseconds(5)) }
            }
            #expect(cores[0].connections == 5 && cores[0].requests.count == 5)
        }
    }
}
