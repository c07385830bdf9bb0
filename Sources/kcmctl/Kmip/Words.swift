internal import ArgumentParser
internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// Words of the command line as values of the standard, tolerant in case and hyphens: `key-compromise` is `KeyCompromise`.
enum Words {
    static func enumeration<E: KMIPEnumeration>(_ word: String, _ what: String, among: [E]) throws -> E {
        let wanted = plain(word)
        guard let value = among.first(where: { plain($0.name ?? "") == wanted }) else {
            throw ValidationError("'\(word)' is no \(what); there are \(among.compactMap(\.name).joined(separator: ", "))")
        }
        return value
    }

    private static func plain(_ text: String) -> String { text.lowercased().filter { $0 != "-" && $0 != "_" } }

    static let states: [State] = [.preActive, .active, .deactivated, .compromised, .destroyed, .destroyedCompromised]
    static let objectTypes: [ObjectType] = [.symmetricKey, .secretData, .opaqueObject]
    static let modes: [KMIP.BlockCipherMode] = [.gcm, .cbc, .ctr, .ecb, .nistKeyWrap]
    static let paddings: [PaddingMethod] = [.pkcs5, .noPadding]
    static let reasons: [RevocationReasonCode] = [
        .unspecified, .keyCompromise, .caCompromise, .affiliationChanged, .superseded, .cessationOfOperation, .privilegeWithdrawn,
    ]

    /// `encrypt,decrypt` as a mask.
    static func usage(_ words: String) throws -> CryptographicUsageMask {
        let known: [(String, CryptographicUsageMask)] = [
            ("encrypt", .encrypt), ("decrypt", .decrypt), ("sign", .sign), ("verify", .verify), ("wrap", .wrapKey), ("unwrap", .unwrapKey),
            ("macgenerate", .macGenerate), ("macverify", .macVerify), ("derive", .deriveKey), ("export", .export),
        ]
        var mask: CryptographicUsageMask = []
        for word in words.split(separator: ",") {
            guard let found = known.first(where: { $0.0 == plain(String(word)) }) else {
                throw ValidationError("'\(word)' is no usage; there are \(known.map(\.0).joined(separator: ", "))")
            }
            mask.insert(found.1)
        }
        return mask
    }

    static func hex(_ text: String, _ option: String) throws -> ByteBuffer {
        guard let bytes = Hexadecimal.bytes(text.lowercased()) else { throw ValidationError("\(option) takes an even number of hex digits") }
        return ByteBuffer(bytes: bytes)
    }

    static func hex(_ buffer: ByteBuffer?) -> String { Hexadecimal.text(buffer.map { Array($0.readableBytesView) } ?? []) }
}

/// Bytes given as text, hex or file.
struct DataOptions: ParsableArguments {
    @Option(help: "The data as text.") var text: String?
    @Option(help: "The data as hex digits.") var hex: String?
    @Option(help: "The data of a file; - is standard input.") var file: String?

    func bytes() throws -> ByteBuffer {
        switch (text, hex, file) {
        case (let text?, nil, nil): return ByteBuffer(string: text)
        case (nil, let hex?, nil): return try Words.hex(hex, "--hex")
        case (nil, nil, let file?):
            do { return ByteBuffer(bytes: try Files.read(file)) } catch { throw ended(2, "\(error)") }
        default: throw ValidationError("one of --text, --hex and --file is needed")
        }
    }
}
