internal import ArgumentParser
internal import KMIP
internal import NIOCore

/// How to encrypt or decrypt.
struct CipherOptions: ParsableArguments {
    @Option(help: "GCM, CBC, CTR, ECB or NISTKeyWrap.") var mode = "GCM"
    @Option(help: "PKCS5, or none.") var padding: String?
    @Option(help: "IV, counter or nonce as hex digits.") var iv: String?
    @Option(help: "Additional data of GCM as hex digits.") var aad: String?
    @Option(help: "Of GCM, in bytes.") var tagLength: Int32?

    func parameters(randomIV: Bool) throws -> CryptographicParameters {
        CryptographicParameters(
            blockCipherMode: try Words.enumeration(mode, "mode", among: Words.modes),
            paddingMethod: try padding.map { $0 == "none" ? .noPadding : try Words.enumeration($0, "padding", among: Words.paddings) },
            cryptographicAlgorithm: .aes,
            randomIV: randomIV ? true : nil,
            tagLength: tagLength
        )
    }
}

extension Kmip {
    struct Encrypt: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Encrypts with a key of the server; without --iv the server makes one.")

        @Argument(help: "The key's Unique Identifier.") var id: String
        @OptionGroup var cipher: CipherOptions
        @OptionGroup var data: DataOptions
        @OptionGroup var server: ServerOptions

        func run() async throws {
            let needsIV = !["ecb", "nistkeywrap"].contains(cipher.mode.lowercased())
            let request = EncryptRequest(
                uniqueIdentifier: id,
                cryptographicParameters: try cipher.parameters(randomIV: cipher.iv == nil && needsIV),
                data: try data.bytes(),
                iv: try cipher.iv.map { try Words.hex($0, "--iv") },
                additionalData: try cipher.aad.map { try Words.hex($0, "--aad") }
            )
            try await KmipSession.run(server) { session in
                let response: EncryptResponse = try await session.ask(request)
                let iv = response.iv.map { Words.hex($0) } ?? cipher.iv
                var fields: [(String, JSONText)] = [
                    ("unique_identifier", .string(response.uniqueIdentifier)), ("data", .string(Words.hex(response.data))),
                ]
                var lines = ["data \(Words.hex(response.data))"]
                if let iv {
                    fields.append(("iv", .string(iv)))
                    lines.append("iv \(iv)")
                }
                if let tag = response.tag {
                    fields.append(("tag", .string(Words.hex(tag))))
                    lines.append("tag \(Words.hex(tag))")
                }
                return KmipResult(fields, lines: lines.joined(separator: "\n"))
            }
        }
    }

    struct Decrypt: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Decrypts with a key of the server.")

        @Argument(help: "The key's Unique Identifier.") var id: String
        @OptionGroup var cipher: CipherOptions
        @Option(help: "The tag of GCM as hex digits.") var tag: String?
        @OptionGroup var data: DataOptions
        @OptionGroup var server: ServerOptions

        func run() async throws {
            let request = DecryptRequest(
                uniqueIdentifier: id,
                cryptographicParameters: try cipher.parameters(randomIV: false),
                data: try data.bytes(),
                iv: try cipher.iv.map { try Words.hex($0, "--iv") },
                additionalData: try cipher.aad.map { try Words.hex($0, "--aad") },
                tag: try tag.map { try Words.hex($0, "--tag") }
            )
            try await KmipSession.run(server) { session in
                let response: DecryptResponse = try await session.ask(request)
                let fields: [(String, JSONText)] = [
                    ("unique_identifier", .string(response.uniqueIdentifier)), ("data", .string(Words.hex(response.data))),
                ]
                return KmipResult(fields, lines: Words.hex(response.data))
            }
        }
    }
}
