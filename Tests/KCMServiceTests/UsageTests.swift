import KCMEngine
import KMIP
import NIOCore
import Testing

/// Usage limits, allocations, leases, Check and archival storage (KMIP 1.4 §3.21, §4.10, §4.17, §4.18, §4.22, §4.23).
@Suite struct UsageTests {
    private func limits(_ total: Int64, _ unit: UsageLimitsUnit, count: Int64? = nil) -> AttributeValue {
        var fields: [AttributeValue.Field] = [.init(.usageLimitsTotal, .longInteger(total))]
        if let count { fields.append(.init(.usageLimitsCount, .longInteger(count))) }
        return .structure(fields + [.init(.usageLimitsUnit, .enumeration(unit.rawValue))])
    }

    private func left(_ world: World, _ key: String) async throws -> Int64? {
        let answer: GetAttributesResponse = try await world.ask(GetAttributesRequest(uniqueIdentifier: key, attributeNames: ["Usage Limits"]))
        if case .longInteger(let count)? = answer.attributes.first?.value?[.usageLimitsCount] { return count }
        return nil
    }

    private func encrypt(_ key: String) -> EncryptRequest {
        EncryptRequest(
            uniqueIdentifier: key, cryptographicParameters: CryptographicParameters(blockCipherMode: .ecb), data: ByteBuffer(repeating: 1, count: 16))
    }

    private func decrypt(_ key: String) -> DecryptRequest {
        DecryptRequest(
            uniqueIdentifier: key, cryptographicParameters: CryptographicParameters(blockCipherMode: .ecb), data: ByteBuffer(repeating: 1, count: 16))
    }

    @Test func usesAreCountedDurably() async throws {
        let world = try World.atEdge()
        // The count that a client sends for a new object is ignored.
        let key = try await world.key(attributes: [Attribute(.usageLimits, limits(2, .object, count: 100))])
        #expect(try await left(world, key) == 2)
        #expect(try await world.reason(decrypt(key)) == nil)
        #expect(try await left(world, key) == 2, "processing is not limited")
        #expect(try await world.reason(encrypt(key)) == nil)
        world.engine.repository.forget(tenant: "acme")
        #expect(try await left(world, key) == 1)
        #expect(try await world.reason(encrypt(key)) == nil)
        #expect(try await world.reason(encrypt(key)) == .permissionDenied)
        #expect(try await world.reason(decrypt(key)) == nil)
    }

    @Test func bytesAreCountedAndFailuresAreNot() async throws {
        let world = try World.atEdge()
        let key = try await world.key(attributes: [Attribute(.usageLimits, limits(40, .byte))])
        #expect(try await world.reason(encrypt(key)) == nil)
        #expect(try await left(world, key) == 24)
        var broken = encrypt(key)
        broken.data = ByteBuffer(string: "x")
        #expect(try await world.reason(broken) == .cryptographicFailure)
        #expect(try await left(world, key) == 24)
        #expect(try await world.reason(encrypt(key)) == nil)
        #expect(try await world.reason(encrypt(key)) == .permissionDenied, "8 bytes are left")
    }

    @Test func manyAtOnceDoNotGetMoreThanThereIs() async throws {
        let world = try World.atEdge()
        let key = try await world.key(attributes: [Attribute(.usageLimits, limits(3, .object))])
        let request = encrypt(key)
        let outcomes = try await withThrowingTaskGroup(of: ResultReason?.self) { tasks in
            for _ in 0..<6 { tasks.addTask { try await world.reason(request) } }
            return try await tasks.reduce(into: []) { $0.append($1) }
        }
        let granted = outcomes.filter { $0 == nil }.count
        #expect(try await left(world, key) == Int64(3 - granted))
        #expect(granted <= 3)
    }

