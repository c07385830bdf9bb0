import KCMSettings
import Testing

@Suite struct SettingsTests {
    private func parse(_ yaml: String, _ environment: [String: String] = [:]) throws -> Settings {
        try Settings.parse(yaml, file: "/etc/kcm/kcm.yaml", environment: environment)
    }

    @Test func edgeFileIsReadWhole() throws {
        let settings = try parse(Samples.edge)
        #expect(settings.mode == .edge)
        #expect(settings.node == "edge-1")
        #expect(settings.listen.kmip?.address == "127.0.0.1")
        #expect(settings.listen.kmip?.port == 5696)
        #expect(settings.listen.https?.port == 5697)
        #expect(settings.listen.admin?.port == 5698)
        #expect(settings.tls.certificate == "/etc/kcm/pki/edge.pem")
        #expect(settings.tls.crl == "/etc/kcm/pki/crl.pem")
        #expect(settings.keystore.plugin == "sqlite")
        #expect(settings.keystore["path"] == "/etc/kcm/data/edge.sqlite")
        #expect(settings.keystore["cache"] == "4MiB")
        #expect(settings.core?.urls == ["https://127.0.0.1:5691/kmip"])
        #expect(settings.core?.timeout == .seconds(2))
        #expect(settings.sealing?.key == "edge-sealing")
        #expect(settings.sealing?.lease == .seconds(300))
        #expect(settings.audit.durability == .fsync)
        #expect(settings.audit.rotate.size == 1 << 20)
        #expect(settings.audit.rotate.age == .seconds(43_200))
        #expect(settings.limits.message == 65_536)
        #expect(settings.limits.connections == 100)
        #expect(settings.limits.batch == 10)
        #expect(settings.limits.idle == .seconds(600))
        #expect(settings.limits.handshake == .milliseconds(250))
        #expect(settings.limits.inFlight == 7)
        #expect(settings.limits.drain == .seconds(3))
        #expect(settings.limits.lockedMemory == 1 << 20)
        #expect(settings.cache.entries == 500)
        #expect(settings.cache.memory == 256 << 10)
        #expect(settings.plugins.path == ["/etc/kcm/lib/kcm/plugins", "/opt/kcm"])
        #expect(settings.plugins.timeout == .seconds(1))
        #expect(settings.log.level == .debug)
        #expect(settings.log.format == .json)
        #expect(settings.identity == IdentityRule.developmentRules)
        #expect(settings.policy == .builtIn)
        #expect(settings.root == nil)
    }

    @Test func coreFileIsReadWhole() throws {
        let settings = try parse(Samples.core)
        #expect(settings.mode == .core)
        #expect(settings.core == nil)
        #expect(settings.sealing == nil)
        #expect(settings.listen.admin == nil)
        #expect(settings.keystore.plugin == "/etc/kcm/./libkcm-mine.so")
        #expect(settings.root?["path"] == "/etc/kcm/data/root.key")
        #expect(settings.root?.origin == "/etc/kcm/kcm.yaml:8")
        #expect(settings.limits == .default)
        #expect(settings.cache == .default)
        #expect(settings.audit.durability == .write)
        #expect(settings.audit.rotate.size == nil && settings.audit.rotate.age == nil)
        #expect(settings.provision.map(\.tenant) == ["acme"])
        #expect(settings.provision.map(\.key) == ["edge-sealing"])
        let rule = try #require(settings.identity.first)
        #expect(rule.match.subject.map(\.name) == ["OU", "O"])
        #expect(rule.match.subject.map(\.pattern) == ["edge", "*"])
        #expect(rule.match.sanURI == "spiffe://openkcm/*/edge")
        #expect(rule.match.issuer == "CN=Development CA")
        #expect(rule.roles == ["edge"])
        #expect(rule.tenants == ["acme", "globex"])
        #expect(rule.origin == "/etc/kcm/kcm.yaml:11")
        #expect(settings.identity.last?.tenant == "$1")
        #expect(settings.identity.last?.roles == ["$OU"])
    }

