import KCMService
import KMIP
import NIOCore
import Testing

/// Each version is answered in its own words.
@Suite struct VersionTests {
    static let versions: [ProtocolVersion] = [.v1_0, .v1_1, .v1_2, .v1_3, .v1_4]

    private func payload(_ response: some ResponsePayload) -> ByteBuffer {
        var writer = TTLVWriter()
        response.encode(to: &writer)
        return writer.buffer
    }

    private func conform(_ items: ByteBuffer, _ operation: KMIP.Operation, _ version: ProtocolVersion) throws -> ByteBuffer {
        try Vocabulary(version).conform(items, of: operation) ?? items
    }

    /// An attribute of each definition; enumerations with the newest value that there is.
    static let everyAttribute: [Attribute] = AttributeDefinition.all.map { definition in
        let value: AttributeValue =
            switch definition.type {
            case .integer: .integer(12)
            case .longInteger: .longInteger(1)
            case .bigInteger: .bigInteger([1])
            case .enumeration: .enumeration(1)
            case .boolean: .boolean(true)
            case .textString: .text("text")
            case .byteString: .bytes([1])
            case .dateTime: .dateTime(1)
            case .interval: .interval(1)
            case .structure: structure(definition.name)
            }
        return Attribute(definition.name, value)
    }

    private static func structure(_ name: AttributeName) -> AttributeValue {
        switch name {
        case .cryptographicParameters:
            .structure([
                .init(.blockCipherMode, .enumeration(BlockCipherMode.aead.rawValue)),
                .init(.hashingAlgorithm, .enumeration(HashingAlgorithm.sha256.rawValue)),
                .init(.digitalSignatureAlgorithm, .enumeration(DigitalSignatureAlgorithm.ecdsaWithSHA256.rawValue)),
                .init(.cryptographicAlgorithm, .enumeration(CryptographicAlgorithm.aes.rawValue)),
                .init(.randomIV, .boolean(true)), .init(.saltLength, .integer(20)),
            ])
        case .digest:
            .structure([
                .init(.hashingAlgorithm, .enumeration(HashingAlgorithm.sha256.rawValue)), .init(.digestValue, .bytes([1])),
                .init(.keyFormatType, .enumeration(KeyFormatType.raw.rawValue)),
            ])
        case .link:
            .structure([
                .init(.linkType, .enumeration(LinkType.wrappingKeyLink.rawValue)), .init(.linkedObjectIdentifier, .text("L4-x")),
            ])
        default: .structure([.init(name.tag ?? .name, .text("x"))])
        }
    }

    @Test(arguments: versions) func `Get Attributes keeps to the version`(_ version: ProtocolVersion) throws {
        let whole = payload(GetAttributesResponse(uniqueIdentifier: "L4-x", attributes: Self.everyAttribute))
        let items = try conform(whole, .getAttributes, version)
        #expect(try LaterWords.find(inPayload: items, version: version) == [])
        var reader = TTLVReader(items: items)
        let left = try GetAttributesResponse(from: &reader).attributes
        let wanted = AttributeDefinition.all.filter { $0.since <= version && ($0.name != .link || version == .v1_4) }.map(\.name)
        #expect(left.map(\.name) == wanted)
        // What the version has of Cryptographic Parameters stays.
        let hash = left.first { $0.name == .cryptographicParameters }?.value?[.hashingAlgorithm]
        #expect(hash == .enumeration(HashingAlgorithm.sha256.rawValue))
    }

    @Test(arguments: versions) func `Get Attribute List keeps to the version`(_ version: ProtocolVersion) throws {
        let names = AttributeDefinition.all.map(\.name.rawValue) + ["x-mine"]
        let items = try conform(payload(GetAttributeListResponse(uniqueIdentifier: "L4-x", attributeNames: names)), .getAttributeList, version)
        #expect(try LaterWords.find(inPayload: items, version: version) == [])
        var reader = TTLVReader(items: items)
        let left = try GetAttributeListResponse(from: &reader).attributeNames
        #expect(left == AttributeDefinition.all.filter { $0.since <= version }.map(\.name.rawValue) + ["x-mine"])
    }

