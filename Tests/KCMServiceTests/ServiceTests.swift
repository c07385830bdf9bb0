import KCMAccess
import KCMAudit
import KCMEngine
import KCMService
import KMIP
import NIOCore
import Testing

/// Version, batch, authorisation and audit: what happens around an operation.
@Suite struct ServiceTests {
    // MARK: Separation

    @Test func coreRefusesL4ByAnyRoute() async throws {
        let world = try World.atCore()
        let l4 = try UniqueIdentifier.make(.l4)
        for payload: any RequestPayload in [
            World.create(attributes: [Attribute(.level, .text("L4"))]), LocateRequest(attributes: [Attribute(.level, .text("L4"))]),
            GetRequest(uniqueIdentifier: l4), GetRequest(uniqueIdentifier: "L4-nothing"), DestroyRequest(uniqueIdentifier: l4),
            EncryptRequest(uniqueIdentifier: l4, data: ByteBuffer()),
        ] {
            for principal in [World.admin, World.acme, World.auditor] {
                #expect(try await world.reason(payload, from: principal) == .permissionDenied)
            }
        }
        let made: CreateResponse = try await world.ask(World.create(), from: World.admin)
        #expect(UniqueIdentifier.level(of: made.uniqueIdentifier) == .l3)
    }

    @Test func anL3KeyNeverLeavesCore() async throws {
        let world = try World.atCore()
        let key = try await world.key("kek", from: World.admin)
        #expect(try await world.reason(GetRequest(uniqueIdentifier: key), from: World.admin) == .sensitive)
        let wrapped = GetRequest(
            uniqueIdentifier: key,
            keyWrappingSpecification: KeyWrappingSpecification(
                wrappingMethod: .encrypt, encryptionKeyInformation: KeyInformation(uniqueIdentifier: key))
        )
        #expect(try await world.reason(wrapped, from: World.admin) == .notExtractable)
        let seen: GetAttributesResponse = try await world.ask(
            GetAttributesRequest(uniqueIdentifier: key, attributeNames: ["Sensitive", "Extractable", "x-OpenKCM-Level"]), from: World.auditor)
        #expect(seen.attributes.map(\.value) == [.boolean(true), .boolean(false), .text("L3")])
    }

    @Test func edgeServesL4AndPassesL3UseOn() async throws {
        let world = try World.atEdge()
        let l3 = try UniqueIdentifier.make(.l3)
        #expect(try await world.reason(World.create(attributes: [Attribute(.level, .text("L3"))])) == .permissionDenied)
        #expect(try await world.reason(GetRequest(uniqueIdentifier: l3)) == .permissionDenied)
        let (items, audit) = try await world.batch([EncryptRequest(uniqueIdentifier: l3, data: ByteBuffer())], from: World.acme)
        #expect(items[0].resultReason == .generalFailure && items[0].resultMessage == "Core is not reachable")
        #expect(audit[0].servedBy == "core" && audit[0].level == "L3")
    }

    // MARK: Who asks

    @Test func anUnmappedCertificateGetsNothingAndIsRecorded() async throws {
        let world = try World.atEdge()
        let (items, audit) = try await world.batch([World.create(), QueryRequest(queryFunctions: [])], from: nil)
        #expect(items.map(\.resultReason) == [.authenticationNotSuccessful, .authenticationNotSuccessful])
        #expect(audit.map(\.operation) == ["Create", "Query"])
        #expect(audit.allSatisfy { $0.resultStatus == "OperationFailed" && $0.actor?.subject == "CN=acme-app" })
    }

    @Test func onlyAnEdgeSpeaksForOthersAndOnlyForItsTenants() async throws {
        let world = try World.atCore()
        let key = try await world.key("kek", from: World.admin)
        let encrypt = EncryptRequest(
            uniqueIdentifier: key, cryptographicParameters: CryptographicParameters(blockCipherMode: .gcm, randomIV: true),
            data: ByteBuffer(string: "x"))
        func outcome(_ principal: Principal, _ chain: [[UInt8]]? = nil, _ acting: String? = nil) async throws -> ResultReason? {
            try await world.batch([encrypt], from: principal, propagated: chain, acting: acting).items[0].resultReason
        }
        #expect(try await outcome(World.edge, [[1]]) == nil)
        #expect(try await outcome(World.edge, nil, "acme") == nil)
        #expect(try await outcome(World.edge, [[2]]) == .permissionDenied, "globex is not assigned")
        #expect(try await outcome(World.edge, nil, "globex") == .permissionDenied)
        #expect(try await outcome(World.edge, [[3]]) == .authenticationNotSuccessful, "a chain that does not verify")
        #expect(try await outcome(World.edge, [[1]], "acme") == .permissionDenied, "both at once")
        #expect(try await outcome(World.edge, nil, "../acme") == .permissionDenied)
        let unbounded = World.principal("openkcm", "edge", .edge, assigned: .all)
        #expect(try await outcome(unbounded, nil, "../acme") == .permissionDenied, "not a tenant's name, whoever is assigned to all")
        #expect(try await outcome(World.admin, [[1]]) == .permissionDenied)
        #expect(try await outcome(World.acme, nil, "acme") == .permissionDenied)
        #expect(try await outcome(World.acme) == .permissionDenied, "a service has to come through an edge")

        let record = try await world.batch([encrypt], from: World.edge, propagated: [[1]]).audit[0]
        #expect(record.actor?.service == "acme-app" && record.via?.service == "edge" && record.object == key)
        let refused = try await world.batch([encrypt], from: World.admin, propagated: [[1]]).audit[0]
        #expect(refused.rule == "headers-from-edges-only" && refused.actor?.service == "acme-admin")
    }

