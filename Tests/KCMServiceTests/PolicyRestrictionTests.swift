import KCMAccess
import KCMAudit
import KCMEngine
import KCMService
import KMIP
import NIOCore
import Testing

/// A policy of one's own that allows some types or names only: what is out of reach is refused by every route, and not listed.
@Suite struct PolicyRestrictionTests {
    /// The role `orders` has symmetric keys named `orders-…`; `service` everything, to make what the other one must not see.
    private static let policy = Policy(
        rules: Policy.builtIn + [
            Policy.Rule(
                name: "policy.yaml:4",
                role: Role(rawValue: "orders"),
                operations: Set(OperationTable.standard.operations),
                levels: [.l4, .l3],
                scope: [.edge, .coreDirect, .corePropagated],
                restriction: Policy.Restriction(types: [.symmetricKey], namePrefixes: ["orders-"])
            )
        ]
    )
    private static let orders = World.principal("acme", "orders-app", Role(rawValue: "orders"))

    @Test func objectsAreMadeAndReachedByTypeAndName() async throws {
        let world = try World.atEdge(Self.policy)
        let own = try await world.key("orders-1", from: Self.orders)
        let foreign = try await world.key("payroll-1")
        let unnamed = try await world.key()
        #expect(try await world.reason(GetRequest(uniqueIdentifier: own), from: Self.orders) == nil)
        for identifier in [foreign, unnamed] {
            // From memory, and, after it was forgotten, from the store.
            for _ in 0..<2 {
                let (items, audit) = try await world.batch([GetRequest(uniqueIdentifier: identifier)], from: Self.orders)
                #expect(items[0].resultReason == .permissionDenied)
                #expect(audit[0].rule == "policy.yaml:4: object out of reach")
                world.engine.repository.forget(tenant: "acme")
            }
        }
        #expect(try await world.reason(World.create("payroll-2"), from: Self.orders) == .permissionDenied)
        #expect(try await world.reason(World.create(), from: Self.orders) == .permissionDenied)
        let secret = RegisterRequest(
            objectType: .secretData, templateAttribute: World.attributes(mask: .deriveKey, name: "orders-secret"),
            object: .secretData(.password, KeyBlock(keyFormatType: .opaque, keyValue: .bytes(ByteBuffer(string: "s"), attributes: [])))
        )
        #expect(try await world.reason(secret, from: Self.orders) == .permissionDenied)
        #expect(try await world.reason(secret) == nil, "the role service may")
    }

    @Test func everyOperationOnAnObjectOutOfReachIsRefused() async throws {
        let world = try World.atEdge(Self.policy)
        for operation in OperationTable.standard.operations where !Policy.serverInformation.union(Policy.keyless).contains(operation) {
            let question = try await Question(operation, .l4, in: world, isFresh: true)
            guard question.object != nil, operation != .locate else { continue }
            let reason = try await world.reason(question.payload, from: Self.orders)
            // Certify looks for its authority first, and there is none.
            #expect(reason == .permissionDenied || operation == .certify && reason == .itemNotFound, "\(operation): \(String(describing: reason))")
        }
    }

    @Test func locateListsWhatIsInReachOnly() async throws {
        let world = try World.atEdge(Self.policy)
        let own = try await world.key("orders-1", from: Self.orders)
        let foreign = try await world.key("payroll-1")
        let all: LocateResponse = try await world.ask(LocateRequest(maximumItems: 10), from: Self.orders)
        #expect(all.uniqueIdentifiers == [own] && all.locatedItems == 1, "the count tells nothing either")
        for attribute in [Attribute(.name, Name("payroll-1").attributeValue), Attribute(.uniqueIdentifier, .text(foreign))] {
            let found: LocateResponse = try await world.ask(LocateRequest(attributes: [attribute]), from: Self.orders)
            #expect(found.uniqueIdentifiers.isEmpty)
        }
        let (items, _) = try await world.batch([LocateRequest(), DestroyRequest()], from: Self.orders)
        #expect(items[1].resultReason == .permissionDenied, "an active key; it is the placeholder, not the other")
    }