    @Test(arguments: versions) func `Query keeps to the version`(_ version: ProtocolVersion) throws {
        let every = QueryResponse(
            operations: (1...0x2B).map { KMIP.Operation(rawValue: $0) }, objectTypes: (1...9).map { ObjectType(rawValue: $0) },
            vendorIdentification: "v", rngs: [RNGParameters(algorithm: .drbg, hashingAlgorithm: .sha3_256)], profiles: [.baselineServerBasicKMIPV1_2]
        )
        let items = try conform(payload(every), .query, version)
        #expect(try LaterWords.find(inPayload: items, version: version) == [])
        var reader = TTLVReader(items: items)
        let left = try QueryResponse(from: &reader)
        #expect(left.operations.contains(.create) && left.operations.contains(.encrypt) == (version >= .v1_2))
        #expect(left.objectTypes.contains(.pgpKey) == (version >= .v1_2) && left.vendorIdentification == "v")
    }

    @Test(arguments: versions) func `Fields of a later version are left out`(_ version: ProtocolVersion) throws {
        let c = ByteBuffer(string: "c")
        let responses: [(KMIP.Operation, ByteBuffer)] = [
            (.encrypt, payload(EncryptResponse(uniqueIdentifier: "L4-x", data: c, iv: c, correlationValue: c, tag: c))),
            (.decrypt, payload(DecryptResponse(uniqueIdentifier: "L4-x", data: c, correlationValue: c))),
            (.locate, payload(LocateResponse(locatedItems: 1, uniqueIdentifiers: ["L4-x"]))),
            (
                .create,
                payload(
                    CreateResponse(
                        objectType: .symmetricKey, uniqueIdentifier: "L4-x", templateAttribute: TemplateAttribute(attributes: Self.everyAttribute)))
            ),
        ]
        for (operation, whole) in responses where (operation.since ?? .v1_0) <= version {
            let items = try conform(whole, operation, version)
            #expect(try LaterWords.find(inPayload: items, version: version) == [], "\(operation)")
            #expect(items.readableBytes >= 16)
        }
    }

    @Test(arguments: versions) func `A key that the version has no format for is refused`(_ version: ProtocolVersion) throws {
        func get(_ format: KeyFormatType) -> ByteBuffer {
            let block = KeyBlock(keyFormatType: format, keyValue: .bytes(ByteBuffer(string: "k"), attributes: Self.everyAttribute))
            return payload(GetResponse(objectType: .privateKey, uniqueIdentifier: "L4-x", object: .privateKey(block)))
        }
        #expect(try LaterWords.find(inPayload: conform(get(.pkcs8), .get, version), version: version) == [])
        if version < .v1_4 {
            let failure = #expect(throws: OperationFailure.self) { try conform(get(.pkcs12), .get, version) }
            #expect(failure?.reason == .keyFormatTypeNotSupported)
        } else {
            #expect(try conform(get(.pkcs12), .get, version) == get(.pkcs12))
        }
    }

