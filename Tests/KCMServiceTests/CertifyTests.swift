import Foundation
import KCMCrypto
import KCMEngine
import KMIP
import NIOCore
import Testing

/// Certify and Re-certify, with an authority whose key is the server's.
@Suite struct CertifyTests {
    private func pair(_ world: World, name: String = "orders") async throws -> CreateKeyPairResponse {
        try await world.ask(
            CreateKeyPairRequest(
                commonTemplateAttribute: World.attributes(.ec, 256),
                privateKeyTemplateAttribute: World.attributes(mask: .sign),
                publicKeyTemplateAttribute: World.attributes(mask: .verify, name: name)
            )
        )
    }

    private func certificate(_ world: World, _ identifier: String) async throws -> Certificate {
        try Certificate(der: try await world.bytes(identifier))
    }

    @Test(arguments: [Int64.min, .max]) func validityAtTheEndsOfTimeIsRefused(_ date: Int64) async throws {
        let world = try World.atEdge()
        _ = try await world.authority()
        let template = World.attributes(and: [Attribute(.activationDate, .dateTime(date))])
        let request = CertifyRequest(uniqueIdentifier: try await pair(world).publicKeyUniqueIdentifier, templateAttribute: template)
        #expect(try await world.reason(request) == .invalidField)
    }

    @Test func aPublicKeyIsCertifiedAndRenewed() async throws {
        let world = try World.atEdge()
        let authority = try await world.authority()
        let pair = try await pair(world)
        let made: CertifyResponse = try await world.ask(
            CertifyRequest(uniqueIdentifier: pair.publicKeyUniqueIdentifier, templateAttribute: World.attributes(name: "orders-certificate")))
        let first = try await certificate(world, made.uniqueIdentifier)
        #expect(first.subject == "CN=orders" && first.issuer == authority.root.subject)
        let verifier = try CertificateVerifier(trust: [authority.root])
        #expect(try verifier.verify(chain: [first.der], purpose: .client, at: first.notBefore + 1).count == 1)
        #expect(try await world.linked(made.uniqueIdentifier, .publicKeyLink) == [pair.publicKeyUniqueIdentifier])
        #expect(try await world.linked(made.uniqueIdentifier, .certificateLink) == [authority.identifier])
        #expect(try await world.linked(pair.publicKeyUniqueIdentifier, .certificateLink) == [made.uniqueIdentifier])
        let attributes = AttributeSet(try await world.attributes(made.uniqueIdentifier, [.certificateType, .activationDate, .certificateLength]))
        #expect(attributes[.certificateType] == .enumeration(CertificateType.x509.rawValue) && attributes.date(.activationDate) == first.notBefore)

        let renewed: ReCertifyResponse = try await world.ask(ReCertifyRequest(uniqueIdentifier: made.uniqueIdentifier, offset: 0))
        let second = try await certificate(world, renewed.uniqueIdentifier)
        #expect(second.subject == first.subject && second.serial != first.serial)
        #expect(try await world.linked(pair.publicKeyUniqueIdentifier, .certificateLink) == [renewed.uniqueIdentifier])
        #expect(try await world.linked(made.uniqueIdentifier, .replacementObjectLink) == [renewed.uniqueIdentifier])
        #expect(try await AttributeSet(world.attributes(renewed.uniqueIdentifier, [.name])).names == [Name("orders-certificate")])
        // The whole chain, as one file.
        let password = try await world.secret(Array("password".utf8), .password)
        for (type, identifier) in [(LinkType.pkcs12PasswordLink, password)] {
            let add = AddAttributeRequest(
                uniqueIdentifier: pair.privateKeyUniqueIdentifier, attribute: Attribute(.link, Link(type, identifier).attributeValue))
            _ = try await world.ask(add, as: AddAttributeResponse.self)
        }
        let file = try await world.block(GetRequest(uniqueIdentifier: pair.privateKeyUniqueIdentifier, keyFormatType: .pkcs12))
        #expect(file.keyFormatType == .pkcs12 && file.bytes?.first == 0x30 && file.cryptographicAlgorithm == nil)
    }

    @Test func aRequestSaysWhoItIsFor() async throws {
        let world = try World.atEdge()
        let authority = try await world.authority(name: nil)
        // A request made with `openssl req`, its key, and the public half.
        let block = KeyBlock(
            keyFormatType: .x509, keyValue: .bytes(ByteBuffer(bytes: SampleRequest.publicKey), attributes: []), cryptographicAlgorithm: .ec,
            cryptographicLength: 256)
        let key = try await world.register(.publicKey(block), World.attributes(mask: .verify))
        let parent = World.attributes(and: [Attribute(.link, Link(.certificateLink, authority.identifier).attributeValue)])
        func certify(_ type: CertificateRequestType?, _ bytes: [UInt8]?, key: String, _ template: TemplateAttribute? = parent) -> CertifyRequest {
            CertifyRequest(
                uniqueIdentifier: key, certificateRequestType: type, certificateRequest: bytes.map { ByteBuffer(bytes: $0) },
                templateAttribute: template)
        }
        let made: CertifyResponse = try await world.ask(certify(.pkcs10, SampleRequest.der, key: key))
        let issued = try await certificate(world, made.uniqueIdentifier)
        #expect(issued.subject == "CN=from request,O=acme" && issued.subjectAlternativeNames == ["DNS:orders.example"])
        var broken = SampleRequest.der
        broken[broken.count - 1] ^= 1
        #expect(try await world.reason(certify(.pkcs10, broken, key: key)) == .invalidField, "the signature")
        #expect(try await world.reason(certify(nil, SampleRequest.der, key: key)) == .invalidField)
        #expect(try await world.reason(certify(.crmf, SampleRequest.der, key: key)) == .invalidField)
        let other = try await pair(world)
        #expect(try await world.reason(certify(.pkcs10, SampleRequest.der, key: other.publicKeyUniqueIdentifier)) == .invalidField, "another key")
        #expect(try await world.reason(certify(nil, nil, key: other.privateKeyUniqueIdentifier)) == .permissionDenied)
        #expect(try await world.reason(certify(nil, nil, key: key, nil)) == .itemNotFound, "no authority")
        let late = World.attributes(and: parent.attributes + [Attribute(.deactivationDate, .dateTime(5_000_000_000))])
        #expect(try await world.reason(certify(nil, nil, key: key, late)) == .invalidField, "longer than the authority")
        _ = try await world.ask(RevokeRequest(uniqueIdentifier: authority.key, revocationReason: World.revoke), as: RevokeResponse.self)
        #expect(try await world.reason(certify(nil, nil, key: key)) == .permissionDenied, "the authority's key is compromised")
    }
}