    @Test func aRevokedKeyDecryptsForClientsButOpensNoSealing() async throws {
        let world = try World.atCore()
        let key = try await world.key("kek", from: World.admin)
        let parameters = CryptographicParameters(blockCipherMode: .ecb)
        let data = ByteBuffer(string: "0123456789abcdef")
        let decrypt = DecryptRequest(uniqueIdentifier: key, cryptographicParameters: parameters, data: data)
        #expect(try await world.reason(RevokeRequest(uniqueIdentifier: key, revocationReason: World.revoke), from: World.admin) == nil)
        #expect(try await world.batch([decrypt], from: World.edge, propagated: [[1]]).items[0].resultReason == nil)
        #expect(try await world.batch([decrypt], from: World.edge, acting: "acme").items[0].resultReason == .permissionDenied)
    }

    @Test func credentialsInTheHeaderGrantNothing() async throws {
        let world = try World.atCore()
        // The name and password of an administrator, as clients of other servers send them.
        var writer = TTLVWriter()
        let message = writer.beginStructure(.requestMessage)
        let header = writer.beginStructure(.requestHeader)
        let version = writer.beginStructure(.protocolVersion)
        writer.integer(.protocolVersionMajor, 1)
        writer.integer(.protocolVersionMinor, 4)
        writer.endStructure(version)
        let authentication = writer.beginStructure(.authentication)
        let credential = writer.beginStructure(.credential)
        writer.enumeration(.credentialType, CredentialType.usernameAndPassword)
        let value = writer.beginStructure(.credentialValue)
        writer.text(.username, "acme-admin")
        writer.text(.password, "secret")
        for mark in [value, credential, authentication] { writer.endStructure(mark) }
        writer.integer(.batchCount, 1)
        writer.endStructure(header)
        RequestMessage(World.create(), version: .v1_4).items[0].encode(to: &writer)
        writer.endStructure(message)
        for (principal, expected) in [
            (World.acme, .permissionDenied), (World.auditor, .permissionDenied), (World.admin, nil), (nil, .authenticationNotSuccessful),
        ]
            as [(Principal?, ResultReason?)]
        {
            let answer = await world.answer(Exchange(frame: writer.buffer), from: principal)
            #expect(try ResponseMessage(frame: answer.frame).items.map(\.resultReason) == [expected])
            #expect(answer.audit[0].actor?.service == principal?.service ?? "")
        }
    }

    // MARK: Batches

    @Test func aBatchStopsAtAFailureUnlessItIsToGoOn() async throws {
        let world = try World.atEdge()
        let payloads: [any RequestPayload] = [World.create("a"), GetRequest(uniqueIdentifier: "none"), World.create("b")]
        let stopped = try await world.batch(payloads, from: World.acme)
        #expect(stopped.items.map(\.resultStatus) == [.success, .operationFailed])
        #expect(stopped.audit.count == 2)
        let onwards = try await world.batch([GetRequest(uniqueIdentifier: "none"), World.create("c")], from: World.acme) {
            $0.batchErrorContinuationOption = .continue
        }
        #expect(onwards.items.map(\.resultStatus) == [.operationFailed, .success])
        #expect(onwards.items.map { $0.uniqueBatchItemID } == [ByteBuffer(bytes: [0]), ByteBuffer(bytes: [1])])
        let found: LocateResponse = try await world.ask(LocateRequest(attributes: [Attribute(.name, Name("d").attributeValue)]))
        #expect(found.uniqueIdentifiers.isEmpty, "nothing was done")
    }

    @Test func theIDPlaceholderIsTheObjectMadeLast() async throws {
        let world = try World.atEdge()
        let (items, audit) = try await world.batch(
            [World.create("a"), ActivateRequest(), GetAttributesRequest(attributeNames: ["State"])], from: World.acme)
        #expect(items.allSatisfy { $0.resultStatus == .success })
        #expect(Set(audit.map(\.object)).count == 1 && audit[1].operation == "Activate")
        #expect(try await world.reason(ActivateRequest()) == .itemNotFound, "no batch, no placeholder")
    }

