import KCMAudit
import KCMEngine
import KCMService
import KMIP
import NIOCore
import Testing

/// What the server says of itself, and what it says to those who would wait for it (KMIP 1.4 §4.25 to §4.28).
@Suite struct QueryTests {
    @Test func theTableIsWhatQueryListsAndNothingElseIsServed() async throws {
        let world = try World.atEdge()
        let query: QueryResponse = try await world.ask(QueryRequest(queryFunctions: [.queryOperations]))
        for code in UInt32(1)...0x2B {
            let operation = KMIP.Operation(rawValue: code)
            let message = RequestMessage(
                header: RequestHeader(protocolVersion: .v1_4),
                items: [RequestBatchItem(operation: operation, payload: ByteBuffer())]
            )
            let answer = await world.answer(Exchange(frame: message.frame), from: World.acme)
            let reason = try ResponseMessage(frame: answer.frame).items[0].resultReason
            #expect((reason == .operationNotSupported) == !query.operations.contains(operation), "\(operation)")
        }
        let early: QueryResponse = try await world.ask(QueryRequest(queryFunctions: [.queryOperations]), version: .v1_0)
        #expect(!early.operations.contains(.encrypt) && early.operations.contains(.addAttribute))
    }

    @Test func capabilitiesAndGeneratorsAreTold() async throws {
        let world = try World.atEdge()
        let all: QueryResponse = try await world.ask(
            QueryRequest(queryFunctions: [.queryServerInformation, .queryRNGs, .queryCapabilities, .queryApplicationNamespaces, .queryExtensionMap]))
        #expect(all.vendorIdentification == "OpenKCM Crypto Service (Edge)" && all.hasServerInformation)
        #expect(all.rngs.map(\.algorithm) == [.drbg])
        #expect(all.capabilities?.batchUndo == true && all.capabilities?.asynchronous == false)
        #expect(all.operations.isEmpty && all.applicationNamespaces.isEmpty, "only what was asked for")
        let early: QueryResponse = try await world.ask(QueryRequest(queryFunctions: [.queryRNGs, .queryCapabilities]), version: .v1_2)
        #expect(early.rngs.isEmpty && early.capabilities == nil)
    }

    @Test func versionsComeBestFirst() async throws {
        let world = try World.atEdge()
        let all: DiscoverVersionsResponse = try await world.ask(DiscoverVersionsRequest())
        #expect(all.protocolVersions == [.v1_4, .v1_3, .v1_2, .v1_1, .v1_0])
        let some: DiscoverVersionsResponse = try await world.ask(
            DiscoverVersionsRequest(protocolVersions: [.v1_0, .v1_3, ProtocolVersion(major: 9, minor: 9)]))
        #expect(some.protocolVersions == [.v1_3, .v1_0])
    }

    @Test func nothingIsEverOutstanding() async throws {
        let world = try World.atEdge()
        let value = ByteBuffer(string: "value")
        #expect(try await world.reason(PollRequest(asynchronousCorrelationValue: value)) == .itemNotFound)
        let answer: CancelResponse = try await world.ask(CancelRequest(asynchronousCorrelationValue: value))
        #expect(answer.cancellationResult == .unavailable && answer.asynchronousCorrelationValue == value)
        let (items, _) = try await world.batch([World.create("a")], from: World.acme) { $0.asynchronousIndicator = true }
        #expect(items.map(\.resultReason) == [.featureNotSupported])
        #expect(try await world.reason(World.create("a")) == nil, "nothing was done")
    }

    @Test func aClientThatCorrelatesGetsTheTracesName() async throws {
        let world = try World.atEdge()
        var message = RequestMessage(QueryRequest(), version: .v1_4)
        message.header.clientCorrelationValue = "mine"
        let answer = await world.answer(Exchange(frame: message.frame), from: World.acme)
        #expect(try ResponseMessage(frame: answer.frame).header.serverCorrelationValue == answer.audit[0].traceID)
        message.header.clientCorrelationValue = nil
        let plain = await world.answer(Exchange(frame: message.frame), from: World.acme)
        #expect(try ResponseMessage(frame: plain.frame).header.serverCorrelationValue == nil)
    }
}