    @Test(arguments: versions) func `Result Reasons are those of the version`(_ version: ProtocolVersion) {
        for value in UInt32(1)...0x18 {
            let reason = Vocabulary(version).reason(ResultReason(rawValue: value))
            #expect((reason.since ?? .v1_0) <= version)
            if (ResultReason(rawValue: value).since ?? .v1_0) <= version { #expect(reason.rawValue == value) }
        }
    }

    // MARK: The running service

    /// Requests of every operation that is served, those that fail included.
    private func requests(_ key: String) -> [any RequestPayload] {
        let parameters = CryptographicParameters(blockCipherMode: .gcm, randomIV: true, tagLength: 16)
        return [
            World.create(), World.create(attributes: [Attribute(.level, .text("L3"))]), LocateRequest(), GetRequest(uniqueIdentifier: key),
            GetRequest(uniqueIdentifier: "L4-none"), GetAttributesRequest(uniqueIdentifier: key),
            GetAttributesRequest(uniqueIdentifier: key, attributeNames: AttributeDefinition.all.map(\.name.rawValue)),
            GetAttributeListRequest(uniqueIdentifier: key),
            EncryptRequest(uniqueIdentifier: key, cryptographicParameters: parameters, data: ByteBuffer(string: "text")),
            CheckRequest(uniqueIdentifier: key, cryptographicUsageMask: [.encrypt]),
            CheckRequest(uniqueIdentifier: key, cryptographicUsageMask: [.sign]),
            AddAttributeRequest(uniqueIdentifier: key, attribute: Attribute(.contactInformation, .text("c"))),
            ModifyAttributeRequest(uniqueIdentifier: key, attribute: Attribute(.contactInformation, .text("d"))),
            AddAttributeRequest(uniqueIdentifier: key, attribute: Attribute(.comment, .text("e"))),
            DeleteAttributeRequest(uniqueIdentifier: key, attributeName: "Contact Information"),
            DeleteAttributeRequest(uniqueIdentifier: key, attributeName: "Description"), ObtainLeaseRequest(uniqueIdentifier: key),
            GetUsageAllocationRequest(uniqueIdentifier: key, usageLimitsCount: 1),
            QueryRequest(queryFunctions: (1...12).map { QueryFunction(rawValue: $0) }), DiscoverVersionsRequest(),
            RevokeRequest(uniqueIdentifier: key, revocationReason: World.revoke, compromiseOccurrenceDate: 1), DestroyRequest(uniqueIdentifier: key),
        ]
    }

    @Test(arguments: versions) func `Every operation is answered in the version's words`(_ version: ProtocolVersion) async throws {
        let world = try World.atEdge()
        let named: [Attribute] = [
            Attribute(.comment, .text("c")), Attribute(.description, .text("d")), Attribute(.objectGroup, .text("g")),
            Attribute(.cryptographicParameters, Self.structure(.cryptographicParameters)),
        ]
        let key = try await world.key("k", attributes: named)
        for payload in requests(key) {
            func frame(_ payload: some RequestPayload) -> ByteBuffer {
                var message = RequestMessage(payload, version: version)
                message.header.clientCorrelationValue = "mine"
                return message.frame
            }
            let answer = await world.answer(Exchange(frame: frame(payload)), from: World.acme)
            #expect(try LaterWords.find(in: answer.frame, version: version) == [], "\(type(of: payload))")
            #expect(try ResponseMessage(frame: answer.frame).header.protocolVersion == version)
        }
    }

    @Test func `What Core refuses is named in the version's words`() async throws {
        let world = try World.atCore()
        let key = try await world.key("kek", from: World.admin)
        #expect(try await world.reason(GetRequest(uniqueIdentifier: key), from: World.admin, version: .v1_2) == .permissionDenied)
        #expect(try await world.reason(GetRequest(uniqueIdentifier: key), from: World.admin, version: .v1_4) == .sensitive)
    }

    @Test func `A request with a later feature is refused, a harmless field taken`() async throws {
        let world = try World.atEdge()
        func made(_ attribute: Attribute, _ version: ProtocolVersion) async throws -> ResultReason? {
            try await world.reason(World.create(attributes: [attribute]), version: version)
        }
        #expect(try await made(Attribute(.comment, .text("c")), .v1_3) == .invalidField)
        #expect(try await made(Attribute(.comment, .text("c")), .v1_4) == nil)
        let key = try await world.key("k", attributes: [Attribute(.comment, .text("c"))])
        let delete = DeleteAttributeRequest(uniqueIdentifier: key, attributeName: "Comment")
        #expect(try await world.reason(delete, version: .v1_2) == .invalidField)
        #expect(try await world.reason(delete, version: .v1_4) == nil)
        let stream = EncryptRequest(uniqueIdentifier: "L4-x", data: ByteBuffer(), initIndicator: true)
        #expect(try await world.reason(stream, version: .v1_2) == .featureNotSupported)
        #expect(try await world.reason(EncryptRequest(uniqueIdentifier: "L4-x"), version: .v1_1) == .operationNotSupported)
        #expect(try await world.reason(DiscoverVersionsRequest(), version: .v1_0) == .operationNotSupported)
        let block = KeyBlock(keyFormatType: .pkcs12, keyValue: .bytes(ByteBuffer(string: "k"), attributes: []))
        let register = RegisterRequest(objectType: .secretData, templateAttribute: TemplateAttribute(), object: .secretData(.password, block))
        #expect(try await world.reason(register, version: .v1_3) == .keyFormatTypeNotSupported)
        #expect(try await world.reason(LocateRequest(maximumItems: 1, offsetItems: 1), version: .v1_0) == nil)
    }

    @Test(arguments: [(2, 0), (1, 5), (0, 9), (3, 1)]) func `A version that is not served is told which are`(_ major: Int, _ minor: Int) async throws
    {
        let world = try World.atEdge()
        let version = ProtocolVersion(major: Int32(major), minor: Int32(minor))
        let plain = RequestMessage(QueryRequest(queryFunctions: [.queryOperations]), version: version).frame
        // Another version's header may hold what no 1.x header has: here its Batch Count stands under an unknown tag.
        var odd = plain
        let at = try #require(plain.readableBytesView.indices.first { plain.readableBytesView[$0...].starts(with: [0x42, 0x00, 0x0D, 0x02]) })
        odd.setInteger(UInt8(0x43), at: at)
        for frame in [plain, odd] {
            let response = try ResponseMessage(frame: await world.answer(Exchange(frame: frame), from: World.acme).frame)
            #expect(response.items[0].resultReason == .invalidMessage && response.header.protocolVersion == .v1_4)
            #expect(response.items[0].resultMessage?.contains("1.0, 1.1, 1.2, 1.3, 1.4") == true)
        }
    }

    @Test func `Discover Versions lists what both speak, best first`() async throws {
        let world = try World.atEdge()
        func versions(_ asked: [ProtocolVersion]) async throws -> [ProtocolVersion] {
            try await world.ask(DiscoverVersionsRequest(protocolVersions: asked), version: .v1_1, as: DiscoverVersionsResponse.self).protocolVersions
        }
        #expect(try await versions([]) == [.v1_4, .v1_3, .v1_2, .v1_1, .v1_0])
        #expect(try await versions([.v1_0, ProtocolVersion(major: 2, minor: 0), .v1_2]) == [.v1_2, .v1_0])
        #expect(try await versions([ProtocolVersion(major: 3, minor: 0)]) == [])
    }

    // MARK: Where a message is wrong

    @Test func `An error names the way to its item and the byte in the message`() async throws {
        let world = try World.atEdge()
        var writer = TTLVWriter()
        writer.enumeration(.objectType, ObjectType.symmetricKey)
        let template = writer.beginStructure(.templateAttribute)
        Attribute(.cryptographicLength, .integer(256)).encode(to: &writer)
        let attribute = writer.beginStructure(.attribute)
        let at = writer.count
        writer.integer(.attributeName, 7)
        writer.endStructure(attribute)
        writer.endStructure(template)
        func message(_ payload: ByteBuffer) -> RequestMessage {
            let query = RequestBatchItem(operation: .query, uniqueBatchItemID: ByteBuffer(string: "1"), payload: ByteBuffer())
            let create = RequestBatchItem(operation: .create, uniqueBatchItemID: ByteBuffer(string: "2"), payload: payload)
            var header = RequestHeader(protocolVersion: .v1_4)
            header.batchErrorContinuationOption = .continue
            return RequestMessage(header: header, items: [query, create])
        }
        let frame = message(writer.buffer).frame
        // The payload is the last of the message, so the byte can be told from the end.
        let place = frame.readableBytes - writer.count + at
        var items = try ResponseMessage(frame: await world.answer(Exchange(frame: frame), from: World.acme).frame).items
        #expect(
            items[1].resultMessage?.contains(
                "RequestMessage/BatchItem[2]/RequestPayload/TemplateAttribute/Attribute[2]/AttributeName at byte \(place): is a") == true,
            "\(items[1].resultMessage ?? "")"
        )
        // Of what is missing, the structure that lacks it is named.
        let empty = message(ByteBuffer()).frame
        items = try ResponseMessage(frame: await world.answer(Exchange(frame: empty), from: World.acme).frame).items
        #expect(items[1].resultMessage?.contains("BatchItem[2]/RequestPayload/ObjectType at byte \(empty.readableBytes): required") == true)
    }
}