    @Test func allocationsDrawOnTheLimits() async throws {
        let world = try World.atEdge()
        let key = try await world.key(attributes: [Attribute(.usageLimits, limits(10, .byte))])
        func allocate(_ key: String, _ count: Int64) async throws -> ResultReason? {
            try await world.reason(GetUsageAllocationRequest(uniqueIdentifier: key, usageLimitsCount: count))
        }
        let changed = ModifyAttributeRequest(uniqueIdentifier: key, attribute: Attribute(.usageLimits, limits(12, .byte)))
        #expect(try await world.reason(changed) == nil)
        #expect(try await left(world, key) == 12)
        #expect(try await allocate(key, 5) == nil)
        #expect(try await left(world, key) == 7)
        #expect(try await allocate(key, 8) == .permissionDenied)
        #expect(try await world.reason(changed) == .permissionDenied, "drawn on already")
        #expect(try await world.reason(DeleteAttributeRequest(uniqueIdentifier: key, attributeName: "Usage Limits")) == .permissionDenied)
        let unlimited = try await world.key()
        #expect(try await allocate(unlimited, 1) == .illegalOperation)
        let made: CreateResponse = try await world.ask(World.create(attributes: [Attribute(.usageLimits, limits(10, .byte))]))
        #expect(try await allocate(made.uniqueIdentifier, 1) == .permissionDenied, "Pre-Active")
    }

    @Test func checkSaysWhetherAUseIsAllowed() async throws {
        let world = try World.atEdge()
        let key = try await world.key(attributes: [Attribute(.usageLimits, limits(10, .object))])
        let fits = CheckRequest(uniqueIdentifier: key, usageLimitsCount: 10, cryptographicUsageMask: .encrypt, leaseTime: 60)
        let answer: CheckResponse = try await world.ask(fits)
        #expect(answer.uniqueIdentifier == key)
        for refused in [
            CheckRequest(uniqueIdentifier: key, usageLimitsCount: 11),
            CheckRequest(uniqueIdentifier: key, cryptographicUsageMask: [.encrypt, .sign]),
            CheckRequest(uniqueIdentifier: key, leaseTime: 1_000_000),
        ] { #expect(try await world.reason(refused) == .permissionDenied) }
        // A refusal empties the ID Placeholder.
        let items = try await world.batch(
            [
                LocateRequest(attributes: [Attribute(.uniqueIdentifier, .text(key))]), CheckRequest(usageLimitsCount: 11), GetRequest(),
                LocateRequest(attributes: [Attribute(.uniqueIdentifier, .text(key))]), CheckRequest(usageLimitsCount: 1), GetRequest(),
            ],
            from: World.acme
        ) { $0.batchErrorContinuationOption = .continue }.items
        #expect(items.map(\.resultReason) == [nil, .permissionDenied, .itemNotFound, nil, nil, nil])
    }

    @Test func aLeaseIsForObjectsInUse() async throws {
        let world = try World.atEdge()
        let key = try await world.key()
        let lease: ObtainLeaseResponse = try await world.ask(ObtainLeaseRequest(uniqueIdentifier: key))
        #expect(lease.leaseTime == 3600 && lease.lastChangeDate > 0)
        #expect(try await world.reason(RevokeRequest(uniqueIdentifier: key, revocationReason: World.revoke)) == nil)
        #expect(try await world.reason(ObtainLeaseRequest(uniqueIdentifier: key)) == .permissionDenied)
    }

    @Test func archivedObjectsWaitToBeRecovered() async throws {
        let world = try World.atEdge()
        let key = try await world.key("k")
        func locate(_ mask: Int32?) async throws -> [String] {
            let request = LocateRequest(storageStatusMask: mask, attributes: [Attribute(.name, Name("k").attributeValue)])
            return try await world.ask(request, as: LocateResponse.self).uniqueIdentifiers
        }
        #expect(try await world.reason(ArchiveRequest(uniqueIdentifier: key)) == nil)
        for payload: any RequestPayload in [
            GetRequest(uniqueIdentifier: key), GetAttributesRequest(uniqueIdentifier: key), encrypt(key), ArchiveRequest(uniqueIdentifier: key),
            DestroyRequest(uniqueIdentifier: key), CheckRequest(uniqueIdentifier: key), ObtainLeaseRequest(uniqueIdentifier: key),
            AddAttributeRequest(uniqueIdentifier: key, attribute: Attribute(.comment, .text("c"))),
        ] { #expect(try await world.reason(payload) == .objectArchived) }
        #expect(try await locate(nil).isEmpty)
        #expect(try await locate(1).isEmpty)
        #expect(try await locate(2) == [key])
        #expect(try await locate(3) == [key])
        #expect(try await world.reason(RecoverRequest(uniqueIdentifier: key)) == nil)
        #expect(try await world.reason(encrypt(key)) == nil)
        #expect(try await locate(nil) == [key])
        let seen: GetAttributesResponse = try await world.ask(GetAttributesRequest(uniqueIdentifier: key, attributeNames: ["Archive Date"]))
        #expect(seen.attributes.isEmpty)
    }
}
