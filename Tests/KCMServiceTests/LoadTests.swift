import KCMAccess
import KCMAudit
import KCMService
import KMIP
import NIOCore
import Testing

/// The service under more than it takes.
@Suite struct LoadTests {
    private static let query = QueryRequest(queryFunctions: [])
    /// One operation a second, and none in reserve.
    private static let slow = LoadControl.Limits(tenantRate: 1, tenantBurst: 1)

    /// As much as is owed for ten seconds, however slow the machine is.
    private func exhaust(_ world: World, propagated: [[UInt8]]? = nil, from principal: Principal = World.acme) async throws {
        let batch = try await world.batch(Array(repeating: Self.query, count: 10), from: principal, propagated: propagated)
        #expect(batch.items.count == 10 && batch.items.allSatisfy { $0.resultStatus == .success })
    }

    @Test func beyondItsRateATenantIsToldAtOnce() async throws {
        let world = try World.atEdge(load: Self.slow)
        try await exhaust(world)
        let (items, audit) = try await world.batch([Self.query], from: World.acme)
        #expect(items[0].resultReason == .generalFailure && items[0].operation == .query)
        let message = try #require(items[0].resultMessage)
        #expect(message.contains("acme") && message.contains("limits.tenant.rate") && message.contains(" 1 operations"), "\(message)")
        #expect(audit.map(\.rule) == ["tenant-rate"] && audit[0].operation == "Query" && audit[0].resultStatus == "OperationFailed")
        // Nothing else of the tenant comes through, by whichever principal, and another tenant's does.
        #expect(try await world.reason(World.create(), from: World.auditor) == .generalFailure)
        #expect(try await world.reason(Self.query, from: World.globex) == nil)
        #expect(world.service.load.refused.first { $0.refusal == .tenantRate }?.count == 2)
    }

