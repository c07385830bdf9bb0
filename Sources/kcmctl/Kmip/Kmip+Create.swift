internal import ArgumentParser
internal import KMIP
internal import NIOCore

extension Kmip {
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Makes a symmetric key.")

        @Option(help: "The algorithm.") var algorithm = "AES"
        @Option(help: "In bits.") var length: Int32 = 256
        @Option(help: "A Name, unique in the tenant.") var name: String?
        @Option(help: "What the key may do.") var usage = "encrypt,decrypt"
        @Option(help: "L3 or L4; the server's own where it is not given.") var level: String?
        @Flag(help: "Activate it at once.") var activate = false
        @OptionGroup var server: ServerOptions

        func run() async throws {
            let algorithm = try Words.enumeration(algorithm, "algorithm", among: [CryptographicAlgorithm.aes])
            var attributes = [
                Attribute(.cryptographicAlgorithm, .enumeration(algorithm.rawValue)), Attribute(.cryptographicLength, .integer(length)),
                Attribute(.cryptographicUsageMask, .integer(try Words.usage(usage).rawValue)),
            ]
            if let name { attributes.append(Attribute(.name, Name(name).attributeValue)) }
            if let level { attributes.append(Attribute(.level, .text(level))) }
            let request = CreateRequest(objectType: .symmetricKey, templateAttribute: TemplateAttribute(attributes: attributes))
            try await KmipSession.run(server) { session in
                let response: CreateResponse = try await session.ask(request)
                if activate { _ = try await session.ask(ActivateRequest(uniqueIdentifier: response.uniqueIdentifier), for: ActivateResponse.self) }
                return KmipResult([("unique_identifier", .string(response.uniqueIdentifier))], lines: response.uniqueIdentifier)
            }
        }
    }

    struct Register: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Brings in a key, secret data or an opaque object.")

        @Option(help: "symmetric-key, secret-data or opaque.") var type: String
        @Option(help: "A Name, unique in the tenant.") var name: String?
        @Option(help: "What a key may do.") var usage = "encrypt,decrypt"
        @OptionGroup var data: DataOptions
        @OptionGroup var server: ServerOptions

        func run() async throws {
            let bytes = try data.bytes()
            let object: ManagedObject
            var attributes: [Attribute] = []
            switch type {
            case "symmetric-key":
                let length = Int32(bytes.readableBytes * 8)
                object = .symmetricKey(
                    KeyBlock(keyFormatType: .raw, keyValue: .bytes(bytes, attributes: []), cryptographicAlgorithm: .aes, cryptographicLength: length)
                )
                attributes = [
                    Attribute(.cryptographicAlgorithm, .enumeration(CryptographicAlgorithm.aes.rawValue)),
                    Attribute(.cryptographicLength, .integer(length)),
                    Attribute(.cryptographicUsageMask, .integer(try Words.usage(usage).rawValue)),
                ]
            case "secret-data":
                object = .secretData(.password, KeyBlock(keyFormatType: .opaque, keyValue: .bytes(bytes, attributes: [])))
                attributes = [Attribute(.cryptographicUsageMask, .integer(0))]
            case "opaque": object = .opaque(type: 0x8000_0000, value: bytes)
            default: throw ValidationError("--type is symmetric-key, secret-data or opaque")
            }
            if let name { attributes.append(Attribute(.name, Name(name).attributeValue)) }
            let request = RegisterRequest(
                objectType: object.objectType,
                templateAttribute: TemplateAttribute(attributes: attributes),
                object: object
            )
            try await KmipSession.run(server) { session in
                let response: RegisterResponse = try await session.ask(request)
                return KmipResult([("unique_identifier", .string(response.uniqueIdentifier))], lines: response.uniqueIdentifier)
            }
        }
    }
}
