import KCMSettings
import Testing

@Suite struct SettingsErrorTests {
    private func errors(_ yaml: String, _ environment: [String: String] = [:]) -> [SettingsError] {
        do {
            _ = try Settings.parse(yaml, file: "kcm.yaml", environment: environment)
            return []
        } catch {
            return error.errors
        }
    }

    /// The single error that a changed sample gives.
    private func error(_ sample: String, replacing old: String, with new: String) throws -> SettingsError {
        let yaml = sample.replacing(old, with: new)
        try #require(yaml != sample, "the sample does not hold \(old)")
        let found = errors(yaml)
        #expect(found.count == 1, "\(found)")
        return try #require(found.first)
    }

    @Test(arguments: [
        ("node: edge-1", "nod: edge-1", "kcm.yaml:2", "did you mean 'node'?"),
        ("kmip:  {", "kmips: {", "kcm.yaml:4", "did you mean 'kmip'?"),
        ("https: {address: ", "https: {adress: ", "kcm.yaml:5", "did you mean 'address'?"),
        ("crl: ", "clr: ", "kcm.yaml:7", "did you mean 'crl'?"),
        ("settings: {", "setting: {", "kcm.yaml:8", "did you mean 'settings'?"),
        ("timeout: 2s", "patience: 2s", "kcm.yaml:9", "expected one of url, timeout"),
        ("lease: ", "leese: ", "kcm.yaml:10", "did you mean 'lease'?"),
        ("durability: ", "durabilty: ", "kcm.yaml:11", "did you mean 'durability'?"),
        ("in_flight: ", "inflight: ", "kcm.yaml:12", "did you mean 'in_flight'?"),
        ("plugins: {path", "plugins: {paths", "kcm.yaml:13", "did you mean 'path'?"),
        ("format: ", "fromat: ", "kcm.yaml:14", "did you mean 'format'?"),
    ])
    func unknownKeysOfEdge(old: String, new: String, origin: String, hint: String) throws {
        let found = errors(Samples.edge.replacing(old, with: new)).filter { $0.code == .unknown }
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.origin == origin)
        #expect(found.first?.message.contains(hint) == true, "\(found)")
    }

    @Test(arguments: [
        ("subject: {OU", "subject: {XX", "kcm.yaml:12"), ("san_uri:", "san_url:", "kcm.yaml:13"), ("roles: [edge]", "role: [edge]", "kcm.yaml:17"),
        ("{tenant: acme, key:", "{tenant: acme, keys:", "kcm.yaml:24"), ("root: {plugin", "root: {plugn", "kcm.yaml:8"),
    ])
    func unknownKeysOfCore(old: String, new: String, origin: String) {
        let found = errors(Samples.core.replacing(old, with: new)).filter { $0.code == .unknown }
        #expect(found.map(\.origin) == [origin])
    }

    @Test(arguments: [
        ("port: 5696", "port: 70000", "kcm.yaml:4", "listen.kmip.port is '70000', expected a whole number from 0 to 65535"),
        ("lease: 5m", "lease: 300", "kcm.yaml:10", "expected a duration"),
        ("lease: 5m", "lease: 0s", "kcm.yaml:10", "above zero"),
        ("message: 64KiB", "message: 64KB", "kcm.yaml:12", "expected a size"),
        ("message: 64KiB", "message: 12", "kcm.yaml:12", "from 1024"),
        ("memory: 256KiB", "memory: 2MiB", "kcm.yaml:15", "no more than limits.locked_memory, which is 1048576"),
        ("entries: 500", "entries: 0", "kcm.yaml:15", "cache.entries is '0', expected a whole number from 1"),
        ("durability: fsync", "durability: always", "kcm.yaml:11", "expected write or fsync"),
        ("level: debug", "level: loud", "kcm.yaml:14", "expected trace, debug, info, notice, warning, error or critical"),
        ("mode: edge", "mode: hub", "kcm.yaml:1", "mode is 'hub', expected core or edge"),
        ("node: edge-1", "node: \"edge 1\"", "kcm.yaml:2", "expected 1 to 64 characters"),
        ("https://127", "http://127", "kcm.yaml:9", "expected https://host:port/kmip"),
        ("settings: {path", "settings: {pin", "kcm.yaml:8", "expected 'pin_file'"),
        ("crl: pki/crl.pem", "crl: ", "kcm.yaml:7", "has no value"),
        ("crl: pki/crl.pem", "crl: \"\"", "kcm.yaml:7", "is empty"),
        ("crl: pki/crl.pem", "crl: [a]", "kcm.yaml:7", "holds a list"),
        ("tls: {certificate: pki/edge.pem, ", "tls: {", "kcm.yaml:7", "tls.certificate is missing"),
        ("key: edge-sealing, ", "", "kcm.yaml:10", "sealing.key is missing"),
        ("  kmip:  {address: 127.0.0.1, port: 5696}\n", "", "kcm.yaml:4", "listen.kmip is missing"),
        ("log: {level: debug, format: json}", "log: text", "kcm.yaml:14", "log holds a value, expected a mapping"),
        ("key: pki/edge.key", "key: \"-----BEGIN PRIVATE KEY-----\"", "kcm.yaml:7", "expected the path of its file"),
    ])
    func wrongValues(old: String, new: String, origin: String, text: String) throws {
        let found = try error(Samples.edge, replacing: old, with: new)
        #expect(found.origin == origin)
        #expect(found.description.contains(text), "\(found)")
        #expect(!found.description.contains("\n"))
    }

    @Test(arguments: [
        ("  https: {address: 127.0.0.1, port: 5691}\n", "", "listen.https is missing"),
        ("root: {plugin: file, settings: {path: data/root.key}}\n", "", "root.plugin is missing"),
        ("            roles: [edge]\n", "", "roles is missing"), ("tenant: acme, key", "tenant: a/b, key", "provision[1].tenant is 'a/b'"),
        ("- {tenant: acme, key: edge-sealing}", "- acme", "provision lists a value, expected mappings"),
    ])
    func wrongValuesOfCore(old: String, new: String, text: String) throws {
        let plain = old.replacing("            roles", with: "    roles")
        let found = try error(Samples.core, replacing: plain, with: new)
        #expect(found.message.contains(text), "\(found)")
    }

    @Test func sectionsOfTheOtherMode() throws {
        let edge = errors(Samples.edge + "\nroot: {plugin: file}\nprovision: []")
        #expect(edge.map(\.code) == [.wrongMode, .wrongMode])
        #expect(edge.map(\.origin) == ["kcm.yaml:16", "kcm.yaml:17"])
        let core = errors(Samples.core + "\nsealing: {key: a}\ncore: {url: \"https://a\"}")
        #expect(core.map(\.origin) == ["kcm.yaml:25", "kcm.yaml:26"])
        #expect(core.first?.message == "'sealing' belongs to mode edge, and this is mode core; leave it out")
        #expect(errors(Samples.core, ["KCM_CORE_URL": "https://a"]).map(\.code) == [.wrongMode])
    }

    @Test func allErrorsAtOnceInTheOrderOfTheFile() {
        let yaml = Samples.edge.replacing("port: 5696", with: "port: x").replacing("lease: 5m", with: "lease: x").replacing(
            "node: edge-1", with: "nodes: a")
        #expect(errors(yaml, ["KCM_TLS_CLR": "x"]).map(\.origin) == ["kcm.yaml:1", "kcm.yaml:2", "kcm.yaml:4", "kcm.yaml:10", "KCM_TLS_CLR"])
    }

    @Test func unknownVariables() {
        let found = errors(Samples.edge, ["KCM_LISTEN_KMIP_PROT": "1", "KCM_SOMETHING": "2"])
        #expect(found.map(\.origin) == ["KCM_LISTEN_KMIP_PROT", "KCM_SOMETHING"])
        #expect(found.first?.message.contains("did you mean KCM_LISTEN_KMIP_PORT?") == true)
    }

    @Test func variableWithAWrongValueNamesItself() {
        #expect(errors(Samples.edge, ["KCM_LISTEN_KMIP_PORT": "x"]).map(\.origin) == ["KCM_LISTEN_KMIP_PORT"])
        #expect(errors(Samples.edge, ["KCM_NODE": ""]).map(\.origin) == ["KCM_NODE"])
    }

    @Test(arguments: [
        ("mode: edge\n  node: x", "kcm.yaml:2"), ("mode: edge\nmode: core", "kcm.yaml:1"), ("a: [1", "kcm.yaml:1"), ("- a", "kcm.yaml:1"),
        ("", "kcm.yaml:1"),
    ])
    func notAConfiguration(yaml: String, origin: String) throws {
        let found = try #require(errors(yaml).first)
        #expect(found.code == .syntax)
        #expect(found.origin.hasPrefix("kcm.yaml:"))
        #expect(!found.description.contains("\n"))
    }

    @Test func missingFile() {
        let found = #expect(throws: SettingsErrors.self) { try Settings.load(path: "/nowhere/kcm.yaml", environment: [:]) }
        #expect(found?.description == "/nowhere/kcm.yaml: the configuration cannot be read: it does not exist")
    }

    @Test func nestedAliasesEnd() {
        let bomb = (1..<20).reduce("a0: &a0 [x, x]\n") { text, n in text + "a\(n): &a\(n) [*a\(n - 1), *a\(n - 1)]\n" }
        #expect(!errors(bomb).isEmpty)
    }
}
