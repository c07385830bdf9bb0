import KCMPluginHost
import KCMStore
import Testing

/// The shipped stores that the contract tests run against.
enum Keystore: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case sqlite, memory, pkcs11

    var testDescription: String { rawValue }

    /// A fresh, empty store.
    func open(in folder: Folder) throws -> PluginStore {
        try PluginStore(
            try PluginLibrary.load(rawValue, searchPath: .standard()),
            settings: try settings(in: folder),
            logger: .silent
        )
    }

    /// What the plugin is told.
    private func settings(in folder: Folder) throws -> [String: String] {
        switch self {
        case .memory: [:]
        case .pkcs11:
            try Token.shared.get().settings(["name": String(folder.path.split(separator: "/").last ?? ""), "lock_file": folder.file("lock")])
        default: ["path": folder.file("store.\(rawValue)")]
        }
    }

    /// Runs `body` with a fresh store and closes it, whatever happens.
    func with(_ body: (PluginStore) async throws -> Void) async throws {
        let folder = try Folder()
        let store = try open(in: folder)
        do { try await body(store) } catch {
            await store.close()
            throw error
        }
        await store.close()
    }
}

extension Namespace {
    static let acme = Namespace("acme")
    static let globex = Namespace("globex")
}

extension [UInt8] {
    /// UTF-8 of a literal: keys and values read better so.
    init(_ text: String) { self = Array(text.utf8) }
}
