import KCMAudit
import KCMEngine
import KMIP
import NIOCore
import Testing

/// Values at the ends of their ranges, and lists without end.
@Suite struct HostileValueTests {
    @Test func anOffsetMovesNoDateBeyondTheEndOfTime() async throws {
        let world = try World.atEdge()
        let key = try await world.register(
            Array(0..<16), [.encrypt], and: [Attribute(.deactivationDate, .dateTime(.max - 1)), Attribute(.protectStopDate, .dateTime(.max - 1))])
        #expect(try await world.reason(ReKeyRequest(uniqueIdentifier: key, offset: .max)) == .invalidField)
        let plain = try await world.register(Array(0..<16), [.encrypt], and: [Attribute(.deactivationDate, .dateTime(1_000_000_100))])
        let new: ReKeyResponse = try await world.ask(ReKeyRequest(uniqueIdentifier: plain, offset: 7))
        let dates = try await world.attributes(new.uniqueIdentifier, [.activationDate, .deactivationDate]).map(\.value)
        guard case .dateTime(let start)? = dates[0], case .dateTime(let end)? = dates[1] else { throw Unexpected() }
        #expect(end - start == 100)
    }

    @Test func aWrappedKeyCarriesEachAttributeOnce() async throws {
        let world = try World.atEdge()
        let wrapping = try await world.register(Array(0..<16), .wrapKey)
        let key = try await world.register(Array(0..<32), .encrypt)
        let parameters = CryptographicParameters(blockCipherMode: .gcm, tagLength: 16)
        func get(_ names: [String]) -> GetRequest {
            GetRequest(
                uniqueIdentifier: key,
                keyWrappingSpecification: KeyWrappingSpecification(
                    wrappingMethod: .encrypt,
                    encryptionKeyInformation: KeyInformation(uniqueIdentifier: wrapping, cryptographicParameters: parameters),
                    attributeNames: names
                )
            )
        }
        #expect(try await world.reason(get(["Name", "State"])) == nil)
        #expect(try await world.reason(get([String](repeating: "Digest", count: 1000))) == .invalidField)
    }

    @Test func aSearchByMoreAttributesThanAnObjectHasIsRefused() async throws {
        let world = try World.atEdge()
        let wanted = [Attribute](repeating: Attribute(.objectType, .enumeration(ObjectType.symmetricKey.rawValue)), count: 257)
        #expect(try await world.reason(LocateRequest(attributes: wanted)) == .invalidField)
        #expect(try await world.reason(LocateRequest(attributes: Array(wanted.prefix(256)))) == nil)
    }

    @Test func anIdentifierInTheAuditLogIsShort() async throws {
        let world = try World.atEdge()
        // One character, to a reader of text.
        let long = "L4-e" + String(repeating: "\u{301}", count: 10_000)
        let audit = try await world.batch([GetRequest(uniqueIdentifier: long)], from: World.acme).audit
        #expect(audit[0].object.utf8.count <= 66)
    }
}
