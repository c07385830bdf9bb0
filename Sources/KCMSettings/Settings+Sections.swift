/// How each section is read.
extension Settings {
    typealias Section = SettingsReader.Section

    static func listen(_ root: Section, _ mode: Mode?, _ reader: inout SettingsReader) -> Listen {
        let section = reader.section("listen", in: root, keys: ["kmip", "https", "admin"])
        func endpoint(_ key: String, _ defaultPort: Int, required: Bool, _ reader: inout SettingsReader) -> Endpoint? {
            guard reader.has(key, in: section) else {
                if required { reader.missing(key, in: section, expected: "{address: 127.0.0.1, port: \(defaultPort)}") }
                return nil
            }
            let one = reader.section(key, in: section, keys: ["address", "port"])
            return Endpoint(
                address: reader.text("address", in: one)?.string ?? "127.0.0.1",
                port: reader.count("port", in: one, default: defaultPort, range: 0...65_535)
            )
        }
        return Listen(
            kmip: endpoint("kmip", 5696, required: mode != nil, &reader),
            https: endpoint("https", 5697, required: mode == .core, &reader),
            admin: endpoint("admin", 5698, required: false, &reader)
        )
    }

    static func tls(_ root: Section, _ reader: inout SettingsReader) -> TLS {
        let section = reader.section("tls", in: root, keys: ["certificate", "key", "trust", "crl"])
        return TLS(
            certificate: reader.path("certificate", in: section, expected: "a PEM file with this daemon's certificate and chain"),
            key: reader.path("key", in: section, expected: "a PEM file with the certificate's private key"),
            trust: reader.path("trust", in: section, expected: "a PEM file with the certification authorities to trust"),
            crl: reader.text("crl", in: section).map { reader.resolved($0.string) }
        )
    }

    static func plugin(_ key: String, _ root: Section, _ reader: inout SettingsReader) -> Plugin {
        let section = reader.section(key, in: root, keys: ["plugin", "settings"])
        let name = reader.required(
            "plugin", in: section, expected: key == "root" ? "the root-of-trust plugin, such as file" : "the keystore plugin, such as sqlite")
        let settings = reader.section("settings", in: section, keys: nil)
        var values: [Plugin.Setting] = []
        for entry in settings.entries {
            guard let text = reader.text(entry.key, in: settings) else { continue }
            values.append(setting(entry.key, text, &reader))
        }
        for (key, text) in reader.free(in: settings) { values.append(setting(key, text, &reader)) }
        let line = reader.isPresent("plugin", in: section) ? section["plugin"]?.line ?? section.line : section.line
        return Plugin(plugin: name.contains("/") ? reader.resolved(name) : name, settings: values, origin: reader.origin(line))
    }

    private static func setting(_ key: String, _ text: SettingsReader.Text, _ reader: inout SettingsReader) -> Plugin.Setting {
        let words = key.lowercased().split { $0 == "_" || $0 == "-" }
        if let last = words.last, ["pin", "password", "passphrase", "secret"].contains(last) {
            reader.fail(
                .invalid, text.origin,
                "'\(key)' would put a secret into the configuration, expected '\(key)_file' with the path of a file that holds it")
        }
        let isPath = words.last.map { ["path", "file", "directory"].contains($0) } ?? false
        return Plugin.Setting(key: key, value: isPath ? reader.resolved(text.string) : text.string)
    }

    static func core(_ root: Section, _ reader: inout SettingsReader) -> Core {
        let section = reader.section("core", in: root, keys: ["url", "timeout"])
        let texts = reader.texts("url", in: section)
        if texts.isEmpty, !reader.isPresent("url", in: section) {
            reader.missing("url", in: section, expected: "Core's address, such as https://127.0.0.1:5691/kmip")
        }
        for text in texts where !(text.string.hasPrefix("https://") && text.string.count > 8 && !text.string.contains(" ")) {
            reader.fail(.invalid, text.origin, "core.url is '\(text.string)', expected https://host:port/kmip")
        }
        return Core(urls: texts.map(\.string), timeout: reader.duration("timeout", in: section, default: .seconds(2)))
    }

    static func sealing(_ root: Section, _ reader: inout SettingsReader) -> Sealing {
        let section = reader.section("sealing", in: root, keys: ["key", "lease"])
        return Sealing(
            key: reader.required("key", in: section, expected: "the Name of the tenant's L3 key at Core"),
            lease: reader.duration("lease", in: section, default: .seconds(300))
        )
    }

    static func audit(_ root: Section, _ reader: inout SettingsReader) -> Audit {
        let section = reader.section("audit", in: root, keys: ["path", "key", "durability", "rotate"])
        let rotate = reader.section("rotate", in: section, keys: ["size", "age"])
        return Audit(
            path: reader.path("path", in: section, expected: "the file that the audit log goes to"),
            key: reader.path("key", in: section, expected: "a PEM file with the Ed25519 key that signs checkpoints"),
            durability: reader.choice("durability", in: section, default: .write),
            rotate: Audit.Rotate(
                size: reader.isPresent("size", in: rotate)
                    ? reader.bytes("size", in: rotate, default: 256 << 20, range: 4_096...(1 << 50)) : nil,
                age: reader.isPresent("age", in: rotate)
                    ? reader.duration("age", in: rotate, default: .seconds(86_400)) : nil
            )
        )
    }

    static func plugins(_ root: Section, _ reader: inout SettingsReader) -> PluginSearch {
        let section = reader.section("plugins", in: root, keys: ["path", "timeout"])
        return PluginSearch(
            path: reader.texts("path", in: section).map { reader.resolved($0.string) },
            timeout: reader.duration("timeout", in: section, default: .seconds(10))
        )
    }

    static func log(_ root: Section, _ reader: inout SettingsReader) -> Log {
        let section = reader.section("log", in: root, keys: ["level", "format"])
        return Log(level: reader.choice("level", in: section, default: .info), format: reader.choice("format", in: section, default: .text))
    }

    /// A file's path, or the policy itself.
    static func policy(_ root: Section, yaml: String, _ reader: inout SettingsReader) -> PolicySource {
        guard let index = root.entries.firstIndex(where: { $0.key == "policy" }), case .mapping = root.entries[index].value,
            !reader.isOverridden("policy", in: root)
        else {
            return reader.text("policy", in: root).map { .file(path: reader.resolved($0.string)) } ?? .builtIn
        }
        // The policy's own lines stand where they stood, after as many empty ones, so that its errors name the right line.
        let entry = root.entries[index]
        let next = root.entries.map(\.line).filter { $0 > entry.line }.min() ?? Int.max
        let lines = yaml.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { number, line -> Substring in
            switch number + 1 {
            case entry.line: Substring(String(repeating: " ", count: 7) + line.dropFirst(7))
            case (entry.line + 1)..<next: line
            default: ""
            }
        }
        return .inline(yaml: lines.joined(separator: "\n"), origin: reader.origin(entry.line))
    }
}
