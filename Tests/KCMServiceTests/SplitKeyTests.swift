import KCMEngine
import KMIP
import NIOCore
import Testing

/// Create Split Key and Join Split Key, and TC-SJ-1-14.
@Suite struct SplitKeyTests {
    private func split(_ key: String?, _ method: SplitKeyMethod, parts: Int32 = 5, threshold: Int32 = 3, prime: [UInt8]? = nil)
        -> CreateSplitKeyRequest
    {
        CreateSplitKeyRequest(
            objectType: .splitKey, uniqueIdentifier: key, splitKeyParts: parts, splitKeyThreshold: threshold, splitKeyMethod: method,
            primeFieldSize: prime, templateAttribute: key == nil ? World.attributes(.aes, 256) : TemplateAttribute()
        )
    }

    private func join(_ parts: [String], name: String? = nil) -> JoinSplitKeyRequest {
        JoinSplitKeyRequest(
            objectType: .symmetricKey, uniqueIdentifiers: parts,
            templateAttribute: World.attributes(.aes, 128, mask: [.encrypt, .decrypt], name: name)
        )
    }

    @Test(arguments: [SplitKeyMethod.polynomialSharingGF28, .polynomialSharingGF216, .polynomialSharingPrimeField, .xor])
    func theOfficialCaseWithEveryMethod(_ method: SplitKeyMethod) async throws {
        let world = try World.atEdge()
        let key = try await world.register(Array(0..<16), [.encrypt, .decrypt])
        let isXOR = method == .xor
        let made: CreateSplitKeyResponse = try await world.ask(split(key, method, threshold: isXOR ? 5 : 3))
        let parts = made.uniqueIdentifiers
        #expect(Set(parts).count == 5)
        let chosen = isXOR ? parts : [parts[0], parts[2], parts[4]]
        let joined: JoinSplitKeyResponse = try await world.ask(join(chosen, name: "joined"))
        #expect(try await world.bytes(joined.uniqueIdentifier) == Array(0..<16))
        #expect(try await world.reason(join([parts[1], parts[3]])) == .cryptographicFailure, "too few")
        #expect(try await world.reason(join([parts[1], parts[1], parts[1]])) == .cryptographicFailure, "one part, thrice")

        // A part goes out and comes in as one.
        let got: GetResponse = try await world.ask(GetRequest(uniqueIdentifier: parts[1]))
        guard case .splitKey(let part) = got.object else { throw Unexpected() }
        #expect(part.parts == 5 && part.identifier == 2 && part.method == method && part.keyBlock.cryptographicLength == 128)
        let again = try await world.register(got.object, World.attributes(mask: [.encrypt]))
        let mixed = isXOR ? [parts[0], again] + parts[2...] : [parts[0], again, parts[4]]
        let second: JoinSplitKeyResponse = try await world.ask(join(mixed))
        #expect(try await world.bytes(second.uniqueIdentifier) == Array(0..<16))
    }

    @Test func aNewKeyIsSplitWithoutBeingSeen() async throws {
        let world = try World.atEdge()
        let made: CreateSplitKeyResponse = try await world.ask(split(nil, .polynomialSharingGF28, parts: 3, threshold: 2))
        let request = JoinSplitKeyRequest(objectType: .secretData, uniqueIdentifiers: Array(made.uniqueIdentifiers[1...]), secretDataType: .seed)
        let joined: JoinSplitKeyResponse = try await world.ask(request)
        #expect(try await world.bytes(joined.uniqueIdentifier).count == 32)
    }

    @Test func numbersAndObjectsThatMakeNoSenseAreRefused() async throws {
        let world = try World.atEdge()
        let key = try await world.register(Array(0..<16), [.encrypt])
        #expect(try await world.reason(split(key, .polynomialSharingGF28, parts: 2, threshold: 3)) == .invalidField)
        #expect(try await world.reason(split(key, .xor)) == .invalidField)
        #expect(try await world.reason(split(key, SplitKeyMethod(rawValue: 9))) == .invalidField)
        #expect(try await world.reason(split(key, .polynomialSharingGF28, parts: .max, threshold: .max)) == .invalidField)
        #expect(try await world.reason(split(key, .polynomialSharingPrimeField, prime: [0, 0, 0, 0, 0, 0, 0, 15])) == .invalidField)
        #expect(try await world.reason(split(key, .polynomialSharingPrimeField, prime: [0, 0, 0, 0, 0, 0, 0, 13])) == .cryptographicFailure)
        #expect(try await world.reason(join([key, key])) == .invalidField, "not parts")
        let l3 = "L3-00000000-0000-4000-8000-000000000000"
        #expect(try await world.reason(split(l3, .polynomialSharingGF28)) == .permissionDenied)
        #expect(try await world.reason(join([l3])) == .permissionDenied)
        // The parts of a closed key are closed, and so is what they give.
        let closed = try await world.register(Array(0..<16), [.encrypt], and: [Attribute(.extractable, .boolean(false))])
        let made: CreateSplitKeyResponse = try await world.ask(split(closed, .polynomialSharingGF28))
        #expect(try await world.reason(GetRequest(uniqueIdentifier: made.uniqueIdentifiers[0])) == .notExtractable)
        let joined: JoinSplitKeyResponse = try await world.ask(join(made.uniqueIdentifiers))
        #expect(try await world.reason(GetRequest(uniqueIdentifier: joined.uniqueIdentifier)) == .notExtractable)
    }

    @Test func atCorePartsDoNotLeave() async throws {
        let world = try World.atCore()
        let key = try await world.key("kek", from: World.admin)
        let made: CreateSplitKeyResponse = try await world.ask(split(key, .polynomialSharingGF28), from: World.admin)
        #expect(try await world.reason(GetRequest(uniqueIdentifier: made.uniqueIdentifiers[0]), from: World.admin) == .sensitive)
    }
}
