internal import ArgumentParser
internal import KCMAccess
internal import KCMAccessSettings
internal import KCMCrypto
internal import KCMEngine
internal import KCMSettings
internal import KMIP

extension Policy {
    /// `kcmctl policy explain`
    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says who a certificate is to a daemon, what the daemon would decide, and by which rule.",
            discussion: """
                Exit code 0: allowed, 1: refused. The certificate is mapped as the daemon would map it, but neither its chain nor its \
                revocation is checked, and whether the object exists is not looked up: what kind it is comes from --type and --name.
                """
        )

        @Option(help: "The daemon's configuration.") var config: String
        @Option(help: "The client's certificate, PEM; the first one of the file.") var cert: String
        @Option(help: "At Core: the certificate of the edge that passes the request on.") var via: String?
        @Option(help: "The operation, by KMIP's name: Encrypt, GetAttributes.") var operation: String
        @Option(help: "The object's Unique Identifier; its start gives the level.") var object: String?
        @Option(help: "The level, where there is no identifier: L2, L3 or L4. As the daemon would choose where absent.") var level: String?
        @Option(help: "The object's type, by KMIP's name: SymmetricKey.") var type: String?
        @Option(help: "A Name of the object; may be given several times.") var name: [String] = []
        @Flag(help: "Print one JSON object.") var json = false

        func run() throws {
            let settings: Settings
            let policy: KCMAccess.Policy
            do throws(SettingsErrors) {
                settings = try Settings.load(path: config, environment: ProcessEnvironment.variables())
                policy = try KCMAccess.Policy(settings.policy)
            } catch {
                for line in error.errors { Output.complain("kcmctl: \(line)") }
                throw ExitCode(2)
            }
            guard settings.mode == .core || via == nil else { throw ended(2, "--via is for Core: nobody passes requests on to an edge") }
            let asked = try word(operation, OperationTable.standard.operations.first { $0.name == operation }, "an operation that is served")
            let identities = IdentityMap(settings)
            guard let client = try principal(cert, identities) else { return try refuse("no identity rule of the configuration maps \(cert)") }
            var edge: Principal?
            if let via {
                edge = try principal(via, identities)
                if edge == nil { return try refuse("no identity rule of the configuration maps \(via)") }
            }
            let question = PolicyQuestion(
                mode: settings.mode, policy: policy, client: client, via: edge, operation: asked, level: try levelAsked(of: asked, settings.mode),
                type: try self.type.map { try word($0, ObjectType(name: $0), "a type of object") }, names: name
            )
            let verdict = question.verdict()
            if json { Output.say(Self.json(question, verdict).text) } else { Self.say(question, verdict) }
            if !verdict.isAllowed { throw ExitCode(1) }
        }

        /// An unmapped certificate is no wrong usage: the daemon would answer just so.
        private func refuse(_ reason: String) throws {
            if json {
                Output.say(
                    JSONText.object([
                        ("principal", .object([])), ("allowed", .bool(false)), ("rule", .string("no-identity")), ("reason", .string(reason)),
                    ]).text)
            } else {
                Output.say("refused   \(reason): Authentication Not Successful")
            }
            throw ExitCode(1)
        }

        private func word<T>(_ text: String, _ value: T?, _ kind: String) throws -> T {
            guard let value else { throw ended(2, "'\(text)' is not \(kind)") }
            return value
        }

        private func principal(_ path: String, _ identities: IdentityMap) throws -> Principal? {
            let chain: [Certificate]
            do { chain = try Certificate.load(pemFile: path) } catch { throw ended(2, "\(path): \(error)") }
            guard let leaf = chain.first else { throw ended(2, "\(path) holds no certificate") }
            return identities.principal(of: IdentityMap.Facts(identity: CertificateIdentity(leaf), subjectFields: leaf.subjectFields))
        }

        private func levelAsked(of operation: KMIP.Operation, _ mode: Settings.Mode) throws -> Level? {
            if KCMAccess.Policy.serverInformation.union(KCMAccess.Policy.keyless).contains(operation) { return nil }
            if let object, let level = UniqueIdentifier.level(of: object) { return level }
            if let level { return try word(level, Level(name: level), "a level: L2, L3 or L4") }
            return mode == .edge ? .l4 : .l3
        }

        private static func say(_ question: PolicyQuestion, _ verdict: PolicyQuestion.Verdict) {
            let client = question.client
            Output.say(
                "principal \(client.service) of tenant \(client.tenant), roles \(client.roles.map(\.rawValue).sorted().joined(separator: ", "))")
            if let via = question.via { Output.say("via       \(via.service), roles \(via.roles.map(\.rawValue).sorted().joined(separator: ", "))") }
            Output.say("operation \(question.operation)\(question.level.map { " at \($0.name)" } ?? "") (\(question.scope.rawValue))")
            Output.say("\(verdict.isAllowed ? "allowed  " : "refused  ") by \(verdict.rule): \(verdict.reason)")
        }

        private static func json(_ question: PolicyQuestion, _ verdict: PolicyQuestion.Verdict) -> JSONText {
            func actor(_ principal: Principal) -> JSONText {
                .object([
                    ("tenant", .string(principal.tenant)), ("service", .string(principal.service)),
                    ("roles", .array(principal.roles.map(\.rawValue).sorted().map { .string($0) })),
                ])
            }
            var fields = [("principal", actor(question.client))]
            if let via = question.via { fields.append(("via", actor(via))) }
            return .object(
                fields + [
                    ("operation", .string(question.operation.description)), ("level", .string(question.level?.name ?? "")),
                    ("scope", .string(question.scope.rawValue)), ("allowed", .bool(verdict.isAllowed)), ("delegated", .bool(verdict.isDelegated)),
                    ("rule", .string(verdict.rule)), ("reason", .string(verdict.reason)),
                ]
            )
        }
    }
}
