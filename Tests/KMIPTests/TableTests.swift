import KMIP
import Testing

/// The generated tables against values from the specification, and against themselves.
@Suite struct TableTests {
    @Test func `Tags have the specification's values and names`() {
        #expect(Tag.activationDate.rawValue == 0x420001)
        #expect(Tag.uniqueIdentifier.rawValue == 0x420094)
        #expect(Tag.ivCounterNonce.rawValue == 0x42003D)
        #expect(Tag.authenticatedEncryptionTag.name == "AuthenticatedEncryptionTag")
        #expect(Tag(name: "X_509CertificateIdentifier") == .x509CertificateIdentifier)
        #expect(Tag(rawValue: 0x540001).name == nil)
        #expect(Tag(rawValue: 0x540001).description == "0x540001")
        #expect(Tag(name: "NoSuchTag") == nil)
    }

    @Test func `Every tag's name leads back to it`() {
        let named = (0x420000...0x4201FF).map { Tag(rawValue: UInt32($0)) }.filter { $0.name != nil }
        #expect(named.count == 292)
        for tag in named {
            #expect(tag.name.flatMap(Tag.init(name:)) == tag)
            #expect(tag.since != nil)
        }
    }

    @Test func `A tag says which version brought it`() {
        #expect(Tag.uniqueIdentifier.since == .v1_0)
        #expect(Tag.fresh.since == .v1_1)
        #expect(Tag.data.since == .v1_2)
        #expect(Tag.offsetItems.since == .v1_3)
        #expect(Tag.sensitive.since == .v1_4)
        #expect(Tag(rawValue: 0x5400FF).since == nil)
    }

    @Test func `Enumerations have the specification's values`() {
        #expect(Operation.discoverVersions.rawValue == 0x1E)
        #expect(Operation.export.since == .v1_4)
        #expect(ResultReason.permissionDenied.rawValue == 0x0C)
        #expect(ResultReason.generalFailure.rawValue == 0x100)
        #expect(ResultReason.notExtractable.since == .v1_4)
        #expect(CryptographicAlgorithm.tripleDES.name == "DES3")
        #expect(CryptographicAlgorithm.hmacSHA256.rawValue == 0x09)
        #expect(BlockCipherMode.nistKeyWrap.rawValue == 0x0D)
        #expect(PaddingMethod(name: "None") == .noPadding)
        #expect(LinkType.certificateLink.rawValue == 0x101)
        #expect(KeyFormatType.x509.name == "X_509")
        #expect(HashingAlgorithm.sha512_256.name == "SHA_512_256")
        // Its values are marked 1.0 in the tables, its tag came with 1.3.
        #expect(RNGAlgorithm.drbg.since == .v1_3)
    }

    @Test func `A vendor's value survives and says so`() {
        let vendor = ResultReason(rawValue: 0x8000_0001)
        #expect(vendor.name == nil)
        #expect(vendor.since == nil)
        #expect(vendor.description == "0x80000001")
        #expect(ResultReason.itemNotFound.description == "ItemNotFound")
    }

    @Test func `Every name of every enumeration leads back to its value`() {
        var pairs = 0
        for tag in (0x420000...0x4201FF).map({ Tag(rawValue: UInt32($0)) }) where tag != .maskGeneratorHashingAlgorithm {
            for value in UInt32(0)...0x1FF {
                guard let name = EnumerationTable.name(tag: tag, value: value) else { continue }
                pairs += 1
                #expect(EnumerationTable.value(tag: tag, name: name) == value)
            }
        }
        #expect(pairs == 608)
    }

    @Test func `A tag with another enumeration's values finds them`() {
        #expect(EnumerationTable.name(tag: .maskGeneratorHashingAlgorithm, value: 6) == "SHA_256")
        #expect(EnumerationTable.value(tag: .maskGeneratorHashingAlgorithm, name: "SHA_1") == 4)
        #expect(EnumerationTable.name(tag: .uniqueIdentifier, value: 1) == nil)
    }

    @Test func `Bit masks name their bits and keep the others`() {
        let mask: CryptographicUsageMask = [.encrypt, .decrypt]
        #expect(mask.rawValue == 12)
        #expect(mask.names == ["Encrypt", "Decrypt"])
        #expect(CryptographicUsageMask(name: "MACVerify") == .macVerify)
        #expect(CryptographicUsageMask(name: "Fly") == nil)
        #expect(CryptographicUsageMask(rawValue: 0x4000_0004).description == "Encrypt|0x40000000")
        #expect(StorageStatusMask.archivalStorage.rawValue == 2)
    }

    @Test func `Versions are ordered`() {
        #expect(ProtocolVersion.v1_0 < .v1_4)
        #expect(ProtocolVersion.v1_4 < ProtocolVersion(major: 2, minor: 0))
        #expect(ProtocolVersion.v1_2.description == "1.2")
    }
}
