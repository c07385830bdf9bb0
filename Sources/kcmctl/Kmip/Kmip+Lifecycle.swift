internal import ArgumentParser
internal import KMIP

extension Kmip {
    struct Activate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Brings a Pre-Active object into use.")

        @Argument(help: "The Unique Identifier.") var id: String
        @OptionGroup var server: ServerOptions

        func run() async throws {
            try await KmipSession.run(server) { session in
                let response: ActivateResponse = try await session.ask(ActivateRequest(uniqueIdentifier: id))
                return KmipResult([("unique_identifier", .string(response.uniqueIdentifier))], lines: "activated \(response.uniqueIdentifier)")
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Takes an object out of use.")

        @Argument(help: "The Unique Identifier.") var id: String
        @Option(help: "Why: unspecified, key-compromise, superseded …") var reason = "unspecified"
        @Option(help: "Words for the record.") var message: String?
        @OptionGroup var server: ServerOptions

        func run() async throws {
            let code = try Words.enumeration(reason, "reason", among: Words.reasons)
            let request = RevokeRequest(uniqueIdentifier: id, revocationReason: RevocationReason(code: code, message: message))
            try await KmipSession.run(server) { session in
                let response: RevokeResponse = try await session.ask(request)
                return KmipResult([("unique_identifier", .string(response.uniqueIdentifier))], lines: "revoked \(response.uniqueIdentifier)")
            }
        }
    }

    struct Destroy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Destroys an object's value for good.")

        @Argument(help: "The Unique Identifier.") var id: String
        @OptionGroup var server: ServerOptions

        func run() async throws {
            try await KmipSession.run(server) { session in
                let response: DestroyResponse = try await session.ask(DestroyRequest(uniqueIdentifier: id))
                return KmipResult([("unique_identifier", .string(response.uniqueIdentifier))], lines: "destroyed \(response.uniqueIdentifier)")
            }
        }
    }
}
