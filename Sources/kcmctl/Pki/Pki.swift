internal import ArgumentParser
internal import KCMCrypto

/// `kcmctl pki`
struct Pki: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Issues and revokes certificates of a development folder.",
        subcommands: [Issue.self, Revoke.self, List.self]
    )

    struct Issue: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Issues a certificate: DIR/pki/NAME.pem and NAME.key.")

        @Argument(help: "The folder that kcmctl init made.") var folder: String
        @Option(help: "Common name, and the name of the files.") var name: String
        @Option(help: "Organization: the tenant.") var organization: String
        @Option(help: "Organizational unit: the role.") var unit: String
        @Option(help: "DNS names, for a server.") var dns: [String] = []
        @Option(help: "IP addresses, for a server.") var ip: [String] = []
        @Option(help: "URIs, such as SPIFFE identifiers.") var uri: [String] = []
        @Option(help: "Begin of validity, 2026-01-31T00:00:00Z.") var notBefore: String?
        @Option(help: "End of validity, 2026-01-31T00:00:00Z.") var notAfter: String?
        @Option(help: "Days from now to the end of validity.") var days: Int64?
        @Option(help: "Of the key pair: p256, p384, ed25519, rsa2048, rsa3072 or rsa4096.") var algorithm = LeafAlgorithm.p256
        @Option(name: .customLong("crl-url"), help: "URL of the revocation list in DER, for the certificate to name. The daemons fetch nothing.")
        var crlURL: String?
        @Flag(help: "Also good for servers.") var server = false

        func run() async throws {
            do {
                guard !name.isEmpty, !name.hasPrefix("."), !name.contains("/") else { throw ValidationError("--name is a file name") }
                // Their files are the authority's own.
                guard !["ca", "crl"].contains(name) else { throw ValidationError("--name \(name) is taken by the authority itself") }
                let pki = try DevelopmentPKI.open(folder + "/pki")
                let purposes: Set<CertificatePurpose> = server || !dns.isEmpty || !ip.isEmpty ? [.client, .server] : [.client]
                try pki.issue(
                    name,
                    organization: organization,
                    unit: unit,
                    alternativeNames: dns.map { "DNS:\($0)" } + ip.map { "IP:\($0)" } + uri.map { "URI:\($0)" },
                    purposes: purposes,
                    notBefore: try notBefore.map(Timestamp.parse),
                    notAfter: try notAfter.map(Timestamp.parse) ?? days.map { DevelopmentPKI.now + $0 * 86_400 },
                    revocationListURL: crlURL,
                    algorithm: algorithm.algorithm
                )
                Output.say("\(folder)/pki/\(name).pem\n\(folder)/pki/\(name).key")
            } catch let error as ValidationError { throw error } catch { throw ended(1, "\(error)") }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Revokes a certificate: adds it to DIR/pki/crl.pem.")

        @Argument(help: "The folder that kcmctl init made.") var folder: String
        @Argument(help: "The principal, as its files are named.") var name: String

        func run() async throws {
            do {
                let pki = try DevelopmentPKI.open(folder + "/pki")
                guard let leaf = try Certificate.load(pemFile: "\(folder)/pki/\(name).pem").first else { return }
                let serials = try pki.revoked()
                try pki.writeRevocationList(serials.contains(leaf.serial) ? serials : serials + [leaf.serial])
                Output.say("revoked \(leaf.subject), serial \(leaf.serial); send SIGHUP to the daemons")
            } catch { throw ended(1, "\(error)") }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "crl", abstract: "Renews DIR/pki/crl.pem and lists what it revokes.")

        @Argument(help: "The folder that kcmctl init made.") var folder: String
        @Option(help: "End of the list's validity, 2026-01-31T00:00:00Z; without it, the CA's.") var nextUpdate: String?

        func run() async throws {
            do {
                let pki = try DevelopmentPKI.open(folder + "/pki")
                let serials = try pki.revoked()
                try pki.writeRevocationList(serials, nextUpdate: try nextUpdate.map(Timestamp.parse))
                for serial in serials { Output.say(serial) }
            } catch let error as ValidationError { throw error } catch { throw ended(1, "\(error)") }
        }
    }
}
