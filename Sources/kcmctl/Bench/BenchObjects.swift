internal import KMIP
internal import KMIPBench
internal import KMIPClient
internal import NIOCore

/// The objects that runs use, and the requests with them, encoded once.
struct BenchObjects {
    private let session: KmipSession
    private let size: Int
    private let cipher: Bench.Cipher
    /// Begins the names of what is made, so that two runs do not meet.
    let prefix: String
    /// Made here, to be destroyed in the end.
    private(set) var made: [String] = []
    private var frames: [Bench.Load: [ByteBuffer]] = [:]

    init(session: KmipSession, size: Int, cipher: Bench.Cipher, prefix: String) {
        self.session = session
        self.size = size
        self.cipher = cipher
        self.prefix = prefix
    }

    /// The requests of a load; made before, see ``prepare(_:stored:)``.
    func requests(_ load: Bench.Load) -> [ByteBuffer] {
        load == .mix ? RequestMix.spread(Bench.mix).enumerated().map { pick($1, $0) } : frames[load] ?? []
    }

    private func pick(_ load: Bench.Load, _ position: Int) -> ByteBuffer {
        guard let of = frames[load], !of.isEmpty else { return ByteBuffer() }
        // Neighbours in the mix take keys far from each other.
        return of[position * max(of.count / 100, 1) % of.count]
    }

    /// Makes what the loads need and encodes their requests.
    /// - Throws: ``KmipSession/Refused``, `KMIPClientError`, `KMIPError`. What was made by then is in ``made``.
    mutating func prepare(_ loads: [Bench.Load], stored: BenchSample) async throws {
        let wanted = Set(loads.contains(.mix) ? loads + Bench.mix.map(\.element) : loads)
        frames[.create] = [frame(create(name: nil))]
        frames[.register] = [frame(register)]
        frames[.query] = [frame(QueryRequest(queryFunctions: [.queryOperations, .queryObjects]))]
        frames[.hash] = [frame(HashRequest(cryptographicParameters: CryptographicParameters(hashingAlgorithm: .sha256), data: plaintext))]
        let ofKeys: Set<Bench.Load> = [.get, .attributes, .locate, .locateAttribute, .locateSeveral, .readOnce, .encrypt, .decrypt]
        if !wanted.isDisjoint(with: ofKeys) { try await prepareKey(wanted, stored) }
        if wanted.contains(.mac) { try await prepareMAC() }
        if !wanted.isDisjoint(with: [.sign, .verify]) { try await prepareSignature() }
    }

    /// The requests of a load that uses objects up: makes `count` objects for it.
    mutating func prepareOnce(_ load: Bench.Load, count: Int, _ sessions: [KmipSession]) async throws {
        let identifiers = try await BenchFill.make(count, sessions) { _ in create(name: nil) }
        if load == .activate { made += identifiers }
        frames[load] = identifiers.map { identifier in
            load == .activate ? frame(ActivateRequest(uniqueIdentifier: identifier)) : frame(DestroyRequest(uniqueIdentifier: identifier))
        }
    }

    /// - Parameter sample: the keys to go round; the run's own key where there are none.
    private mutating func prepareKey(_ wanted: Set<Bench.Load>, _ sample: BenchSample) async throws {
        let (name, set) = ("\(prefix)-key", "\(prefix)-set")
        // Not every server takes attributes of a client's own.
        let isSearched = !wanted.isDisjoint(with: [.locateAttribute, .locateSeveral])
        let identifier = try await session.ask(create(name: name, set: isSearched ? set : nil), for: CreateResponse.self).uniqueIdentifier
        made.append(identifier)
        _ = try await session.ask(ActivateRequest(uniqueIdentifier: identifier), for: ActivateResponse.self)
        let stored = sample.keys.isEmpty ? [BenchSample.Key(identifier: identifier, name: name, set: set)] : sample.keys
        frames[.get] = stored.prefix(BenchSample.served).map { frame(GetRequest(uniqueIdentifier: $0.identifier)) }
        frames[.attributes] = stored.map { frame(GetAttributesRequest(uniqueIdentifier: $0.identifier)) }
        frames[.readOnce] = frames[.attributes]
        frames[.locate] = stored.map { frame(LocateRequest(attributes: [Attribute(.name, Name($0.name).attributeValue)])) }
        let shared = [
            // Filled keys are not activated, the run's own is.
            Attribute(.state, .enumeration((sample.keys.isEmpty ? State.active : State.preActive).rawValue)),
            Attribute(.cryptographicAlgorithm, .enumeration(CryptographicAlgorithm.aes.rawValue)), Attribute(.cryptographicLength, .integer(256)),
        ]
        frames[.locateAttribute] = stored.map { frame(LocateRequest(attributes: [Self.set($0.set)])) }
        frames[.locateSeveral] = stored.map { frame(LocateRequest(attributes: shared + [Self.set($0.set)])) }
        guard !wanted.isDisjoint(with: [.encrypt, .decrypt]) else { return }
        let gcm = CryptographicParameters(blockCipherMode: .gcm, cryptographicAlgorithm: .aes)
        let cbc = CryptographicParameters(blockCipherMode: .cbc, paddingMethod: .pkcs5, cryptographicAlgorithm: .aes)
        let parameters = cipher == .gcm ? gcm : cbc
        var encrypt = EncryptRequest(uniqueIdentifier: identifier, cryptographicParameters: parameters, data: plaintext)
        // The server makes the IV of GCM; not every server can make one for CBC.
        if cipher == .gcm { encrypt.cryptographicParameters?.randomIV = true } else { encrypt.iv = ByteBuffer(repeating: 7, count: 16) }
        let encrypted = try await session.ask(encrypt, for: EncryptResponse.self)
        let decrypt = DecryptRequest(
            uniqueIdentifier: identifier,
            cryptographicParameters: parameters,
            data: encrypted.data,
            iv: encrypted.iv ?? encrypt.iv,
            tag: encrypted.tag
        )
        frames[.encrypt] = [frame(encrypt)]
        frames[.decrypt] = [frame(decrypt)]
    }