    @Test func inlinePolicyKeepsItsLineNumbers() throws {
        guard case .inline(let yaml, let origin) = try parse(Samples.core).policy else {
            Issue.record("expected an inline policy")
            return
        }
        #expect(origin == "/etc/kcm/kcm.yaml:20")
        let lines = yaml.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[20] == "  roles:")
        #expect(lines[21] == "    service: [Create]")
        #expect(lines[..<20].allSatisfy { $0.allSatisfy { $0 == " " } })
        #expect(lines[22...].allSatisfy { $0.isEmpty })
    }

    @Test func policyByPath() throws {
        try #expect(parse(Samples.edge + "\npolicy: policy.yaml").policy == .file(path: "/etc/kcm/policy.yaml"))
        try #expect(parse(Samples.core, ["KCM_POLICY": "/x.yaml"]).policy == .file(path: "/x.yaml"))
    }

    @Test func environmentOverridesEveryScalar() throws {
        let settings = try parse(
            Samples.edge,
            [
                "KCM_NODE": "edge-9", "KCM_LISTEN_KMIP_PORT": "7000", "KCM_AUDIT_DURABILITY": "write", "KCM_KEYSTORE_PLUGIN": "memory",
                "KCM_KEYSTORE_SETTINGS_PATH": "else/where", "KCM_KEYSTORE_SETTINGS_SLOT": "3", "KCM_CORE_URL": "https://a/kmip, https://b/kmip",
                "KCM_TLS_KEY": "$CREDENTIALS_DIRECTORY/tls.key", "CREDENTIALS_DIRECTORY": "/run/credentials/kcmd", "KCM_LIMITS_IN_FLIGHT": "99",
                "KCM_PLUGINS_PATH": "/a,/b", "KCM_PLUGIN_PATH": "/c", "KCM_TESTCASES": "/d", "HOME": "/root",
            ]
        )
        #expect(settings.node == "edge-9")
        #expect(settings.listen.kmip?.port == 7000)
        #expect(settings.audit.durability == .write)
        #expect(settings.keystore.plugin == "memory")
        #expect(settings.keystore["path"] == "/etc/kcm/else/where")
        #expect(settings.keystore["slot"] == "3")
        #expect(settings.core?.urls == ["https://a/kmip", "https://b/kmip"])
        #expect(settings.tls.key == "/run/credentials/kcmd/tls.key")
        #expect(settings.limits.inFlight == 99)
        #expect(settings.plugins.path == ["/a", "/b"])
    }

    @Test func environmentAddsASectionThatTheFileLacks() throws {
        let settings = try parse(Samples.core, ["KCM_LISTEN_ADMIN_PORT": "5692", "KCM_TLS_CRL": "crl.pem"])
        #expect(settings.listen.admin?.port == 5692)
        #expect(settings.listen.admin?.address == "127.0.0.1")
        #expect(settings.tls.crl == "/etc/kcm/crl.pem")
    }

    @Test func coreCanBeAList() throws {
        let yaml = Samples.edge.replacing("url: \"https://127.0.0.1:5691/kmip\"", with: "url: [\"https://a:1/kmip\", \"https://b:2/kmip\"]")
        try #expect(parse(yaml).core?.urls == ["https://a:1/kmip", "https://b:2/kmip"])
    }

    @Test(arguments: [
        ("250ms", Duration.milliseconds(250)), ("2s", .seconds(2)), ("5m", .seconds(300)), ("1h", .seconds(3_600)), ("7d", .seconds(604_800)),
    ])
    func durations(text: String, expected: Duration) throws {
        try #expect(parse(Samples.edge, ["KCM_SEALING_LEASE": text]).sealing?.lease == expected)
    }

    @Test func whatWaitsForARestartIsNamed() throws {
        let before = try parse(Samples.core)
        #expect(before.waitingForRestart(in: try parse("# A comment moves every line.\n" + Samples.core)) == [])
        let changes = try parse(
            Samples.core.replacing("trust:", with: "crl: other.crl, trust:"),
            ["KCM_NODE": "other", "KCM_AUDIT_DURABILITY": "fsync", "KCM_LOG_LEVEL": "debug"]
        )
        #expect(before.waitingForRestart(in: changes) == ["node", "tls", "audit"])
        let moved = try parse(Samples.edge, ["KCM_KEYSTORE_SETTINGS_PATH": "/elsewhere", "KCM_LIMITS_IDLE": "1m"])
        #expect(try parse(Samples.edge).waitingForRestart(in: moved) == ["keystore"])
    }

    @Test(arguments: [("2048", 2_048), ("2048B", 2_048), ("64KiB", 65_536), ("8MiB", 8 << 20), ("1GiB", 1 << 30)])
    func sizes(text: String, expected: Int) throws {
        try #expect(parse(Samples.edge, ["KCM_LIMITS_MESSAGE": text]).limits.message == expected)
    }

    @Test func aLargeSizeNeedsNoUnit() throws {
        try #expect(parse(Samples.edge, ["KCM_AUDIT_ROTATE_SIZE": "4294967296"]).audit.rotate.size == 1 << 32)
        #expect(throws: SettingsErrors.self) { try parse(Samples.edge, ["KCM_AUDIT_ROTATE_SIZE": "9223372036854775807GiB"]) }
    }
}
