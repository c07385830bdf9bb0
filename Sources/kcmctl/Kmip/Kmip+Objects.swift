internal import ArgumentParser
internal import KMIP
internal import NIOCore

extension Kmip {
    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Fetches an object, its value included.")

        @Argument(help: "The Unique Identifier.") var id: String
        @OptionGroup var server: ServerOptions

        func run() async throws {
            try await KmipSession.run(server) { session in
                let response: GetResponse = try await session.ask(GetRequest(uniqueIdentifier: id))
                let value: ByteBuffer? =
                    switch response.object {
                    case .symmetricKey(let block), .publicKey(let block), .privateKey(let block), .secretData(_, let block):
                        switch block.keyValue {
                        case .bytes(let bytes, _), .structure(let bytes, _), .wrapped(let bytes): bytes
                        case nil: nil
                        }
                    case .opaque(_, let bytes), .certificate(_, let bytes): bytes
                    case .splitKey, .template, .pgpKey: nil
                    }
                let fields: [(String, JSONText)] = [
                    ("unique_identifier", .string(response.uniqueIdentifier)), ("object_type", .string(response.objectType.description)),
                    ("key", .string(Words.hex(value))),
                ]
                return KmipResult(fields, lines: Words.hex(value))
            }
        }
    }

    struct Attributes: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Shows attributes of an object: those named, or all.")

        @Argument(help: "The Unique Identifier.") var id: String
        @Argument(help: "Names, such as 'Cryptographic Algorithm'.") var names: [String] = []
        @OptionGroup var server: ServerOptions

        func run() async throws {
            try await KmipSession.run(server) { session in
                let response: GetAttributesResponse = try await session.ask(GetAttributesRequest(uniqueIdentifier: id, attributeNames: names))
                let fields: [(String, JSONText)] = [
                    ("unique_identifier", .string(response.uniqueIdentifier)),
                    ("attributes", .array(response.attributes.map(AttributeText.json))),
                ]
                return KmipResult(fields, lines: response.attributes.map(AttributeText.line).joined(separator: "\n"))
            }
        }
    }

    struct AttributeList: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Names the attributes that an object has.")

        @Argument(help: "The Unique Identifier.") var id: String
        @OptionGroup var server: ServerOptions

        func run() async throws {
            try await KmipSession.run(server) { session in
                let response: GetAttributeListResponse = try await session.ask(GetAttributeListRequest(uniqueIdentifier: id))
                let fields: [(String, JSONText)] = [
                    ("unique_identifier", .string(response.uniqueIdentifier)),
                    ("attribute_names", .array(response.attributeNames.map { .string($0) })),
                ]
                return KmipResult(fields, lines: response.attributeNames.joined(separator: "\n"))
            }
        }
    }

    struct Locate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Searches objects; all conditions have to hold.")

        @Option(help: "The Name.") var name: String?
        @Option(help: "PreActive, Active, Deactivated, Compromised.") var state: String?
        @Option(help: "SymmetricKey, SecretData or OpaqueObject.") var objectType: String?
        @Option(help: "The algorithm.") var algorithm: String?
        @Option(help: "L2, L3 or L4; the server's own where it is not given.") var level: String?
        @Option(help: "The most identifiers to list.") var maximum: Int32?
        @Option(help: "How many to skip; KMIP 1.3.") var offset: Int32?
        @OptionGroup var server: ServerOptions

        func run() async throws {
            var attributes: [Attribute] = []
            if let name { attributes.append(Attribute(.name, Name(name).attributeValue)) }
            if let state {
                attributes.append(Attribute(.state, .enumeration(try Words.enumeration(state, "state", among: Words.states).rawValue)))
            }
            if let objectType {
                let type = try Words.enumeration(objectType, "object type", among: Words.objectTypes)
                attributes.append(Attribute(.objectType, .enumeration(type.rawValue)))
            }
            if let algorithm {
                let value = try Words.enumeration(algorithm, "algorithm", among: [CryptographicAlgorithm.aes])
                attributes.append(Attribute(.cryptographicAlgorithm, .enumeration(value.rawValue)))
            }
            if let level { attributes.append(Attribute(.level, .text(level))) }
            let request = LocateRequest(maximumItems: maximum, offsetItems: offset, attributes: attributes)
            try await KmipSession.run(server) { session in
                let response: LocateResponse = try await session.ask(request)
                var fields: [(String, JSONText)] = [("unique_identifiers", .array(response.uniqueIdentifiers.map { .string($0) }))]
                if let count = response.locatedItems { fields.append(("located_items", .number(Int64(count)))) }
                return KmipResult(fields, lines: response.uniqueIdentifiers.joined(separator: "\n"))
            }
        }
    }
}
