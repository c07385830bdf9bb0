internal import ArgumentParser
internal import KMIP

extension Kmip {
    struct Query: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Asks what the server serves.")

        @OptionGroup var server: ServerOptions

        func run() async throws {
            let request = QueryRequest(queryFunctions: [.queryOperations, .queryObjects, .queryServerInformation])
            try await KmipSession.run(server) { session in
                let response: QueryResponse = try await session.ask(request)
                let operations = response.operations.map(\.description)
                let types = response.objectTypes.map(\.description)
                let fields: [(String, JSONText)] = [
                    ("vendor_identification", .string(response.vendorIdentification ?? "")),
                    ("operations", .array(operations.map { .string($0) })), ("object_types", .array(types.map { .string($0) })),
                ]
                let lines = [
                    response.vendorIdentification ?? "", "operations: \(operations.joined(separator: " "))",
                    "object types: \(types.joined(separator: " "))",
                ]
                return KmipResult(fields, lines: lines.joined(separator: "\n"))
            }
        }
    }

    struct DiscoverVersions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Asks which protocol versions the server speaks.")

        @OptionGroup var server: ServerOptions

        func run() async throws {
            try await KmipSession.run(server) { session in
                let response: DiscoverVersionsResponse = try await session.ask(DiscoverVersionsRequest())
                let versions = response.protocolVersions.map(\.description)
                return KmipResult([("versions", .array(versions.map { .string($0) }))], lines: versions.joined(separator: "\n"))
            }
        }
    }
}
