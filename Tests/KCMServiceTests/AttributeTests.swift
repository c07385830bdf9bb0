import KCMEngine
import KMIP
import NIOCore
import Testing

/// Add, Modify, Delete and Get Attributes (KMIP 1.4 §4.12 to §4.16, §11.13 to §11.17).
@Suite struct AttributeTests {
    private func custom(_ name: String) -> AttributeName { AttributeName(rawValue: name) }

    private func add(_ world: World, _ key: String, _ name: AttributeName, _ value: AttributeValue) async throws -> Attribute {
        let answer: AddAttributeResponse = try await world.ask(
            AddAttributeRequest(uniqueIdentifier: key, attribute: Attribute(name, value)))
        return answer.attribute
    }

    private func addReason(_ world: World, _ key: String, _ name: AttributeName, _ value: AttributeValue, index: Int32? = nil) async throws
        -> ResultReason?
    {
        try await world.reason(AddAttributeRequest(uniqueIdentifier: key, attribute: Attribute(name, index: index, value)))
    }

    private func modifyReason(_ world: World, _ key: String, _ name: AttributeName, _ value: AttributeValue, index: Int32? = nil) async throws
        -> ResultReason?
    {
        try await world.reason(ModifyAttributeRequest(uniqueIdentifier: key, attribute: Attribute(name, index: index, value)))
    }

    private func deleteReason(_ world: World, _ key: String, _ name: AttributeName, index: Int32? = nil) async throws -> ResultReason? {
        try await world.reason(DeleteAttributeRequest(uniqueIdentifier: key, attributeName: name.rawValue, attributeIndex: index))
    }

    private func attributes(_ world: World, _ key: String, _ names: [AttributeName] = [], version: ProtocolVersion = .v1_4) async throws
        -> [Attribute]
    {
        let answer: GetAttributesResponse = try await world.ask(
            GetAttributesRequest(uniqueIdentifier: key, attributeNames: names.map(\.rawValue)), version: version)
        return answer.attributes
    }

    @Test(arguments: [
        AttributeValue.text("t"), .integer(7), .longInteger(8), .bigInteger([0, 0, 0, 0, 0, 0, 0, 9]), .enumeration(3), .boolean(true),
        .bytes([1, 2]),
        .dateTime(1000), .interval(60), .structure([.init(Tag(rawValue: 0x540001), .text("inner")), .init(Tag(rawValue: 0x540002), .integer(1))]),
    ])
    func customAttributesOfEveryTypeComeBackAndAreFound(_ value: AttributeValue) async throws {
        let world = try World.atEdge()
        let key = try await world.key()
        let added = try await add(world, key, custom("x-a"), value)
        #expect(added.value == value && (added.index ?? 0) == 0)
        #expect(try await attributes(world, key, [custom("x-a")]).map(\.value) == [value])
        let found: LocateResponse = try await world.ask(LocateRequest(attributes: [Attribute(custom("x-a"), value)]))
        #expect(found.uniqueIdentifiers == [key])
    }

    @Test func instancesKeepTheirIndexes() async throws {
        let world = try World.atEdge()
        let key = try await world.key()
        let name = custom("x-a")
        for (index, text) in ["a", "b", "c"].enumerated() {
            #expect(try await add(world, key, name, .text(text)).index ?? 0 == Int32(index))
        }
        #expect(try await addReason(world, key, name, .text("b")) == .illegalOperation, "the same value again")
        #expect(try await deleteReason(world, key, name, index: 1) == nil)
        #expect(try await deleteReason(world, key, name, index: 1) == .itemNotFound)
        #expect(try await modifyReason(world, key, name, .text("d"), index: 1) == .itemNotFound)
        #expect(try await modifyReason(world, key, name, .text("d"), index: 2) == nil)
        #expect(try await add(world, key, name, .text("e")).index == 3)
        let seen = try await attributes(world, key, [name])
        #expect(seen.map { $0.index ?? 0 } == [0, 2, 3] && seen.map(\.value) == [.text("a"), .text("d"), .text("e")])
        let found: LocateResponse = try await world.ask(LocateRequest(attributes: [Attribute(name, .text("c"))]))
        #expect(found.uniqueIdentifiers.isEmpty, "the index follows the change")
    }