    private mutating func prepareMAC() async throws {
        let request = CreateRequest(
            objectType: .symmetricKey,
            templateAttribute: template(.hmacSHA256, 256, [.macGenerate, .macVerify], name: nil)
        )
        let identifier = try await session.ask(request, for: CreateResponse.self).uniqueIdentifier
        made.append(identifier)
        _ = try await session.ask(ActivateRequest(uniqueIdentifier: identifier), for: ActivateResponse.self)
        let parameters = CryptographicParameters(cryptographicAlgorithm: .hmacSHA256)
        frames[.mac] = [frame(MACRequest(uniqueIdentifier: identifier, cryptographicParameters: parameters, data: plaintext))]
    }

    /// An ECDSA key pair on P-256.
    private mutating func prepareSignature() async throws {
        let common = TemplateAttribute(attributes: [
            Attribute(.cryptographicAlgorithm, .enumeration(CryptographicAlgorithm.ec.rawValue)),
            Attribute(.cryptographicLength, .integer(256)),
            Attribute(
                .cryptographicDomainParameters,
                .structure([.init(.recommendedCurve, .enumeration(RecommendedCurve.p256.rawValue))])
            ),
        ])
        func usage(_ mask: CryptographicUsageMask) -> TemplateAttribute {
            TemplateAttribute(attributes: [Attribute(.cryptographicUsageMask, .integer(mask.rawValue))])
        }
        let request = CreateKeyPairRequest(
            commonTemplateAttribute: common,
            privateKeyTemplateAttribute: usage(.sign),
            publicKeyTemplateAttribute: usage(.verify)
        )
        let pair = try await session.ask(request, for: CreateKeyPairResponse.self)
        for identifier in [pair.privateKeyUniqueIdentifier, pair.publicKeyUniqueIdentifier] {
            made.append(identifier)
            _ = try await session.ask(ActivateRequest(uniqueIdentifier: identifier), for: ActivateResponse.self)
        }
        let parameters = CryptographicParameters(digitalSignatureAlgorithm: .ecdsaWithSHA256)
        let sign = SignRequest(uniqueIdentifier: pair.privateKeyUniqueIdentifier, cryptographicParameters: parameters, data: plaintext)
        let signature = try await session.ask(sign, for: SignResponse.self).signatureData
        frames[.sign] = [frame(sign)]
        frames[.verify] = [
            frame(
                SignatureVerifyRequest(
                    uniqueIdentifier: pair.publicKeyUniqueIdentifier,
                    cryptographicParameters: parameters,
                    data: plaintext,
                    signatureData: signature
                )
            )
        ]
    }

    private var plaintext: ByteBuffer { ByteBuffer(repeating: 0, count: size) }

    private var register: RegisterRequest {
        let block = KeyBlock(
            keyFormatType: .raw,
            keyValue: .bytes(ByteBuffer(repeating: 0x5A, count: 32), attributes: []),
            cryptographicAlgorithm: .aes,
            cryptographicLength: 256
        )
        let mask = Attribute(.cryptographicUsageMask, .integer(CryptographicUsageMask([.encrypt, .decrypt]).rawValue))
        return RegisterRequest(objectType: .symmetricKey, templateAttribute: TemplateAttribute(attributes: [mask]), object: .symmetricKey(block))
    }

    /// A Create of an AES-256 key.
    func create(name: String?, set: String? = nil) -> CreateRequest {
        var template = template(.aes, 256, [.encrypt, .decrypt], name: name)
        if let set { template.attributes.append(Self.set(set)) }
        return CreateRequest(objectType: .symmetricKey, templateAttribute: template)
    }

    private static func set(_ value: String) -> Attribute { Attribute(AttributeName(rawValue: BenchSample.attribute), .text(value)) }

    private func template(
        _ algorithm: CryptographicAlgorithm,
        _ length: Int32,
        _ mask: CryptographicUsageMask,
        name: String?
    ) -> TemplateAttribute {
        var attributes = [
            Attribute(.cryptographicAlgorithm, .enumeration(algorithm.rawValue)), Attribute(.cryptographicLength, .integer(length)),
            Attribute(.cryptographicUsageMask, .integer(mask.rawValue)),
        ]
        if let name { attributes.append(Attribute(.name, Name(name).attributeValue)) }
        return TemplateAttribute(attributes: attributes)
    }

    private func frame(_ request: some RequestPayload) -> ByteBuffer { RequestMessage(request, version: session.version).frame }
}