    @Test func aSearchWithoutOneMatchEmptiesTheIDPlaceholder() async throws {
        let world = try World.atEdge()
        let key = try await world.key("a")
        let nothing = LocateRequest(attributes: [Attribute(.name, Name("none").attributeValue)])
        let (items, _) = try await world.batch([World.create("b"), nothing, RevokeRequest(revocationReason: World.revoke)], from: World.acme)
        #expect(items.last?.resultReason == .itemNotFound)
        let found = LocateRequest(attributes: [Attribute(.name, Name("a").attributeValue)])
        let (one, audit) = try await world.batch([found, RevokeRequest(revocationReason: World.revoke)], from: World.acme)
        #expect(one.last?.resultStatus == .success && audit.last?.object == key)
    }

    @Test func aResponseLargerThanTheClientTakesIsRefused() async throws {
        let world = try World.atEdge()
        let key = try await world.key()
        let (items, audit) = try await world.batch([GetRequest(uniqueIdentifier: key)], from: World.acme) { $0.maximumResponseSize = 200 }
        #expect(items[0].resultReason == .responseTooLarge && items[0].operation == .get)
        #expect(audit[0].resultStatus == "Success", "the record says what was done, not what was sent")
    }

    // MARK: Messages

    @Test func whatCannotBeReadIsAnsweredAndRecorded() async throws {
        let world = try World.atEdge()
        let answer = await world.answer(Exchange(frame: ByteBuffer(bytes: [0x42, 0, 0x78, 1, 0, 0, 0, 0])), from: World.acme)
        let item = try ResponseMessage(frame: answer.frame).items[0]
        #expect(item.resultReason == .invalidMessage && item.resultMessage?.contains("RequestHeader") == true)
        #expect(answer.audit.count == 1 && answer.audit[0].resultReason == "InvalidMessage")

        #expect(try await world.reason(World.create(), version: ProtocolVersion(major: 2, minor: 0)) == .invalidMessage)
        var unknown = RequestMessage(ActivateRequest(uniqueIdentifier: "x"), version: .v1_4)
        unknown.items[0].operation = KMIP.Operation(rawValue: 0x7777)
        let refused = try ResponseMessage(frame: await world.answer(Exchange(frame: unknown.frame), from: World.acme).frame).items[0]
        #expect(refused.resultReason == .operationNotSupported)
        unknown.items[0].operation = .locate
        let malformed = try ResponseMessage(frame: await world.answer(Exchange(frame: unknown.frame), from: World.acme).frame).items[0]
        #expect(malformed.resultReason == .invalidMessage)
    }

    @Test func aResponseIsInTheVersionOfItsRequest() async throws {
        let world = try World.atEdge()
        for version in [ProtocolVersion.v1_0, .v1_1, .v1_2, .v1_3, .v1_4] {
            let answer = await world.answer(Exchange(frame: RequestMessage(World.create(), version: version).frame), from: World.acme)
            #expect(try ResponseMessage(frame: answer.frame).header.protocolVersion == version)
        }
        #expect(try await world.reason(EncryptRequest(uniqueIdentifier: "x", data: ByteBuffer()), version: .v1_0) == .operationNotSupported)
        let key = try await world.key()
        let old: GetAttributeListResponse = try await world.ask(GetAttributeListRequest(uniqueIdentifier: key), version: .v1_0)
        #expect(!old.attributeNames.contains("Original Creation Date"), "an attribute of KMIP 1.2")
        let new: GetAttributeListResponse = try await world.ask(GetAttributeListRequest(uniqueIdentifier: key), version: .v1_2)
        #expect(new.attributeNames.contains("Original Creation Date"))
    }

    @Test func withoutAnAuditLogNothingIsDone() async throws {
        let world = try World.atEdge()
        let frame = RequestMessage(World.create("a"), version: .v1_4).frame
        let peer = Peer(principal: World.acme, certificate: World.acme.certificate, chain: [], remoteAddress: "", transport: .kmip)
        let answer = world.service.refuse(unaudited: Exchange(frame: frame), from: peer)
        #expect(try ResponseMessage(frame: answer.frame).items.map(\.resultReason) == [.generalFailure])
        #expect(answer.audit.map(\.operation) == ["Create"] && answer.audit[0].resultStatus == "OperationFailed")
        let found: LocateResponse = try await world.ask(LocateRequest(attributes: [Attribute(.name, Name("a").attributeValue)]))
        #expect(found.uniqueIdentifiers.isEmpty)
    }

    @Test func aRefusalFailsEveryItemAndTellsNothing() async throws {
        let world = try World.atEdge()
        let key = try await world.key()
        let frame = RequestMessage(GetRequest(uniqueIdentifier: key), version: .v1_4).frame
        let answer = await world.answer(Exchange(frame: frame), from: World.acme)
        let refused = try ResponseMessage(frame: answer.refusal)
        #expect(refused.items.map(\.resultReason) == [.generalFailure] && refused.items[0].payload == nil)
        #expect(answer.audit[0].resultStatus == "Success" && answer.audit[0].operation == "Get" && answer.audit[0].rule == "service-l4")
    }
}