    @Test func whatIsTheServersIsNotTheClients() async throws {
        let world = try World.atEdge()
        let key = try await world.key("k")
        for (name, value): (AttributeName, AttributeValue) in [
            (.state, .enumeration(2)), (.digest, .structure([])), (.uniqueIdentifier, .text("x")), (.leaseTime, .interval(1)),
            (.cryptographicUsageMask, .integer(0xFF)), (.cryptographicLength, .integer(1)), (.fresh, .boolean(true)), (.level, .text("L2")),
            (.originalCreationDate, .dateTime(1)), (.alwaysSensitive, .boolean(false)), (custom("y-a"), .text("a")), (custom("Nonsense"), .text("a")),
        ] {
            let added = try await addReason(world, key, name, value)
            #expect(added == .permissionDenied || (name == .originalCreationDate && added == .illegalOperation), "adding \(name)")
            let modified = try await modifyReason(world, key, name, value)
            #expect(modified == .permissionDenied || (name == custom("Nonsense") && modified == .invalidField), "modifying \(name)")
            let deleted = try await deleteReason(world, key, name)
            #expect(deleted == .permissionDenied || (name == custom("Nonsense") && deleted == .itemNotFound), "deleting \(name)")
        }
        #expect(try await world.reason(World.create(attributes: [Attribute(custom("y-a"), .text("a"))])) == .invalidField)
    }

