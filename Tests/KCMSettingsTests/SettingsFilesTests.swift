import Glibc
import KCMSettings
import Testing

@Suite struct SettingsFilesTests {
    /// A folder with every file that the edge sample names, gone afterwards.
    private func withFolder(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/kcm-settings-XXXXXX".utf8CString)
        let folder = String(cString: try #require(mkdtemp(&template)))
        defer {
            for name in ["pki/edge.pem", "pki/edge.key", "pki/ca.pem", "pki/crl.pem", "data/edge-audit.key", "kcm.yaml"] {
                unlink("\(folder)/\(name)")
            }
            for name in ["/pki", "/data", ""] { rmdir(folder + name) }
        }
        mkdir(folder + "/pki", 0o755)
        mkdir(folder + "/data", 0o755)
        for (name, mode) in [
            ("pki/edge.pem", 0o644), ("pki/edge.key", 0o600), ("pki/ca.pem", 0o644), ("pki/crl.pem", 0o644), ("data/edge-audit.key", 0o600),
        ] {
            try write("x", to: "\(folder)/\(name)", mode: mode_t(mode))
        }
        try write(Samples.edge, to: "\(folder)/kcm.yaml", mode: 0o644)
        try body(folder)
    }

    private func write(_ text: String, to path: String, mode: mode_t) throws {
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
        chmod(path, mode)
    }

    private func check(_ folder: String) throws -> [String] {
        try Settings.load(path: folder + "/kcm.yaml", environment: [:]).checkFiles().map { $0.description.replacing(folder, with: "") }
    }

    @Test func allThere() throws {
        try withFolder { try #expect(check($0) == []) }
    }

    @Test func missingFileIsNamed() throws {
        try withFolder { folder in
            unlink(folder + "/pki/ca.pem")
            try #expect(check(folder) == ["tls.trust: /pki/ca.pem does not exist"])
        }
    }

    @Test(arguments: [("pki/edge.key", "tls.key", 0o640), ("data/edge-audit.key", "audit.key", 0o604)])
    func keyOpenToOthersIsRefused(name: String, key: String, mode: Int) throws {
        try withFolder { folder in
            chmod("\(folder)/\(name)", mode_t(mode))
            try #expect(check(folder) == ["\(key): /\(name) is open to others (mode \(String(mode, radix: 8))): run chmod 600 on it"])
        }
    }

    @Test func missingAuditFolder() throws {
        try withFolder { folder in
            unlink(folder + "/data/edge-audit.key")
            rmdir(folder + "/data")
            try #expect(
                check(folder) == [
                    "audit.key: /data/edge-audit.key does not exist",
                    "audit.path: /data/edge-audit.jsonl cannot be written: the folder /data does not exist",
                ]
            )
        }
    }
}
