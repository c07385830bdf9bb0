internal import ArgumentParser
internal import KCMCrypto
internal import KCMSettings

/// `kcmctl init`
struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a folder with configuration, certificates and keys for a Core and an Edge on this host.",
        discussion: "For development: the CA's key lies in DIR/pki/ca.key."
    )

    @Argument(help: "The folder to make.") var folder: String
    @Option(help: "The store of both: sqlite, memory, or another plugin's name.") var keystore = "sqlite"
    @Option(help: "The first of nine ports.") var basePort = 5690
    @Flag(help: "Write into a folder that is not empty; what is there of the same name is replaced.") var force = false
    @Flag(help: "Print one JSON object.") var json = false

    /// Principals of the development PKI: name, tenant, role.
    private static let clients = [
        ("acme-app", "acme", "service"), ("acme-app2", "acme", "service"), ("globex-app", "globex", "service"),
        ("acme-admin", "acme", "tenant-admin"), ("globex-admin", "globex", "tenant-admin"), ("acme-auditor", "acme", "auditor"),
    ]

    func validate() throws {
        guard (1...65_527).contains(basePort) else { throw ValidationError("--base-port is between 1 and 65527") }
    }

    func run() async throws {
        do { try make() } catch { throw ended(1, "\(error)") }
        if json {
            Output.say(JSONText.object([("status", .string("Success")), ("folder", .string(folder)), ("base_port", .number(Int64(basePort)))]).text)
        } else {
            Output.say(
                """
                made \(folder): core.yaml, edge.yaml, pki/ and data/
                next:  kcmd --config \(folder)/core.yaml
                       kcmd --config \(folder)/edge.yaml
                """
            )
        }
    }

    private func make() throws {
        guard force || Files.names(in: folder).isEmpty else {
            throw Files.Failure(description: "\(folder) is not empty; --force writes into it all the same")
        }
        for path in [folder, folder + "/pki", folder + "/data"] { try Files.makeFolder(path) }

        let pki = try DevelopmentPKI.create(in: folder + "/pki")
        let local = ["DNS:localhost", "IP:127.0.0.1"]
        try pki.issue("core", organization: "openkcm", unit: "core", alternativeNames: local, purposes: [.server])
        // Edge is a server to clients and a client to Core.
        try pki.issue("edge", organization: "openkcm", unit: "edge", alternativeNames: local, purposes: [.server, .client])
        for (name, tenant, role) in Self.clients { try pki.issue(name, organization: tenant, unit: role, purposes: [.client]) }

        for side in ["core", "edge"] {
            let key = try SigningKey.generate()
            try key.write(pemFile: "\(folder)/data/\(side)-audit.key")
            try Files.write(key.publicKeyPEM, to: "\(folder)/data/\(side)-audit.pub", mode: 0o644)
        }
        try RootKeyFile.write(to: folder + "/data/root.key")
        try Files.write(core, to: folder + "/core.yaml")
        try Files.write(edge, to: folder + "/edge.yaml")
        for name in ["core", "edge"] {
            // What is written here has to be what the daemon reads.
            let faults = try Settings.load(path: "\(folder)/\(name).yaml", environment: [:]).checkFiles()
            if let fault = faults.first { throw Files.Failure(description: "\(fault)") }
        }
    }

    private func store(_ side: String) -> String {
        keystore == "memory" ? "{plugin: memory}" : "{plugin: \(keystore), settings: {path: data/\(side).\(keystore)}}"
    }

    private var core: String {
        """
        # Core: tenant and application keys (L2, L3). See docs/configuration.md.
        mode: core
        node: core-1
        listen:
          kmip:  {address: 127.0.0.1, port: \(basePort)}
          https: {address: 127.0.0.1, port: \(basePort + 1)}
          admin: {address: 127.0.0.1, port: \(basePort + 2)}
        tls: {certificate: pki/core.pem, key: pki/core.key, trust: pki/ca.pem, crl: pki/crl.pem}
        keystore: \(store("core"))
        root: {plugin: file, settings: {path: data/root.key}}
        audit: {path: data/core-audit.jsonl, key: data/core-audit.key, durability: write}
        # L3 keys that Core makes at start-up where the tenant never had one of that name.
        provision:
          - {tenant: acme, key: edge-sealing}
          - {tenant: globex, key: edge-sealing}

        """
    }

    private var edge: String {
        """
        # Edge: data keys (L4), sealed under keys that only Core can open. See docs/configuration.md.
        mode: edge
        node: edge-1
        listen:
          kmip:  {address: 127.0.0.1, port: \(basePort + 6)}
          https: {address: 127.0.0.1, port: \(basePort + 7)}
          admin: {address: 127.0.0.1, port: \(basePort + 8)}
        tls: {certificate: pki/edge.pem, key: pki/edge.key, trust: pki/ca.pem, crl: pki/crl.pem}
        keystore: \(store("edge"))
        core: {url: "https://127.0.0.1:\(basePort + 1)/kmip", timeout: 2s}
        sealing: {key: edge-sealing, lease: 5m}
        audit: {path: data/edge-audit.jsonl, key: data/edge-audit.key, durability: write}

        """
    }
}