    @Test func reasonsAreTheStandards() async throws {
        let world = try World.atEdge()
        let key = try await world.key("k")
        _ = try await world.key("other")
        #expect(try await addReason(world, "L4-00000000-0000-4000-8000-000000000000", custom("x-a"), .text("a")) == .itemNotFound)
        #expect(try await addReason(world, key, custom("x-a"), .text("a"), index: 1) == .invalidField, "an index")
        #expect(try await addReason(world, key, .name, Name("other").attributeValue) == .illegalOperation, "another's name")
        #expect(try await modifyReason(world, key, .name, Name("other").attributeValue) == .illegalOperation)
        #expect(try await addReason(world, key, .contactInformation, .text("a")) == nil)
        #expect(try await addReason(world, key, .contactInformation, .text("b")) == .illegalOperation, "one instance only")
        #expect(try await addReason(world, key, .comment, .integer(1)) == .invalidField, "the item type")
        #expect(try await modifyReason(world, key, .description, .text("b")) == .invalidField, "not there yet")
        #expect(try await modifyReason(world, key, custom("x-none"), .text("b")) == .invalidField)
        #expect(try await deleteReason(world, key, .comment) == .itemNotFound)
        #expect(try await deleteReason(world, key, .activationDate) == .permissionDenied)
        #expect(try await addReason(world, key, .link, .structure([.init(.linkType, .enumeration(1))])) == .invalidField, "a field is missing")
        let namespace = AttributeValue.structure([.init(.applicationNamespace, .text("n"))])
        #expect(try await addReason(world, key, .applicationSpecificInformation, namespace) == .applicationNamespaceNotSupported)
        let nested = AttributeValue.structure([.init(Tag(rawValue: 0x540001), .structure([]))])
        #expect(try await addReason(world, key, custom("x-s"), nested) == .invalidField)
        for number in Int32(0)..<64 { #expect(try await addReason(world, key, custom("x-many"), .integer(number)) == nil) }
        #expect(try await addReason(world, key, custom("x-many"), .integer(64)) == .indexOutOfBounds)
        let theirs = AddAttributeRequest(uniqueIdentifier: key, attribute: Attribute(custom("x-a"), .text("a")))
        #expect(try await world.reason(theirs, from: World.globex) == .itemNotFound)
        #expect(try await world.reason(theirs, from: World.auditor) == .permissionDenied)
    }

    @Test func aNameMovesWithItsAttribute() async throws {
        let world = try World.atEdge()
        let key = try await world.key("old")
        #expect(try await modifyReason(world, key, .name, Name("new").attributeValue) == nil)
        #expect(try await world.reason(World.create("new")) == .invalidField)
        #expect(try await world.reason(World.create("old")) == nil, "the old name is free")
        #expect(try await deleteReason(world, key, .name) == nil)
        #expect(try await world.reason(World.create("new")) == nil)
    }

    @Test func datesAreFixedOnceTheyHaveCome() async throws {
        let world = try World.atEdge()
        let now = WallClock.now / 1_000_000_000
        let made: CreateResponse = try await world.ask(World.create())
        let key = made.uniqueIdentifier
        #expect(try await addReason(world, key, .activationDate, .dateTime(now + 3600)) == nil)
        #expect(try await attributes(world, key, [.state]).first?.value == .enumeration(State.preActive.rawValue))
        #expect(try await addReason(world, key, .processStartDate, .dateTime(now)) == .invalidField, "before the Activation Date")
        #expect(try await modifyReason(world, key, .activationDate, .dateTime(now - 10)) == nil)
        #expect(try await attributes(world, key, [.state]).first?.value == .enumeration(State.active.rawValue), "the date activates")
        #expect(try await modifyReason(world, key, .activationDate, .dateTime(now)) == .permissionDenied)
        #expect(try await addReason(world, key, .protectStopDate, .dateTime(now - 5)) == nil)
        #expect(try await modifyReason(world, key, .protectStopDate, .dateTime(now + 60)) == .permissionDenied, "it has come")
        #expect(try await addReason(world, key, .deactivationDate, .dateTime(now - 1)) == nil)
        #expect(try await attributes(world, key, [.state]).first?.value == .enumeration(State.deactivated.rawValue))
        #expect(try await modifyReason(world, key, .deactivationDate, .dateTime(now + 60)) == .permissionDenied)
        #expect(try await world.reason(DestroyRequest(uniqueIdentifier: key)) == nil)
        #expect(try await addReason(world, key, custom("x-a"), .text("a")) == .permissionDenied, "destroyed")
    }

    @Test func sensitivityIsRememberedAndKept() async throws {
        let world = try World.atEdge()
        let key = try await world.key(attributes: [Attribute(.sensitive, .boolean(true))])
        let family: [AttributeName] = [.sensitive, .alwaysSensitive, .extractable, .neverExtractable]
        #expect(try await attributes(world, key, family).map(\.value) == [.boolean(true), .boolean(true), .boolean(true), .boolean(false)])
        #expect(try await world.reason(GetRequest(uniqueIdentifier: key)) == .sensitive)
        #expect(try await modifyReason(world, key, .sensitive, .boolean(false)) == nil)
        #expect(try await attributes(world, key, family).map(\.value) == [.boolean(false), .boolean(false), .boolean(true), .boolean(false)])
        #expect(try await modifyReason(world, key, .extractable, .boolean(false)) == nil)
        #expect(try await world.reason(GetRequest(uniqueIdentifier: key)) == .notExtractable)

        let core = try World.atCore()
        let l3 = try await core.key(from: World.admin)
        for change in [Attribute(.sensitive, .boolean(false)), Attribute(.extractable, .boolean(true))] {
            #expect(try await core.reason(ModifyAttributeRequest(uniqueIdentifier: l3, attribute: change), from: World.admin) == .permissionDenied)
        }
        #expect(try await core.reason(GetRequest(uniqueIdentifier: l3), from: World.admin) == .sensitive)
    }

    @Test func theListNamesWhatTheStandardsCasesName() async throws {
        let world = try World.atEdge()
        let key = try await world.key("k")
        let revoke = RevokeRequest(uniqueIdentifier: key, revocationReason: World.revoke, compromiseOccurrenceDate: 6)
        #expect(try await world.reason(revoke) == nil)
        let list: GetAttributeListResponse = try await world.ask(GetAttributeListRequest(uniqueIdentifier: key))
        #expect(
            Set(list.attributeNames).subtracting(["x-OpenKCM-Level"]) == [
                "Unique Identifier", "Object Type", "Cryptographic Algorithm", "Cryptographic Length", "Activation Date", "Always Sensitive",
                "Compromise Date", "Compromise Occurrence Date", "Cryptographic Usage Mask", "Digest", "Extractable", "Fresh", "Initial Date",
                "Last Change Date", "Lease Time", "Name", "Never Extractable", "Original Creation Date", "Random Number Generator",
                "Revocation Reason", "Sensitive", "State",
            ])
        let early: GetAttributeListResponse = try await world.ask(GetAttributeListRequest(uniqueIdentifier: key), version: .v1_0)
        #expect(!early.attributeNames.contains("Sensitive") && !early.attributeNames.contains("Fresh"), "what a version knows")
    }

    @Test func aServedObjectIsNotFreshAnyMore() async throws {
        let world = try World.atEdge()
        let key = try await world.key()
        #expect(try await attributes(world, key, [.fresh]).map(\.value) == [.boolean(true)])
        let before = try await attributes(world, key, [.lastChangeDate])
        _ = try await world.ask(GetRequest(uniqueIdentifier: key), as: GetResponse.self)
        #expect(try await attributes(world, key, [.fresh]).map(\.value) == [.boolean(false)])
        #expect(try await attributes(world, key, [.lastChangeDate]) == before)
    }
}