    @Test func nobodyNamesTheirWayOut() async throws {
        let world = try World.atEdge(Self.policy)
        let own = try await world.key("orders-1", from: Self.orders)
        func outcome(_ payload: any RequestPayload) async throws -> ResultReason? { try await world.reason(payload, from: Self.orders) }
        #expect(
            try await outcome(AddAttributeRequest(uniqueIdentifier: own, attribute: Attribute(.name, Name("payroll-1").attributeValue)))
                == .permissionDenied)
        #expect(
            try await outcome(ModifyAttributeRequest(uniqueIdentifier: own, attribute: Attribute(.name, Name("payroll-1").attributeValue)))
                == .permissionDenied)
        #expect(try await outcome(AddAttributeRequest(uniqueIdentifier: own, attribute: Attribute(.name, Name("orders-2").attributeValue))) == nil)
        #expect(try await outcome(ReKeyRequest(uniqueIdentifier: own)) == nil)
    }

    @Test func aKeyOutOfReachNeitherWrapsNorTemplates() async throws {
        let world = try World.atEdge(Self.policy)
        let own = try await world.key("orders-1", from: Self.orders)
        let kek = try await world.register(Array(0..<32), .wrapKey, and: [Attribute(.name, Name("payroll-kek").attributeValue)])
        let wrapped = GetRequest(
            uniqueIdentifier: own,
            keyWrappingSpecification: KeyWrappingSpecification(
                wrappingMethod: .encrypt, encryptionKeyInformation: KeyInformation(uniqueIdentifier: kek))
        )
        #expect(try await world.reason(wrapped, from: Self.orders) == .permissionDenied)
        let template = RegisterRequest(
            objectType: .template, templateAttribute: World.attributes(name: "payroll-template"),
            object: .template(World.attributes(.aes, 256, mask: .encrypt).attributes)
        )
        #expect(try await world.reason(template) == nil)
        let create = CreateRequest(
            objectType: .symmetricKey,
            templateAttribute: TemplateAttribute(names: ["payroll-template"], attributes: World.attributes(name: "orders-3").attributes))
        #expect(try await world.reason(create, from: Self.orders) == .permissionDenied)
        #expect(try await world.reason(create) == nil)
    }

    @Test func whatEdgeCannotCheckItDoesNotPassOn() async throws {
        let world = try World.atEdge(Self.policy)
        let encrypt = EncryptRequest(uniqueIdentifier: try UniqueIdentifier.make(.l3), data: ByteBuffer())
        let (items, audit) = try await world.batch([encrypt], from: Self.orders)
        #expect(items[0].resultReason == .permissionDenied && audit[0].servedBy != "core")
    }

    @Test func atCoreTheClientsRestrictionHoldsBehindAnEdge() async throws {
        let world = try World.atCore(Self.policy) { _ in Self.orders }
        let own = try await world.key("orders-kek", from: World.admin)
        let other = try await world.key("payroll-kek", from: World.admin)
        func outcome(_ key: String) async throws -> ResultReason? {
            let encrypt = EncryptRequest(
                uniqueIdentifier: key, cryptographicParameters: CryptographicParameters(blockCipherMode: .gcm, randomIV: true),
                data: ByteBuffer(string: "x"))
            return try await world.batch([encrypt], from: World.edge, propagated: [[1]]).items[0].resultReason
        }
        #expect(try await outcome(own) == nil)
        #expect(try await outcome(other) == .permissionDenied)
    }

    @Test func atCoreTheEdgesRightsCountAsWell() async throws {
        func outcome(_ world: World, _ key: String) async throws -> (reason: ResultReason?, rule: String) {
            let encrypt = EncryptRequest(
                uniqueIdentifier: key, cryptographicParameters: CryptographicParameters(blockCipherMode: .gcm, randomIV: true),
                data: ByteBuffer(string: "x"))
            let (items, audit) = try await world.batch([encrypt], from: World.edge, propagated: [[1]])
            return (items[0].resultReason, audit[0].rule)
        }
        let others = Policy.builtIn.filter { $0.role != .edge }
        let none = try World.atCore(Policy(rules: others))
        let refused = try await outcome(none, try await none.key(from: World.admin))
        #expect(refused.reason == .permissionDenied && refused.rule == "default-deny", "the client may, the edge may not")

        let named = Policy.Rule(
            name: "policy.yaml:9", role: .edge, operations: [.encrypt], levels: [.l3], scope: [.coreDirect],
            restriction: Policy.Restriction(namePrefixes: ["orders-"])
        )
        let some = try World.atCore(Policy(rules: others + [named]))
        #expect(try await outcome(some, try await some.key("orders-kek", from: World.admin)).reason == nil)
        #expect(try await outcome(some, try await some.key("payroll-kek", from: World.admin)).reason == .permissionDenied)
    }

    @Test func aKeyOfCoreWrapsOnlyForWhoeverMayEncryptWithIt() async throws {
        for (rules, reason, rule) in [
            (Policy.builtIn, ResultReason.generalFailure, "service-l3-use"),
            (Policy.builtIn.filter { $0.name != "service-l3-use" }, .permissionDenied, "default-deny"),
        ] {
            let world = try World.atEdge(Policy(rules: rules))
            let kek = KeyInformation(
                uniqueIdentifier: try UniqueIdentifier.make(.l3),
                cryptographicParameters: CryptographicParameters(blockCipherMode: .gcm, randomIV: true))
            let get = GetRequest(
                uniqueIdentifier: try await world.key(),
                keyWrappingSpecification: KeyWrappingSpecification(wrappingMethod: .encrypt, encryptionKeyInformation: kek)
            )
            let (items, audit) = try await world.batch([get], from: World.acme)
            #expect(items[0].resultReason == reason, "Core is not there, so asking it fails")
            #expect(audit.last?.operation == "Encrypt" && audit.last?.level == "L3" && audit.last?.rule == rule)
        }
    }

    @Test func withoutKeysRightsAreTakenAwayWhereNoNameIsNeeded() async throws {
        let byType = Policy.Rule(
            name: "policy.yaml:7", role: Role(rawValue: "keys"), operations: [.revoke, .destroy], levels: [.l4], scope: [.edge],
            restriction: Policy.Restriction(types: [.symmetricKey])
        )
        let world = try World.atEdge(Policy(rules: Self.policy.rules + [byType]))
        let own = try await world.key("orders-1", from: Self.orders)
        let secret = try await world.secret([1, 2, 3], .password)
        world.engine.repository.forget(tenant: "acme")
        world.keyring.isClosed = true
        func revoke(_ key: String) -> RevokeRequest { RevokeRequest(uniqueIdentifier: key, revocationReason: World.revoke) }

        let answer = try await world.batch([revoke(own)], from: Self.orders).items[0]
        #expect(answer.resultReason == .generalFailure)
        #expect(answer.resultMessage == "closed. The roles of the client reach objects by their names, which cannot be read until then")

        let keys = World.principal("acme", "keys-app", Role(rawValue: "keys"))
        #expect(try await world.reason(revoke(secret), from: keys) == .generalFailure, "of another type: not decided here")
        #expect(try await world.reason(revoke(own), from: keys) == nil, "the type is known without keys")
        world.keyring.isClosed = false
        #expect(try await world.reason(revoke(secret), from: keys) == .permissionDenied)
        #expect(try await world.reason(DestroyRequest(uniqueIdentifier: own), from: Self.orders) == nil)
    }

    @Test func aNewPolicyHoldsFromTheNextMessageOn() async throws {
        let world = try World.atEdge()
        #expect(try await world.reason(World.create()) == nil)
        world.service.policy = Policy(rules: [])
        #expect(try await world.reason(World.create()) == .permissionDenied)
        world.service.policy = Policy()
        #expect(try await world.reason(World.create()) == nil)
    }
}