    /// Connections keep the allowance that they were made with.
    @Test func aRateThatChangesReachesOpenConnections() async throws {
        let world = try World.atEdge()
        let peer = Peer(
            principal: World.acme, certificate: World.acme.certificate, chain: [], remoteAddress: "", transport: .kmip,
            allowance: world.service.allowance(of: World.acme))
        func reason() throws -> ResultReason? {
            let exchange = Exchange(frame: RequestMessage(Self.query, version: .v1_4).frame)
            guard case .now(let answer) = world.service.respond(to: exchange, from: peer) else { throw Unexpected() }
            return try ResponseMessage(frame: answer.frame).items[0].resultReason
        }
        for _ in 0..<100 { #expect(try reason() == nil) }
        // A second's worth at once, and the next in an hour, however slow the machine is.
        world.service.load.limits = .init(tenantRate: 1, tenantBurst: 1)
        var refused = 0
        for _ in 0..<100 where try reason() == .generalFailure { refused += 1 }
        #expect(refused > 50)
        // Half a million operations at once, after the burst was used up.
        world.service.load.limits = .init(tenantRate: 1, tenantBurst: 500_000)
        for _ in 0..<100 { #expect(try reason() == nil) }
        world.service.load.limits = .init()
        for _ in 0..<100 { #expect(try reason() == nil) }
    }

    @Test func whatMayBeUnderWayFollowsAChange() throws {
        let world = try World.atEdge(load: .init(underWay: .init(requests: 1)))
        let peer = Peer(principal: World.acme, certificate: World.acme.certificate, chain: [], remoteAddress: "", transport: .kmip)
        func isTaken(_ name: String) -> Bool {
            let reply = world.service.respond(to: Exchange(frame: RequestMessage(World.create(name), version: .v1_4).frame), from: peer)
            if case .later = reply { return true } else { return false }
        }
        #expect(isTaken("a") && !isTaken("b"))
        world.service.load.limits = .init(underWay: .init(requests: 1_000))
        #expect(isTaken("c"))
        world.service.load.limits = .init(underWay: .init(requests: 1))
        #expect(!isTaken("d"))
    }

    @Test func everyItemOfABatchIsRefusedUnderItsIdentifier() async throws {
        let world = try World.atEdge(load: Self.slow)
        try await exhaust(world)
        let next = try await world.batch([Self.query, Self.query], from: World.acme) { $0.batchErrorContinuationOption = .continue }
        #expect(next.items.map(\.resultReason) == [.generalFailure, .generalFailure])
        #expect(next.items.map(\.uniqueBatchItemID) == [ByteBuffer(bytes: [0]), ByteBuffer(bytes: [1])])
    }

    @Test func aMalformedMessageIsHeldToItAsWell() async throws {
        let world = try World.atEdge(load: Self.slow)
        let bad = Exchange(frame: ByteBuffer(bytes: [0x42, 0, 0x78, 1, 0, 0, 0, 0]))
        let other = try ResponseMessage(frame: await world.answer(bad, from: World.globex).frame)
        #expect(other.items[0].resultReason == .invalidMessage)
        try await exhaust(world)
        let answer = await world.answer(bad, from: World.acme)
        #expect(try ResponseMessage(frame: answer.frame).items[0].resultReason == .generalFailure)
        #expect(answer.pauses && answer.audit.map(\.rule) == ["tenant-rate"])
    }

    @Test func aFloodLeavesFewRecordsAndANumber() async throws {
        let world = try World.atEdge(load: Self.slow)
        try await exhaust(world)
        var records = 0
        for _ in 0..<500 { records += try await world.batch([Self.query], from: World.acme).audit.count }
        #expect(records == RefusalLedger.recordsPerInterval)
        let summaries = world.service.takeRefusals()
        #expect(summaries.map(\.tenant) == ["acme"] && summaries[0].recorded == records && summaries[0].unrecorded == 500 - records)
        let record = try #require(summaries[0].record)
        #expect(record.actor?.tenant == "acme" && record.rule == "tenant-rate: 490 more like it were not recorded")
        #expect(world.service.takeRefusals().isEmpty)
        // The next interval begins anew.
        #expect(try await world.batch([Self.query], from: World.acme).audit.count == 1)
        #expect(world.service.takeRefusals()[0].record == nil)
    }

    @Test func whatWaitsForTheStoreIsBoundedAndWhatIsInMemoryIsNot() async throws {
        let world = try World.atEdge(load: .init(underWay: .init(requests: 1)))
        let key = try await world.key()
        // A first Get changes the key: it is not fresh any more.
        _ = try await world.ask(GetRequest(uniqueIdentifier: key), as: GetResponse.self)
        func respond(_ payload: some RequestPayload) -> Reply {
            let peer = Peer(principal: World.acme, certificate: World.acme.certificate, chain: [], remoteAddress: "", transport: .kmip)
            return world.service.respond(to: Exchange(frame: RequestMessage(payload, version: .v1_4).frame), from: peer)
        }
        guard case .later(let held) = respond(World.create("a")) else {
            Issue.record("a create waits for the store")
            return
        }
        #expect(world.service.load.underWay.requests == 1)
        guard case .now(let refused) = respond(World.create("b")) else {
            Issue.record("the second is not refused at once")
            return
        }
        let item = try ResponseMessage(frame: refused.frame).items[0]
        #expect(item.resultReason == .generalFailure && item.resultMessage?.contains("limits.in_flight is 1") == true)
        #expect(refused.audit.map(\.rule) == ["in-flight"])
        guard case .now(let served) = respond(GetRequest(uniqueIdentifier: key)) else {
            Issue.record("the key is in memory")
            return
        }
        #expect(try ResponseMessage(frame: served.frame).items[0].resultStatus == .success)
        let gcm = CryptographicParameters(blockCipherMode: .gcm, randomIV: true, tagLength: 16)
        let text = ByteBuffer(repeating: 0x5A, count: 1024)
        guard case .now(let encrypted) = respond(EncryptRequest(uniqueIdentifier: key, cryptographicParameters: gcm, data: text)) else {
            Issue.record("Encrypt with a key in memory is answered within the call")
            return
        }
        var payload = TTLVReader(items: try #require(try ResponseMessage(frame: encrypted.frame).items[0].payload))
        let sealed = try EncryptResponse(from: &payload)
        let back = DecryptRequest(
            uniqueIdentifier: key, cryptographicParameters: gcm, data: sealed.data, iv: sealed.iv, tag: sealed.tag
        )
        guard case .now(let decrypted) = respond(back) else {
            Issue.record("and so is Decrypt")
            return
        }
        #expect(try ResponseMessage(frame: decrypted.frame).items[0].resultStatus == .success)
        #expect(try ResponseMessage(frame: await held().frame).items[0].resultStatus == .success)
        #expect(world.service.load.underWay == LoadGate.Held())
        #expect(try await world.reason(World.create("c")) == nil)
    }

    @Test func whatATenantHasUnderWayIsBounded() async throws {
        let size = RequestMessage(World.create("a"), version: .v1_4).frame.readableBytes
        let world = try World.atEdge(load: .init(underWay: .init(tenantBytes: size * 3 / 2)))
        func respond(_ name: String, from principal: Principal) -> Reply {
            let peer = Peer(principal: principal, certificate: principal.certificate, chain: [], remoteAddress: "", transport: .kmip)
            return world.service.respond(to: Exchange(frame: RequestMessage(World.create(name), version: .v1_4).frame), from: peer)
        }
        guard case .later(let held) = respond("a", from: World.acme) else {
            Issue.record("a create waits for the store")
            return
        }
        guard case .now(let refused) = respond("b", from: World.acme) else {
            Issue.record("the second is not refused at once")
            return
        }
        let item = try ResponseMessage(frame: refused.frame).items[0]
        #expect(item.resultReason == .generalFailure && item.resultMessage?.contains("limits.tenant.in_flight_bytes") == true)
        #expect(item.resultMessage?.contains("acme") == true && refused.audit.map(\.rule) == ["tenant-in-flight-bytes"])
        guard case .later(let other) = respond("c", from: World.globex) else {
            Issue.record("another tenant has its own bytes")
            return
        }
        for one in [held, other] { #expect(try ResponseMessage(frame: await one().frame).items[0].resultStatus == .success) }
        #expect(world.service.load.underWay == LoadGate.Held())
        #expect(try await world.reason(World.create("d")) == nil)
    }

    @Test func moreItemsThanABatchMayHaveAreRefusedAsOne() async throws {
        let world = try World.atEdge()
        let most = 10
        let within = try await world.batch(Array(repeating: Self.query, count: most), from: World.acme)
        #expect(within.items.count == most && within.items.allSatisfy { $0.resultStatus == .success })
        let beyond = try await world.batch(Array(repeating: World.create("never"), count: most + 1), from: World.acme)
        #expect(beyond.items.map(\.resultReason) == [.invalidMessage], "\(beyond.items)")
        #expect(beyond.audit.count == 1)
        let found = try await world.ask(LocateRequest(attributes: [Attribute(.name, Name("never").attributeValue)]), as: LocateResponse.self)
        #expect(found.uniqueIdentifiers.isEmpty)
    }

    @Test func whatCouldNotBeRecordedIsPartOfTheNextNumber() async throws {
        let world = try World.atEdge(load: Self.slow)
        try await exhaust(world)
        for _ in 0..<500 { _ = try await world.batch([Self.query], from: World.acme) }
        let lost = world.service.takeRefusals()
        world.service.giveBack(lost)
        #expect(world.service.takeRefusals()[0].unrecorded == lost[0].unrecorded)
        #expect(world.service.takeRefusals().isEmpty)
    }

    @Test func whatConnectionsHaveReceivedIsBounded() async throws {
        let world = try World.atEdge(load: .init(underWay: .init(bytes: 1 << 20)))
        let peer = Peer(principal: World.acme, certificate: World.acme.certificate, chain: [], remoteAddress: "", transport: .kmip)
        do {
            // What a connection takes in any case is not counted.
            let small = Unfinished(world.service.unfinishedBytes(of: peer))
            #expect(small.rise(to: UnfinishedBytes.allowance) == nil)
            #expect(world.service.load.underWay == LoadGate.Held())
            let large = Unfinished(world.service.unfinishedBytes(of: peer))
            for bytes in stride(from: 1, through: 800_000, by: 1_000) { #expect(large.rise(to: bytes) == nil) }
            let counted = world.service.load.underWay.bytes
            #expect((780_000...860_000).contains(counted), "\(counted)")
            #expect(small.rise(to: 300_000) == .bytes)
            #expect(world.service.load.underWay.bytes == counted)
            large.clear()
            #expect(small.rise(to: 300_000) == nil)
        }
        #expect(world.service.load.underWay == LoadGate.Held(), "it ends with the connections")
        let answer = world.service.refuse(unfinished: .bytes, from: peer)
        let item = try ResponseMessage(frame: answer.frame).items[0]
        #expect(item.resultReason == .generalFailure && item.resultMessage?.contains("limits.in_flight_bytes is 1048576") == true)
        #expect(answer.pauses && !answer.closes && answer.audit.map(\.rule) == ["in-flight-bytes"])
        #expect(world.service.load.refused.first { $0.refusal == .bytes }?.count == 1)
    }

    /// Lets expectations call what changes the value.
    private final class Unfinished {
        private var bytes: UnfinishedBytes
        init(_ bytes: consuming UnfinishedBytes) { self.bytes = bytes }
        func rise(to count: Int) -> LoadRefusal? { bytes.rise(to: count) }
        func clear() { bytes.clear() }
    }

    @Test func whatAnEdgePassesOnCountsForItsClientsTenant() async throws {
        let world = try World.atCore(load: Self.slow)
        func ask(_ chain: [[UInt8]]?, acting: String? = nil) async throws -> ResponseBatchItem {
            try await world.batch([Self.query], from: World.edge, propagated: chain, acting: acting).items[0]
        }
        try await exhaust(world, propagated: [[1]], from: World.edge)
        #expect(try await ask([[1]]).resultMessage?.contains("The tenant acme asks for more") == true)
        // Sealing keys are opened for a tenant that floods, too.
        for _ in 0..<3 { #expect(try await ask(nil, acting: "acme").resultMessage?.contains("limits.tenant") != true) }
    }
}
